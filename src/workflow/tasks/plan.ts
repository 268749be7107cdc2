import { PATCH_DOCUMENT } from '../batches.ts';
import type { Changes, RunState, TargetChange } from '../changes.ts';
import type { Instance } from '../instance.ts';
import { makePlan } from '../make-plan.ts';
import { hashPlan, shortHash } from '../plan-hash.ts';
import type { Plan } from '../plan-types.ts';
import { LookFailed } from '../ports.ts';
import type { Run, Target } from '../run-types.ts';
import { environmentOf } from '../settings.ts';
import { count } from '../words.ts';
import type { Outside, TaskResult } from './context.ts';

/** Turns what was found into the first plan of the run, or ends the run with a plain reason. */
export async function plan(outside: Outside, state: RunState): Promise<TaskResult> {
  const { run } = state;
  const targets = outside.store.allTargets(run.id);
  let eligible = targets.filter((t) => t.eligible);
  if (eligible.length === 0) {
    return end(outside, run, 'nothing_to_do', nothingReady(targets));
  }
  let pinned: Pinned = { documents: [], failed: [] };
  try {
    if (run.kind === 'patch') {
      pinned = await pinDocuments(
        outside,
        run,
        eligible.map((t) => t.instance),
      );
    }
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return {
      done: false,
      why: `The patch document could not be read: ${error.message}`,
      retryInMs: outside.settings.timing.pollCommands,
    };
  }
  const unreadable = new Map(pinned.failed.map((f) => [placeKey(f), f.reason]));
  const dropped = eligible.filter((t) => unreadable.has(placeKey(t.instance)));
  eligible = eligible.filter((t) => !unreadable.has(placeKey(t.instance)));
  if (eligible.length === 0) {
    const reasons = pinned.failed.map((f) => f.reason).join(' ');
    const targets = dropped.map((t) => notPlanned(t, unreadable.get(placeKey(t.instance)) ?? ''));
    return end(outside, run, 'nothing_to_do', `Nothing can be patched. ${reasons}`, targets);
  }
  const made = makePlan({
    run,
    policy: environmentOf(outside.settings, run.environment),
    timing: outside.settings.timing,
    now: outside.clock.now(),
    instances: eligible.map((t) => t.instance),
    keepImages: keptImages(outside, run),
    documents: pinned.documents,
    version: 1,
    changedBy: run.requestedBy,
  });
  if (!made.ok) return end(outside, run, 'nothing_to_do', made.reason.text);
  const hash = hashPlan(made.plan);
  const keepZones = [...new Set(made.plan.targets.map((t) => t.landingZone))];
  const planned: Changes = {
    expect: { phase: 'plan', notStopped: true },
    plan: { plan: made.plan, hash },
    targets: [
      ...dropped.map((t) => notPlanned(t, unreadable.get(placeKey(t.instance)) ?? '')),
      ...planTargets(made.plan),
    ],
    audit: [
      {
        actor: 'patchday',
        action: 'plan.made',
        text: `Plan version 1 (${shortHash(hash)}) with ${count(made.plan.targets.length, 'instance')} in ${count(made.plan.waves.length, 'wave')}.`,
        detail: { planHash: hash },
      },
    ],
  };
  const planFields = {
    planVersion: 1,
    planHash: hash,
    planChangedBy: run.requestedBy,
    expiresAt: made.plan.approval.expiresAt,
    startNotBefore: made.plan.startNotBefore,
    failedZones: [
      ...run.failedZones,
      ...pinned.failed.map(({ landingZone, reason }) => ({ landingZone, reason })),
    ],
  };
  if (run.options.dryRun) {
    const reason = `Dry run: ${count(made.plan.targets.length, 'instance')} would be ${run.kind === 'patch' ? 'patched' : 'backed up'}. Nothing was asked for and nothing will change.`;
    await outside.store.commit(run.id, {
      ...planned,
      run: {
        ...planFields,
        phase: 'ended',
        end: 'dry_run',
        endReason: reason,
        endedAt: outside.clock.now(),
        wakeAt: null,
        because: [],
      },
      endQueued: { reason: 'Dry run.', nextStep: '' },
      keepZones: [],
      news: [{ kind: 'plan', text: `${reason} The whole list is attached.`, planVersion: 1 }],
    });
    return { done: true };
  }
  await outside.store.commit(run.id, {
    ...planned,
    run: { ...planFields, phase: 'await_approval' },
    keepZones,
    news: [
      {
        kind: 'plan',
        text: `The plan of run ${run.id} (${shortHash(hash)}): ${count(made.plan.targets.length, 'instance')} in ${count(made.plan.waves.length, 'wave')}. The whole list is attached.`,
        planVersion: 1,
      },
    ],
  });
  return { done: true };
}

