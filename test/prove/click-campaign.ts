/** What the proofs that fast-check drives have in common: many random clicks, one failure, and clicks that must take. */
import { type ProofOptions, type ProofResult, replayWith, tooFewFor } from './proof.ts';

export interface ClickCampaign {
  /** Cases that ran. */
  ran: number;
  /** How often each kind of click took effect. */
  took: ReadonlyMap<string, number>;
  /** What failed, after shrinking, and what `--case` needs to show it again. */
  failure: { why: string; replay: string } | null;
}

/** Kinds of clicks that never once took effect. */
export function neverTook(kinds: readonly string[], { took }: ClickCampaign): string[] {
  return kinds.filter((kind) => !took.has(kind)).map((kind) => `"${kind}" never took effect`);
}

/** With fewer cases than `needed`, one of the `kinds` may not take effect by chance: then it is said that nobody looked. */
export function resultOf(
  proof: string,
  { seed, seeds, match }: ProofOptions,
  campaign: ClickCampaign,
  { kinds, needed }: { kinds: readonly string[]; needed: number },
): ProofResult {
  const { ran, took, failure } = campaign;
  const whole = match === null && !failure;
  return {
    cases: ran,
    faultsFired: null,
    violations: [
      ...(failure ? [replayWith(failure.why, proof, { seed, seeds, case: failure.replay })] : []),
      ...(whole && ran >= needed ? neverTook(kinds, campaign) : []),
    ],
    leftOut: whole ? tooFewFor('whether every click took effect', { asked: seeds, ran, needed }) : [],
    figures: Object.fromEntries([...took].map(([kind, n]) => [`${kind}: taken`, n])),
  };
}
