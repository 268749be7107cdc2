/**
 * From every earlier schema to the newest, with the installation of that release in it: whole, interrupted anywhere,
 * twice. A new migration is taken in by itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import {
  MIGRATIONS,
  migrate,
  NEWEST_SCHEMA,
  openDatabase,
  StoreUnavailable,
} from '../../../src/store/open.ts';
import { fill } from './earlier-release.ts';
import { type Rows, readBack, rowsOf, unsound } from './same-meaning.ts';

const KILLED = fileURLToPath(new URL('./migrate-killed.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'patchday-migrations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${++files}.sqlite`);

const schemaOf = (db: Database.Database) =>
  db
    .prepare(
      "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all();
const versionOf = (db: Database.Database) => Number(db.pragma('user_version', { simple: true }));

interface Made {
  path: string;
  /** What stood in it, table by table. */
  rows: Rows;
  /** What the store reads out of the same installation when it was always of the newest schema. */
  means: ReturnType<typeof readBack>;
}

/** A database as the release with that schema left it, in the middle of its work. */
async function databaseOf(schema: number): Promise<Made> {
  const path = newFile();
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  migrate(db, MIGRATIONS.slice(0, schema));
  const newest = await fill(db, schema);
  const rows = rowsOf(db);
  db.close();
  const means = readBack(newest);
  newest.close();
  return { path, rows, means };
}

/**
 * Sound, of the newest schema, and with everything that was in it, in the same meaning. A migration that means to take
 * a table or a column away has to be named here.
 */
function expectWhole(db: Database.Database, { rows, means }: Made, when: string): void {
  expect(schemaOf(db), when).toEqual(NEWEST);
  expect(versionOf(db), when).toBe(NEWEST_SCHEMA);
  expect(rowsOf(db, rows), when).toEqual(rows);
  expect(readBack(db), when).toEqual(means);
  expect(unsound(db), when).toEqual([]);
}

const fresh = new Database(newFile());
migrate(fresh);
const NEWEST = schemaOf(fresh);
fresh.close();

/** Runs the migration in a process of its own; resolves to the number of its statements, or null when it died. */
async function migrateUntil(path: string, statement: number): Promise<number | null> {
  const child = spawn(process.execPath, [KILLED, path, String(statement)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  let said = '';
  child.stdout.on('data', (d) => {
    said += d;
  });
  const [, signal] = await once(child, 'close');
  return signal === 'SIGKILL' ? null : Number(said);
}

for (let from = 0; from < NEWEST_SCHEMA; from++) {
  describe(`a database of schema ${from}`, () => {
    it('holds several rows in each of its tables', async () => {
      const { rows } = await databaseOf(from);
      expect(Object.keys(rows).length).toBeGreaterThanOrEqual(from === 0 ? 0 : 13);
      expect(Object.entries(rows).filter(([, { length }]) => length < 2)).toEqual([]);
    });

    it('becomes what a new one is, keeps every row and its meaning, and does so again', async () => {
      const made = await databaseOf(from);
      for (const when of ['the first time', 'the second time']) {
        const { db, close } = openDatabase(made.path);
        expectWhole(db, made, when);
        close();
      }
    });

    it('killed before any statement of its migration is of a whole schema, and goes on from there', async () => {
      const made = await databaseOf(from);
      const all = await migrateUntil(copyOf(made.path), 0);
      if (all === null) throw new Error('it died by itself');
      expect(all).toBeGreaterThan(3);
      const points = Array.from({ length: all }, (_, i) => i + 1);
      const next = async () => {
        for (let point = points.shift(); point !== undefined; point = points.shift()) {
          const when = `killed before statement ${point}`;
          const path = copyOf(made.path);
          expect(await migrateUntil(path, point)).toBeNull();
          const left = new Database(path);
          const at = versionOf(left);
          const expected = new Database(newFile());
          migrate(expected, MIGRATIONS.slice(0, at));
          expect(schemaOf(left), when).toEqual(schemaOf(expected));
          expect(rowsOf(left, made.rows), when).toEqual(made.rows);
          expected.close();
          left.close();
          const { db, close } = openDatabase(path);
          expectWhole(db, made, when);
          close();
        }
      };
      await Promise.all([next(), next(), next()]);
    }, 60_000);
  });
}

/** What nobody may write beside the rows that the earlier release left. */
const FORBIDDEN: readonly [string, string][] = [
  [
    'a second approval of one person for one plan',
    `INSERT INTO approvals SELECT run_id, plan_hash, 'USTAND', at, user_id, at FROM approvals WHERE standing_for IS NULL LIMIT 1`,
  ],
  [
    'an approval in place of somebody without an end',
    `UPDATE approvals SET standing_for = 'UX' WHERE standing_for IS NULL`,
  ],
  ['a card that may be doubled twice', 'UPDATE cards SET may_be_doubled = 2'],
  ['a stage that there is not', `UPDATE targets SET stage = 'gone'`],
  ['an end without an outcome', `UPDATE targets SET stage = 'done', outcome = NULL`],
  [
    'a second live install of one instance',
    `INSERT INTO effect_targets SELECT 2, run_id, kind, key, 1 FROM effect_targets WHERE kind = 'install' AND live = 1 LIMIT 1`,
  ],
  ['a second effect under one mark', `UPDATE effects SET tag = 'same'`],
  ['a text for a time', `UPDATE runs SET created_at = 'soon'`],
  ['a message that is no JSON', `UPDATE outbox SET news = 'hello'`],
  ['a message of a run that there is not', `UPDATE outbox SET run_id = 'none'`],
  ['a second holder of a landing zone', 'INSERT INTO zone_locks SELECT * FROM zone_locks'],
  ['another plan', `UPDATE plans SET hash = 'x'`],
  ['a plan that is gone', 'DELETE FROM plans'],
  ['another audit', `UPDATE audit SET text = 'x'`],
  ['an audit that is gone', 'DELETE FROM audit'],
];

for (let from = 1; from < NEWEST_SCHEMA; from++) {
  it(`a database of schema ${from} refuses for its old rows what the newest schema forbids`, async () => {
    const { db, close } = openDatabase((await databaseOf(from)).path);
    const written = FORBIDDEN.filter(([, sql]) => {
      try {
        return db.prepare(sql).run().changes >= 0;
      } catch (error) {
        if (error instanceof Database.SqliteError && /^SQLITE_CONSTRAINT/.test(error.code)) return false;
        throw error;
      }
    });
    expect(written.map(([what]) => what)).toEqual([]);
    close();
  });
}

function copyOf(path: string): string {
  const to = newFile();
  copyFileSync(path, to);
  return to;
}

it('a database of a newer schema is refused and left as it is', async () => {
  const { path } = await databaseOf(NEWEST_SCHEMA);
  const db = new Database(path);
  db.pragma(`user_version = ${NEWEST_SCHEMA + 1}`);
  db.close();
  expect(() => openDatabase(path)).toThrow(StoreUnavailable);
  expect(() => openDatabase(path)).toThrow(/newer Patchday/);
  const after = new Database(path);
  expect(versionOf(after)).toBe(NEWEST_SCHEMA + 1);
  after.close();
});
