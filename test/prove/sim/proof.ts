import { type Proof, replayWith, tooFewFor } from '../proof.ts';
import { neverHappened } from './campaign.ts';
import { campaignInProcesses } from './processes.ts';

/** With fewer, a rare fault may stay away by chance. */
const ENOUGH_TO_EXPECT_ALL = 200;

export const proof: Proof = {
  name: 'sim',
  bar: 'over simulated companies with faults, crashes and clicks, after every event: no promise broken, nothing stuck, the same seed the same trace',
  defaults: { seeds: 4000, seconds: 180 },
  async run({ seed, seeds, seconds, log }) {
    const result = await campaignInProcesses({ seed, seeds, seconds, jobs: 0, twiceEvery: 25, log });
    const never = result.seeds >= ENOUGH_TO_EXPECT_ALL ? neverHappened(result) : [];
    return {
      cases: result.seeds,
      faultsFired: [...result.fired.values()].reduce((sum, n) => sum + n, 0),
      violations: [
        ...result.failures.flatMap((f) =>
          f.violations.map((v) => replayWith(`seed ${f.seed}: ${v}`, 'sim', { seed: f.seed, seeds: 1 })),
        ),
        ...never,
      ],
      leftOut: tooFewFor('whether every fault fired', {
        asked: seeds,
        ran: result.seeds,
        needed: ENOUGH_TO_EXPECT_ALL,
      }),
      figures: {
        'simulated hours': Math.round(result.simulatedMs / 3_600_000),
        'compared byte for byte': result.comparedTwice,
        'kinds of faults': result.fired.size,
        'patch commands': result.succeeded.get('effect install') ?? 0,
      },
    };
  },
};
