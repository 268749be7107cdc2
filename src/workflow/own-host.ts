/**
 * The instance that Patchday itself runs on is never touched: not backed up (which may reboot it), not started
 * or stopped, not patched. Pure. It is looked at again before every effect, because the process may have been
 * moved to another host since the plan was approved.
 */
import type { Intent, TargetChange } from './changes.ts';
import type { Effect, Target } from './run-types.ts';
import { endTarget, endWithoutInstall, moveTarget } from './target-changes.ts';

export const RUNS_ON_IT = 'Patchday itself runs on it: patch it by hand, or from another installation';

const NEXT = 'Patch it by hand, or from another installation.';

/** The targets of an intent that must not be touched, ended; a cancellation is for their good and goes on. */
export function ownHostEnds(
  intent: Pick<Intent, 'kind'>,
  targets: readonly Target[],
  effects: readonly Effect[],
  ownInstanceIds: readonly string[],
): TargetChange[] {
  if (intent.kind === 'cancel') return [];
  return targets
    .filter((t) => ownInstanceIds.includes(t.instance.instanceId))
    .map((target) => {
      switch (intent.kind) {
        case 'stop': {
          const left = 'It was started for patching and left on, because Patchday itself runs on it now.';
          return moveTarget(target, { stage: 'done', nextStep: `${target.nextStep} ${left}`.trim() });
        }
        case 'scan':
          return endTarget(
            target,
            target.stage === 'queued' ? 'skipped' : 'verification_failed',
            `Not scanned: ${RUNS_ON_IT}.`,
            'Look at it by hand.',
          );
        default:
          return endWithoutInstall(effects, target, 'skipped', `Not touched: ${RUNS_ON_IT}.`, NEXT);
      }
    });
}
