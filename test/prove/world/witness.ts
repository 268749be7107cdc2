/**
 * The promises as code, held after every event against what the simulators did and what the database says. The
 * bot is not asked: the witness reads its file and the ledger of the simulated AWS.
 */
import type { LedgerEntry } from '../../../sandbox/aws/ledger.ts';
import { USERS } from '../../../sandbox/slack/default-workspace.ts';
import type { SqliteStore } from '../../../src/store/sqlite-store.ts';
import type { Effect, EffectKindName, Run } from '../../../src/workflow/run-types.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import { type Company, MINUTE } from './company.ts';

const APPROVERS: readonly string[] = [USERS.aisha, USERS.tom];
/** What a stop and a freeze keep from beginning; the rest only follows what was begun to its end. */
const NEW: readonly EffectKindName[] = ['create_image', 'start', 'install'];
/** A bot that runs and has a wake-up time behind it, or none and no question, is stuck. */
const STUCK_AFTER = 15 * MINUTE;

interface Known {
  effect: Effect;
  acts: number;
}

export class Witness {
  readonly violations: string[] = [];
  /** What took place at AWS and how runs ended. */
  readonly saw = new Map<string, number>();
  readonly #company: Company;
  readonly #effects = new Map<string, Known>();
  readonly #runs = new Map<string, Run>();
  /** Times each instance was patched, by run and instance. */
  readonly #installs = new Map<string, number>();
  #frozenBefore: number | null = null;
  #ledgerSeen = 0;
  #ledgerMoved = false;
  #dataVersion = '';
  readonly #quiet = new Map<string, { revision: number; since: number }>();

  constructor(company: Company) {
    this.#company = company;
    company.aws.control.on('effect', () => {
      this.#ledgerMoved = true;
    });
  }

  violation(what: string): void {
    if (this.violations.includes(what)) return;
    this.violations.push(what);
    this.#company.say(`VIOLATED: ${what}`);
  }

  see(what: string): void {
    this.saw.set(what, (this.saw.get(what) ?? 0) + 1);
  }

