/** From every earlier schema to the newest: whole, interrupted anywhere, twice. A new migration is taken in by itself. */
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
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { buildRun, NOW } from '../../workflow/build.ts';

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

/** A database as the release with that schema left it, with a run in it. */
function databaseOf(schema: number): string {
  const path = newFile();
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  migrate(db, MIGRATIONS.slice(0, schema));
  if (schema > 0) {
    const run = buildRun();
    db.prepare(
      'INSERT INTO runs (id, environment, phase, plan_hash, created_at, data) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(run.id, run.environment, run.phase, run.planHash, run.createdAt, JSON.stringify(run));
  }
  db.close();
  return path;
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
    it('becomes what a new one is, and keeps its runs', () => {
      const path = databaseOf(from);
      const { db, close } = openDatabase(path);
      expect(schemaOf(db)).toEqual(NEWEST);
      expect(versionOf(db)).toBe(NEWEST_SCHEMA);
      expect(new SqliteStore(db, () => NOW).runs(10)).toHaveLength(from === 0 ? 0 : 1);
      close();
      const again = openDatabase(path);
      expect(schemaOf(again.db)).toEqual(NEWEST);
      again.close();
    });

    it('killed before any statement of its migration is of a whole schema, and goes on from there', async () => {
      const made = databaseOf(from);
      const all = await migrateUntil(copyOf(made), 0);
      if (all === null) throw new Error('it died by itself');
      expect(all).toBeGreaterThan(3);
      const points = Array.from({ length: all }, (_, i) => i + 1);
      const next = async () => {
        for (let point = points.shift(); point !== undefined; point = points.shift()) {
          const path = copyOf(made);
          expect(await migrateUntil(path, point)).toBeNull();
          const left = new Database(path);
          const at = versionOf(left);
          const expected = new Database(newFile());
          migrate(expected, MIGRATIONS.slice(0, at));
          expect(schemaOf(left), `killed before statement ${point}`).toEqual(schemaOf(expected));
          expected.close();
          left.close();
          const { db, close } = openDatabase(path);
          expect(schemaOf(db)).toEqual(NEWEST);
          close();
        }
      };
      await Promise.all([next(), next(), next()]);
    }, 60_000);
  });
}

function copyOf(path: string): string {
  const to = newFile();
  copyFileSync(path, to);
  return to;
}

it('a database of a newer schema is refused and left as it is', () => {
  const path = databaseOf(NEWEST_SCHEMA);
  const db = new Database(path);
  db.pragma(`user_version = ${NEWEST_SCHEMA + 1}`);
  db.close();
  expect(() => openDatabase(path)).toThrow(StoreUnavailable);
  expect(() => openDatabase(path)).toThrow(/newer Patchday/);
  const after = new Database(path);
  expect(versionOf(after)).toBe(NEWEST_SCHEMA + 1);
  after.close();
});
