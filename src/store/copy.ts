/**
 * Copies of the database: made beside a running Patchday, and put back in its place.
 *
 * VACUUM INTO and not the backup API: it reads one snapshot in one statement, needs no lock that the bot
 * would notice (WAL readers do not block the writer), and is not begun again whenever the bot commits, as a
 * backup from a second connection is. It also leaves out freed pages. SQLite does not sync the new file, so
 * that is done here (https://sqlite.org/lang_vacuum.html#vacuuminto, https://sqlite.org/backup.html).
 */
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { type AuditAnchor, auditHead, readAudit, verifyAudit } from './audit-chain.ts';
import { highWaterPath } from './high-water.ts';
import {
  DATABASE_MODE,
  lockDatabase,
  makeFile,
  NEWEST_SCHEMA,
  openToRead,
  StoreUnavailable,
} from './open.ts';
import { copiedAt } from './parking.ts';

export interface DatabaseCopy {
  /** When it was made, ms. */
  copiedAt: number;
  runs: number;
  openRuns: number;
  head: AuditAnchor;
}

/**
 * Writes a whole, checked and marked copy of the database `from` to the new file `to`. Works beside a running
 * Patchday. Throws StoreUnavailable; then there is no file `to`, and an existing one was not touched.
 */
export function copyDatabase(from: string, to: string, now: number): DatabaseCopy {
  if (existsSync(to))
    throw new StoreUnavailable(`${to} exists already. Nothing was written; name another file.`);
  const partial = `${to}.partial`;
  try {
    rmSync(partial, { force: true });
    const source = openToRead(from);
    try {
      makeFile(partial);
      source.prepare('VACUUM INTO ?').run(partial);
    } finally {
      source.close();
    }
    const facts = markAndCheck(partial, now);
    moveIntoPlace(partial, to);
    return facts;
  } catch (error) {
    rmSync(partial, { force: true });
    throw unavailable(error, `the database ${from} could not be copied to ${to}`);
  }
}

/**
 * Puts a copy in the place of the database, which no process may have open. The files that were there are
 * kept beside it. The copy stays marked: the next start parks its open runs. Throws StoreUnavailable; then
 * the database is the one it was before.
 */
export function restoreDatabase(
  from: string,
  to: string,
  now: number,
): DatabaseCopy & { kept: string | null } {
  if (!existsSync(from)) throw new StoreUnavailable(`There is no file ${from}. Nothing was changed.`);
  const lock = lockDatabase(to, () => now);
  const partial = `${to}.restoring`;
  try {
    for (const end of ENDS) rmSync(partial + end, { force: true });
    copyFileSync(from, partial, constants.COPYFILE_EXCL);
    chmodSync(partial, DATABASE_MODE);
    // A file that was copied by other means, with its newest commits beside it.
    if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${partial}-wal`);
    const facts = markAndCheck(partial, now);
    const kept = setAside(to, now);
    moveIntoPlace(partial, to, true);
    return { ...facts, kept };
  } catch (error) {
    for (const end of ENDS) rmSync(partial + end, { force: true });
    throw unavailable(error, `${from} could not be put in the place of ${to}`);
  } finally {
    lock.release();
  }
}

/** A database and the files that SQLite may keep beside it. */
const ENDS = ['', '-wal', '-shm'];

/** Marks the file as a copy, if it is not marked yet, and proves that it is whole. */
function markAndCheck(path: string, now: number): DatabaseCopy {
  const db = new Database(path, { fileMustExist: true });
  try {
    const schema = Number(db.pragma('user_version', { simple: true }));
    if (schema > NEWEST_SCHEMA)
      throw new StoreUnavailable(
        `it was written by a newer Patchday (schema ${schema}, this one knows ${NEWEST_SCHEMA})`,
      );
    // One file, without -wal and -shm: it is carried around.
    db.pragma('journal_mode = DELETE');
    db.exec('CREATE TABLE IF NOT EXISTS copy_of_database (copied_at INTEGER NOT NULL) STRICT');
    if (copiedAt(db) === 0) db.prepare('INSERT INTO copy_of_database (copied_at) VALUES (?)').run(now);
    const integrity = db.pragma('integrity_check', { simple: true });
    if (integrity !== 'ok') throw new StoreUnavailable(`it is damaged: ${String(integrity)}`);
    if ((db.pragma('foreign_key_check') as unknown[]).length > 0)
      throw new StoreUnavailable('it is damaged: rows refer to rows that are missing');
    const audit = verifyAudit(readAudit(db));
    if (!audit.ok) throw new StoreUnavailable(`its audit is not whole: ${audit.why}`);
    const count = (sql: string) => Number(db.prepare(sql).pluck().get());
    return {
      copiedAt: copiedAt(db) ?? now,
      runs: count('SELECT count(*) FROM runs'),
      openRuns: count("SELECT count(*) FROM runs WHERE phase <> 'ended'"),
      head: auditHead(db),
    };
  } finally {
    db.close();
  }
}

/**
 * Keeps what is at `path` under another name. What is in the -wal file goes into the main file first where
 * that can be done; a -wal file must never meet another main file.
 */
function setAside(path: string, now: number): string | null {
  if (!existsSync(path)) return null;
  const kept = `${path}.before-restore-${new Date(now).toISOString().replaceAll(':', '')}`;
  try {
    const db = new Database(path, { fileMustExist: true });
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
  } catch {
    // Damaged: its files are kept as they are.
  }
  linkSync(path, kept);
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  }
  if (existsSync(highWaterPath(path))) renameSync(highWaterPath(path), highWaterPath(kept));
  return kept;
}

function moveIntoPlace(partial: string, to: string, replace = false): void {
  sync(partial);
  if (replace) renameSync(partial, to);
  else {
    // Unlike a rename, a link never replaces a file that came into being meanwhile.
    linkSync(partial, to);
    rmSync(partial);
  }
  sync(dirname(to));
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function unavailable(error: unknown, what: string): StoreUnavailable {
  const why = error instanceof Error ? error.message : String(error);
  return new StoreUnavailable(`${what}: ${why.replace(/\.$/, '')}. Nothing was changed.`, { cause: error });
}
