/**
 * Sees every durable write, in order, and holds it against the promises of the design. It keeps a model of its own
 * and never asks the code under test what is right.
 */
import type { SqliteStore } from '../../../src/store/sqlite-store.ts';
import type { Changes, Committed, Intent, NewRun, WorkflowStore } from '../../../src/workflow/changes.ts';
import type { Plan } from '../../../src/workflow/plan-types.ts';
import type { Effect, Freeze, Run } from '../../../src/workflow/run-types.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import { MINUTE } from './machines.ts';
import type { Staff } from './staff.ts';

export interface RunModel {
  run: Run;
  stopped: boolean;
  ended: boolean;
  begun: boolean;
  end: string;
  planHash: string | null;
  planChangedBy: string;
  plans: Map<string, Plan>;
  /** Approvers by plan hash. */
  approvals: Map<string, Set<string>>;
  zones: Set<string>;
  /** Install effects by target, and how many a person permitted. */
  installs: Map<string, number>;
  permitted: Map<string, number>;
  stopPermitted: Set<string>;
  started: Set<string>;
  resolved: Set<string>;
  /** Tags of patch commands of which a person said that they were not sent. */
  disowned: Set<string>;
}

const FAILED = ['failed', 'verification_failed', 'unknown', 'partly_patched'];

export interface KnownEffect {
  tag: string;
  kind: Effect['kind'];
  runId: string;
  ids: string;
  keys: readonly string[];
  life: number;
  acts: number;
}

export class WritesWitness {
  readonly violations: string[] = [];
  readonly succeeded = new Map<string, number>();
  readonly runs = new Map<string, RunModel>();
  /** Runs that ended since somebody last looked. */
  justEnded: string[] = [];
  protected readonly effects = new Map<string, KnownEffect>();
  readonly #byId = new Map<number, KnownEffect>();
  protected readonly trace: (line: string) => void;
  readonly #now: () => number;
  readonly #staff: Staff;
  #waitsUntil = 0;
  #frozen = false;

  constructor(parts: { trace: (line: string) => void; now: () => number; staff: Staff }) {
    this.trace = parts.trace;
    this.#now = parts.now;
    this.#staff = parts.staff;
  }

  violation(text: string): void {
    this.violations.push(text);
    this.trace(`VIOLATION ${text}`);
  }

  succeed(what: string): void {
    this.succeeded.set(what, (this.succeeded.get(what) ?? 0) + 1);
  }

  /** Lately a patch command was seen that had not started. */
  somethingWaits(): boolean {
    return this.#now() < this.#waitsUntil;
  }

  openRuns(): RunModel[] {
    return [...this.runs.values()].filter((r) => !r.ended);
  }

  created(request: NewRun, answer: Awaited<ReturnType<WorkflowStore['createRun']>>): void {
    if (!answer.ok) return;
    const { run } = request;
    this.trace(`created ${run.id} by ${run.requestedBy}`);
    for (const other of this.openRuns())
      for (const zone of request.lockZones)
        if (other.zones.has(zone)) this.violation(`${run.id} took ${zone}, which ${other.run.id} holds`);
    this.runs.set(run.id, {
      run,
      stopped: false,
      ended: false,
      begun: false,
      end: '',
      planHash: null,
      planChangedBy: run.requestedBy,
      plans: new Map(),
      approvals: new Map(),
      zones: new Set(request.lockZones),
      installs: new Map(),
      permitted: new Map(),
      stopPermitted: new Set(),
      started: new Set(),
      resolved: new Set(),
      disowned: new Set(),
    });
  }

