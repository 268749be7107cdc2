/** An installation as the release with an earlier schema kept it. */
import Database from 'better-sqlite3';
import { type AuditRow, GENESIS, hashAuditRow, readAudit } from '../../../src/store/audit-chain.ts';
import { FACTS } from '../../../src/store/audit-facts.ts';
import { MIGRATIONS, migrate } from '../../../src/store/open.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { NOW } from '../../workflow/build.ts';
import { work } from './installation.ts';

/** From this schema on the audit keeps, beside its sentence, the facts that it is retold from. */
const FACTS_SINCE = 3;
/** From this schema on its head is told as a message of its own kind; before, as a text. */
const ANCHORS_SINCE = 5;

/** The tables of a database that are ours, in the order in which they were made: what refers comes after what it refers to. */
export function tablesOf(db: Database.Database): string[] {
  const rows = db
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
    )
    .all() as { name: string }[];
  return rows.map((r) => r.name);
}

interface Column {
  name: string;
  dflt_value: string | null;
}

export const columnsOf = (db: Database.Database, table: string): Column[] =>
  db.pragma(`table_info(${table})`) as Column[];

/**
 * Fills a database of this schema, and gives the same installation as a database of the newest schema would hold it,
 * without the things that came later. Throws when the old one cannot hold a row of it.
 */
export async function fill(old: Database.Database, schema: number): Promise<Database.Database> {
  const newest = new Database(':memory:');
  newest.pragma('foreign_keys = ON');
  migrate(newest, MIGRATIONS);
  if (schema > 0) {
    await work(new SqliteStore(newest, clock()), {
      parked: tablesOf(old).includes('parked_runs'),
      watch: tablesOf(old).includes('watched_places'),
      standIns: columnsOf(old, 'approvals').some((c) => c.name === 'standing_for'),
      doubledCards: columnsOf(old, 'cards').some((c) => c.name === 'may_be_doubled'),
    });
    if (schema < FACTS_SINCE) forgetFacts(newest);
    if (schema < ANCHORS_SINCE) anchorsAsText(newest);
  }
  old.pragma('foreign_keys = ON');
  for (const table of tablesOf(newest)) copyRows(newest, old, table);
  return newest;
}

/** A second goes by at each look. */
function clock(): () => number {
  let now = NOW - 86_400_000;
  return () => (now += 1000);
}

/** Every row, but only the columns that the old schema has; the others must be what a row is that says nothing there. */
function copyRows(newest: Database.Database, old: Database.Database, table: string): void {
  const rows = newest.prepare(`SELECT * FROM ${table} ORDER BY rowid`).all() as Record<string, unknown>[];
  if (!tablesOf(old).includes(table)) {
    if (rows.length > 0) throw new Error(`${table} came later, and the installation has rows for it`);
    return;
  }
  const kept = columnsOf(old, table).map((c) => c.name);
  for (const { name, dflt_value } of columnsOf(newest, table).filter((c) => !kept.includes(c.name)))
    for (const row of rows)
      if (String(row[name] ?? null) !== String(dflt_value))
        throw new Error(`${table}.${name} came later, and the installation has ${row[name]} for it`);
  const insert = old.prepare(
    `INSERT INTO ${table} (${kept.join()}) VALUES (${kept.map((name) => `@${name}`).join()})`,
  );
  for (const row of rows) insert.run(row);
}

/** The audit as a release wrote it that kept sentences only, in a chain of its own. */
function forgetFacts(db: Database.Database): void {
  const rows = [...readAudit(db)];
  db.exec('DROP TRIGGER audit_is_append_only');
  const update = db.prepare('UPDATE audit SET detail = ?, prev_hash = ?, hash = ? WHERE seq = ?');
  let last = GENESIS.hash;
  for (const row of rows) {
    const { [FACTS]: _, ...detail } = JSON.parse(row.detail) as Record<string, unknown>;
    const plain: Omit<AuditRow, 'hash'> = { ...row, detail: JSON.stringify(detail), prevHash: last };
    last = hashAuditRow(plain);
    update.run(plain.detail, plain.prevHash, last, plain.seq);
  }
}

function anchorsAsText(db: Database.Database): void {
  const anchors = db
    .prepare(
      `SELECT o.id, a.seq, a.hash FROM outbox o JOIN audit a ON a.seq = o.news ->> '$.seq'
       WHERE o.news ->> '$.kind' = 'anchor'`,
    )
    .all() as { id: number; seq: number; hash: string }[];
  const update = db.prepare('UPDATE outbox SET news = ? WHERE id = ?');
  for (const { id, seq, hash } of anchors)
    update.run(JSON.stringify({ kind: 'progress', text: `Audit head ${seq}:${hash}` }), id);
}
