/**
 * Simulated time: a queue of events. Nothing waits; the clock jumps to the next event. Events of the same
 * instant come in an order that the seed chooses, so that interleavings are tried too.
 */
import type { Random } from './random.ts';

interface Event {
  at: number;
  tie: number;
  run: () => void;
}

export class Timeline {
  readonly #random: Random;
  #now: number;
  #events: Event[] = [];
  /** Grows with everything that is scheduled: who waits for quiet watches it. */
  scheduled = 0;

  constructor(start: number, random: Random) {
    this.#now = start;
    this.#random = random;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, run: () => void): void {
    this.scheduled++;
    const event = { at: Math.max(this.#now, Math.ceil(time)), tie: this.#random.next(), run };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle];
      // Kept latest first: the next event is taken off the end.
      if (other && (other.at > event.at || (other.at === event.at && other.tie > event.tie)))
        low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  after(ms: number, run: () => void): void {
    this.at(this.#now + ms, run);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Jumps to the next event and runs it; false when there is none before that moment. */
  step(latest = Number.POSITIVE_INFINITY): boolean {
    const event = this.#events.at(-1);
    if (!event || event.at > latest) return false;
    this.#events.pop();
    this.#now = event.at;
    event.run();
    return true;
  }
}
