import { expect, test } from 'vitest';
import { campaign, neverHappened } from './sim/campaign.ts';
import { PLANTED } from './sim/planted.ts';
import { REGRESSIONS } from './sim/regressions.ts';
import { simulate } from './sim/simulation.ts';

const SEEDS = 200;

test('over some hundred simulated companies with faults, crashes and clicks, no promise is broken, and every fault and deed took place', async () => {
  const result = await campaign({ seed: 1, seeds: SEEDS, seconds: 3600, twiceEvery: 25 });
  expect(result.failures).toEqual([]);
  expect(result.seeds).toBe(SEEDS);
  expect(result.comparedTwice).toBe(SEEDS / 25);
  expect(neverHappened(result)).toEqual([]);
}, 240_000);

test.for(REGRESSIONS)('seed $seed stays mended: $found', async ({ seed }) => {
  expect((await simulate(seed)).violations).toEqual([]);
});

test.for(PLANTED)('is noticed: $name', { timeout: 120_000 }, async ({ plant, noticedAs, from = 1 }) => {
  const said: string[] = [];
  for (let seed = from; seed < from + SEEDS && !said.some((v) => noticedAs.test(v)); seed++)
    said.push(...(await simulate(seed, { plant })).violations);
  expect(said.filter((v) => noticedAs.test(v))).not.toEqual([]);
});
