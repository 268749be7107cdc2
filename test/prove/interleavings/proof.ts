/**
 * Random contests (`--seeds N`), shrunk to the smallest that fails. A failure prints fast-check's seed and path in
 * the one command that runs it again.
 */
import fc from 'fast-check';
import { type ClickCampaign, resultOf } from '../click-campaign.ts';
import type { Proof } from '../proof.ts';
import { EVENTS, KINDS, WANTED_IN } from './clicks.ts';
import { type Contestants, contest } from './contest.ts';
import { SCENES } from './scene.ts';

/** With fewer, a click may not succeed by chance. */
const ENOUGH_TO_EXPECT_ALL = 500;
/** About as many events as there are from the first wave to the end. */
const MOST_EVENTS = 300;

/** Anything at all, or what people would want of a run that is there: the latter more often. */
const CONTESTANTS: fc.Arbitrary<Contestants> = fc.constantFrom(...SCENES).chain((scene) =>
  fc.record({
    scene: fc.constant(scene),
    required: fc.integer({ min: 1, max: 2 }),
    events: fc.noBias(fc.nat({ max: MOST_EVENTS })),
    kinds: fc.oneof(
      { weight: 3, arbitrary: some([...WANTED_IN[scene], ...EVENTS]) },
      { weight: 1, arbitrary: some(KINDS) },
    ),
  }),
);

function some<T>(from: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...from], { minLength: 2, maxLength: Math.min(8, from.length) });
}

export interface Campaign extends ClickCampaign {
  /** Steps whose order was chosen. */
  ordered: number;
}

export async function campaign(options: {
  seed: number;
  contests: number;
  seconds: number;
  /** Where in the campaign an earlier failure was. */
  path?: string | null;
}): Promise<Campaign> {
  const took = new Map<string, number>();
  let ordered = 0;
  const details = await fc.check(
    fc.asyncProperty(fc.scheduler(), CONTESTANTS, async (scheduler, contestants) => {
      const outcome = await contest(scheduler, contestants);
      ordered += outcome.ordered;
      for (const name of outcome.took) took.set(name, (took.get(name) ?? 0) + 1);
      if (outcome.violations.length > 0) throw new Error(outcome.violations.join('; '));
    }),
    {
      seed: options.seed,
      numRuns: options.contests,
      interruptAfterTimeLimit: options.seconds * 1000,
      ...(options.path ? { path: options.path } : {}),
    },
  );
  const error = details.errorInstance instanceof Error ? details.errorInstance.message : '';
  const contestants = details.counterexample?.[1];
  return {
    ran: details.numRuns,
    took,
    ordered,
    failure:
      details.failed && contestants
        ? { why: `${error} in ${JSON.stringify(contestants)}`, replay: details.counterexamplePath ?? '' }
        : null,
  };
}

/** Clicks that must take effect at times. Who asked for a plan or changed it may not approve it. */
export const MUST_TAKE = KINDS.filter((kind) => !/^approve what/.test(kind));

export const proof: Proof = {
  name: 'interleavings',
  bar: 'clicks of several people in the same instant, with a run under way and a kill, in any order of every question, answer and write: each takes effect once or is refused, the promises hold, and everything comes to an end',
  defaults: { seeds: 2000, seconds: 900 },
  async run(options) {
    const { seed, seeds, seconds, match } = options;
    const result = await campaign({ seed, contests: seeds, seconds, path: match });
    const said = resultOf('interleavings', options, result, {
      kinds: MUST_TAKE,
      needed: ENOUGH_TO_EXPECT_ALL,
    });
    return { ...said, figures: { 'steps whose order was chosen': result.ordered, ...said.figures } };
  },
};
