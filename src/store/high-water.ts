/**
 * A small file beside the database that holds number and hash of the newest audit row. A database that does
 * not have that row has lost commits: an older copy was put in its place, its -wal file was left behind or cut
 * short. SQLite itself takes such a file for a good one. The mark is written after COMMIT, so it is never
 * ahead of a database that kept what it was given.
 */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { type AuditAnchor, GENESIS, parseAnchor } from './audit-chain.ts';

export function highWaterPath(database: string): string {
  return `${database}.head`;
}

/** Null when there is none, or when it cannot be read as one. */
export function readHighWater(path: string): AuditAnchor | null {
  try {
    return parseAnchor(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

export class HighWaterMark {
  readonly #file: number;
  #written = GENESIS.hash;

  /** Throws when the file cannot be made or written. */
  constructor(path: string) {
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o640);
  }

  /** Overwrites the mark in place, always the same number of bytes: a full disk does not hinder it. */
  write({ seq, hash }: AuditAnchor): void {
    if (hash === this.#written) return;
    writeSync(this.#file, `${String(seq).padStart(15, '0')}:${hash}\n`, 0);
    this.#written = hash;
  }

  close(): void {
    closeSync(this.#file);
  }
}
