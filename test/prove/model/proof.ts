/**
 * Sequences of clicks against the model (`--seeds N`), shrunk to the shortest that fails. A failure prints
 * fast-check's seed, path and replay path in the one command that runs it again.
 */
import fc from 'fast-check';
import { type ClickCampaign, resultOf } from '../click-campaign.ts';
import type { Proof } from '../proof.ts';
import { Company } from '../sim/company.ts';
import { Deed, KINDS, type Successes } from './clicks.ts';
import { Model } from './model.ts';

const MOST_CLICKS = 30;
/** With fewer, a rare click may not succeed by chance. */
const ENOUGH_TO_EXPECT_ALL = 1000;

/** The useful clicks more often than the others: without a plan that is approved little can go wrong. */
const OFTEN: Readonly<Record<string, number>> = {
  approve: 14,
  scan: 4,
  pass: 6,
  answer: 8,
  lose: 2,
  resolve: 5,
};

function deeds(successes: Successes) {
  // Every person and choice as likely as any other.
  const number = fc.noBias(fc.nat({ max: 119 }));
  return KINDS.flatMap((kind) =>
    Array.from({ length: OFTEN[kind] ?? 1 }, () =>
      fc.tuple(number, number, number).map(([who, at, choice]) => new Deed(kind, who, at, choice, successes)),
    ),
  );
}

/** `again`: "PATH REPLAYPATH" of an earlier failure. */
export async function campaign(options: {
  seed: number;
  sequences: number;
  seconds: number;
  again?: string | null;
  /** The model does not hear of this, so that a failure is certain: for the test of what a failure prints. */
  forgets?: 'leave';
}): Promise<ClickCampaign> {
  const successes: Successes = new Map();
  const [path, replayPath] = options.again?.split(' ') ?? [];
  const details = await fc.check(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 }),
      // Long sequences as likely as short ones.
      fc.noBias(
        fc.commands(deeds(successes), {
          maxCommands: MOST_CLICKS,
          size: 'max',
          ...(replayPath ? { replayPath } : {}),
        }),
      ),
      async (required, clicks) => {
        const company = new Company(required);
        try {
          const model = new Model(required);
          if (options.forgets) model.left.add = () => model.left;
          await fc.asyncModelRun(() => ({ model, real: company }), clicks);
        } finally {
          company.close();
        }
      },
    ),
    {
      seed: options.seed,
      numRuns: options.sequences,
      interruptAfterTimeLimit: options.seconds * 1000,
      ...(path ? { path } : {}),
    },
  );
  const shown = details.counterexample ? fc.stringify(details.counterexample) : '';
  const replay = /replayPath=\\?"([^"\\]*)/.exec(shown)?.[1] ?? '';
  const error = details.errorInstance instanceof Error ? details.errorInstance.message : '';
  return {
    ran: details.numRuns,
    took: successes,
    failure:
      details.failed && details.counterexample
        ? {
            why: `${error} after ${shown.replace(/\s*\/\*replayPath.*\*\//, '')}`,
            replay: `${details.counterexamplePath} ${replay}`,
          }
        : null,
  };
}

export const proof: Proof = {
  name: 'model',
  bar: 'random sequences of clicks, time and restarts: who may, where each run is, what is locked, which approvals count and what may begin are as a model of 100 lines says',
  defaults: { seeds: 10_000, seconds: 900 },
  async run(options) {
    const { seed, seeds, seconds, match } = options;
    const result = await campaign({ seed, sequences: seeds, seconds, again: match });
    return resultOf('model', options, result, { kinds: KINDS, needed: ENOUGH_TO_EXPECT_ALL });
  },
};
