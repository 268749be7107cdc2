import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configPath, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { reportCsv } from '../report/csv.ts';
import { reportHtml } from '../report/html.ts';
import { reportJson } from '../report/json.ts';
import { scrubStrings } from '../report/scrub-strings.ts';
import { ANCHOR_FILE, readAnchors } from '../store/anchor-file.ts';
import { type AuditAnchor, auditHead, parseAnchor, readAudit, verifyAudit } from '../store/audit-chain.ts';
import { differencesToTables, retell } from '../store/audit-replay.ts';
import { openToRead, StoreUnavailable } from '../store/open.ts';
import { SqliteStore } from '../store/sqlite-store.ts';
import { plainMentions } from '../workflow/mention.ts';
import { view } from '../workflow/service/looking.ts';
import { count } from '../workflow/words.ts';
import type { CliContext } from './commands.ts';

/**
 * Recomputes the audit's hash chain against the anchor file and any --anchor, then holds the tables against it.
 * 0 = whole, 1 = broken or not readable.
 */
export async function verify(context: CliContext): Promise<number> {
  return withDatabase(context, (config, db) => {
    const given = context.anchors.map((text) => ({ text, anchor: parseAnchor(text) }));
    const wrong = given.find((g) => g.anchor === null);
    if (wrong) {
      context.err(
        `"${wrong.text}" is not an anchor. It looks like 123:<64 hex digits>, as in the message "Audit head" of a run's thread.`,
      );
      return 2;
    }
    const anchors = [
      ...readAnchors(join(config.dataDir, ANCHOR_FILE)),
      ...given.flatMap((g): AuditAnchor[] => (g.anchor ? [g.anchor] : [])),
    ];
    const verdict = verifyAudit(readAudit(db), anchors);
    if (!verdict.ok) {
      context.err(`The audit is not whole: ${verdict.why}.`);
      return 1;
    }
    context.out(
      `The audit is whole: ${verdict.rows} rows, ${verdict.anchorsMet} anchors met. Head ${verdict.head.seq}:${verdict.head.hash}`,
    );
    if (verdict.anchorsMet === 0)
      context.out(
        'No anchor was there to compare with: rows rewritten from the first on would not be noticed.',
      );
    const told = retell(readAudit(db));
    const differences = differencesToTables(db, told);
    for (const difference of differences) context.err(`The tables were changed: ${difference}.`);
    if (differences.length > 0) return 1;
    context.out(`The tables tell what the audit tells, of ${count(told.runs.size, 'run')}.`);
    return 0;
  });
}

/** Writes all evidence of a run into a new folder: plan, approvals, audit rows, effects, reports, chain proof. */
export async function exportRun(context: CliContext): Promise<number> {
  return withDatabase(context, (_config, db) => {
    const runId = context.run;
    if (!runId) {
      context.err('Which run? Give --run ID. /patch runs lists them.');
      return 2;
    }
    const store = new SqliteStore(db, () => Date.now());
    const seen = view({ store }, runId);
    if (!seen) {
      context.err(`There is no run ${runId}. Nothing was written.`);
      return 1;
    }
    const clean = scrubStrings(seen, plainMentions);
    const folder = context.to ?? `evidence-${runId}`;
    mkdirSync(folder, { recursive: true });
    const verdict = verifyAudit(readAudit(db));
    const files: [name: string, content: string][] = [
      ['plan.json', JSON.stringify(seen.plan, null, 2)],
      ['approvals.json', JSON.stringify(seen.approvals, null, 2)],
      ['audit.jsonl', [...readAudit(db, runId)].map((r) => JSON.stringify(r)).join('\n')],
      ['effects.json', JSON.stringify(store.effectsOf(runId), null, 2)],
      ['report.json', reportJson(clean)],
      ['report.csv', reportCsv(clean)],
      ['report.html', reportHtml(clean)],
      [
        'chain.json',
        JSON.stringify(
          {
            verdict,
            head: auditHead(db),
            tablesDifferIn: differencesToTables(db, retell(readAudit(db))),
            planHash: seen.run.planHash,
            hashes: 'SHA-256 over canonical JSON; see SECURITY.md',
          },
          null,
          2,
        ),
      ],
    ];
    for (const [name, content] of files)
      writeFileSync(join(folder, name), `${content}\n`, { flag: 'wx', mode: 0o640 });
    context.out(`${files.length} files about run ${runId} are in ${folder}.`);
    return verdict.ok ? 0 : 1;
  });
}

async function withDatabase(
  { configFlag, env, err }: CliContext,
  use: (config: Config, db: ReturnType<typeof openToRead>) => number,
): Promise<number> {
  const loaded = loadConfig(configPath(configFlag, env), env);
  if (!loaded.ok) {
    for (const problem of loaded.problems) err(problem.text);
    return 1;
  }
  try {
    const db = openToRead(loaded.config.database.path);
    try {
      return use(loaded.config, db);
    } finally {
      db.close();
    }
  } catch (error) {
    if (
      error instanceof StoreUnavailable ||
      (error instanceof Error && 'code' in error && error.code === 'EEXIST')
    ) {
      err(`${error.message}. Nothing was overwritten.`);
      return 1;
    }
    throw error;
  }
}
