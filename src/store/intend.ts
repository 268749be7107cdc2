import type Database from 'better-sqlite3';
import type { Intent } from '../workflow/changes.ts';
import { targetKey } from '../workflow/instance.ts';
import type { Effect, RunId } from '../workflow/run-types.ts';
import type { ChangeApplier } from './apply-changes.ts';
import { effectHash } from './audit-facts.ts';
import { storedPlan } from './load.ts';
import { Refused } from './refused.ts';
import { EFFECT_COLUMNS, type EffectRow, type TargetRow, toEffect, toTarget } from './rows.ts';
import { prepared } from './statements.ts';

/**
 * Commits the intent of an effect, or refuses it. Everything an effect depends on is looked at here, inside
 * the transaction: a stop, a freeze, a changed plan or a withdrawn target that was committed before wins.
 */
export function intend(db: Database.Database, applier: ChangeApplier, runId: RunId, intent: Intent): Effect {
  const run = applier.readRun(runId);
  if (run.phase === 'ended') throw new Refused('ended', 'the run has ended');
  if (prepared(db, 'SELECT 1 FROM parked_runs WHERE run_id = CAST(? AS TEXT)').get(runId))
    throw new Refused('parked', 'the database was restored, and the run was not released yet');
  if (intent.forward) {
    if (run.stopRequestedAt !== null) throw new Refused('stopped', 'the run was stopped');
    if (prepared(db, "SELECT 1 FROM freezes WHERE scope = 'all'").get())
      throw new Refused('frozen', 'everything is frozen');
  }
  if (!asksForItsTargets(intent))
    throw new Refused('other_instances', 'the request names other instances than its targets');
  if (run.planHash !== intent.planHash) throw new Refused('plan_changed', 'the plan was changed');
  // Before there is a plan, nothing but a fresh scan may go out.
  if (intent.planHash === null && intent.kind !== 'scan')
    throw new Refused('not_approved', 'there is no approved plan');
  if (intent.planHash !== null) {
    const approved = prepared(
      db,
      'SELECT count(DISTINCT coalesce(standing_for, user_id)) AS n FROM approvals WHERE run_id = CAST(? AS TEXT) AND plan_hash = CAST(? AS TEXT)',
    ).get(runId, intent.planHash) as {
      n: number;
    };
    const row = prepared(
      db,
      'SELECT body FROM plans WHERE run_id = CAST(? AS TEXT) AND hash = CAST(? AS TEXT)',
    ).get(runId, intent.planHash) as { body: string } | undefined;
    const stored = row ? storedPlan(row.body) : null;
    // What goes back or looks after something (a cancellation, a stop) must stay possible.
    if (intent.forward && stored && stored.hash !== intent.planHash)
      throw new Refused('plan_changed', 'the stored plan is not the approved one');
    const plan = stored?.plan;
    if (!plan || approved.n < plan.approval.required)
      throw new Refused('not_approved', 'the plan does not have its approvals');
    if (intent.kind === 'install' && plan.kind !== 'patch')
      throw new Refused('not_approved', 'the approved plan makes backups and patches nothing');
    // The look before it and the place under the rate limit may have taken long.
    if (intent.forward && plan.kind === 'patch' && intent.at > plan.noNewWaveAfter)
      throw new Refused('late', 'the window does not leave enough time any more');
  }
  const request = JSON.stringify(intent.request);
  const inserted = prepared(
    db,
    `INSERT OR IGNORE INTO effects (run_id, kind, wave, batch, attempt, state, tag, account_id, region, landing_zone, intended_at, look_at, request)
       VALUES (@runId, @kind, @wave, @batch, @attempt, 'intended', @tag, @accountId, @region, @landingZone, @at, @at, @request)`,
  ).run({
    runId,
    kind: intent.kind,
    wave: intent.wave,
    batch: intent.batch,
    attempt: intent.attempt,
    tag: intent.tag,
    accountId: intent.accountId,
    region: intent.region,
    landingZone: intent.landingZone,
    at: intent.at,
    request,
  });
  if (inserted.changes === 0)
    throw new Refused('already_done', `batch ${intent.batch} already has attempt ${intent.attempt}`);
  const id = Number(inserted.lastInsertRowid);
  const addKey = prepared(
    db,
    'INSERT INTO effect_targets (effect_id, run_id, kind, key) VALUES (?, ?, ?, ?)',
  );
  for (const key of intent.targets) {
    const row = prepared(
      db,
      'SELECT data FROM targets WHERE run_id = CAST(? AS TEXT) AND key = CAST(? AS TEXT)',
    ).get(runId, key) as TargetRow | undefined;
    const stage = row ? toTarget(row).stage : 'not in the run';
    if (stage !== intent.fromStage) throw new Refused('target_moved', `${key} is ${stage}`);
    try {
      addKey.run(id, runId, intent.kind, key);
    } catch (error) {
      if (error instanceof Error && /UNIQUE/.test(error.message))
        throw new Refused('already_done', `${key} already has its ${intent.kind} in this run`);
      throw error;
    }
  }
  applier.apply(
    runId,
    {
      ...(intent.targetSet
        ? { targets: intent.targets.map((key) => ({ key, set: intent.targetSet ?? {} })) }
        : {}),
      audit: intent.audit,
    },
    {
      effects: [
        {
          id,
          state: 'intended',
          tag: intent.tag,
          keys: intent.targets,
          at: intent.at,
          is: effectHash(intent, request),
        },
      ],
    },
  );
  return toEffect(
    prepared(db, `SELECT ${EFFECT_COLUMNS} FROM effects e WHERE e.id = CAST(? AS INTEGER)`).get(
      id,
    ) as EffectRow,
  );
}

/**
 * What AWS is asked to change are the targets, which plan and audit name by their keys. The instance in a target's
 * row is somewhere else in the row, and what is looked up by it could be another one.
 */
function asksForItsTargets({ request, targets, accountId, region }: Intent): boolean {
  const ids = 'instanceIds' in request ? request.instanceIds : [request.instanceId];
  const asked = ids.map((id) => targetKey(accountId, region, id)).sort();
  return asked.join() === [...targets].sort().join();
}
