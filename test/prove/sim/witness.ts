/**
 * Sees every durable write and every real effect, in order, and holds them against the promises of the
 * design. It keeps a model of its own and never asks the code under test what is right.
 */
import type { SqliteStore } from '../../../src/store/sqlite-store.ts';
import type { Changes, Committed, Intent, NewRun, WorkflowStore } from '../../../src/workflow/changes.ts';
import type { Plan } from '../../../src/workflow/plan-types.ts';
import type { SendRequest } from '../../../src/workflow/ports.ts';
import type { Effect, Freeze, Run } from '../../../src/workflow/run-types.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import type { Staff } from './staff.ts';
import { type Command, type Image, type Ledger, type Machine, MINUTE, mayRun, type World } from './world.ts';

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

interface KnownEffect {
  tag: string;
  kind: Effect['kind'];
  runId: string;
  ids: string;
  keys: readonly string[];
  life: number;
  acts: number;
}

export class Witness implements Ledger {
  readonly violations: string[] = [];
  readonly succeeded = new Map<string, number>();
  readonly runs = new Map<string, RunModel>();
  /** Runs that ended since somebody last looked. */
  justEnded: string[] = [];
  readonly #effects = new Map<string, KnownEffect>();
  readonly #byId = new Map<number, KnownEffect>();
  readonly #trace: (line: string) => void;
  readonly #now: () => number;
  readonly #staff: Staff;
  #waitsUntil = 0;
  #frozen = false;
  #late = false;
  #life = 0;

  constructor(parts: { trace: (line: string) => void; now: () => number; staff: Staff }) {
    this.#trace = parts.trace;
    this.#now = parts.now;
    this.#staff = parts.staff;
  }

  violation(text: string): void {
    this.violations.push(text);
    this.#trace(`VIOLATION ${text}`);
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

  // Durable writes.

  created(request: NewRun, answer: Awaited<ReturnType<WorkflowStore['createRun']>>): void {
    if (!answer.ok) return;
    const { run } = request;
    this.#trace(`created ${run.id} by ${run.requestedBy}`);
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
    this.#trace(this.#frozen ? 'frozen' : 'unfrozen');
  }

  committed(runId: string, changes: Changes, answer: Committed, store: SqliteStore): void {
    const model = this.runs.get(runId);
    const says = (changes.audit ?? []).map((a) => a.action).join(',');
    if (!answer.ok || !model) {
      this.#trace(`refused ${runId} ${says} ${answer.ok ? 'unknown run' : answer.refused}`);
      return;
    }
    this.#trace(
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
    this.#trace(`intend ${intent.tag} ${answer.ok ? `effect ${answer.value.id}` : answer.refused}`);
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
    if (this.#effects.has(intent.tag)) this.violation(`the tag ${intent.tag} was given twice`);
    this.#effects.set(intent.tag, known);
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

  // Real effects.

  calling(life: number): void {
    this.#life = life;
  }

  late(yes: boolean): void {
    this.#late = yes;
  }

  sent(command: Command, request: SendRequest, place: { accountId: string; region: string }) {
    this.#trace(`AWS ${command.operation} ${command.id} to ${request.instanceIds.join()} ${request.comment}`);
    this.succeed(command.operation === 'Install' ? 'effect install' : 'effect scan');
    const effect = this.#effects.get(request.comment);
    if (!effect || effect.ids !== [...request.instanceIds].sort().join())
      return this.violation(`${command.id} was sent without a committed intent`);
    if (++effect.acts > 1) this.violation(`${request.comment} was sent ${effect.acts} times`);
    this.#sameLife(effect, request.comment);
    if (command.operation !== 'Install') {
      if (effect.kind !== 'scan') this.violation(`${request.comment} sent a scan`);
      return;
    }
    const model = this.runs.get(effect.runId);
    const plan = model?.plans.get(model.planHash ?? '');
    if (!model || !plan || effect.kind !== 'install')
      return this.violation(`${request.comment} installs without a plan`);
    const pinned = plan.documents.find((d) => d.accountId === place.accountId && d.region === place.region);
    if (!pinned || pinned.version !== request.document.version || pinned.hash !== request.document.hash)
      this.violation(`${request.comment} is not the document of the plan`);
    if (request.parameters['RebootOption']?.[0] !== plan.rebootOption)
      this.violation(`${request.comment} has another reboot option than the plan`);
    for (const key of effect.keys) {
      const count = (model.installs.get(key) ?? 0) + 1;
      model.installs.set(key, count);
      if (count > 1 + (model.permitted.get(key) ?? 0))
        this.violation(`${key} was patched ${count} times in ${effect.runId}`);
      this.#backedUp(model, plan, key);
      this.#alone(model, command, key);
    }
  }

  world: World | null = null;

  #backedUp({ run }: RunModel, plan: Plan, key: string): void {
    if (!plan.backup.required || plan.backup.withoutVerifiedBackup === 'patch-without-backup') return;
    const kept = plan.targets.find((t) => t.key === key)?.keepImageId;
    const images = [...(this.world?.images.values() ?? [])].filter((i) => i.machine.key === key);
    if (!images.some((i) => i.state === 'available' && (i.runId === run.id || i.id === kept)))
      this.violation(`${key} was patched in ${run.id} without a verified backup`);
  }

  /** Two patch commands on one instance at a time only on a person's word. */
  #alone(model: RunModel, command: Command, key: string): void {
    if ((model.permitted.get(key) ?? 0) > 0 || [...this.runs.values()].some((r) => r.resolved.has(key)))
      return;
    for (const other of this.world?.commands.values() ?? []) {
      const part = [...other.parts.values()].find((p) => p.machine.key === key);
      if (other !== command && other.operation === 'Install' && part && mayRun(part))
        this.violation(`${key} got ${command.id} while ${other.id} may run on it`);
    }
  }

  imaged(image: Image, requestedFor: string): void {
    this.#untagged('create_image', image.runId, [requestedFor]);
    if (image.machine.id !== requestedFor) this.violation(`${image.id} is of another instance`);
    const same = [...(this.world?.images.values() ?? [])].filter((i) => i.name === image.name);
    if (same.length > 1) this.violation(`${image.name} was made twice`);
  }

  started(runId: string, machines: readonly Machine[]): void {
    this.#untagged(
      'start',
      runId,
      machines.map((m) => m.id),
    );
  }

