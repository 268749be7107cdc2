/** Slack's published tiers: requests per minute, per method and workspace (docs.slack.dev/apis/web-api/rate-limits). */
export const TIERS = { 1: 1, 2: 20, 3: 50, 4: 100 } as const;
export type Tier = keyof typeof TIERS | 'post' | 'special';

/** chat.postMessage: one per second and channel, short bursts tolerated; how short Slack does not say. */
const POST_BURST = 5;
/** "Several hundred per minute" per workspace. */
const POST_PER_MINUTE = 300;
const SPECIAL_PER_MINUTE = 600;

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by Slack's tiers; time comes from the simulator's clock. */
export class RateLimits {
  private readonly buckets = new Map<string, Bucket>();
  private readonly now: () => number;
  private enabled: boolean;

  constructor(mode: 'slack' | 'off', now: () => number) {
    this.enabled = mode === 'slack';
    this.now = now;
  }

  set(mode: 'slack' | 'off'): void {
    this.enabled = mode === 'slack';
  }

  /** Seconds to wait (at least 1), or 0 when the request may go on. */
  retryAfter(method: string, tier: Tier, channel: string | null): number {
    if (!this.enabled) return 0;
    if (tier === 'post') {
      const perChannel = this.take(`${method} ${channel ?? ''}`, POST_BURST, 1);
      return perChannel || this.take(method, POST_PER_MINUTE, POST_PER_MINUTE / 60);
    }
    const perMinute = tier === 'special' ? SPECIAL_PER_MINUTE : TIERS[tier];
    return this.take(method, perMinute, perMinute / 60);
  }

  private take(key: string, size: number, perSecond: number): number {
    const now = this.now();
    const bucket = this.buckets.get(key) ?? { tokens: size, at: now };
    bucket.tokens = Math.min(size, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.buckets.set(key, bucket);
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    bucket.tokens -= 1;
    return 0;
  }
}
