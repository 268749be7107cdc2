/** A copy put in the place of the database: what comes along, what is kept, and what is refused. */
import { chmodSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { copyDatabase, restoreDatabase } from '../../src/store/copy.ts';
import { StoreUnavailable } from '../../src/store/open.ts';
import { NOW } from '../workflow/build.ts';
import { close, createRun, newFile, newStore } from './support.ts';

const runsIn = (path: string) => {
  const db = new Database(path, { fileMustExist: true });
  try {
    return db.prepare('SELECT id FROM runs ORDER BY id').pluck().all();
  } finally {
    db.close();
  }
};

/** A copy of a database with one run, the run `copied`. */
async function copied(): Promise<string> {
  const { path, store } = newStore();
  await createRun(store, { id: 'copied' });
  copyDatabase(path, `${path}.copy`, NOW);
  return `${path}.copy`;
}

/** The files of a database whose newest run is still in the -wal file, as a killed process leaves them. */
async function leftByAKill(): Promise<string> {
  const { path, database, store } = newStore();
  await createRun(store, { id: 'in-the-file' });
  database.db.pragma('wal_checkpoint(TRUNCATE)');
  await createRun(store, { id: 'in-the-wal' });
  const left = newFile();
  for (const end of ['', '-wal']) copyFileSync(path + end, left + end);
  close(database);
  return left;
}

describe('who is neither its owner nor of its group', () => {
  it('cannot read a database, its -wal and -shm, a copy of it, or what was restored, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const copy = await copied();
      const { path, store } = newStore();
      await createRun(store);
      const to = newFile();
      chmodSync(copy, 0o644);
      restoreDatabase(copy, to, NOW);
      const copyAgain = await copied();
      const files = [path, `${path}-wal`, `${path}-shm`, copyAgain, to];
      expect(files.map((file) => (statSync(file).mode & 0o777).toString(8))).toEqual(Array(5).fill('640'));
    } finally {
      process.umask(before);
    }
  });
});

describe('a restore', () => {
  it('from a file that was copied by other means takes the commits along that are beside it', async () => {
    const from = await leftByAKill();
    const to = newFile();
    expect(restoreDatabase(from, to, NOW)).toMatchObject({ runs: 2, kept: null });
    expect(runsIn(to)).toEqual(['in-the-file', 'in-the-wal']);
    expect(existsSync(`${from}-wal`)).toBe(true);
  });

  it('keeps what was there whole, and leaves no -wal of it to the copy', async () => {
    const to = await leftByAKill();
    const { kept } = restoreDatabase(await copied(), to, NOW);
    expect(existsSync(`${to}-wal`)).toBe(false);
    expect(runsIn(to)).toEqual(['copied']);
    expect(runsIn(kept ?? '')).toEqual(['in-the-file', 'in-the-wal']);
  });

  it('over a damaged database sets its -wal aside too, because that must never meet another file', async () => {
    const to = await leftByAKill();
    // No database any more, so what is in its -wal cannot be brought into it.
    writeFileSync(to, 'this is not a database, however long it may be '.repeat(200));
    const wal = readFileSync(`${to}-wal`);
    const { kept } = restoreDatabase(await copied(), to, NOW);
    expect(existsSync(`${to}-wal`)).toBe(false);
    expect(readFileSync(`${kept}-wal`).equals(wal)).toBe(true);
    expect(runsIn(to)).toEqual(['copied']);
  });

  it('of a copy whose rows refer to rows that are missing is refused, and the database is the one before', async () => {
    const from = await copied();
    const damaged = new Database(from);
    damaged.pragma('foreign_keys = OFF');
    damaged.exec(
      "DELETE FROM cards; DELETE FROM runs; INSERT INTO cards (run_id, channel, state) VALUES ('gone', 'C', 'none')",
    );
    expect(damaged.pragma('foreign_key_check')).toHaveLength(1);
    damaged.close();
    const to = await leftByAKill();
    expect(() => restoreDatabase(from, to, NOW)).toThrow(StoreUnavailable);
    expect(() => restoreDatabase(from, to, NOW)).toThrow(/rows refer to rows that are missing/);
    expect(existsSync(`${to}.restoring`)).toBe(false);
    expect(runsIn(to)).toEqual(['in-the-file', 'in-the-wal']);
  });
});
