import type Database from 'better-sqlite3';
import type { Parked, RunState } from '../workflow/changes.ts';
import { hashPlan } from '../workflow/plan-hash.ts';
import type { Plan } from '../workflow/plan-types.ts';
import type { RunId } from '../workflow/run-types.ts';
import { COUNTS_AS_FAILED } from '../workflow/verdict.ts';
import type { ApprovalRecord } from '../workflow/view.ts';
import { parsedOnce } from './parsed-once.ts';
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
import { prepared } from './statements.ts';

/** A plan as it is stored now, and the hash of what is stored now. */
export interface StoredPlan {
  plan: Plan;
  hash: string;
}

/** Plans of 5,000 instances have some millions of characters. */
const CHARACTERS_KEPT = 16_000_000;

/**
 * The hash is part of what is remembered: it follows from the bytes alone. That the stored plan is the approved
 * one is therefore still a check of the stored row, read from the file at each load and in the transaction of
 * each intent; what is saved is to parse and hash the same bytes again (`parsedOnce`).
 */
export const storedPlan = parsedOnce((body): StoredPlan => {
  const plan = planRow.parse(JSON.parse(body));
  return { plan, hash: hashPlan(plan) };
}, CHARACTERS_KEPT);

export function readPlan(db: Database.Database, runId: RunId, version: number): StoredPlan | null {
  const row = prepared(
    db,
    'SELECT body FROM plans WHERE run_id = CAST(? AS TEXT) AND version = CAST(? AS INTEGER)',
  ).get(runId, version) as { body: string } | undefined;
  return row ? storedPlan(row.body) : null;
}

export function readApprovals(db: Database.Database, runId: RunId): ApprovalRecord[] {
  const rows = prepared(
    db,
    `SELECT user_id AS userId, at, plan_hash AS planHash, standing_for AS standingFor, standing_until AS standingUntil
     FROM approvals WHERE run_id = CAST(? AS TEXT) ORDER BY at, user_id`,
  ).all(runId) as {
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
  const row = prepared(db, 'SELECT id, revision, data FROM runs WHERE id = ?').get(runId) as
    | RunRow
    | undefined;
  if (!row) return null;
  const run = toRun(row);
  const stored = run.planVersion === null ? null : readPlan(db, runId, run.planVersion);
  const underWay = run.phase === 'waves' || run.phase === 'report' || run.phase === 'fresh_scan';
  const targets = underWay
    ? (prepared(
        db,
        "SELECT data FROM targets WHERE run_id = CAST(? AS TEXT) AND wave IS NOT NULL AND (wave = CAST(? AS INTEGER) OR stage NOT IN ('queued', 'done')) ORDER BY key",
      ).all(runId, run.currentWave) as TargetRow[])
    : [];
  // A target of an earlier wave may still be on its way (a question about its power): what was done to it counts.
  const parked = readParked(db, runId);
  const effects = prepared(
    db,
    `SELECT ${EFFECT_COLUMNS} FROM effects e WHERE e.run_id = CAST(? AS TEXT) AND (? OR e.state IN ('intended', 'begun', 'needs_attention') OR e.wave = CAST(? AS INTEGER)
         OR e.wave IN (SELECT t.wave FROM targets t WHERE t.run_id = CAST(? AS TEXT) AND t.stage NOT IN ('queued', 'done'))) ORDER BY e.id`,
  ).all(runId, parked ? 1 : 0, run.currentWave, runId) as EffectRow[];
  const queued = prepared(
    db,
    "SELECT DISTINCT wave FROM targets WHERE run_id = CAST(? AS TEXT) AND wave IS NOT NULL AND stage = 'queued' ORDER BY wave",
  ).all(runId) as { wave: number }[];
  const failed = prepared(
    db,
    'SELECT count(*) AS n FROM targets WHERE run_id = CAST(? AS TEXT) AND wave IS NOT NULL AND outcome IN (SELECT value FROM json_each(?))',
  ).get(runId, JSON.stringify(COUNTS_AS_FAILED)) as { n: number };
  const frozen = prepared(db, "SELECT by_user AS by, reason FROM freezes WHERE scope = 'all'").get() as
    | { by: string; reason: string }
    | undefined;
  return {
    run,
    plan: stored?.plan ?? null,
    planHashNow: stored?.hash ?? null,
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
  const row = prepared(
    db,
    'SELECT at, why, finding, may_release AS mayRelease FROM parked_runs WHERE run_id = CAST(? AS TEXT)',
  ).get(runId) as { at: number; why: string; finding: string | null; mayRelease: number } | undefined;
  return row ? { ...row, mayRelease: row.mayRelease === 1 } : null;
}