  stopped(runId: string, machines: readonly Machine[]): void {
    this.#untagged(
      'stop',
      runId,
      machines.map((m) => m.id),
    );
    const model = this.runs.get(runId);
    for (const machine of machines) {
      if (!model?.started.has(machine.key))
        this.violation(`${machine.id} was stopped by ${runId}, which never started it`);
      const busy = [...(this.world?.commands.values() ?? [])].find((c) => {
        const status = c.parts.get(machine.id)?.status;
        const open = status === 'waiting' || status === 'running';
        return c.operation === 'Install' && open && !model?.disowned.has(c.comment);
      });
      const up = machine.state === 'running' || machine.state === 'pending';
      if (busy && up && !model?.stopPermitted.has(machine.key))
        this.violation(`${machine.id} was stopped while ${busy.id} may run on it`);
    }
  }

  cancelled(command: Command, ids: readonly string[]): void {
    this.#untagged('cancel', command.runId, ids);
    if (!this.runs.get(command.runId)?.stopped)
      this.violation(`${command.id} was cancelled though nobody stopped its run`);
  }

  #untagged(kind: Effect['kind'], runId: string, ids: readonly string[]) {
    this.#trace(`AWS ${kind} ${ids.join()} ${runId}`);
    this.succeed(`effect ${kind}`);
    const wanted = [...ids].sort().join();
    const matching = [...this.#effects.entries()].filter(
      ([, e]) => e.kind === kind && e.runId === runId && e.ids === wanted,
    );
    const effect = matching.find(([, e]) => e.acts === 0 && e.life === this.#life) ?? matching.at(-1);
    if (!effect) return this.violation(`${kind} of ${wanted} in ${runId} without a committed intent`);
    if (++effect[1].acts > 1) this.violation(`${effect[0]} was done ${effect[1].acts} times`);
    this.#sameLife(effect[1], effect[0]);
  }

  /** An intent that another process committed is looked for, never carried out. */
  #sameLife(effect: KnownEffect, tag: string): void {
    if (!this.#late && effect.life !== this.#life)
      this.violation(`${tag} was carried out by another process than the one that intended it`);
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
