/**
 * What a write rests on, looked at inside its transaction: of two decisions that were made on the same rows, the
 * first wins, and the second is refused with the reason.
 */
import type Database from 'better-sqlite3';
import type { Expectation } from '../workflow/changes.ts';
import type { TargetKey } from '../workflow/instance.ts';
import type { Run, RunId } from '../workflow/run-types.ts';
import type { ApprovalRecord } from '../workflow/view.ts';
import { Refused } from './refused.ts';
import { type TargetRow, toTarget } from './rows.ts';
import { prepared } from './statements.ts';

/** Throws `Refused` for the first expectation that does not hold of the run as it is now. `now`: ms. */
export function checkExpectations(db: Database.Database, run: Run, expect: Expectation, now: number): void {
  if (expect.once !== undefined) useOnce(db, expect.once, now);
  if (expect.phase !== undefined && run.phase !== expect.phase)
    throw new Refused('phase_changed', `the run is in phase ${run.phase}, not ${expect.phase}`);
  if (expect.planHash !== undefined && run.planHash !== expect.planHash)
    throw new Refused('plan_changed', 'the plan was changed');
  if (expect.notStopped && run.stopRequestedAt !== null) throw new Refused('stopped', 'the run was stopped');
  if (expect.approvals !== undefined) {
    const given = prepared(
      db,
      'SELECT count(*) AS n FROM approvals WHERE run_id = CAST(? AS TEXT) AND plan_hash IS ?',
    ).get(run.id, run.planHash) as { n: number };
    if (given.n !== expect.approvals)
      throw new Refused('approvals_changed', `the plan has ${given.n} approvals, not ${expect.approvals}`);
  }
  if (expect.notClosed !== undefined && isClosed(db, run.id, expect.notClosed))
    throw new Refused('already_closed', `${expect.notClosed} was already closed`);
}

/** Throws `Refused` when this click or command was handled before, whoever delivered it. */
export function useOnce(db: Database.Database, key: string, now: number): void {
  const added = prepared(db, 'INSERT OR IGNORE INTO seen (key, at) VALUES (?, ?)').run(key, now);
  if (added.changes === 0) throw new Refused('seen_before', 'this click or command was already handled');
}

/** Throws `Refused` when this person's approval of this plan is counted already. */
export function addApproval(db: Database.Database, runId: RunId, approval: ApprovalRecord): void {
  const { userId, at, planHash, standingIn } = approval;
  const added = prepared(
    db,
    'INSERT OR IGNORE INTO approvals (run_id, plan_hash, user_id, at, standing_for, standing_until) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(runId, planHash, userId, at, standingIn?.for ?? null, standingIn?.until ?? null);
  if (added.changes === 0) throw new Refused('already_done', 'this approval is already counted');
}

/** No patch command of the run may run there any more, and the run does not keep it locked. */
function isClosed(db: Database.Database, runId: RunId, key: TargetKey): boolean {
  const lock = prepared(db, 'SELECT 1 FROM instance_locks WHERE key = ? AND run_id = ?').get(key, runId);
  if (lock !== undefined) return false;
  const row = prepared(
    db,
    'SELECT data FROM targets WHERE run_id = CAST(? AS TEXT) AND key = CAST(? AS TEXT)',
  ).get(runId, key) as TargetRow | undefined;
  return row === undefined || !toTarget(row).commandMayRun;
}