/** What the plan says of each target, put on its row; the ones it does not name keep what they have. */
export function planTargets(plan: Plan): TargetChange[] {
  return plan.targets.map((t) => ({
    key: t.key,
    set: {
      wave: t.wave,
      stage: 'queued',
      outcome: null,
      outcomeReason: '',
      nextStep: '',
      imageId: t.keepImageId,
    },
  }));
}

interface Pinned {
  documents: Plan['documents'];
  /** Places whose document cannot be read, and will not be by asking again. */
  failed: { landingZone: string; accountId: string; region: string; reason: string }[];
}

function placeKey(place: { accountId: string; region: string }): string {
  return `${place.accountId}/${place.region}`;
}

/** One landing zone that fails hides no other. Throws LookFailed for what may work when asked again. */
async function pinDocuments(outside: Outside, run: Run, instances: readonly Instance[]): Promise<Pinned> {
  const places = new Map<string, { landingZone: string; accountId: string; region: string; runId: string }>();
  for (const { landingZone, accountId, region } of instances) {
    places.set(`${accountId}/${region}`, { landingZone, accountId, region, runId: run.id });
  }
  const pinned: Pinned = { documents: [], failed: [] };
  const documents: Plan['documents'][number][] = [];
  await Promise.all(
    [...places.values()].map(async ({ landingZone, accountId, region, runId }) => {
      try {
        const place = { landingZone, accountId, region, runId };
        documents.push({
          accountId,
          region,
          ...(await outside.aws.commands.document(place, PATCH_DOCUMENT)),
        });
      } catch (error) {
        if (!(error instanceof LookFailed) || error.transient) throw error;
        pinned.failed.push({ landingZone, accountId, region, reason: error.message });
      }
    }),
  );
  return { ...pinned, documents: documents.sort((a, b) => (placeKey(a) < placeKey(b) ? -1 : 1)) };
}

function notPlanned({ key, reasons }: Target, why: string): TargetChange {
  return {
    key,
    set: {
      eligible: false,
      reasons: [{ code: 'no_document', text: why }, ...reasons],
      outcomeReason: why,
      nextStep: 'Mend the cause, then scan again.',
    },
  };
}

/**
 * A retry keeps the first verified backup as the restore point, also when a retry between did not get as far
 * as looking at it: what was backed up after a failed install is no way back.
 */
function keptImages({ store }: Outside, run: Run): Map<string, string> {
  const kept = new Map<string, string>();
  for (let id = run.retryOf; id !== null; id = store.load(id)?.run.retryOf ?? null) {
    for (const t of store.allTargets(id)) {
      if (t.imageId !== null && t.backupVerified && !kept.has(t.key)) kept.set(t.key, t.imageId);
    }
  }
  return kept;
}

function nothingReady(targets: readonly Target[]): string {
  const fine = targets.filter((t) => t.outcome === 'up_to_date').length;
  const rest = targets.length - fine;
  const parts = [
    ...(fine > 0 ? [`${fine} ${fine === 1 ? 'is' : 'are'} up to date`] : []),
    ...(rest > 0 ? [`${rest} ${rest === 1 ? 'is' : 'are'} not ready (the card says why)`] : []),
  ];
  return `Nothing to do: of ${count(targets.length, 'instance')}, ${parts.join(' and ')}.`;
}

async function end(
  outside: Outside,
  run: Run,
  how: 'nothing_to_do',
  reason: string,
  targets: readonly TargetChange[] = [],
): Promise<TaskResult> {
  await outside.store.commit(run.id, {
    expect: { phase: 'plan' },
    targets,
    run: {
      phase: 'ended',
      end: how,
      endReason: reason,
      endedAt: outside.clock.now(),
      wakeAt: null,
      because: [],
    },
    keepZones: [],
    audit: [{ actor: 'patchday', action: `run.${how}`, text: reason }],
    news: [{ kind: 'progress', text: reason }],
  });
  return { done: true };
}
