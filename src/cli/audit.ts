import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configPath, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { secretValues } from '../config/secrets.ts';
import { createScrubber } from '../ops/scrub.ts';
import { ANCHOR_FILE, readAnchors } from '../store/anchor-file.ts';
import { type AuditAnchor, parseAnchor, readAudit, verifyAudit } from '../store/audit-chain.ts';
import { retell } from '../store/audit-replay.ts';
import { differencesToTables } from '../store/audit-tables.ts';
import { openToRead, StoreUnavailable } from '../store/open.ts';
import { SqliteStore } from '../store/sqlite-store.ts';
import { view } from '../workflow/service/looking.ts';
import { count } from '../workflow/words.ts';
import type { CliContext } from './commands.ts';
import { evidenceOf } from './evidence.ts';

/**
 * Recomputes the audit's hash chain against the anchor file and any --anchor, then holds the tables against it.
 * 0 = whole, 1 = broken or not readable.
 */
export async function verify(context: CliContext): Promise<number> {
  return withDatabase(context, (config, db) => {
    const anchors = anchorsFor(context, config);
    if (anchors === null) return 2;
    const found = lookAt(db, anchors);
    for (const line of found.wrong) context.err(line);
    if (found.head !== null)
      context.out(
        `The audit is whole: ${found.head.seq} rows, ${found.anchorsMet} anchors met. Head ${found.head.seq}:${found.head.hash}`,
      );
    if (found.head !== null && found.anchorsMet === 0) context.out(NO_ANCHOR);
    if (found.wrong.length > 0) return 1;
    context.out(`The tables tell what the audit tells, of ${count(found.runs, 'run')}.`);
    return 0;
  });
}

/**
 * Writes all evidence of a run into a new folder, with all that is needed to recompute the chain. 0 = the audit is
 * whole and the tables tell the same; 1 = they do not (it is written all the same), or nothing was written.
 */
export async function exportRun(context: CliContext): Promise<number> {
  return withDatabase(context, (config, db) => {
    const runId = context.run;
    if (!runId) {
      context.err('Which run? Give --run ID. /patch runs lists them.');
      return 2;
    }
    const anchors = anchorsFor(context, config);
    if (anchors === null) return 2;
    const store = new SqliteStore(db, () => Date.now());
    const seen = view({ store }, runId);
    if (!seen) {
      context.err(`There is no run ${runId}. Nothing was written.`);
      return 1;
    }
    const found = lookAt(db, anchors);
    const folder = context.to ?? `evidence-${runId}`;
    mkdirSync(folder, { recursive: true });
    const files = evidenceOf(store, seen, { ...found, anchors }, createScrubber(secretValues(context.env)));
    for (const { name, parts } of files) write(join(folder, name), parts);
    context.out(
      `${files.length} files about run ${runId} are in ${folder}. README.md says how to check them.`,
    );
    if (found.head !== null && found.anchorsMet === 0) context.out(NO_ANCHOR);
    for (const line of found.wrong) context.err(line);
    return found.wrong.length > 0 ? 1 : 0;
  });
}

const NO_ANCHOR =
  'No anchor was there to compare with: rows rewritten from the first on would not be noticed.';

/** Those of the file and those that were given; null, and said, when one of these is none. */
function anchorsFor(context: CliContext, config: Config): AuditAnchor[] | null {
  const given = context.anchors.map((text) => ({ text, anchor: parseAnchor(text) }));
  const wrong = given.find((g) => g.anchor === null);
  if (wrong) {
    context.err(
      `"${wrong.text}" is not an anchor. It looks like 123:<64 hex digits>, as in the message "Audit head" of a run's thread.`,
    );
    return null;
  }
  return [
    ...readAnchors(join(config.dataDir, ANCHOR_FILE)),
    ...given.flatMap((g): AuditAnchor[] => (g.anchor ? [g.anchor] : [])),
  ];
}

/** What is wrong with audit and tables, one sentence each. The tables are only held against an audit that is whole. */
function lookAt(
  db: SqliteStore['db'],
  anchors: readonly AuditAnchor[],
): { wrong: string[]; head: AuditAnchor | null; anchorsMet: number; runs: number } {
  const verdict = verifyAudit(readAudit(db), anchors);
  if (!verdict.ok)
    return { wrong: [`The audit is not whole: ${verdict.why}.`], head: null, anchorsMet: 0, runs: 0 };
  const told = retell(readAudit(db));
  const wrong = differencesToTables(db, told).map((d) => `The tables were changed: ${d}.`);
  return { wrong, head: verdict.head, anchorsMet: verdict.anchorsMet, runs: told.runs.size };
}

const WRITTEN_AT_ONCE = 1_000_000;

/** A new file; throws when there is one. */
function write(path: string, parts: Iterable<string>): void {
  const file = openSync(path, 'wx', 0o640);
  try {
    let text = '';
    for (const part of parts) {
      text += part;
      if (text.length < WRITTEN_AT_ONCE) continue;
      writeFileSync(file, text);
      text = '';
    }
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
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
      // One snapshot: a running bot writes on, and audit and tables must be of the same moment.
      return db.transaction(() => use(loaded.config, db))();
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
