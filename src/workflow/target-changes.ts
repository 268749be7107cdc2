/** The few ways in which a target moves on, so that every place that ends one says the same things. */

import type { TargetChange } from './changes.ts';
import { foreign } from './mention.ts';
import type { Outcome, Target } from './run-types.ts';

/** Ends a target: at once, or by way of stopping it again when it was started for patching. */
export function endTarget(
  target: Target,
  outcome: Outcome,
  outcomeReason: string,
  nextStep: string,
  set: TargetChange['set'] = {},
): TargetChange {
  return {
    key: target.key,
    whenStage: target.stage,
    set: {
      ...set,
      stage: target.power === 'on' ? 'powering_off' : 'done',
      outcome,
      outcomeReason,
      nextStep,
      invocation: null,
    },
  };
}

export function moveTarget(target: Target, set: TargetChange['set']): TargetChange {
  return { key: target.key, whenStage: target.stage, set };
}

/** "pay-web-01 (i-0abc)" */
export function called(target: Target): string {
  const { name, instanceId } = target.instance;
  return name === instanceId ? instanceId : `${foreign(name)} (${instanceId})`;
}