  /** After every event. */
  look(): void {
    const store = this.#company.store();
    // Before the database is read again: an effect must have an intent that was there before it.
    if (this.#ledgerMoved) this.#readLedger(store);
    if (store && this.#moved(store)) this.#readRuns(store);
    if (store && this.#company.life) this.#nobodyStuck(store);
  }

  #moved({ db }: SqliteStore): boolean {
    const version = `${this.#company.lives} ${String(db.pragma('data_version', { simple: true }))}`;
    if (version === this.#dataVersion) return false;
    this.#dataVersion = version;
    return true;
  }

  #readRuns(store: SqliteStore): void {
    const frozen = store.freezes()[0]?.at ?? null;
    for (const run of store.runs(50)) {
      const before = this.#runs.get(run.id);
      if (before?.revision === run.revision && before.phase === 'ended') continue;
      this.#runs.set(run.id, run);
      if (run.phase === 'ended' && before?.phase !== 'ended') this.see(`end ${run.end}`);
      for (const effect of store.effectsOf(run.id)) this.#readEffect(effect, before, frozen);
    }
    this.#frozenBefore = frozen;
  }

  #readEffect(effect: Effect, before: Run | undefined, frozen: number | null): void {
    const known = this.#effects.get(effect.tag);
    if (known) {
      if (
        known.effect.state === 'intended' &&
        effect.state === 'begun' &&
        known.acts === 0 &&
        effect.kind !== 'start' &&
        effect.kind !== 'stop'
      )
        this.violation(`${effect.tag} is said to have begun, and nothing happened at AWS`);
      if (known.effect.state !== 'needs_attention' && effect.state === 'needs_attention')
        this.see('question');
      known.effect = effect;
      return;
    }
    this.#effects.set(effect.tag, { effect, acts: 0 });
    if (!NEW.includes(effect.kind)) return;
    const stopped = before?.stopRequestedAt ?? null;
    if (stopped !== null) this.violation(`${effect.tag} was begun after ${effect.runId} was stopped`);
    if (this.#frozenBefore !== null && frozen === this.#frozenBefore)
      this.violation(`${effect.tag} was begun during a freeze`);
  }

  #readLedger(store: SqliteStore | null): void {
    this.#ledgerMoved = false;
    const entries = this.#company.aws.control.ledger();
    for (const entry of entries.slice(this.#ledgerSeen))
      if (entry.outcome === 'effect' && entry.service !== 'sts') this.#happened(entry, store);
    this.#ledgerSeen = entries.length;
  }

  #happened(entry: LedgerEntry, store: SqliteStore | null): void {
    const kind = kindOf(entry);
    const ids = (entry.params['instanceIds'] ?? '').split(',').sort().join();
    this.#company.say(`AWS does ${kind} on ${ids}`);
    this.see(`effect ${kind}`);
    const fitting = [...this.#effects.values()].filter(
      ({ effect }) =>
        effect.kind === kind &&
        // Sessions at AWS carry the id of their run.
        entry.caller.includes(effect.runId) &&
        effect.accountId === entry.accountId &&
        idsOf(effect) === ids &&
        (entry.operation !== 'SendCommand' || effect.tag === entry.params['comment']),
    );
    const open = fitting.filter((one) => one.acts === 0 && one.effect.state !== 'no_effect');
    const known = open.at(-1) ?? fitting.at(-1);
    if (!known) {
      this.violation(`${kind} on ${ids} without a committed intent`);
      return;
    }
    if (++known.acts > 1) this.violation(`${known.effect.tag} was carried out ${known.acts} times`);
    if (kind === 'install') this.#installed(known.effect, store);
  }

  #installed(effect: Effect, store: SqliteStore | null): void {
    const run = this.#runs.get(effect.runId);
    // The bot died with the call on its way: what it had committed is known from before.
    const plan = run?.planVersion === null || !run || !store ? null : store.plan(run.id, run.planVersion);
    const permitted = store ? sentAgain(store, effect.runId) : [];
    for (const key of effect.targets) {
      const name = `${effect.runId} ${key}`;
      const times = (this.#installs.get(name) ?? 0) + 1;
      this.#installs.set(name, times);
      if (store && times > 1 + permitted.filter((one) => one === key).length)
        this.violation(`${key} was patched ${times} times in ${effect.runId} without a person's word`);
    }
    if (!store || !run || !plan) return;
    const approvals = store
      .approvals(run.id)
      .filter((a) => a.planHash === run.planHash)
      .map((a) => a.userId);
    if (approvals.length < plan.approval.required) this.violation(`${effect.tag} patches without approval`);
    for (const who of approvals) {
      if ([run.requestedBy, plan.requestedBy, plan.changedBy].includes(who))
        this.violation(`${who} asked for ${run.id} or changed it, and approved it`);
      if (!APPROVERS.includes(who)) this.violation(`${who} approved ${run.id} and is no approver`);
    }
    if (!plan.backup.required || plan.backup.withoutVerifiedBackup !== 'skip') return;
    const images = this.#company.aws.control.images();
    for (const key of effect.targets) {
      const target = plan.targets.find((t) => t.key === key);
      const usable = images.filter(
        (i) =>
          i.instanceId === target?.instanceId &&
          i.state === 'available' &&
          i.snapshots.every((s) => s.state === 'completed') &&
          (i.id === target.keepImageId || Object.values(i.tags).includes(run.id)),
      );
      if (usable.length === 0) this.violation(`${key} is patched in ${run.id} without a verified backup`);
    }
  }

  /** Whoever waits says for whom, or has a time at which it looks again, and keeps to it. */
  #nobodyStuck(store: SqliteStore): void {
    const now = this.#company.clock.now();
    for (const { id, wakeAt } of store.openRuns()) {
      const run = this.#runs.get(id);
      if (!run) continue;
      const since = this.#quiet.get(id);
      const revision = run.revision + this.#company.lives * 1e6;
      if (since?.revision !== revision) this.#quiet.set(id, { revision, since: now });
      const quietFor = now - (this.#quiet.get(id)?.since ?? now);
      if (wakeAt !== null) {
        if (now - wakeAt > STUCK_AFTER && quietFor > STUCK_AFTER) this.violation(`${id} has overslept`);
        continue;
      }
      if (quietFor < STUCK_AFTER) continue;
      const asked = (view({ store }, id)?.questions ?? []).some(
        (q) => q.text.length > 10 && q.whatToCheck.length > 10 && q.answers.length > 1,
      );
      if (!asked && store.freezes().length === 0)
        this.violation(`${id} is in ${run.phase} and waits for nothing and nobody`);
      if (run.because.length === 0) this.violation(`${id} waits and says nothing`);
    }
  }

  installsOf(runId: string, key: string): number {
    return this.#installs.get(`${runId} ${key}`) ?? 0;
  }
}

function kindOf({ operation, params }: LedgerEntry): EffectKindName | string {
  switch (operation) {
    case 'CreateImage':
      return 'create_image';
    case 'StartInstances':
      return 'start';
    case 'StopInstances':
      return 'stop';
    case 'CancelCommand':
      return 'cancel';
    case 'SendCommand':
      return params['Operation'] === 'Install' ? 'install' : 'scan';
    default:
      return operation;
  }
}

function idsOf({ request }: Effect): string {
  return request.kind === 'create_image' ? request.instanceId : [...request.instanceIds].sort().join();
}

/** Targets of which an approver said that the command is to be sent again. */
function sentAgain({ db }: SqliteStore, runId: string): string[] {
  const rows = db
    .prepare("SELECT detail FROM audit WHERE run_id = ? AND action = 'question.answered.send_again'")
    .all(runId) as { detail: string }[];
  return rows.flatMap((row) => (JSON.parse(row.detail) as { targets: string[] }).targets);
}
