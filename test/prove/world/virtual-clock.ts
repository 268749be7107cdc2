/** Time on this side of the wire: simulators, people and troubles take turns on one timeline. */
import type { SimClock } from '../../../sandbox/clock.ts';

interface Entry {
  at: number;
  order: number;
  run: () => void;
}

/** Stands still but for `moveTo` and `runNext`. Things of the same instant happen in the order they were asked for. */
export class VirtualClock implements SimClock {
  readonly speed = 1;
  #now: number;
  #order = 0;
  readonly #entries: Entry[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  duration(ms: number): number {
    return ms;
  }

  later(ms: number, run: () => void): () => void {
    const entry = { at: this.#now + Math.max(0, Math.ceil(ms)), order: this.#order++, run };
    const index = this.#entries.findLastIndex((other) => other.at <= entry.at);
    this.#entries.splice(index + 1, 0, entry);
    return () => {
      const found = this.#entries.indexOf(entry);
      if (found >= 0) this.#entries.splice(found, 1);
    };
  }

  nextAt(): number | null {
    return this.#entries[0]?.at ?? null;
  }

  /** Never past what is still to happen. */
  moveTo(time: number): void {
    const next = this.nextAt();
    if (time < this.#now || (next !== null && next < time))
      throw new Error(`the clock cannot go from ${this.#now} to ${time}: something is due at ${next}`);
    this.#now = time;
  }

  runNext(): void {
    const entry = this.#entries.shift();
    if (!entry) throw new Error('nothing is left that could happen');
    this.#now = entry.at;
    entry.run();
  }
}
