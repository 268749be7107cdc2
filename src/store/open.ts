/**
 * Opens the database file, alone, and proves that it keeps what it is given.
 *
 * Facts relied on, from SQLite's documentation: in WAL mode a commit survives a power loss only with
 * synchronous=FULL, and that setting belongs to the connection, so it is asserted at every open
 * (better-sqlite3 falls to NORMAL when a WAL file is opened again).
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';

/** The store cannot be opened; the message says why and what to do. Nothing was changed. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface OpenedDatabase {
  db: Database.Database;
  /** Releases the lock and closes the file. */
  close(): void;
}

/**
 * Opens or creates the file at `path`, takes an exclusive lock that lasts as long as the process, applies
 * the migrations and asserts pragmas and integrity. Throws StoreUnavailable. Local disk only: SQLite's
 * locks do not hold on network file systems.
 */
export function openDatabase(path: string, options: { now?: () => number } = {}): OpenedDatabase {
  const lock = lockDatabase(path, options.now ?? Date.now);
  let opened: Database.Database | null = null;
  try {
    makeFile(path);
    opened = new Database(path, { timeout: 5000 });
    // A damaged file is not written to, not even by a migration.
    assertThat(opened, path, { integrity_check: 'ok' });
    opened.pragma('journal_mode = WAL');
    opened.pragma('synchronous = FULL');
    opened.pragma('foreign_keys = ON');
    // Without it, INSERT OR REPLACE would get round the triggers that keep plans and audit.
    opened.pragma('recursive_triggers = ON');
    migrate(opened);
    assertSafe(opened, path);
  } catch (error) {
    opened?.close();
    lock.release();
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(
      `cannot open the database ${path}: ${error instanceof Error ? error.message : String(error)}. Nothing was changed.`,
      {
        cause: error,
      },
    );
  }
  const db = opened;
  return {
    db,
    close() {
      db.close();
      lock.release();
    },
  };
}

/** It holds names, tags and outputs of other people's servers. Its -wal and -shm files take after it. */
export const DATABASE_MODE = 0o640;

/** An empty file, which SQLite takes for a new database; one that exists is left as it is. */
export function makeFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', DATABASE_MODE));
}

/**
 * The lock is an exclusive transaction on a second, tiny SQLite file: the operating system drops it when the
 * process dies, however it dies, so there is never a stale one. Who holds it is written beside it, to be told.
 */
export function lockDatabase(path: string, now: () => number): { release(): void } {
  // By another name it is still the same file.
  const file = existsSync(path) ? realpathSync(path) : path;
  const lockPath = `${file}.lock`;
  const holderPath = `${file}.holder`;
  let lock: Database.Database | null = null;
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(lockPath)) closeSync(openSync(lockPath, 'a'));
    lock = new Database(lockPath, { timeout: 0 });
    lock.pragma('journal_mode = DELETE');
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(
      holderPath,
      JSON.stringify({ pid: process.pid, host: hostname(), since: new Date(now()).toISOString() }),
    );
  } catch (error) {
    lock?.close();
    const taken = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    throw new StoreUnavailable(
      taken
        ? `the database ${path} is in use by ${holder(holderPath)}. Two Patchday processes may not share a file; stop that one first, or give this one another database. Nothing was changed.`
        : `cannot use the folder of the database ${path}: ${error instanceof Error ? error.message : String(error)}. It must be a folder on a local disk with room, in which this user may write. Nothing was changed.`,
      { cause: error },
    );
  }
  const held = lock;
  return {
    release() {
      held.close();
    },
  };
}

function holder(path: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(path, 'utf8'));
    return `process ${pid} on ${host} since ${since}`;
  } catch {
    return 'another process';
  }
}

/** The numbered migrations in order; the first leads from nothing to schema 1. */
export const MIGRATIONS: readonly string[] = readMigrations();
export const NEWEST_SCHEMA = MIGRATIONS.length;

function readMigrations(): string[] {
  const folder = join(dirname(fileURLToPath(import.meta.url)), 'migrations');
  return readdirSync(folder)
    .filter((f) => /^\d{4}-.*\.sql$/.test(f))
    .sort()
    .map((f) => readFileSync(join(folder, f), 'utf8'));
}

/** Applies every migration that this database has not seen, each in a transaction of its own. */
export function migrate(db: Database.Database, migrations = MIGRATIONS): void {
  const newest = migrations.length;
  const current = Number(db.pragma('user_version', { simple: true }));
  if (current > newest) {
    throw new StoreUnavailable(
      `the database was written by a newer Patchday (schema ${current}, this one knows ${newest}). Start that version, or restore an older copy. Nothing was changed.`,
    );
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < current) continue;
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${index + 1}`);
    }).immediate();
  }
}

/** Throws StoreUnavailable unless this connection keeps what it is given: see the facts at the top. */
export function assertSafe(db: Database.Database, path: string): void {
  assertThat(db, path, {
    journal_mode: 'wal',
    synchronous: 2,
    foreign_keys: 1,
    busy_timeout: 5000,
    recursive_triggers: 1,
  });
}

/** Throws StoreUnavailable at the first pragma that does not answer as it must. */
function assertThat(
  db: Database.Database,
  path: string,
  facts: Readonly<Record<string, string | number>>,
): void {
  for (const [name, wanted] of Object.entries(facts)) {
    const found = db.pragma(name, { simple: true });
    if (found !== wanted) {
      throw new StoreUnavailable(
        `the database ${path} is not safe to use: ${name} is ${String(found)}, it must be ${String(wanted)}. Put it on a local disk, or restore a copy. Nothing was changed at AWS.`,
      );
    }
  }
}

/** Opens the file beside a running Patchday, for looking only. Throws StoreUnavailable. */
export function openToRead(path: string): Database.Database {
  try {
    return new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
  } catch (error) {
    throw new StoreUnavailable(
      `cannot read the database ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
