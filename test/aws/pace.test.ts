import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacer, TokenBucket } from '../../src/aws/pace.ts';
import { NoEffect } from '../../src/workflow/ports.ts';

describe('a token bucket', () => {
  it('lets its capacity through at once, then one per refill', () => {
    const bucket = new TokenBucket({ capacity: 3, refill: 2 }, 0);

    expect([1, 2, 3, 4, 5].map(() => bucket.reserve(0))).toEqual([0, 0, 0, 500, 1_000]);
  });

  it('fills up again, to its capacity and no further', () => {
    const bucket = new TokenBucket({ capacity: 2, refill: 1 }, 0);
    bucket.reserve(0);
    bucket.reserve(0);

    expect([1, 2, 3].map(() => bucket.reserve(3_600_000))).toEqual([0, 0, 1_000]);
  });

  it('does not fill while the clock goes backwards', () => {
    const bucket = new TokenBucket({ capacity: 1, refill: 1 }, 10_000);
    bucket.reserve(10_000);

    expect(bucket.reserve(5_000)).toBe(1_000);
  });

  it('halves its rate when throttled and recovers with successes', () => {
    const bucket = new TokenBucket({ capacity: 4, refill: 1 }, 0);
    bucket.slower(0);

    expect(bucket.reserve(0)).toBe(2_000);
    for (let success = 0; success < 16; success++) bucket.faster(2_000);
    expect(bucket.reserve(2_000)).toBe(1_000);
  });

  it('never stops altogether, however often it is throttled', () => {
    const bucket = new TokenBucket({ capacity: 4, refill: 1 }, 0);
    for (let times = 0; times < 100; times++) bucket.slower(0);

    expect(bucket.reserve(0)).toBe(16_000);
  });

  it('never grants more than capacity plus refill in any stretch of time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 200 }),
        (pauses) => {
          const rate = { capacity: 5, refill: 2 };
          const bucket = new TokenBucket(rate, 0);
          let now = 0;
          const grants = pauses.map((pause) => {
            now += pause;
            return now + bucket.reserve(now);
          });
          const sorted = grants.toSorted((a, b) => a - b);
          return sorted.every((from, first) =>
            sorted
              .slice(first)
              .every((to, count) => count + 1 <= rate.capacity + ((to - from) / 1_000) * rate.refill + 1),
          );
        },
      ),
      { seed: 11, numRuns: 200 },
    );
  });
});

describe('pacing', () => {
  const place = { landingZone: 'a', accountId: '1', region: 'eu-west-1', runId: 'r' };
  const clock = { now: () => 0 };

  it('counts CreateImage and StopInstances together, other regions apart', async () => {
    const pacer = createPacer(clock, 1);
    const waits: string[] = [];
    const note = (name: string, family: 'create_image' | 'stop' | 'start', region = 'eu-west-1') =>
      pacer.pace({ ...place, region }, family).then(() => waits.push(name));
    for (let taken = 0; taken < 20; taken++) {
      await pacer.pace(place, 'create_image');
      await pacer.pace(place, 'stop');
    }

    const all = [
      note('the 41st', 'create_image'),
      note('elsewhere', 'create_image', 'us-east-1'),
      note('start', 'start'),
    ];
    await Promise.all(all);

    expect(waits).toEqual(['elsewhere', 'start', 'the 41st']);
  });

  it('goes slower after a call that AWS put off, for all that share its bucket, and not after another failure', async () => {
    const pacer = createPacer(clock, 1);
    const atOnce = (family: 'stop' | 'start') =>
      Promise.race([
        pacer.pace(place, family).then(() => true),
        new Promise((resolve) => setImmediate(() => resolve(false))),
      ]);
    const failing = (error: Error) => () => Promise.reject(error);
    const putOff = new NoEffect('Throttling', 'Slow down.', 'later');

    const ended = new NoEffect('Denied', 'Not allowed.', 'never');
    await expect(pacer.heed(place, 'create_image', failing(ended))).rejects.toBe(ended);
    expect(await pacer.heed(place, 'start', async () => 'taken')).toBe('taken');
    expect([await atOnce('stop'), await atOnce('start')]).toEqual([true, true]);

    await expect(pacer.heed(place, 'create_image', failing(putOff))).rejects.toBe(putOff);
    expect([await atOnce('stop'), await atOnce('start')]).toEqual([false, true]);
  });

  it('counts each account by itself', async () => {
    const pacer = createPacer(clock, 1);
    const inAccount = (accountId: string) =>
      Promise.race([
        pacer.pace({ ...place, accountId }, 'start').then(() => 'at once'),
        new Promise((resolve) => setImmediate(() => resolve('waits'))),
      ]);
    for (let taken = 0; taken < 4; taken++) expect(await inAccount('1')).toBe('at once');

    expect([await inAccount('2'), await inAccount('1')]).toEqual(['at once', 'waits']);
  });

  it('refuses a scale that would stop everything', () => {
    expect(() => createPacer(clock, 0)).toThrow('paceScale must be above 0');
  });
});
