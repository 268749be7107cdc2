import type Database from 'better-sqlite3';
import type {
  AuditEntry,
  Changes,
  Committed,
  InstanceLock,
  Intent,
  NewRun,
  QueryStore,
  RunState,
  WorkflowStore,
} from '../workflow/changes.ts';
import type { TargetKey } from '../workflow/instance.ts';
import type { Plan } from '../workflow/plan-types.ts';
import type { Effect, Freeze, Run, RunId, Target } from '../workflow/run-types.ts';
import type { ApprovalRecord } from '../workflow/view.ts';
import { ChangeApplier } from './apply-changes.ts';
import { type AuditAnchor, auditHead } from './audit-chain.ts';
import { runFacts, TELLS, withFacts } from './audit-facts.ts';
import { useOnce } from './expectations.ts';
import { type CommitHooks, GroupCommit } from './group-commit.ts';
import { intend } from './intend.ts';
import { loadRun, readApprovals, readPlan } from './load.ts';
import { isBehind, parkEverything, type Witness } from './parking.ts';
import { Refused } from './refused.ts';
import {
  EFFECT_COLUMNS,
  type EffectRow,
  type RunRow,
  readable,
  type TargetRow,
  toEffect,
  toRun,
  toTarget,
} from './rows.ts';
import { prepared } from './statements.ts';

/** Runs, effects, locks and audit in one SQLite file. See WorkflowStore for what each operation promises. */
export class SqliteStore implements QueryStore {
  readonly db: Database.Database;
  readonly commits: GroupCommit;
  readonly #applier: ChangeApplier;
  readonly #now: () => number;

  constructor(db: Database.Database, now: () => number, hooks?: CommitHooks) {
    this.db = db;
    this.commits = new GroupCommit(db, hooks);
    this.#applier = new ChangeApplier(db, now);
    this.#now = now;
  }

  load(runId: RunId): RunState | null {
    return loadRun(this.db, runId);
  }

