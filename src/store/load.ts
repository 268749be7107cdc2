import type Database from 'better-sqlite3';
import type { Parked, RunState } from '../workflow/changes.ts';
import { hashPlan } from '../workflow/plan-hash.ts';
import type { Plan } from '../workflow/plan-types.ts';
import type { RunId } from '../workflow/run-types.ts';
import { COUNTS_AS_FAILED } from '../workflow/verdict.ts';
import type { ApprovalRecord } from '../workflow/view.ts';
import { planRow } from './row-schemas.ts';
import {
  EFFECT_COLUMNS,
  type EffectRow,
  type RunRow,
  type TargetRow,
  toEffect,
  toRun,
  toTarget,
} from './rows.ts';

export function readPlan(db: Database.Database, runId: RunId, version: number): Plan | null {
  const row = db.prepare('SELECT body FROM plans WHERE run_id = ? AND version = ?').get(runId, version) as
    | { body: string }
    | undefined;
  return row ? planRow.parse(JSON.parse(row.body)) : null;
}

export function readApprovals(db: Database.Database, runId: RunId): ApprovalRecord[] {
  const rows = db
    .prepare(
      `SELECT user_id AS userId, at, plan_hash AS planHash, standing_for AS standingFor, standing_until AS standingUntil
       FROM approvals WHERE run_id = ? ORDER BY at, user_id`,
    )
    .all(runId) as {
    userId: string;
    at: number;
    planHash: string;
    standingFor: string | null;
    standingUntil: number | null;
  }[];
  return rows.map(({ userId, at, planHash, standingFor, standingUntil }) => ({
    userId,
    at,
    planHash,
    ...(standingFor === null ? {} : { standingIn: { for: standingFor, until: standingUntil ?? 0 } }),
  }));
}

/** What `decide` sees: the current wave and counts, never all targets of a large run at once. */
export function loadRun(db: Database.Database, runId: RunId): RunState | null {
  const row = db.prepare('SELECT id, revision, data FROM runs WHERE id = ?').get(runId) as RunRow | undefined;
  if (!row) return null;
  const run = toRun(row);
  const plan = run.planVersion === null ? null : readPlan(db, runId, run.planVersion);
  const underWay = run.phase === 'waves' || run.phase === 'report' || run.phase === 'fresh_scan';
  const targets = underWay
    ? (db
        .prepare(
          "SELECT data FROM targets WHERE run_id = ? AND wave IS NOT NULL AND (wave = ? OR stage NOT IN ('queued', 'done')) ORDER BY key",
        )
        .all(runId, run.currentWave) as TargetRow[])
    : [];
  // A target of an earlier wave may still be on its way (a question about its power): what was done to it counts.
  const parked = readParked(db, runId);
  const effects = db
    .prepare(
      `SELECT ${EFFECT_COLUMNS} FROM effects e WHERE e.run_id = ? AND (? OR e.state IN ('intended', 'begun', 'needs_attention') OR e.wave = ?
         OR e.wave IN (SELECT t.wave FROM targets t WHERE t.run_id = e.run_id AND t.stage NOT IN ('queued', 'done'))) ORDER BY e.id`,
    )
    .all(runId, parked ? 1 : 0, run.currentWave) as EffectRow[];
  const queued = db
    .prepare(
      "SELECT DISTINCT wave FROM targets WHERE run_id = ? AND wave IS NOT NULL AND stage = 'queued' ORDER BY wave",
    )
    .all(runId) as { wave: number }[];
  const failed = db
    .prepare(
      'SELECT count(*) AS n FROM targets WHERE run_id = ? AND wave IS NOT NULL AND outcome IN (SELECT value FROM json_each(?))',
    )
    .get(runId, JSON.stringify(COUNTS_AS_FAILED)) as { n: number };
  const frozen = db.prepare("SELECT by_user AS by, reason FROM freezes WHERE scope = 'all'").get() as
    | { by: string; reason: string }
    | undefined;
  return {
    run,
    plan,
    planHashNow: plan === null ? null : hashPlan(plan),
    targets: targets.map(toTarget),
    effects: effects.map(toEffect),
    approvals: readApprovals(db, runId),
    failedSoFar: failed.n,
    queuedWaves: queued.map((q) => q.wave),
    frozen: frozen ?? null,
    parked,
  };
}

function readParked(db: Database.Database, runId: RunId): Parked | null {
  const row = db
    .prepare('SELECT at, why, finding, may_release AS mayRelease FROM parked_runs WHERE run_id = ?')
    .get(runId) as { at: number; why: string; finding: string | null; mayRelease: number } | undefined;
  return row ? { ...row, mayRelease: row.mayRelease === 1 } : null;
}
