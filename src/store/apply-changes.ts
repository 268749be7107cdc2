import type Database from 'better-sqlite3';
import type { AuditEntry, Changes, EffectChange, TargetChange } from '../workflow/changes.ts';
import type { Run, RunId, Target } from '../workflow/run-types.ts';
import type { Anchor, News } from '../workflow/view.ts';
import { adoptEffect, parkedFinding, unpark } from './adopt.ts';
import { auditHead, hashAuditRow } from './audit-chain.ts';
import { type Facts, factsOf, withFacts } from './audit-facts.ts';
import { addApproval, checkExpectations } from './expectations.ts';
import { Refused } from './refused.ts';
import { type RunRow, type TargetRow, toRun, toTarget } from './rows.ts';
import { prepared } from './statements.ts';

/** Applies one Changes to a run: all of it or nothing. Must run inside a transaction. */
export class ChangeApplier {
  readonly #db: Database.Database;
  readonly #now: () => number;

  constructor(db: Database.Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** `alsoTrue`: what the caller wrote besides in the same transaction. */
  apply(runId: RunId, changes: Changes, alsoTrue: Facts = {}): void {
    const run = this.readRun(runId);
    if (changes.expect) checkExpectations(this.#db, run, changes.expect, this.#now());
    for (const change of changes.effects ?? []) this.#effect(change);
    for (const effect of changes.adopt ?? []) adoptEffect(this.#db, runId, effect);
    if (changes.parked) parkedFinding(this.#db, runId, changes.parked);
    if (changes.unpark && !unpark(this.#db, run))
      throw new Refused('not_parked', `run ${runId} is not parked, or may not be released`);
    if (changes.replaceTargets) prepared(this.#db, 'DELETE FROM targets WHERE run_id = ?').run(runId);
    for (const target of changes.addTargets ?? []) this.#addTarget(runId, target);
    for (const change of changes.targets ?? []) this.#target(runId, change);
    if (changes.endQueued) this.#endQueued(runId, changes.endQueued);
    if (changes.plan) {
      prepared(this.#db, 'INSERT INTO plans (run_id, version, hash, body) VALUES (?, ?, ?, ?)').run(
        runId,
        changes.plan.plan.version,
        changes.plan.hash,
        JSON.stringify(changes.plan.plan),
      );
    }
    if (changes.addApproval) addApproval(this.#db, runId, changes.addApproval);
    for (const lock of changes.instanceLocks ?? []) {
      prepared(
        this.#db,
        'INSERT INTO instance_locks (key, run_id, reason, until) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason, until = excluded.until',
      ).run(lock.key, lock.runId, lock.reason, lock.until);
    }
    for (const key of changes.releaseInstanceLocks ?? [])
      prepared(this.#db, 'DELETE FROM instance_locks WHERE key = ? AND run_id = ?').run(key, runId);
    if (changes.keepZones) {
      prepared(
        this.#db,
        'DELETE FROM zone_locks WHERE run_id = ? AND landing_zone NOT IN (SELECT value FROM json_each(?))',
      ).run(runId, JSON.stringify(changes.keepZones));
    }
    this.writeRun({ ...run, ...changes.run, id: run.id, revision: run.revision + 1 });
    this.audit(runId, withFacts(changes.audit ?? [], this.#facts(runId, changes, alsoTrue)));
    this.news(runId, changes.news ?? []);
    // Covers the row that says how the run ended, and is in its transaction: no crash comes between the two.
    if (changes.run?.phase === 'ended' && run.phase !== 'ended') this.anchor(runId);
  }

  #facts(runId: RunId, changes: Changes, alsoTrue: Facts): Facts {
    const idOf = (tag: string) =>
      (
        prepared(this.#db, 'SELECT id FROM effects WHERE run_id = ? AND tag = ?').get(runId, tag) as {
          id: number;
        }
      ).id;
    return { ...factsOf(changes, idOf), ...alsoTrue };
  }

  readRun(runId: RunId): Run {
    const row = prepared(this.#db, 'SELECT id, revision, data FROM runs WHERE id = ?').get(runId) as
      | RunRow
      | undefined;
    if (!row) throw new Refused('no_such_run', `there is no run ${runId}`);
    return toRun(row);
  }

  writeRun(run: Run): void {
    prepared(
      this.#db,
      `INSERT INTO runs (id, environment, phase, plan_hash, stop_requested_at, wake_at, current_wave, created_at, ended_at, revision, data)
         VALUES (@id, @environment, @phase, @planHash, @stopRequestedAt, @wakeAt, @currentWave, @createdAt, @endedAt, @revision, @data)
         ON CONFLICT (id) DO UPDATE SET phase = @phase, plan_hash = @planHash, stop_requested_at = @stopRequestedAt, wake_at = @wakeAt,
           current_wave = @currentWave, ended_at = @endedAt, revision = @revision, data = @data`,
    ).run({
      id: run.id,
      environment: run.environment,
      phase: run.phase,
      planHash: run.planHash,
      stopRequestedAt: run.stopRequestedAt,
      wakeAt: run.wakeAt,
      currentWave: run.currentWave,
      createdAt: run.createdAt,
      endedAt: run.endedAt,
      revision: run.revision,
      data: JSON.stringify(run),
    });
  }

  audit(runId: RunId | null, entries: readonly AuditEntry[]): void {
    if (entries.length === 0) return;
    const insert = prepared(
      this.#db,
      `INSERT INTO audit (seq, at, run_id, actor, action, text, detail, prev_hash, hash)
       VALUES (@seq, @at, @runId, @actor, @action, @text, @detail, @prevHash, @hash)`,
    );
    let last = auditHead(this.#db);
    for (const { actor, action, text, detail = {} } of entries) {
      const row = {
        seq: last.seq + 1,
        at: this.#now(),
        runId,
        actor,
        action,
        text,
        detail: JSON.stringify(detail),
        prevHash: last.hash,
      };
      last = { seq: row.seq, hash: hashAuditRow(row) };
      insert.run({ ...row, hash: last.hash });
    }
  }

  news(runId: RunId, news: readonly (News | Anchor)[]): void {
    const insert = prepared(this.#db, 'INSERT INTO outbox (run_id, news, created_at) VALUES (?, ?, ?)');
    for (const item of news) insert.run(runId, JSON.stringify(item), this.#now());
  }

  /** The audit's head as it is now, after the rows of this transaction so far. */
  anchor(runId: RunId): void {
    this.news(runId, [{ kind: 'anchor', ...auditHead(this.#db) }]);
  }

  #endQueued(runId: RunId, { reason, nextStep }: { reason: string; nextStep: string }): void {
    const rows = prepared(
      this.#db,
      "SELECT data FROM targets WHERE run_id = CAST(? AS TEXT) AND ((stage = 'queued' AND wave IS NOT NULL) OR (stage = 'ready' AND wave = 0))",
    ).all(runId) as TargetRow[];
    for (const row of rows) {
      this.#target(runId, {
        key: toTarget(row).key,
        set: { stage: 'done', outcome: 'stopped', outcomeReason: reason, nextStep },
      });
    }
  }

  #effect(change: EffectChange): void {
    const row = prepared(
      this.#db,
      'SELECT state, ref, look_at, note, failures FROM effects WHERE id = ?',
    ).get(change.id) as
      | { state: string; ref: string | null; look_at: number; note: string; failures: number }
      | undefined;
    if (row?.state !== change.from)
      throw new Refused(
        'effect_moved',
        `effect ${change.id} is ${row?.state ?? 'unknown'}, not ${change.from}`,
      );
    prepared(
      this.#db,
      'UPDATE effects SET state = ?, ref = ?, look_at = ?, note = ?, failures = ? WHERE id = ?',
    ).run(
      change.state,
      change.ref ? JSON.stringify(change.ref) : row.ref,
      change.lookAt ?? row.look_at,
      change.note ?? row.note,
      change.failures ?? row.failures,
      change.id,
    );
    if (change.state === 'no_effect' || change.state === 'closed') {
      prepared(this.#db, 'UPDATE effect_targets SET live = 0 WHERE effect_id = ?').run(change.id);
    }
  }

  #addTarget(runId: RunId, target: Target): void {
    prepared(
      this.#db,
      'INSERT INTO targets (run_id, key, wave, stage, outcome, data) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(runId, target.key, target.wave, target.stage, target.outcome, JSON.stringify(target));
  }

  #target(runId: RunId, change: TargetChange): void {
    const row = prepared(
      this.#db,
      'SELECT data FROM targets WHERE run_id = CAST(? AS TEXT) AND key = CAST(? AS TEXT)',
    ).get(runId, change.key) as TargetRow | undefined;
    if (!row) throw new Refused('target_moved', `${change.key} is not in run ${runId}`);
    const before = toTarget(row);
    if (change.whenStage !== undefined && before.stage !== change.whenStage) return;
    const after: Target = { ...before, ...change.set };
    if (after.stage !== before.stage) after.stageSince = this.#now();
    prepared(
      this.#db,
      'UPDATE targets SET wave = ?, stage = ?, outcome = ?, data = ? WHERE run_id = ? AND key = ?',
    ).run(after.wave, after.stage, after.outcome, JSON.stringify(after), runId, change.key);
  }
}
