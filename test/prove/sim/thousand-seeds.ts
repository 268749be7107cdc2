/** A thousand seeds as a test: one file of them for each core of `npm test`. */
import { expect, test } from 'vitest';
import { campaign, neverHappened } from './campaign.ts';

const SEEDS = 1000;
const TWICE_EVERY = 50;

export function testThousandSeeds(from: number): void {
  test(`over a thousand simulated companies (seeds from ${from}) with faults, crashes and clicks, no promise is broken, and every fault and deed took place`, async () => {
    const result = await campaign({ seed: from, seeds: SEEDS, seconds: 3600, twiceEvery: TWICE_EVERY });
    expect(result.failures).toEqual([]);
    expect(result.seeds).toBe(SEEDS);
    expect(result.comparedTwice).toBe(SEEDS / TWICE_EVERY);
    expect(neverHappened(result)).toEqual([]);
  }, 480_000);
}
