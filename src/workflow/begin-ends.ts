/** How a target ends when what it needs next cannot be had. Pure. */
import type { TargetChange } from './changes.ts';
import type { Effect, Target } from './run-types.ts';
import { endTarget, endWithoutInstall } from './target-changes.ts';
import { asClause } from './words.ts';

/** Refused too often, or for too long. */
export function givenUp(
  effects: readonly Effect[],
  target: Target,
  kind: 'create_image' | 'start' | 'install',
  last: Effect,
): TargetChange {
  switch (kind) {
    case 'create_image':
      return endTarget(
        target,
        'skipped',
        `No backup could be made, so it was not patched: ${last.note}`,
        'Mend the cause, then /patch retry.',
      );
    case 'start':
      return endTarget(
        target,
        'skipped',
        `It could not be started: ${last.note}`,
        'Mend the cause, then /patch retry.',
      );
    case 'install':
      return endWithoutInstall(
        effects,
        target,
        'failed',
        `The patch command was refused: ${last.note}`,
        'Mend the cause, then /patch retry.',
      );
  }
}

export function unverified(target: Target, why: string): TargetChange {
  if (target.installEnd?.status === 'success') {
    return endTarget(
      target,
      'verification_failed',
      `The install ended with success, but it could not be verified: ${asClause(why)}.`,
      'Check that the instance is up and its SSM agent online, then scan it with --fresh.',
    );
  }
  return endTarget(
    target,
    'failed',
    `${target.outcomeReason || 'The install did not succeed.'} It could not be scanned afterwards: ${asClause(why)}.`,
    target.nextStep || 'Check the instance and its SSM agent, then /patch retry.',
  );
}
