/** Questions that change nothing. */
import type { MissingPatch } from '../instance.ts';
import { makeView } from '../make-view.ts';
import { hashPlan } from '../plan-hash.ts';
import type { Scope } from '../plan-types.ts';
import { type BackupRecord, LookFailed } from '../ports.ts';
import type { Actor, Answer } from '../service.ts';
import { zonesOf } from '../settings.ts';
import type { RunView } from '../view.ts';
import { asClause, count } from '../words.ts';
import { allow, no, noSuchRun, refuse, type ServiceParts, yes } from './facts.ts';
import { unknownScope } from './unknown-scope.ts';

export function view({ store }: Pick<ServiceParts, 'store'>, runId: string): RunView | null {
  const run = store.run(runId);
  if (!run) return null;
  return makeView({
    run,
    plan: run.planVersion === null ? null : store.plan(runId, run.planVersion),
    approvals: store.approvals(runId),
    targets: store.allTargets(runId),
    needingAttention: store.effectsNeedingAttention(runId),
    freezes: store.freezes(),
  });
}

/** The run as it was planned in that version, whatever was planned since; null when there is no such plan. */
export function viewOfPlan(
  { store }: Pick<ServiceParts, 'store'>,
  runId: string,
  version: number,
): RunView | null {
  const run = store.run(runId);
  const plan = store.plan(runId, version);
  if (!run || !plan) return null;
  const planned = new Map(plan.targets.map((t) => [t.key, t]));
  return makeView({
    run: { ...run, planVersion: version, planHash: hashPlan(plan), planChangedBy: plan.changedBy },
    plan,
    approvals: store.approvals(runId),
    targets: store.allTargets(runId).map((t) => {
      const then = planned.get(t.key);
      return then
        ? { ...t, eligible: true, wave: then.wave, wasStopped: then.wasStopped }
        : { ...t, wave: null };
    }),
    needingAttention: [],
    freezes: [],
  });
}

export async function mayLook(
  parts: ServiceParts,
  actor: Actor,
  environment: string | null,
): Promise<Answer> {
  const wanted = environment === null ? parts.settings.environments.map((e) => e.name) : [environment];
  let refusal: Answer = no('unknown_scope', 'There is no such environment.');
  for (const name of wanted) {
    const allowed = await allow(parts, actor, 'look', name, { runId: null });
    if (allowed.ok) return yes('', undefined);
    refusal = allowed;
  }
  return refusal;
}

export async function backups(
  parts: ServiceParts,
  actor: Actor,
  request: { scope: Scope },
): Promise<Answer<readonly BackupRecord[]>> {
  const zones = zonesOf(parts.settings, request.scope.name);
  const environment = zones[0]?.environment;
  if (environment === undefined)
    return no('unknown_scope', unknownScope(parts.settings, request.scope.name, 'Nothing was looked at.'));
  const allowed = await allow(parts, actor, 'look', environment, { runId: null });
  if (!allowed.ok) return allowed;
  const failed: string[] = [];
  const records = (
    await Promise.all(
      zones.map(async (zone) => {
        try {
          return await parts.aws.images.list(zone.name);
        } catch (error) {
          if (!(error instanceof LookFailed)) throw error;
          failed.push(`${zone.name}: ${asClause(error.message)}`);
          return [];
        }
      }),
    )
  ).flat();
  records.sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? -1 : 1));
  const trouble = failed.length > 0 ? ` Not looked at: ${failed.join('; ')}.` : '';
  return yes(`${count(records.length, 'backup')} in ${request.scope.name}.${trouble}`, records);
}

export async function cves(
  parts: ServiceParts,
  actor: Actor,
  request: { instance: string },
): Promise<Answer<readonly MissingPatch[]>> {
  const found = findInstance(parts, request.instance);
  if (!found) {
    return no(
      'no_such_instance',
      `No run has seen an instance ${request.instance} lately. Scan its landing zone first; then ask by name or id.`,
    );
  }
  const allowed = await allow(parts, actor, 'look', found.environment, { runId: found.runId });
  if (!allowed.ok) return allowed;
  const { landingZone, accountId, region, instanceId } = found.instance;
  try {
    const missing = await parts.aws.fleet.missingPatches(
      { landingZone, accountId, region, runId: found.runId },
      instanceId,
    );
    return yes(
      `${count(missing.length, 'patch is', 'patches are')} missing or failed on ${request.instance}.`,
      missing,
    );
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return no('look_failed', `${error.message} Nothing was changed.`);
  }
}

function findInstance({ store }: ServiceParts, wanted: string) {
  for (const run of store.runs(20)) {
    const target = store
      .allTargets(run.id)
      .find((t) => t.instance.instanceId === wanted || t.instance.name === wanted);
    if (target) return { runId: run.id, environment: run.environment, instance: target.instance };
  }
  return null;
}

export async function report(parts: ServiceParts, actor: Actor, request: { runId: string }): Promise<Answer> {
  const run = parts.store.run(request.runId);
  if (!run) return noSuchRun(request.runId);
  const allowed = await allow(parts, actor, 'look', run.environment, { runId: run.id });
  if (!allowed.ok) return allowed;
  if (run.phase !== 'ended')
    return refuse(parts, actor, 'look', run.id, {
      code: 'still_open',
      text: `Run ${run.id} has not ended; its report comes then. /patch status ${run.id} shows where it is.`,
    });
  const committed = await parts.store.commit(run.id, {
    expect: { once: actor.once },
    audit: [{ actor: actor.userId, action: 'report.requested', text: 'Asked for the report again.' }],
    news: [{ kind: 'report', text: `The report of run ${run.id} again.` }],
  });
  if (!committed.ok) return no(committed.refused, 'This was already asked for.');
  return yes(`The report of run ${run.id} is posted to its thread again.`, undefined);
}
