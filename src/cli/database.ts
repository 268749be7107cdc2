import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { configPath, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { ANCHOR_FILE } from '../store/anchor-file.ts';
import { copyDatabase, type DatabaseCopy, restoreDatabase } from '../store/copy.ts';
import { StoreUnavailable } from '../store/open.ts';
import type { CliContext } from './commands.ts';

/** Copies the database beside a running bot. 0 = there is a whole copy, 1 = there is none, 2 = no file named. */
export async function backup(context: CliContext): Promise<number> {
  const { to } = context;
  if (!to) {
    context.err('Where to? Give --to FILE, a file that does not exist yet.');
    return 2;
  }
  return withConfig(context, (config) => {
    const copy = copyDatabase(config.database.path, to, Date.now());
    context.out(`${to} is a whole copy: ${about(copy)}.`);
    context.out('`patchday database restore` puts it back. Keep it on another disk than the database.');
  });
}

/** Puts a copy in the place of the database. 0 = done, 1 = nothing was changed, 2 = no file named. */
export async function restore(context: CliContext): Promise<number> {
  const { from } = context;
  if (!from) {
    context.err('From what? Give --from FILE, a copy that `patchday database backup` made.');
    return 2;
  }
  return withConfig(context, (config) => {
    const now = Date.now();
    const restored = restoreDatabase(from, config.database.path, now);
    const anchors = join(config.dataDir, ANCHOR_FILE);
    // They belong to the audit that was set aside: the older one would seem cut off.
    if (existsSync(anchors))
      renameSync(anchors, `${anchors}.before-restore-${new Date(now).toISOString().replaceAll(':', '')}`);
    context.out(`${config.database.path} is now the copy ${from}: ${about(restored)}.`);
    if (restored.kept) context.out(`What was there before is kept as ${restored.kept}.`);
    context.out(
      `What people decided after ${new Date(restored.copiedAt).toISOString()} is not in it: freezes, locks on instances, approvals, stops and answers. Everything is frozen when Patchday starts: look at what was decided since, and then say \`/patch unfreeze all\`.`,
    );
    context.out(
      restored.openRuns === 0
        ? 'No run was open in it.'
        : 'Its open runs are parked when Patchday starts: AWS is asked what was done since, nothing is changed, and an approver decides with /patch release or anyone with /patch stop.',
    );
  });
}

function about({ copiedAt, runs, openRuns, head }: DatabaseCopy): string {
  return `made ${new Date(copiedAt).toISOString()}, ${runs} runs, ${openRuns} of them open, audit head ${head.seq}:${head.hash}`;
}

function withConfig({ configFlag, env, err }: CliContext, act: (config: Config) => void): number {
  const loaded = loadConfig(configPath(configFlag, env), env);
  if (!loaded.ok) {
    for (const problem of loaded.problems) err(problem.text);
    return 1;
  }
  try {
    act(loaded.config);
    return 0;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    err(error.message);
    return 1;
  }
}
