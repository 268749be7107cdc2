/** A number in [0, 1). */
export type Random = () => number;

/** A seeded source of randomness (mulberry32, public domain): the same seed gives the same run. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Hands out ids in Slack's shapes. Counters, not randomness, so that a transcript is the same every time. */
export class Ids {
  private counter = 0;
  private lastMicros = 0;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** e.g. next('V') → "V000000001" */
  next(prefix: string): string {
    this.counter += 1;
    return prefix + this.counter.toString(36).toUpperCase().padStart(9, '0');
  }

  /** Seconds and microseconds since the epoch, as Slack writes them; never the same twice, never backwards. */
  ts(): string {
    this.lastMicros = Math.max(this.lastMicros + 1, this.now() * 1000);
    const micros = this.lastMicros;
    return `${Math.floor(micros / 1e6)}.${String(Math.floor(micros % 1e6)).padStart(6, '0')}`;
  }
}
