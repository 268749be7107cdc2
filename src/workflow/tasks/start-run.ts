import type { RunState } from '../changes.ts';
import { LookFailed } from '../ports.ts';
import { asClause, count } from '../words.ts';
import type { Outside, TaskResult } from './context.ts';
import { approverText, stillApproved, wrongClock } from './still-approved.ts';

/**
 * The last look before the first change: the approvers are asked for again, live, every account must be the
 * planned one, and the clock must not be known to be wrong. What cannot be asked is a no for now; a no that is
 * certain ends the run.
 */
export async function startRun(outside: Outside, state: RunState): Promise<TaskResult> {
  const { run, plan } = state;
  if (plan === null || state.planHashNow !== run.planHash) {
    return halt(
      outside,
      state,
      'The stored plan does not match the approved hash any more. Nothing was changed; have the database checked.',
    );
  }
  const still = await stillApproved(outside, { ...state, plan }, false);
  if ('unknown' in still) {
    return {
      done: false,
      why: `Slack could not be asked whether the approvers still are approvers (${asClause(still.unknown)}). Nothing starts until it answers.`,
      retryInMs: 10_000,
    };
  }
  const clock = wrongClock(outside);
  if (clock !== null) return { done: false, why: clock, retryInMs: 10_000 };
  const { valid, withdrawn } = still;
  if (!still.enough) {
    return halt(
      outside,
      state,
      `The approval does not hold any more: ${withdrawn.join('; ')}. Nothing was changed. Scan again and have it approved anew.`,
    );
  }
  const places = new Map(plan.targets.map((t) => [`${t.accountId}/${t.region}`, t]));
  for (const { landingZone, accountId, region } of places.values()) {
    try {
      await outside.aws.identity.confirmAccount({ landingZone, accountId, region, runId: run.id });
    } catch (error) {
      if (!(error instanceof LookFailed)) throw error;
      if (!error.transient) return halt(outside, state, `${error.message} Nothing was changed.`);
      return { done: false, why: error.message, retryInMs: outside.settings.timing.pollPower };
    }
  }
  await outside.store.commit(run.id, {
    expect: { phase: 'await_start', notStopped: true, planHash: run.planHash },
    run: { phase: 'waves', startedAt: outside.clock.now(), snapshotId: outside.ids.guid(), currentWave: 0 },
    audit: [
      {
        actor: 'patchday',
        action: 'run.started',
        text: `Started with the approval of ${valid.map(approverText).join(', ')}.`,
        detail: { planHash: run.planHash, approvers: valid.map((a) => a.userId), withdrawn },
      },
    ],
    news: [
      {
        kind: 'progress',
        text: `Run ${run.id} begins: ${count(plan.targets.length, 'instance')} in ${count(plan.waves.length, 'wave')}.`,
      },
    ],
  });
  return { done: true };
}

async function halt(outside: Outside, { run }: RunState, reason: string): Promise<TaskResult> {
  await outside.store.commit(run.id, {
    expect: { phase: 'await_start' },
    endQueued: { reason, nextStep: 'Scan again.' },
    run: {
      phase: 'ended',
      end: 'halted',
      endReason: reason,
      endedAt: outside.clock.now(),
      wakeAt: null,
      because: [],
    },
    keepZones: [],
    audit: [{ actor: 'patchday', action: 'run.halted', text: reason }],
    news: [{ kind: 'failure', text: reason, excerpt: '' }],
  });
  return { done: true };
}
