/** Two databases hold the same: row by row, as domain objects, and by the rules of the newest schema. */
import Database from 'better-sqlite3';
import { readAudit, verifyAudit } from '../../../src/store/audit-chain.ts';
import { retell } from '../../../src/store/audit-replay.ts';
import { differencesToTables } from '../../../src/store/audit-tables.ts';
import { migrate } from '../../../src/store/open.ts';
import { newsRow } from '../../../src/store/row-schemas.ts';
import { SqliteAlarms } from '../../../src/store/sqlite-alarms.ts';
import { SqliteOutbox } from '../../../src/store/sqlite-outbox.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { SqliteWatch } from '../../../src/store/sqlite-watch.ts';
import { NOW } from '../../workflow/build.ts';
import { columnsOf, tablesOf } from './earlier-release.ts';

export type Rows = Record<string, Record<string, unknown>[]>;

/** Every row of every table; with `like`, of its tables, and of those only its columns. */
export function rowsOf(db: Database.Database, like?: Rows): Rows {
  const names = like ? Object.keys(like) : tablesOf(db);
  return Object.fromEntries(
    names.map((table) => {
      const first = like?.[table]?.[0];
      const columns = first ? Object.keys(first) : columnsOf(db, table).map((c) => c.name);
      const order = columns.map((_, i) => i + 1).join();
      return [table, db.prepare(`SELECT ${columns.join()} FROM ${table} ORDER BY ${order}`).all()] as const;
    }),
  ) as Rows;
}

/** Everything that the store's own code reads out of a database of the newest schema. */
export function readBack(db: Database.Database) {
  const store = new SqliteStore(db, () => NOW);
  const outbox = new SqliteOutbox(store);
  const watch = new SqliteWatch(store, () => NOW);
  const column = (sql: string) => db.prepare(sql).pluck().all() as string[];
  const runIds = column('SELECT id FROM runs ORDER BY id');
  const places = db
    .prepare('SELECT account_id AS accountId, region FROM watched_places ORDER BY region')
    .all() as { accountId: string; region: string }[];
  return {
    runs: store.runs(1000),
    openRuns: store.openRuns(),
    of: runIds.map((id) => ({
      run: store.run(id),
      state: store.load(id),
      targets: store.allTargets(id),
      plans: [1, 2].map((version) => store.plan(id, version)),
      approvals: store.approvals(id),
      effects: store.effectsOf(id),
      questions: store.effectsNeedingAttention(id),
      card: outbox.card(id),
      audit: store.auditRows(id),
    })),
    audit: store.auditRows(null),
    locks: store.instanceLocks(column('SELECT key FROM instance_locks')),
    freezes: store.freezes(),
    staleCards: outbox.staleCards(),
    messages: column('SELECT news FROM outbox ORDER BY id').map((news) => newsRow.parse(JSON.parse(news))),
    dueMessages: outbox.due(NOW + 86_400_000, 1000),
    dueAlarms: new SqliteAlarms(store).due(NOW + 86_400_000, 1000),
    watched: places.map((place) => watch.watched({ ...place, landingZone: '' })),
    reported: [...watch.reported(column('SELECT command_id FROM foreign_commands'))].sort(),
    known: watch.known(column('SELECT tag FROM effects'), runIds),
  };
}

/** What is not as it must be in a database of the newest schema, whatever stands in it. */
export function unsound(db: Database.Database): string[] {
  const verdict = verifyAudit(readAudit(db), anchorsIn(db));
  return [
    ...(db.pragma('integrity_check') as { integrity_check: string }[])
      .map((r) => r.integrity_check)
      .filter((said) => said !== 'ok'),
    ...(db.pragma('foreign_key_check') as { table: string }[]).map((r) => `a row of ${r.table} hangs loose`),
    ...(verdict.ok ? differencesToTables(db, retell(readAudit(db))) : [verdict.why]),
    ...breaksRules(db),
  ];
}

/** Heads of the audit that were told in threads, by releases that told them in either way. */
function anchorsIn(db: Database.Database): { seq: number; hash: string }[] {
  const told = db.prepare('SELECT news FROM outbox').pluck().all() as string[];
  return told.flatMap((text) => {
    const news = newsRow.parse(JSON.parse(text));
    if (news.kind === 'anchor') return [{ seq: news.seq, hash: news.hash }];
    const match = news.kind === 'progress' ? /^Audit head (\d+):(\w{64})$/.exec(news.text) : null;
    return match?.[1] && match[2] ? [{ seq: Number(match[1]), hash: match[2] }] : [];
  });
}

/**
 * SQLite holds no row that is already there against a rule that comes later. So each is put into a new database,
 * where every CHECK, UNIQUE, STRICT, NOT NULL and REFERENCES looks at it.
 */
function breaksRules(db: Database.Database): string[] {
  const fresh = new Database(':memory:');
  try {
    fresh.pragma('foreign_keys = ON');
    migrate(fresh);
    const wrong: string[] = [];
    for (const [table, rows] of Object.entries(rowsOf(db))) {
      const columns = columnsOf(db, table).map((c) => c.name);
      const insert = fresh.prepare(
        `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map((c) => `@${c}`).join()})`,
      );
      for (const row of rows) {
        try {
          insert.run(row);
        } catch (error) {
          wrong.push(`a row of ${table}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
    return wrong;
  } finally {
    fresh.close();
  }
}
