/**
 * What became of messages, on its way into the database. An outcome that the database does not take at the moment is
 * kept and written before anything else is sent: so what Slack took is not sent again, and what comes after it in its
 * thread does not wait for a restart. A process that dies before that finds the message half sent, as after any crash.
 */
import type { Log } from './log.ts';

/** Until the next attempt to write what was not taken, ms. */
const PAUSE = 1000;

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

  /** Writes what is still to be written. When to come again (ms), null when all is written: nothing is sent before. */
  settle(now: number): number | null {
    for (const [key, write] of this.#open) this.#write(key, write);
    return this.#open.size === 0 ? null : now + PAUSE;
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
