import { type Proof, replayWith, tooFewFor } from '../proof.ts';
import { campaign, neverFired, neverTook } from './campaign.ts';

/** With fewer, a rare trouble may stay away by chance. */
const ENOUGH_TO_EXPECT_ALL = 60;

export const proof: Proof = {
  name: 'world',
  bar: 'the whole process over both simulators in virtual time, with faults, kills, clicks and Slack outages, after every event: no promise broken, everything ends, the same seed the same trace',
  defaults: { seeds: 60, seconds: 2400 },
  async run({ seed, seeds, seconds, log }) {
    const result = await campaign({ seed, seeds, seconds, twiceEvery: 10, log });
    const never = result.seeds >= ENOUGH_TO_EXPECT_ALL ? [...neverFired(result), ...neverTook(result)] : [];
    for (const [name, n] of [...result.fired, ...result.took].sort()) log(`${String(n).padStart(6)} ${name}`);
    return {
      cases: result.seeds,
      faultsFired: [...result.fired.values()].reduce((sum, n) => sum + n, 0),
      violations: [
        ...result.failures.flatMap((f) =>
          f.violations.map((v) => replayWith(`seed ${f.seed}: ${v}`, 'world', { seed: f.seed, seeds: 1 })),
        ),
        ...never,
      ],
      leftOut: tooFewFor('whether every fault fired', {
        asked: seeds,
        ran: result.seeds,
        needed: ENOUGH_TO_EXPECT_ALL,
      }),
      figures: {
        'simulated minutes': Math.round(result.simulatedMs / 60_000),
        'lives of the process': result.lives,
        'compared byte for byte': result.comparedTwice,
        'kinds of faults': result.fired.size,
        'patch commands': result.took.get('effect install') ?? 0,
        'questions to a person': result.took.get('question') ?? 0,
      },
    };
  },
};
