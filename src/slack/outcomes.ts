/**
 * What became of messages, on its way into the database. An outcome that the database does not take at the moment is
 * kept and written at the next round: so what Slack took is not sent again, and what comes after it in its thread
 * does not wait for a restart. A process that dies before that finds the message half sent, as after any crash.
 */
import type { Log } from './log.ts';

export class Outcomes<K> {
  readonly #open = new Map<K, () => void>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Never throws. `write` is called until it does not throw. */
  record(key: K, write: () => void): void {
    this.#open.set(key, write);
    this.#write(key, write);
  }

  /** The row does not say yet what became of the message: nothing may be concluded from it. */
  isOpen(key: K): boolean {
    return this.#open.has(key);
  }

  /** Writes what is still to be written. Never throws. */
  settle(): void {
    for (const [key, write] of this.#open) this.#write(key, write);
  }

  #write(key: K, write: () => void): void {
    try {
      write();
      this.#open.delete(key);
    } catch (error) {
      this.#log.error({ err: error }, 'what became of a message could not be written; it is tried again');
    }
  }
}
