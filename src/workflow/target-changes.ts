/** The few ways in which a target moves on, so that every place that ends one says the same things. */

import type { InstanceLock, TargetChange } from './changes.ts';
import { foreign } from './mention.ts';
import type { Effect, Outcome, RunId, Target } from './run-types.ts';

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

/**
 * Nobody knew whether a patch command was sent, and a person let it be sent again: until that is done, the
 * first may still be going on.
 */
export function mayHaveBeenSent(effects: readonly Effect[], target: Target): boolean {
  return effects.some((e) => e.kind === 'install' && e.state === 'closed' && e.targets.includes(target.key));
}

/** Ends a target to which no (further) patch command goes. */
export function endWithoutInstall(
  effects: readonly Effect[],
  target: Target,
  outcome: Outcome,
  reason: string,
  nextStep: string,
): TargetChange {
  const doubtful = effects.find((e) => mayHaveBeenSent([e], target));
  if (!doubtful) return endTarget(target, outcome, reason, nextStep, { commandMayRun: false });
  return endTarget(
    target,
    'unknown',
    `A patch command may have been sent before, and none was sent again. ${reason}`,
    `Look at the instance, then /patch resolve ${doubtful.runId} ${target.instance.instanceId} <what you found>. It stays locked until then.`,
    { commandMayRun: true },
  );
}

/** What ended as unknown stays locked until a person closes it. */
export function locksOf(changes: readonly TargetChange[], runId: RunId): InstanceLock[] {
  return changes
    .filter((c) => c.set.outcome === 'unknown')
    .map(({ key }) => ({ key, runId, reason: 'a patch command may have been sent', until: null }));
}

export function moveTarget(target: Target, set: TargetChange['set']): TargetChange {
  return { key: target.key, whenStage: target.stage, set };
}

/** "pay-web-01 (i-0abc)" */
export function called(target: Target): string {
  const { name, instanceId } = target.instance;
  return name === instanceId ? instanceId : `${foreign(name)} (${instanceId})`;
}