  freezeSet(freeze: Freeze | { lift: string }, answer: Committed): void {
    if (!answer.ok) return;
    this.#frozen = !('lift' in freeze);
    this.trace(this.#frozen ? 'frozen' : 'unfrozen');
  }

  committed(runId: string, changes: Changes, answer: Committed, store: SqliteStore): void {
    const model = this.runs.get(runId);
    const says = (changes.audit ?? []).map((a) => a.action).join(',');
    if (!answer.ok || !model) {
      this.trace(`refused ${runId} ${says} ${answer.ok ? 'unknown run' : answer.refused}`);
      return;
    }
    this.trace(
      `commit ${runId} ${changes.run?.phase ?? ''} ${says} ${(changes.effects ?? []).map((e) => `${e.id}:${e.from}>${e.state}`).join(' ')} ${(changes.targets ?? []).map((t) => `${t.key.slice(-4)}:${t.set.stage ?? ''}:${t.set.outcome ?? ''}:${t.set.power ?? ''}`).join(' ')}`,
    );
    if (model.ended && changes.run?.phase) this.violation(`${runId} ended and moved to ${changes.run.phase}`);
    if (changes.plan) {
      const { plan, hash } = changes.plan;
      if (model.plans.has(hash)) this.violation(`${runId} has the plan ${hash} twice`);
      model.plans.set(hash, plan);
    }
    if (changes.run?.planHash !== undefined) model.planHash = changes.run.planHash;
    if (changes.run?.planChangedBy) model.planChangedBy = changes.run.planChangedBy;
    if (changes.run?.stopRequestedAt) model.stopped = true;
    if (changes.addApproval) this.#approved(model, changes.addApproval);
    if (changes.run?.phase === 'waves' && model.planHash !== null) this.#begins(model, model.planHash);
    for (const effect of changes.effects ?? []) {
      if (effect.from === 'intended' && effect.state === 'no_effect') this.succeed('attempt without effect');
      if (effect.state === 'closed') this.#answered(model, changes, effect.id);
    }
    for (const entry of changes.audit ?? []) {
      if (entry.action === 'target.resolved') model.resolved.add(String(entry.detail?.['key']));
      if (entry.action === 'effect.adopted') this.succeed('adopted');
    }
    if (changes.run?.currentWave) this.#opened(model, changes.run.currentWave, store);
    if (changes.targets?.some((t) => t.set.invocation === 'waiting'))
      this.#waitsUntil = this.#now() + 5 * MINUTE;
    if (changes.keepZones)
      model.zones = new Set([...model.zones].filter((zone) => changes.keepZones?.includes(zone)));
    if (changes.run?.phase === 'waves') model.begun = true;
    if (changes.run?.end) model.end = changes.run.end;
    if (changes.run?.phase === 'ended') {
      model.ended = true;
      this.succeed(`end ${model.end}`);
      this.justEnded.push(runId);
      if (model.zones.size > 0) this.violation(`${runId} ended and keeps ${[...model.zones].join(', ')}`);
    }
  }

  intended(runId: string, intent: Intent, answer: Committed<Effect>, life: number) {
    this.trace(`intend ${intent.tag} ${answer.ok ? `effect ${answer.value.id}` : answer.refused}`);
    const model = this.runs.get(runId);
    if (!answer.ok || !model) return;
    const ids = 'instanceIds' in intent.request ? intent.request.instanceIds : [intent.request.instanceId];
    const known = {
      tag: intent.tag,
      kind: intent.kind,
      runId,
      ids: [...ids].sort().join(),
      keys: intent.targets,
      life,
      acts: 0,
    };
    if (this.effects.has(intent.tag)) this.violation(`the tag ${intent.tag} was given twice`);
    this.effects.set(intent.tag, known);
    this.#byId.set(answer.value.id, known);
    const what = `${intent.tag} was intended`;
    if (intent.targets.map((k) => k.split('/')[2]).join() !== ids.join())
      this.violation(`${what} for other instances than its targets`);
    if (model.ended) this.violation(`${what} after the end of its run`);
    const forward =
      ['create_image', 'start', 'install'].includes(intent.kind) ||
      (intent.kind === 'scan' && intent.wave === 0);
    if (forward && model.stopped) this.violation(`${what} after a committed stop`);
    if (forward && this.#frozen) this.violation(`${what} during a freeze`);
    if (intent.kind === 'scan' && intent.wave === 0) return;
    const plan = model.plans.get(model.planHash ?? '');
    if (!plan || intent.planHash !== model.planHash)
      return this.violation(`${what} without the current plan`);
    const approvers = model.approvals.get(model.planHash ?? '') ?? new Set();
    if (approvers.size < plan.approval.required) this.violation(`${what} without its approvals`);
    for (const key of intent.targets)
      if (!plan.targets.some((t) => t.key === key && t.wave === intent.wave))
        this.violation(`${what} for ${key}, which is not in the plan`);
    const patching = intent.kind === 'install' || intent.kind === 'start';
    if (forward && plan.kind === 'patch' && this.#now() > plan.noNewWaveAfter + 1000)
      this.violation(`${what} after the window's last moment`);
    if (forward && this.#now() < plan.startNotBefore) this.violation(`${what} before the window`);
    if (patching && plan.kind === 'backup_only') this.violation(`${what} in a run that only makes backups`);
    if (intent.kind === 'start') for (const key of intent.targets) model.started.add(key);
  }

  #approved(model: RunModel, { userId, planHash }: { userId: string; planHash: string }) {
    const plan = model.plans.get(planHash);
    if (!plan || planHash !== model.planHash)
      return this.violation(`${userId} approved something else than the plan of ${model.run.id}`);
    if (userId === plan.requestedBy || userId === plan.changedBy || userId === model.run.requestedBy)
      this.violation(`${userId} asked for ${model.run.id} or changed it, and approved it`);
    if (!this.#staff.wasApprover(userId, this.#now()))
      this.violation(`${userId} approved ${model.run.id} without being an approver`);
    if (this.#now() >= plan.approval.expiresAt + 1000)
      this.violation(`${userId} approved ${model.run.id} after its time`);
    const given = model.approvals.get(planHash) ?? new Set();
    if (given.has(userId)) this.violation(`${userId} was counted twice in ${model.run.id}`);
    model.approvals.set(planHash, given.add(userId));
  }

  #begins(model: RunModel, hash: string): void {
    const plan = model.plans.get(hash);
    const still = [...(model.approvals.get(hash) ?? [])].filter((u) =>
      this.#staff.wasApprover(u, this.#now()),
    );
    if (!plan || still.length < plan.approval.required)
      this.violation(`${model.run.id} began though its approvers are none any more`);
    if (this.#frozen) this.succeed('began into a freeze');
  }

  /** A wave is opened in its turn, and only while few enough failed. */
  #opened({ run, plans, planHash }: RunModel, wave: number, store: SqliteStore): void {
    const plan = plans.get(planHash ?? '');
    const planned = store.allTargets(run.id).filter((t) => t.wave !== null);
    const failed = planned.filter((t) => t.outcome !== null && FAILED.includes(t.outcome)).length;
    if (plan && failed > plan.failureBudget)
      this.violation(`${run.id} opened wave ${wave} with ${failed} failed of at most ${plan.failureBudget}`);
    const before = planned.filter((t) => (t.wave ?? 0) < wave);
    if (before.some((t) => t.stage !== 'done' && t.power !== 'ask'))
      this.violation(`${run.id} opened wave ${wave} before the end of the one before`);
    this.succeed('wave opened');
    if (wave > 1) this.succeed('further wave opened');
  }

  #answered(model: RunModel, changes: Changes, effectId: number) {
    const effect = this.#byId.get(effectId);
    const entry = changes.audit?.find((a) => a.action.startsWith('question.answered.'));
    if (!effect || !entry) return this.violation(`the question ${effectId} was closed without an answer`);
    const which = entry.action.slice('question.answered.'.length);
    for (const key of effect.keys) {
      if (which === 'send_again') model.permitted.set(key, (model.permitted.get(key) ?? 0) + 1);
      if (which === 'stop_now') model.stopPermitted.add(key);
    }
    if (which === 'send_again') model.disowned.add(effect.tag);
    const own = [model.run.requestedBy, model.planChangedBy].includes(entry.actor);
    if (which === 'send_again' && (own || !this.#staff.wasApprover(entry.actor, this.#now())))
      this.violation(`${entry.actor} had a command of ${model.run.id} sent again without the right to`);
  }

  /** Who waits says for whom. */
  afterRound(runId: string, next: number | null, store: SqliteStore): void {
    if (next !== null) return;
    const state = store.load(runId);
    if (!state || state.run.phase === 'ended' || state.run.phase === 'await_approval') return;
    const seen = view({ store }, runId);
    const asks = (seen?.questions ?? []).filter(
      (q) => q.text.length > 10 && q.whatToCheck.length > 10 && q.answers.length > 1,
    );
    if (asks.length === 0 && !state.frozen && !state.parked)
      this.violation(`${runId} is in ${state.run.phase} and waits for nothing and nobody`);
    if (state.run.because.length === 0) this.violation(`${runId} waits and says nothing`);
    this.succeed('waited for a person');
  }
}
