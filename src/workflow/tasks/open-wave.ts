import type { RunState, TargetChange } from '../changes.ts';
import { targetEligibility } from '../eligibility.ts';
import { countOutcomes } from '../make-view.ts';
import { LookFailed, type Place } from '../ports.ts';
import type { Target } from '../run-types.ts';
import { asClause, count } from '../words.ts';
import type { Outside, TaskResult } from './context.ts';
import { countsText } from './report.ts';
import { stillApproved, wrongClock } from './still-approved.ts';

/**
 * Asks once more for the approvers: who left the group since is a revocation, and with Slack down the last
 * answer counts, which the audit says. Waits while the clock is known to be wrong. Then reads eligibility again
 * for every target of the wave, which may shrink by it and never grows. Who stays goes to backup, or on when its
 * backup of an earlier attempt still stands.
 */
export async function openWave(outside: Outside, state: RunState, wave: number): Promise<TaskResult> {
  const { run, plan } = state;
  if (plan === null) throw new Error('a wave needs a plan');
  const still = await stillApproved(outside, { ...state, plan }, true);
  if (!('unknown' in still) && !still.enough) return withdrawn(outside, state, still.withdrawn);
  const clock = wrongClock(outside);
  if (clock !== null) return { done: false, why: clock, retryInMs: 10_000 };
  const planned = new Set(plan.targets.filter((t) => t.wave === wave).map((t) => t.key));
  const all = outside.store.allTargets(run.id);
  const targets = all.filter((t) => planned.has(t.key) && t.stage === 'queued');
  const changes: TargetChange[] = [];
  try {
    for (const group of byPlace(targets)) changes.push(...(await placeOrSkip(outside, state, group)));
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return {
      done: false,
      why: `Wave ${wave} waits: ${error.message}`,
      retryInMs: outside.settings.timing.pollPower,
    };
  }
  const dropped = changes.filter((c) => c.set.stage === 'done');
  const staying = targets.length - dropped.length;
  // A question about power holds no wave up; answered meanwhile, its instance is on its way again and does.
  if (outside.store.load(run.id)?.targets.some(onItsWay)) return { done: false, why: '', retryInMs: 0 };
  const backsUp = changes.some((c) => c.set.stage === 'backing_up');
  const answer = await outside.store.commit(run.id, {
    expect: { phase: 'waves', notStopped: true, planHash: run.planHash },
    targets: changes,
    run: { currentWave: wave },
    audit: [
      {
        actor: 'patchday',
        action: 'wave.opened',
        text: `Wave ${wave}: ${staying} of ${count(targets.length, 'instance')} ready.`,
        detail: { dropped: dropped.map((d) => ({ key: d.key, reason: d.set.outcomeReason })) },
      },
      ...('unknown' in still
        ? [
            {
              actor: 'patchday',
              action: 'approval.not_asked_again',
              text: `Slack could not be asked before wave ${wave} whether the approvers still are approvers (${asClause(still.unknown)}); the last answer counts.`,
            },
          ]
        : []),
    ],
    news: [
      {
        kind: 'progress',
        text:
          endedWaveText(all, wave - 1) +
          `Wave ${wave} of ${plan.waves.length}: ${count(staying, 'instance')}${backsUp ? ', backing up' : ''}.` +
          (dropped.length > 0 ? ` ${dropped.length} not ready any more.` : ''),
      },
    ],
  });
  return answer.ok ? { done: true } : { done: false, why: answer.text, retryInMs: 0 };
}

function onItsWay({ stage, power }: Target): boolean {
  return stage !== 'queued' && stage !== 'done' && power !== 'ask';
}

/** Whoever approved is no approver any more: no further wave. What waits for an answer of a person ends first. */
async function withdrawn(outside: Outside, state: RunState, why: readonly string[]): Promise<TaskResult> {
  const reason = `The approval does not hold any more: ${why.join('; ')}. No further wave was opened. Scan again for the rest and have it approved anew.`;
  if (state.targets.some((t) => t.stage !== 'queued' && t.stage !== 'done'))
    return { done: false, why: reason, retryInMs: 10_000 };
  const answer = await outside.store.commit(state.run.id, {
    expect: { phase: 'waves', planHash: state.run.planHash },
    endQueued: { reason, nextStep: 'Scan again.' },
    run: { phase: 'report', end: 'halted', endReason: reason, because: [] },
    audit: [{ actor: 'patchday', action: 'run.halted', text: reason }],
    news: [{ kind: 'failure', text: reason, excerpt: '' }],
  });
  return answer.ok ? { done: true } : { done: false, why: answer.text, retryInMs: 0 };
}