  commit(runId: RunId, changes: Changes): Promise<Committed> {
    return this.#answer(() => {
      this.#applier.apply(runId, changes);
      return undefined;
    });
  }

  intend(runId: RunId, intent: Intent): Promise<Committed<Effect>> {
    return this.#answer(() => intend(this.db, this.#applier, runId, intent));
  }

  async createRun(request: NewRun): ReturnType<WorkflowStore['createRun']> {
    const { run } = request;
    const answer = await this.#answer(() => {
      useOnce(this.db, request.once, this.#now());
      for (const zone of request.lockZones) {
        const held = prepared(
          this.db,
          'SELECT run_id FROM zone_locks WHERE landing_zone = CAST(? AS TEXT)',
        ).get(zone) as { run_id: string } | undefined;
        if (held) return { heldBy: held.run_id, zone };
      }
      this.#applier.writeRun(run);
      for (const zone of request.lockZones) {
        prepared(this.db, 'INSERT INTO zone_locks (landing_zone, run_id, at) VALUES (?, ?, ?)').run(
          zone,
          run.id,
          this.#now(),
        );
      }
      prepared(this.db, "INSERT INTO cards (run_id, channel, state) VALUES (?, ?, 'none')").run(
        run.id,
        run.channel,
      );
      const facts = runFacts(run);
      this.#applier.audit(
        run.id,
        withFacts(request.audit, {
          created: { by: run.requestedBy, zones: request.lockZones, tells: TELLS },
          ...(facts ? { run: facts } : {}),
        }),
      );
      return null;
    });
    if (!answer.ok) return { ok: false, seenBefore: true };
    return answer.value === null ? { ok: true } : { ok: false, ...answer.value };
  }

  openRuns(): { id: RunId; wakeAt: number | null }[] {
    return prepared(
      this.db,
      "SELECT id, wake_at AS wakeAt FROM runs WHERE phase <> 'ended' ORDER BY created_at, id",
    ).all() as {
      id: string;
      wakeAt: number | null;
    }[];
  }

  instanceLocks(keys: readonly TargetKey[]): InstanceLock[] {
    return prepared(
      this.db,
      'SELECT key, run_id AS runId, reason, until FROM instance_locks WHERE key IN (SELECT value FROM json_each(?)) AND (until IS NULL OR until > ?)',
    ).all(JSON.stringify(keys), this.#now()) as InstanceLock[];
  }

  allTargets(runId: RunId): Target[] {
    return (
      prepared(
        this.db,
        'SELECT data FROM targets WHERE run_id = CAST(? AS TEXT) ORDER BY wave IS NULL, wave, key',
      ).all(runId) as TargetRow[]
    ).map(toTarget);
  }

  run(runId: RunId): Run | null {
    const row = prepared(this.db, 'SELECT id, revision, data FROM runs WHERE id = ?').get(runId) as
      | RunRow
      | undefined;
    return row ? toRun(row) : null;
  }

  /** Open runs first, then the newest ended ones. A row that cannot be read hides no other. */
  runs(limit: number): Run[] {
    return (
      prepared(
        this.db,
        "SELECT id, revision, data FROM runs ORDER BY phase = 'ended', created_at DESC, id LIMIT CAST(? AS INTEGER)",
      ).all(limit) as RunRow[]
    ).flatMap((row) => readable(() => toRun(row)));
  }

  plan(runId: RunId, version: number): Plan | null {
    return readPlan(this.db, runId, version)?.plan ?? null;
  }

  approvals(runId: RunId): ApprovalRecord[] {
    return readApprovals(this.db, runId);
  }

  effectTagged(tag: string): Effect | null {
    const row = prepared(
      this.db,
      `SELECT ${EFFECT_COLUMNS} FROM effects e WHERE e.tag = CAST(? AS TEXT)`,
    ).get(tag) as EffectRow | undefined;
    return row ? toEffect(row) : null;
  }

  /** Every effect of a run, in order. */
  effectsOf(runId: RunId): Effect[] {
    return (
      prepared(
        this.db,
        `SELECT ${EFFECT_COLUMNS} FROM effects e WHERE e.run_id = CAST(? AS TEXT) ORDER BY e.id`,
      ).all(runId) as EffectRow[]
    ).map(toEffect);
  }

  effectsNeedingAttention(runId: RunId): Effect[] {
    return (
      prepared(
        this.db,
        `SELECT ${EFFECT_COLUMNS} FROM effects e WHERE e.run_id = CAST(? AS TEXT) AND e.state = 'needs_attention' ORDER BY e.id`,
      ).all(runId) as EffectRow[]
    ).map(toEffect);
  }

  freezes(): Freeze[] {
    return prepared(
      this.db,
      'SELECT scope, by_user AS by, at, reason FROM freezes ORDER BY scope',
    ).all() as Freeze[];
  }

  /** Sets or lifts a freeze, with its audit row. False when it was so already, or the click was seen before. */
  setFreeze(freeze: Freeze | { lift: string; by: string; reason: string }, once: string): Promise<Committed> {
    return this.#answer(() => {
      useOnce(this.db, once, this.#now());
      if ('lift' in freeze) {
        const gone = prepared(this.db, 'DELETE FROM freezes WHERE scope = ?').run(freeze.lift);
        if (gone.changes === 0) throw new Refused('already_done', 'nothing is frozen');
        const lifted = `Lifted the freeze of ${freeze.lift}. ${freeze.reason}`.trim();
        this.#applier.audit(
          null,
          withFacts([{ actor: freeze.by, action: 'freeze.lifted', text: lifted }], { thawed: freeze.lift }),
        );
        return undefined;
      }
      const added = prepared(
        this.db,
        'INSERT OR IGNORE INTO freezes (scope, by_user, at, reason) VALUES (?, ?, ?, ?)',
      ).run(freeze.scope, freeze.by, freeze.at, freeze.reason);
      if (added.changes === 0) throw new Refused('already_done', 'it is frozen already');
      const froze = `Froze ${freeze.scope}. ${freeze.reason}`.trim();
      this.#applier.audit(
        null,
        withFacts([{ actor: freeze.by, action: 'freeze.set', text: froze }], { frozen: freeze.scope }),
      );
      return undefined;
    });
  }

  /**
   * Parks the open runs and freezes everything when the database turns out to be an older copy. To be called before anything else
   * at every start. Null when the database is as it was left.
   */
  parkIfBehind(witnesses: readonly Witness[]): { why: string; runs: RunId[] } | null {
    const why = isBehind(this.db, witnesses);
    if (why === null) return null;
    const runs = this.commits.now(() => parkEverything(this.db, this.#applier, why, this.#now()));
    return { why, runs };
  }

  /** Writes an audit row that belongs to no change, such as a denied attempt. */
  async audit(runId: RunId | null, entry: AuditEntry): Promise<void> {
    await this.commits.add(() => this.#applier.audit(runId, [entry]));
  }

  /** Tells the head of the audit in the thread of a run. */
  async tellAnchor(runId: RunId): Promise<void> {
    await this.commits.add(() => this.#applier.anchor(runId));
  }

  /** Number and hash of the newest audit row: written down elsewhere, it anchors all rows before it. */
  auditHead(): AuditAnchor {
    return auditHead(this.db);
  }

  auditRows(
    runId: RunId | null,
    limit = 1000,
  ): { seq: number; at: number; runId: string | null; actor: string; action: string; text: string }[] {
    return prepared(
      this.db,
      'SELECT seq, at, run_id AS runId, actor, action, text FROM audit WHERE ? IS NULL OR run_id = CAST(? AS TEXT) ORDER BY seq LIMIT CAST(? AS INTEGER)',
    ).all(runId, runId, limit) as never;
  }

  async #answer<T>(write: () => T): Promise<Committed<T>> {
    try {
      return { ok: true, value: await this.commits.add(write) };
    } catch (error) {
      if (error instanceof Refused) return { ok: false, refused: error.refused, text: error.message };
      throw error;
    }
  }
}
