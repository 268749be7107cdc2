import type { SimClock } from '../../clock.ts';

/** A thing that will happen; `cancel` before it does and it never will. */
export interface Scheduled {
  cancel(): void;
}

interface Entry {
  at: number;
  order: number;
  run: () => void;
  cancelled: boolean;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * What happens by itself as time passes. Events run in the order of their due times, and while one runs
 * `now()` is its due time: how late the process looked does not change what happened. With a wall clock a
 * timer looks by itself; with a stepped one only `settle` does.
 */
export class Scheduler {
  readonly #clock: SimClock;
  readonly #queue: Entry[] = [];
  readonly #afterwards: () => void;
  #order = 0;
  #running: number | null = null;
  #callOff: (() => void) | null = null;
  #closed = false;

  /** `afterwards` is called each time events have run. */
  constructor(clock: SimClock, afterwards: () => void) {
    this.#clock = clock;
    this.#afterwards = afterwards;
  }

  now(): number {
    return this.#running ?? this.#clock.now();
  }

  /** Runs `run` after `lifeMs` milliseconds of life, which the clock may shorten. */
  after(lifeMs: number, run: () => void): Scheduled {
    return this.at(this.now() + this.#clock.duration(lifeMs), run);
  }

  at(time: number, run: () => void): Scheduled {
    const entry: Entry = { at: time, order: this.#order++, run, cancelled: false };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#queue[middle];
      if (other && other.at <= time) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, entry);
    if (this.#running === null) this.#arm();
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  /** Runs everything that is due by now. */
  settle(): void {
    if (this.#running !== null) return;
    const until = this.#clock.now();
    let ran = false;
    for (let next = this.#queue[0]; next && next.at <= until; next = this.#queue[0]) {
      this.#queue.shift();
      if (next.cancelled) continue;
      this.#running = next.at;
      try {
        next.run();
      } finally {
        this.#running = null;
      }
      ran = true;
    }
    this.#arm();
    if (ran) this.#afterwards();
  }

  close(): void {
    this.#closed = true;
    this.#callOff?.();
    this.#queue.length = 0;
  }

  #arm(): void {
    this.#callOff?.();
    this.#callOff = null;
    const next = this.#queue[0];
    if (!next || this.#closed || 'step' in this.#clock) return;
    const wait = Math.min(Math.max(1, Math.ceil(next.at - this.#clock.now())), LONGEST_TIMER);
    this.#callOff = this.#clock.later(wait, () => this.settle());
  }
}
