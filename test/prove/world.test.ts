import { expect, test } from 'vitest';
import { campaign, neverTook } from './world/campaign.ts';
import { REGRESSIONS } from './world/regressions.ts';
import { simulateWorld } from './world/simulate.ts';

const SEEDS = 24;

test('over two dozen companies with the whole process in them, faults, kills and clicks, no promise is broken, everything ends, and a seed tells the same story twice', async () => {
  const result = await campaign({ seed: 1, seeds: SEEDS, seconds: 3600, twiceEvery: 12 });
  expect(result.failures).toEqual([]);
  expect(result.seeds).toBe(SEEDS);
  expect(result.comparedTwice).toBe(2);
  expect(result.lives).toBeGreaterThan(SEEDS);
  expect(neverTook(result)).toEqual([]);
  // All of them are asked for by the proof, which runs more seeds.
  expect(result.fired.size).toBeGreaterThan(20);
}, 400_000);

test.for(REGRESSIONS)('seed $seed stays mended: $found', { timeout: 60_000 }, async ({ seed }) => {
  expect((await simulateWorld(seed)).violations).toEqual([]);
});
