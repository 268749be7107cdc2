/** Between two waves: may the next one be opened, and if not, how does the run end? Pure. */

import type { RunState } from './changes.ts';
import type { Action } from './decide.ts';
import type { Reason } from './instance.ts';
import { mention } from './mention.ts';
import type { RunEnd, Target } from './run-types.ts';
import { count } from './words.ts';

export interface GateDecision {
  actions: Action[];
  wakeAt: number | null;
  because: Reason[];
}

export type GateVerdict =
  | { open: number }
  | { end: RunEnd; reason: string }
  | { wait: Reason; wakeAt: number | null };

/**
 * The rules in order; the first that speaks decides. `waiting` are targets of earlier waves that wait for a
 * person's answer.
 */
export function judgeWave(state: RunState, waiting: number, now: number): GateVerdict {
  const { run, plan } = state;
  const next = state.queuedWaves[0];
  if (plan === null || state.planHashNow !== run.planHash) {
    return {
      end: 'halted',
      reason:
        'The stored plan does not match the approved hash any more. Nothing further was begun; have the database checked.',
    };
  }
  if (run.stopRequestedAt !== null) {
    return waiting > 0
      ? wait(waiting)
      : { end: 'stopped', reason: `Stopped by ${mention(run.stopRequestedBy ?? '')}.` };
  }
  if (state.failedSoFar > plan.failureBudget && next !== undefined) {
    return waiting > 0
      ? wait(waiting)
      : {
          end: 'halted',
          reason: `${count(state.failedSoFar, 'instance')} failed, and the failure budget is ${plan.failureBudget}: no further wave was opened. Look at the failures, then /patch retry.`,
        };
  }
  const undelivered = nothingArrived(state.targets.filter((t) => t.wave === run.currentWave));
  if (undelivered > 0 && next !== undefined) {
    return waiting > 0
      ? wait(waiting)
      : {
          end: 'halted',
          reason: `Of ${count(undelivered, 'patch command')} in the last wave none was delivered: no further wave was opened. Check the agents and their way to Systems Manager, then /patch retry.`,
        };
  }
  if (next === undefined) {
    if (waiting > 0) return wait(waiting);
    return state.targets.some((t) => t.outcome === 'stopped')
      ? {
          end: 'halted',
          reason:
            'The window did not leave enough time for all of the last wave. /patch retry takes up the rest.',
        }
      : { end: 'completed', reason: 'Every wave is done.' };
  }
  if (now > plan.noNewWaveAfter) {
    return waiting > 0
      ? wait(waiting)
      : {
          end: 'halted',
          reason: 'The window does not leave enough time for another wave. Scan again for the rest.',
        };
  }
  if (state.frozen) {
    return {
      wait: { code: 'frozen', text: 'The next wave waits for the freeze to be lifted.' },
      wakeAt: plan.noNewWaveAfter + 1,
    };
  }
  return { open: next };
}

/**
 * How many were sent a patch command in this wave, if it reached none of them; else 0. Whatever the budget says:
 * then it is the way there that is broken, and the next wave would meet the same.
 */
function nothingArrived(targets: readonly Target[]): number {
  const ends = targets.flatMap(({ installEnd }) => (installEnd ? [installEnd.status] : []));
  return ends.every((status) => status === 'not_delivered' || status === 'denied') ? ends.length : 0;
}

function wait(waiting: number): GateVerdict {
  return {
    wait: {
      code: 'answers',
      text: `${waiting} ${waiting === 1 ? 'instance waits' : 'instances wait'} for a person's answer.`,
    },
    wakeAt: null,
  };
}

export function decideGate(state: RunState, onTheWay: readonly Target[], now: number): GateDecision {
  if (state.run.phase === 'fresh_scan') {
    return {
      actions: [
        {
          do: 'advance',
          changes: {
            run: { phase: 'discover' },
            audit: [{ actor: 'patchday', action: 'scan.done', text: 'The fresh scan is done.' }],
          },
        },
      ],
      wakeAt: null,
      because: [],
    };
  }
  const verdict = judgeWave(state, onTheWay.length, now);
  if ('open' in verdict) {
    return {
      actions: [{ do: 'task', task: { name: 'open_wave', wave: verdict.open } }],
      wakeAt: null,
      because: [{ code: 'opening', text: `Opening wave ${verdict.open}.` }],
    };
  }
  if ('wait' in verdict) return { actions: [], wakeAt: verdict.wakeAt, because: [verdict.wait] };
  return {
    actions: [
      {
        do: 'advance',
        changes: {
          endQueued: { reason: verdict.reason, nextStep: 'Scan again, or /patch retry.' },
          run: { phase: 'report', end: verdict.end, endReason: verdict.reason, because: [] },
          audit: [{ actor: 'patchday', action: `run.${verdict.end}`, text: verdict.reason }],
        },
      },
    ],
    wakeAt: null,
    because: [],
  };
}
