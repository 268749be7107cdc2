import type { SimClock } from '../clock.ts';
import type { Service } from './wire/api-error.ts';

/**
 * Token buckets per account and region. The EC2 sizes are those of the EC2 developer guide's throttling
 * page; AWS publishes none for SSM, so those are ours and adjustable; STS allows 600 requests a second.
 */
export interface BucketSize {
  capacity: number;
  /** Tokens per second of life: a faster clock refills faster. */
  refillPerSecond: number;
}

const PUBLISHED = {
  'ec2:describe': { capacity: 100, refillPerSecond: 20 },
  'ec2:describe-everything': { capacity: 50, refillPerSecond: 10 },
  'ec2:mutate': { capacity: 50, refillPerSecond: 5 },
  'ec2:start': { capacity: 5, refillPerSecond: 2 },
  'ec2:deregister': { capacity: 100, refillPerSecond: 5 },
  'ec2:tag': { capacity: 100, refillPerSecond: 10 },
  'ec2:start-instances': { capacity: 1000, refillPerSecond: 2 },
  'ec2:stop-instances': { capacity: 1000, refillPerSecond: 20 },
  'ssm:read': { capacity: 40, refillPerSecond: 20 },
  'ssm:send': { capacity: 10, refillPerSecond: 5 },
  'sts:any': { capacity: 600, refillPerSecond: 600 },
} as const satisfies Record<string, BucketSize>;

export type BucketName = keyof typeof PUBLISHED;
/** Published sizes, no limits, or published ones with some replaced. */
export type ThrottleOptions = 'published' | 'off' | Partial<Record<BucketName, BucketSize>>;

export const BUCKET_NAMES = Object.keys(PUBLISHED) as BucketName[];

export class Throttle {
  readonly #sizes: Record<BucketName, BucketSize> | null;
  readonly #clock: SimClock;
  readonly #levels = new Map<string, { tokens: number; at: number }>();

  constructor(options: ThrottleOptions, clock: SimClock) {
    if (typeof options === 'object') {
      const unknown = Object.keys(options).filter((name) => !(name in PUBLISHED));
      if (unknown.length > 0) {
        throw new RangeError(
          `No bucket is called ${unknown.join(', ')}; there are ${BUCKET_NAMES.join(', ')}`,
        );
      }
    }
    this.#sizes = options === 'off' ? null : { ...PUBLISHED, ...(options === 'published' ? {} : options) };
    this.#clock = clock;
  }

  /** Takes tokens if there are enough; false = the request is refused and takes none. */
  take(bucket: BucketName, accountId: string, region: string, count = 1): boolean {
    if (!this.#sizes) return true;
    const { capacity, refillPerSecond } = this.#sizes[bucket];
    const key = `${bucket}/${accountId}/${region}`;
    const now = this.#clock.now();
    const level = this.#levels.get(key) ?? { tokens: capacity, at: now };
    const lifeSeconds = (Math.max(0, now - level.at) * this.#clock.speed) / 1000;
    level.tokens = Math.min(capacity, level.tokens + lifeSeconds * refillPerSecond);
    level.at = now;
    this.#levels.set(key, level);
    if (level.tokens < count) return false;
    level.tokens -= count;
    return true;
  }
}

/** The family of a service, for operations of no special bucket. */
export function defaultBucket(service: Service): BucketName {
  return service === 'ec2' ? 'ec2:describe' : service === 'ssm' ? 'ssm:read' : 'sts:any';
}
