/**
 * Token buckets that keep mutating calls under the published limits, per account and region.
 * EC2 (ec2-api-throttling): mutating calls 50, refilled by 5/s; StartInstances 5, refilled by 2/s. We use less,
 * because others call the same account. SSM publishes no figure for SendCommand: a small bucket. Each halves its
 * rate when throttled and recovers with each success.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Aws, type Clock, NoEffect, type Place } from '../workflow/ports.ts';

export type Family = Parameters<Aws['pace']>[1];

export interface Rate {
  capacity: number;
  /** Tokens per second. */
  refill: number;
}

/** CreateImage and StopInstances fall into one bucket of EC2, so they share one here. */
const BUCKET: Readonly<Record<Family, string>> = {
  create_image: 'ec2 mutating',
  stop: 'ec2 mutating',
  start: 'ec2 start',
  send_command: 'ssm send',
};
const RATE: Readonly<Record<string, Rate>> = {
  'ec2 mutating': { capacity: 40, refill: 4 },
  'ec2 start': { capacity: 4, refill: 1.5 },
  'ssm send': { capacity: 3, refill: 1 },
};
/** A throttled bucket never refills slower than this share of its rate. */
const SLOWEST = 1 / 16;
/** What a success gives back of the full rate. */
const RECOVERY = 1 / 16;

/** Times are ms. Going backwards of the clock counts as standing still. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #share = 1;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.capacity;
    this.#at = now;
  }

  /** Takes one token, also one that does not exist yet, and says how long to wait for it: first come, first served. */
  reserve(now: number): number {
    this.#fill(now);
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#perSecond()) * 1_000);
  }

  /** AWS throttled a call: what was saved up is not there, and half the rate from now on. */
  slower(now: number): void {
    this.#fill(now);
    this.#tokens = Math.min(this.#tokens, 0);
    this.#share = Math.max(this.#share / 2, SLOWEST);
  }

  faster(now: number): void {
    this.#fill(now);
    this.#share = Math.min(1, this.#share + RECOVERY);
  }

  #perSecond(): number {
    return this.#rate.refill * this.#share;
  }

  #fill(now: number): void {
    const elapsed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(this.#rate.capacity, this.#tokens + (elapsed / 1_000) * this.#perSecond());
  }
}

export interface Pacer {
  pace(place: Place, family: Family): Promise<void>;
  /** Makes the call; the family goes slower after one that AWS put off, and faster after one that it took. */
  heed<T>(place: Place, family: Family, call: () => Promise<T>): Promise<T>;
}

/** `scale` multiplies all rates. */
export function createPacer(clock: Clock, scale: number): Pacer {
  if (!(scale > 0)) throw new RangeError(`paceScale must be above 0, got ${scale}`);
  const buckets = new Map<string, TokenBucket>();

  function bucketOf(place: Place, family: Family): TokenBucket {
    const name = BUCKET[family];
    const key = `${place.accountId} ${place.region} ${name}`;
    const known = buckets.get(key);
    if (known) return known;
    const { capacity, refill } = RATE[name] ?? { capacity: 1, refill: 1 };
    const bucket = new TokenBucket({ capacity: capacity * scale, refill: refill * scale }, clock.now());
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    async pace(place, family) {
      const wait = bucketOf(place, family).reserve(clock.now());
      if (wait > 0) await sleep(wait);
    },
    async heed(place, family, call) {
      const bucket = bucketOf(place, family);
      try {
        const answer = await call();
        bucket.faster(clock.now());
        return answer;
      } catch (error) {
        if (error instanceof NoEffect && error.retry === 'later') bucket.slower(clock.now());
        throw error;
      }
    },
  };
}
