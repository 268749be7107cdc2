import { expect, test } from 'vitest';
import { campaign } from './sim/campaign.ts';
import { PLANTED } from './sim/planted.ts';
import { campaignInProcesses } from './sim/processes.ts';
import { REGRESSIONS } from './sim/regressions.ts';
import { simulate } from './sim/simulation.ts';

const MOST_SEEDS = 200;

test.for(REGRESSIONS)('seed $seed stays mended: $found', async ({ seed }) => {
  expect((await simulate(seed)).violations).toEqual([]);
});

test.for(PLANTED)('is noticed: $name', { timeout: 120_000 }, async ({ plant, noticedAs, from = 1 }) => {
  const said: string[] = [];
  for (let seed = from; seed < from + MOST_SEEDS && !said.some((v) => noticedAs.test(v)); seed++)
    said.push(...(await simulate(seed, { plant })).violations);
  expect(said.filter((v) => noticedAs.test(v))).not.toEqual([]);
});

test('a campaign in several processes ends as the same seeds in one', { timeout: 120_000 }, async () => {
  const seeds = { seed: 5, seeds: 50, seconds: 3600, twiceEvery: 25 };
  const { fired, succeeded, ...rest } = await campaignInProcesses({ ...seeds, jobs: 2 });
  const alone = await campaign(seeds);
  expect(rest).toEqual({ ...alone, fired: undefined, succeeded: undefined });
  expect([...fired].sort()).toEqual([...alone.fired].sort());
  expect([...succeeded].sort()).toEqual([...alone.succeeded].sort());
});

test('a campaign begins no seed after its time, and counts those that it ran', async () => {
  const none = await campaignInProcesses({ seed: 1, seeds: 100, seconds: 0, twiceEvery: 0, jobs: 2 });
  expect(none.seeds).toBe(0);
});