/** "Wave 1 is done: 5 patched and verified, 1 failed. "; empty when there was none. */
function endedWaveText(targets: readonly Target[], wave: number): string {
  const text = countsText(countOutcomes(targets.filter((target) => target.wave === wave)));
  return text === '' ? '' : `Wave ${wave} is done: ${text} `;
}

function byPlace(targets: readonly Target[]): Target[][] {
  const groups = new Map<string, Target[]>();
  for (const t of targets) {
    const key = `${t.instance.landingZone}/${t.instance.region}`;
    groups.set(key, [...(groups.get(key) ?? []), t]);
  }
  return [...groups.values()];
}

/** What will not come back by itself ends the instances of its place, and holds up no other. */
async function placeOrSkip(
  outside: Outside,
  state: RunState,
  targets: readonly Target[],
): Promise<TargetChange[]> {
  try {
    return await checkPlace(outside, state, targets);
  } catch (error) {
    if (!(error instanceof LookFailed) || error.transient) throw error;
    return targets.map((t) => skip(t, error.message));
  }
}

async function checkPlace(
  outside: Outside,
  { run, plan }: RunState,
  targets: readonly Target[],
): Promise<TargetChange[]> {
  const first = targets[0];
  if (!first || !plan) return [];
  const { landingZone, accountId, region } = first.instance;
  const place: Place = { landingZone, accountId, region, runId: run.id };
  const zone = outside.settings.zones.find((z) => z.name === landingZone);
  await outside.aws.identity.confirmAccount(place);
  const ids = targets.map((t) => t.instance.instanceId);
  const seen = new Map((await outside.aws.fleet.describe(place, ids)).map((i) => [i.instanceId, i]));
  const others =
    plan.kind === 'patch' ? await outside.aws.commands.othersInProgress(place, ids, []) : new Map();
  const locks = new Map(outside.store.instanceLocks(targets.map((t) => t.key)).map((l) => [l.key, l]));
  const kept = targets.flatMap((t) => t.imageId ?? []);
  const images = kept.length > 0 ? await outside.aws.images.look(place, kept) : new Map();
  return targets.map((target): TargetChange => {
    const instance = seen.get(target.instance.instanceId);
    if (!instance || !zone)
      return skip(
        target,
        instance ? 'its landing zone is not in the configuration any more' : 'it does not exist any more',
      );
    if (target.wasStopped !== (instance.state === 'stopped')) {
      return skip(
        target,
        `it was ${target.wasStopped ? 'stopped' : 'running'} when planned and is ${instance.state} now`,
      );
    }
    const verdict = targetEligibility(instance, {
      zone,
      stoppedInstances: plan.stoppedInstances,
      otherCommand: others.get(instance.instanceId) ?? null,
      lock: locks.get(target.key) ?? null,
      needsAgent: plan.kind === 'patch',
      ownInstanceIds: outside.ownInstanceIds(),
    });
    if (!verdict.eligible) return skip(target, verdict.reasons.map((r) => r.text).join('; '));
    const verified = target.imageId !== null && images.get(target.imageId)?.state === 'verified';
    const before = instance.counts;
    // A backup-only run makes its backups whatever is asked for before patching: nothing else may come of it.
    const mayGoOn = plan.kind === 'patch' && (verified || !plan.backup.required);
    return {
      key: target.key,
      whenStage: 'queued',
      set: mayGoOn
        ? { stage: target.wasStopped ? 'powering_on' : 'ready', backupVerified: verified, before }
        : { stage: 'backing_up', imageId: null, before },
    };
  });
}

function skip(target: Target, why: string): TargetChange {
  return {
    key: target.key,
    whenStage: 'queued',
    set: {
      stage: 'done',
      outcome: 'skipped',
      outcomeReason: `Not ready when its wave began: ${asClause(why)}.`,
      nextStep: 'Mend the cause, then /patch retry.',
    },
  };
}
