import Database from 'better-sqlite3';
import { prepared } from './statements.ts';

/** Where tests may kill the process: called around every COMMIT. */
export interface CommitHooks {
  beforeCommit(): void;
  afterCommit(): void;
}

/**
 * Gathers the writes of one turn of the event loop into one transaction, each in a savepoint of its own: one
 * fsync for many. A write that throws is rolled back alone and its promise rejected; the others stand.
 */
export class GroupCommit {
  readonly #db: Database.Database;
  readonly #hooks: CommitHooks | undefined;
  #failed: string | null = null;
  #queue: { run: () => unknown; resolve: (value: never) => void; reject: (error: unknown) => void }[] = [];
  #scheduled = false;

  constructor(db: Database.Database, hooks?: CommitHooks) {
    this.#db = db;
    this.#hooks = hooks;
  }

  /** Why the newest transaction could not be committed, or what follows a commit failed; null when all is well. */
  get failure(): string | null {
    return this.#failed;
  }

  /** `write` runs synchronously inside the transaction; the promise settles after COMMIT. */
  add<T>(write: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run: write, resolve, reject });
      if (!this.#scheduled) {
        this.#scheduled = true;
        setImmediate(() => this.flush());
      }
    });
  }

  /** Commits what is queued, now. */
  flush(): void {
    this.#scheduled = false;
    const batch = this.#queue;
    this.#queue = [];
    if (batch.length === 0) return;
    const results: (() => void)[] = [];
    let trouble: string | null = null;
    try {
      prepared(this.#db, 'BEGIN IMMEDIATE').run();
      for (const write of batch) {
        prepared(this.#db, 'SAVEPOINT one_write').run();
        try {
          const value = write.run();
          prepared(this.#db, 'RELEASE one_write').run();
          results.push(() => write.resolve(value as never));
        } catch (error) {
          // A full disk or a failing one can make SQLite roll back everything: then no write of these stands.
          if (!this.#db.inTransaction) throw error;
          prepared(this.#db, 'ROLLBACK TO one_write').run();
          prepared(this.#db, 'RELEASE one_write').run();
          if (isTroubleOfTheDisk(error)) trouble = error.message;
          results.push(() => write.reject(error));
        }
      }
      this.#hooks?.beforeCommit();
      prepared(this.#db, 'COMMIT').run();
    } catch (error) {
      this.#rollBack();
      this.#failed = error instanceof Error ? error.message : String(error);
      for (const write of batch) write.reject(error);
      return;
    }
    this.#failed = trouble;
    try {
      this.#hooks?.afterCommit();
    } catch (error) {
      // The commit stands, so whoever waits for it is answered.
      this.#failed = error instanceof Error ? error.message : String(error);
    }
    for (const settle of results) settle();
  }

  #rollBack(): void {
    try {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    } catch {
      // What was wrong with the commit is told to every caller; the next transaction begins with a BEGIN of its own.
    }
  }

  /** Like `add`, but commits at once: for callers that cannot wait. Whatever is queued goes along. */
  now<T>(write: () => T): T {
    let outcome: { value: T } | { error: unknown } | undefined;
    this.#queue.push({
      run: () => {
        const value = write();
        outcome = { value };
        return value;
      },
      resolve: () => {},
      reject: (error) => {
        outcome = { error };
      },
    });
    this.flush();
    if (outcome === undefined || 'error' in outcome)
      throw outcome?.error ?? new Error('the write was not carried out');
    return outcome.value;
  }
}

/** Not a refused row, but a file that cannot be written: full, read-only, busy, damaged. */
function isTroubleOfTheDisk(error: unknown): error is Error {
  return error instanceof Database.SqliteError && !error.code.startsWith('SQLITE_CONSTRAINT');
}
