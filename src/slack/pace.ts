/** At most so many in any stretch of time: a token bucket that starts full. Times in ms. */
export class Budget {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(options: { perMinute: number; burst: number; now: number }) {
    this.#perMs = options.perMinute / 60_000;
    this.#burst = options.burst;
    this.#tokens = options.burst;
    this.#at = options.now;
  }

  /** When the next one may go, `now` if at once. */
  nextAt(now: number): number {
    this.#refill(now);
    return this.#tokens >= 1 ? now : now + Math.ceil((1 - this.#tokens) / this.#perMs);
  }

  take(now: number): void {
    this.#refill(now);
    this.#tokens -= 1;
  }

  #refill(now: number): void {
    if (now <= this.#at) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}

/** When the next message may go into each channel; cards and news share it. Times in ms. */
export class ChannelPace {
  readonly #interval: number;
  readonly #nextAt = new Map<string, number>();

  /** `interval`: shortest time between two messages in one channel. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  nextAt(channel: string): number {
    return this.#nextAt.get(channel) ?? 0;
  }

  /** A message goes or went there now. */
  used(channel: string, now: number): void {
    this.pause(channel, now + this.#interval);
  }

  /** Slack wants nothing there before `until`. */
  pause(channel: string, until: number): void {
    this.#nextAt.set(channel, Math.max(this.nextAt(channel), until));
  }
}
