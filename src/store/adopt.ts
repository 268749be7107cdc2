/** Rows of a parked run: what was found at AWS, and its release. Inside a transaction, like all of a Changes. */
import type Database from 'better-sqlite3';
import type { AdoptedEffect, Parked } from '../workflow/changes.ts';
import type { Run, RunId } from '../workflow/run-types.ts';
import { prepared } from './statements.ts';

/** An effect that the rows did not know. The index of live effects refuses a second one for a target. */
export function adoptEffect(db: Database.Database, runId: RunId, effect: AdoptedEffect): void {
  const added = prepared(
    db,
    `INSERT INTO effects (run_id, kind, wave, batch, attempt, state, tag, account_id, region, landing_zone, intended_at, look_at, failures, note, request, ref)
       VALUES (@runId, @kind, @wave, @batch, @attempt, @state, @tag, @accountId, @region, @landingZone, @intendedAt, @lookAt, @failures, @note, @request, @ref)`,
  ).run({
    runId,
    kind: effect.kind,
    wave: effect.wave,
    batch: effect.batch,
    attempt: effect.attempt,
    state: effect.state,
    tag: effect.tag,
    accountId: effect.accountId,
    region: effect.region,
    landingZone: effect.landingZone,
    intendedAt: effect.intendedAt,
    lookAt: effect.lookAt,
    failures: effect.failures,
    note: effect.note,
    request: JSON.stringify(effect.request),
    ref: effect.ref === null ? null : JSON.stringify(effect.ref),
  });
  const addKey = prepared(
    db,
    'INSERT INTO effect_targets (effect_id, run_id, kind, key) VALUES (?, ?, ?, ?)',
  );
  for (const key of effect.targets) addKey.run(Number(added.lastInsertRowid), runId, effect.kind, key);
}

export function parkedFinding(
  db: Database.Database,
  runId: RunId,
  { finding, mayRelease }: Pick<Parked, 'mayRelease'> & { finding: string },
): void {
  prepared(db, 'UPDATE parked_runs SET finding = ?, may_release = ? WHERE run_id = ?').run(
    finding,
    mayRelease ? 1 : 0,
    runId,
  );
}

/** False when the run is not parked, was not matched against AWS, or may only be stopped. */
export function unpark(db: Database.Database, run: Run): boolean {
  const gone = prepared(
    db,
    'DELETE FROM parked_runs WHERE run_id = ? AND finding IS NOT NULL AND (may_release = 1 OR ?)',
  ).run(run.id, run.stopRequestedAt === null ? 0 : 1);
  return gone.changes > 0;
}
