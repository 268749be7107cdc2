import { exportRun, verify } from './audit.ts';
import type { CliCommand } from './commands.ts';
import { checkConfig, printSchema } from './config.ts';
import { backup, restore } from './database.ts';
import { doctor } from './doctor.ts';
import { serve } from './serve.ts';

export const CLI_COMMANDS: readonly CliCommand[] = [
  {
    words: ['serve'],
    usage: 'patchday serve [--config FILE]',
    description: 'Run the bot until it is told to end (SIGTERM, SIGINT). Open runs go on where they were.',
    exitCodes: '0 ended in order, 1 could not start',
    run: serve,
  },
  {
    words: ['doctor'],
    usage: 'patchday doctor [--config FILE] [--json]',
    description:
      'Look at everything the first run needs (Slack, roles, permissions, others that patch) and name what is missing.',
    exitCodes: '0 nothing missing, 1 something is',
    run: doctor,
  },
  {
    words: ['config', 'check'],
    usage: 'patchday config check [--config FILE]',
    description: 'Say every mistake in the configuration at once, each with its path and what is allowed.',
    exitCodes: '0 good, 1 mistakes',
    run: checkConfig,
  },
  {
    words: ['config', 'schema'],
    usage: 'patchday config schema',
    description: 'Print the JSON Schema of the configuration, for editors.',
    exitCodes: '0',
    run: printSchema,
  },
  {
    words: ['audit', 'verify'],
    usage: 'patchday audit verify [--config FILE] [--anchor SEQ:HASH ...]',
    description:
      'Recompute the hash chain of the audit, hold it against the anchors, and the tables against what the audit tells. Works beside a running bot.',
    exitCodes: '0 whole, 1 broken or not readable',
    run: verify,
  },
  {
    words: ['audit', 'export'],
    usage: 'patchday audit export --run ID [--to FOLDER] [--anchor SEQ:HASH ...] [--config FILE]',
    description:
      'Write the evidence of a run for an auditor: plan, approvals, audit, effects, reports, and all rows of the audit, so that its chain can be recomputed. Secrets are taken out.',
    exitCodes: '0 written, the audit whole and the tables as it tells; 1 not',
    run: exportRun,
  },
  {
    words: ['database', 'backup'],
    usage: 'patchday database backup --to FILE [--config FILE]',
    description: 'Write a whole, checked copy of the database into a new file. Works beside a running bot.',
    exitCodes: '0 written, 1 not',
    run: backup,
  },
  {
    words: ['database', 'restore'],
    usage: 'patchday database restore --from FILE [--config FILE]',
    description:
      'Put a copy in the place of the database, which no bot may be running on. Its open runs are parked at the next start.',
    exitCodes: '0 done, 1 nothing was changed',
    run: restore,
  },
];
