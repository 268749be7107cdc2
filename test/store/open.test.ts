import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { assertSafe, migrate, openDatabase, StoreUnavailable } from '../../src/store/open.ts';
import { close, createRun, newFile, newStore, open } from './support.ts';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
});

/** Another process that holds the file. */
async function holder(path: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./hold-database.ts', import.meta.url)), path],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  if (!child.stdout) throw new Error('no output');
  const [said] = await once(child.stdout, 'data');
  expect(String(said)).toBe('open\n');
  return child;
}

function pragmas({ db }: { db: Database.Database }) {
  return Object.fromEntries(
    ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout', 'recursive_triggers'].map((name) => [
      name,
      db.pragma(name, { simple: true }),
    ]),
  );
}
const SAFE = {
  journal_mode: 'wal',
  synchronous: 2,
  foreign_keys: 1,
  busy_timeout: 5000,
  recursive_triggers: 1,
};

describe('an opened database', () => {
  it('keeps what it is given, when new, after a write, and when opened again', async () => {
    const { path, database, store } = newStore();
    expect(pragmas(database)).toEqual(SAFE);
    await createRun(store);
    expect(pragmas(database)).toEqual(SAFE);
    close(database);
    const again = newStore({ path });
    expect(pragmas(again.database)).toEqual(SAFE);
    await createRun(again.store, { id: 'second' });
    expect(pragmas(again.database)).toEqual(SAFE);
    expect(again.store.openRuns()).toHaveLength(2);
  });

  it.each([
    ['journal_mode', 'DELETE'],
    ['synchronous', 'NORMAL'],
    ['foreign_keys', 'OFF'],
    ['busy_timeout', '0'],
    ['recursive_triggers', 'OFF'],
  ])('is not used when its %s turns out to be %s', (name, value) => {
    const path = newFile();
    const { db } = open(path);
    assertSafe(db, path);
    db.pragma(`${name} = ${value}`);
    expect(() => assertSafe(db, path)).toThrow(StoreUnavailable);
    expect(() => assertSafe(db, path)).toThrow(new RegExp(`not safe to use: ${name} is`));
  });

  it('was asked for each of its safeguards when it was opened', () => {
    const asked = vi.spyOn(Database.prototype, 'pragma');
    open(newFile());
    const looked = new Set(asked.mock.calls.map(([text]) => text));
    asked.mockRestore();
    for (const name of Object.keys(SAFE)) expect(looked).toContain(name);
    expect(looked).toContain('integrity_check');
  });

  it('makes its folder where there is none', () => {
    const path = newFile().replace('patchday.sqlite', 'a/b/patchday.sqlite');
    open(path);
    expect(existsSync(path)).toBe(true);
  });

  it('may be opened again after it was closed, and not before', () => {
    const path = newFile();
    const first = open(path);
    expect(() => openDatabase(path)).toThrow(StoreUnavailable);
    // The refused one must not have taken the lock of the first with it.
    expect(() => openDatabase(path)).toThrow(StoreUnavailable);
    close(first);
    open(path);
  });
});

describe('a second process', () => {
  it('is refused, and told who holds the file', async () => {
    const path = newFile();
    const child = await holder(path);
    expect(() => openDatabase(path)).toThrow(
      new RegExp(`in use by process ${child.pid} on .* since 20.*Nothing was changed`),
    );
  });

  it('is refused under another name of the file too', async () => {
    const path = newFile();
    await holder(path);
    symlinkSync(path, `${path}.link`);
    expect(() => openDatabase(`${path}.link`)).toThrow(/in use by process/);
  });

  it('is let in once the first was killed, without anybody cleaning up', async () => {
    const path = newFile();
    const child = await holder(path);
    child.kill('SIGKILL');
    await once(child, 'exit');
    open(path);
  });
});

describe('a file that must not be used', () => {
  it('is refused when it is no database', () => {
    const path = newFile();
    writeFileSync(path, 'this is not a database, however long it may be '.repeat(200));
    expect(() => openDatabase(path)).toThrow(StoreUnavailable);
    expect(readFileSync(path, 'utf8')).toMatch(/^this is not/);
  });

  it('is refused when a page of it is damaged, and can be replaced afterwards', async () => {
    const { path, database, store } = newStore();
    for (let i = 0; i < 50; i++) await createRun(store, { id: `run-${i}` });
    database.db.pragma('wal_checkpoint(TRUNCATE)');
    const pageSize = Number(database.db.pragma('page_size', { simple: true }));
    const root = database.db
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'runs'")
      .pluck()
      .get() as number;
    close(database);
    const bytes = readFileSync(path);
    bytes.fill(0xff, (root - 1) * pageSize, root * pageSize);
    writeFileSync(path, bytes);

    expect(() => openDatabase(path)).toThrow(StoreUnavailable);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(() => openDatabase(path)).toThrow(/Nothing was changed/);
  });

  it('is refused when a newer release wrote it', () => {
    const path = newFile();
    const first = open(path);
    const known = Number(first.db.pragma('user_version', { simple: true }));
    first.db.pragma(`user_version = ${known + 1}`);
    close(first);
    expect(() => openDatabase(path)).toThrow(
      new RegExp(`newer Patchday \\(schema ${known + 1}, this one knows ${known}\\)`),
    );
    // The lock is free again.
    expect(() => openDatabase(path)).toThrow(/newer Patchday/);
  });
});

describe('migrations', () => {
  const schema = (db: Database.Database) =>
    db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();

  it('run twice change nothing the second time', () => {
    const { db } = open(newFile());
    const before = schema(db);
    migrate(db);
    expect(schema(db)).toEqual(before);
  });

  it('that fail in the middle leave nothing behind, and can be run again', () => {
    const db = new Database(newFile());
    db.exec('CREATE TABLE outbox (id INTEGER)');
    expect(() => migrate(db)).toThrow(/already exists/);
    expect(db.pragma('user_version', { simple: true })).toBe(0);
    expect(schema(db)).toHaveLength(1);
    db.exec('DROP TABLE outbox');
    migrate(db);
    expect(Number(db.pragma('user_version', { simple: true }))).toBeGreaterThan(0);
    db.close();
  });
});
