/**
 * What a run does next, from its rows and the time alone. Pure: the executor carries it out, commits, and
 * asks again. Nothing here remembers anything.
 */

import type { Changes, Intent, RunState } from './changes.ts';
import { decideParked } from './decide-parked.ts';
import { decideWave } from './decide-wave.ts';
import type { Reason } from './instance.ts';
import { doer, mention } from './mention.ts';
import type { Effect, Phase, RunEnd } from './run-types.ts';
import { environmentGone, type Settings } from './settings.ts';

export type Action =
  /** Commit the intent, then make the call. */
  | { do: 'begin'; intent: Intent }
  /** A question for a person: commit the intent as needs_attention, make no call. */
  | { do: 'ask'; intent: Intent; note: string; text: string }
  /** The call may or may not have been made: search for it. */
  | { do: 'resolve'; effect: Effect }
  /** Follow what was begun; effects of one kind at one place together. */
  | { do: 'look'; effects: readonly Effect[] }
  /** Read from AWS or Slack and write down what follows. */
  | { do: 'task'; task: Task }
  | { do: 'advance'; changes: Changes };

export type Task =
  | { name: 'discover' }
  | { name: 'plan' }
  | { name: 'start_run' }
  | { name: 'open_wave'; wave: number }
  | { name: 'reconcile' }
  | { name: 'report' };

export interface Decision {
  actions: Action[];
  /** When to decide again if nothing happens before; ms, null = only when something happens. */
  wakeAt: number | null;
  because: Reason[];
}

/** In these nothing was begun at AWS. */
const BEFORE_CHANGES: readonly Phase[] = ['discover', 'plan', 'await_approval', 'await_start'];

export function decide(state: RunState, now: number, settings: Settings): Decision {
  const { run, plan } = state;
  if (state.parked && run.phase !== 'report' && run.phase !== 'ended')
    return decideParked(state, state.parked, now, settings);
  if (BEFORE_CHANGES.includes(run.phase) && !settings.environments.some((e) => e.name === run.environment)) {
    const gone = `${environmentGone(run.environment)} Nothing was changed.`;
    return finish(run.phase, now, 'halted', gone, 'run.halted');
  }
  switch (run.phase) {
    case 'ended':
      return nothing();
    case 'discover':
      return (
        stopped(state, now) ??
        only({ do: 'task', task: { name: 'discover' } }, 'discovering', 'Looking at the instances.')
      );
    case 'plan':
      return (
        stopped(state, now) ?? only({ do: 'task', task: { name: 'plan' } }, 'planning', 'Making the plan.')
      );
    case 'fresh_scan':
      return decideWave(state, now, settings);
    case 'await_approval': {
      const end = stopped(state, now);
      if (end) return end;
      if (run.expiresAt !== null && now >= run.expiresAt) {
        return finish(
          run.phase,
          now,
          'expired',
          'The time to approve this plan is over. Scan again for a fresh one.',
          'run.expired',
        );
      }
      return {
        actions: [],
        wakeAt: run.expiresAt,
        because: [{ code: 'awaiting_approval', text: 'Waiting for approval.' }],
      };
    }
    case 'await_start': {
      const end = stopped(state, now);
      if (end) return end;
      if (plan === null || now > plan.noNewWaveAfter) {
        return finish(
          run.phase,
          now,
          'expired',
          'Its window went by before it could start. Scan again for a new plan.',
          'run.expired',
        );
      }
      if (now < plan.startNotBefore) {
        return {
          actions: [],
          wakeAt: plan.startNotBefore,
          because: [{ code: 'not_before', text: 'Approved; it starts when its window opens.' }],
        };
      }
      if (state.frozen)
        return { actions: [], wakeAt: plan.noNewWaveAfter + 1, because: [frozenReason(state.frozen)] };
      return only(
        { do: 'task', task: { name: 'start_run' } },
        'starting',
        'Checking approvers and accounts once more.',
      );
    }
    case 'waves':
      return decideWave(state, now, settings);
    case 'report':
      return only({ do: 'task', task: { name: 'report' } }, 'reporting', 'Writing the report.');
  }
}

/** Before anything was begun, a stop ends the run at once. */
function stopped(state: RunState, now: number): Decision | null {
  const { run } = state;
  if (run.stopRequestedAt === null) return null;
  return finish(
    run.phase,
    now,
    'stopped',
    `Stopped by ${mention(run.stopRequestedBy ?? '')} before anything was changed.`,
    'run.stopped',
  );
}

function finish(phase: Phase, now: number, end: RunEnd, endReason: string, action: string): Decision {
  return {
    actions: [
      {
        do: 'advance',
        changes: {
          // An approval in the same instant is seen by the next decision, not written over.
          expect: { phase },
          endQueued: { reason: endReason, nextStep: '' },
          run: { phase: 'ended', end, endReason, endedAt: now, wakeAt: null, because: [] },
          keepZones: [],
          audit: [{ actor: 'patchday', action, text: endReason }],
          news: [{ kind: 'progress', text: endReason }],
        },
      },
    ],
    wakeAt: null,
    because: [],
  };
}

export function frozenReason(frozen: { by: string; reason: string }): Reason {
  return {
    code: 'frozen',
    text: `Everything is frozen by ${doer(frozen.by)}${frozen.reason ? `: ${frozen.reason}` : ''}. Nothing new starts until /patch unfreeze all.`,
  };
}

function nothing(): Decision {
  return { actions: [], wakeAt: null, because: [] };
}

function only(action: Action, code: string, text: string): Decision {
  return { actions: [action], wakeAt: null, because: [{ code, text }] };
}
