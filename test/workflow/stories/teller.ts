/** Tells what is written down, as lines for people: audit, news, and every row that changes. */
import { inspect } from 'node:util';
import type {
  AuditEntry,
  Changes,
  EffectChange,
  Intent,
  NewRun,
  QueryStore,
  TargetChange,
} from '../../../src/workflow/changes.ts';
import type { Aws, Place } from '../../../src/workflow/ports.ts';
import type { News, RunView } from '../../../src/workflow/view.ts';

const CHANGES = ['images.create', 'power.start', 'power.stop', 'commands.send', 'commands.cancel'];

export class Teller {
  readonly lines: string[] = [];
  readonly #start: number;
  readonly #asked = new Set<string>();

  constructor(start: number) {
    this.#start = start;
  }

  /** What is said again at once is said once. */
  say(...lines: readonly string[]): void {
    for (const line of lines) if (line !== this.lines.at(-1)) this.lines.push(line);
  }

  /** The same store; what it took is told. */
  watch(store: QueryStore): QueryStore {
    const told: Partial<QueryStore> = {
      commit: async (runId, changes) => {
        const answer = await store.commit(runId, changes);
        if (answer.ok) this.#changes(changes);
        else this.say(`not written: ${answer.refused}`);
        return answer;
      },
      intend: async (runId, intent) => {
        const answer = await store.intend(runId, intent);
        if (answer.ok) this.#intent(answer.value.id, intent);
        else this.say(`not intended: ${answer.refused}`);
        return answer;
      },
      createRun: async (request) => {
        const answer = await store.createRun(request);
        if (answer.ok) this.#created(request);
        return answer;
      },
      setFreeze: async (freeze, once) => {
        const answer = await store.setFreeze(freeze, once);
        if (answer.ok) this.say(`freeze ${this.#data(freeze)}`);
        return answer;
      },
      audit: async (runId, entry) => {
        await store.audit(runId, entry);
        this.#audit(entry);
      },
    };
    return new Proxy(store, {
      get: (target, property) => {
        const own = told[property as keyof QueryStore];
        const value: unknown = own ?? Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** The same AWS; each question is told when it is first asked, and each change every time. */
  calls(aws: Aws): Aws {
    const told = (name: string, port: object) =>
      new Proxy(port, {
        get: (target, property) => {
          const value: unknown = Reflect.get(target, property);
          if (typeof value !== 'function') return value;
          return (...args: readonly unknown[]) => {
            this.#call(`${name}.${String(property)}`, args);
            return Reflect.apply(value, target, args);
          };
        },
      });
    const ports = Object.entries(aws).map(([name, port]) => [
      name,
      typeof port === 'function' ? port : told(name, port),
    ]);
    return Object.fromEntries(ports) as Aws;
  }

  #call(name: string, args: readonly unknown[]): void {
    const line = `${CHANGES.includes(name) ? 'CALL' : 'call'} ${name} ${args.map((a) => this.#data(briefly(a))).join(' ')}`;
    if (!CHANGES.includes(name) && this.#asked.has(line)) return;
    this.#asked.add(line);
    this.say(line);
  }

  /** What people see of a run, without what its rows told already. */
  seen({ run, targets, counts, waves, questions, because, frozen, approvals }: RunView): void {
    this.say('', `Run ${run.id} as it is seen:`);
    this.say(`  ${run.phase} ${run.end ?? ''} ${run.endReason}`.trimEnd());
    for (const reason of because) this.say(`  because ${reason.code}: ${reason.text}`);
    if (frozen !== null) this.say(`  frozen: ${frozen}`);
    for (const approval of approvals) this.say(`  approval ${this.#data(approval)}`);
    this.say(`  counts ${this.#data(Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0)))}`);
    for (const wave of waves) this.say(`  wave ${this.#data(wave)}`);
    for (const question of questions) this.say(`  question ${this.#data(question)}`);
    for (const { instance, stage, outcome, outcomeReason, nextStep, power, reasons, ...rest } of targets) {
      this.say(`  ${instance.name} ${stage} ${outcome ?? ''} power ${power}: ${outcomeReason}`);
      if (nextStep !== '') this.say(`    next: ${nextStep}`);
      for (const reason of reasons) this.say(`    ${reason.code}: ${reason.text}`);
      const { before, after, installed, exitCode, excerpt, imageId } = rest;
      this.say(`    ${this.#data({ before, after, installed, exitCode, excerpt, imageId })}`);
    }
  }

  #created({ run, lockZones, audit }: NewRun): void {
    this.say(`run ${run.id}, locks ${lockZones.join(', ') || 'nothing'}: ${this.#data(withoutNothing(run))}`);
    for (const entry of audit) this.#audit(entry);
  }

  #changes(changes: Changes): void {
    const { audit = [], news = [], effects = [], targets = [], run = {}, ...others } = changes;
    for (const entry of audit) this.#audit(entry);
    for (const item of news) this.#news(item);
    for (const effect of effects) this.#effect(effect);
    for (const target of targets) this.#target(target);
    const { wakeAt: _, ...told } = run;
    if (Object.keys(told).length > 0) this.say(`run ${this.#data(told)}`);
    const { expect: __, addTargets, plan, ...rest } = others;
    if (plan) {
      const { targets: planned, ...header } = plan.plan;
      this.say(`plan ${this.#data(header)}`);
      for (const target of planned) this.say(`  ${this.#data(target)}`);
    }
    for (const { instance, ...target } of addTargets ?? [])
      this.say(`found ${instance.name} ${this.#data(withoutNothing(target))}`);
    for (const [what, value] of Object.entries(rest))
      if (!Array.isArray(value) || value.length > 0) this.say(`${what} ${this.#data(value)}`);
  }

  #intent(id: number, intent: Intent): void {
    const { audit, targets, tag, landingZone, fromStage, targetSet, forward, planHash } = intent;
    this.say(`intend ${id} ${this.#short(tag)} for ${this.#short(targets.join(' '))} in ${landingZone}`);
    this.say(`  ${this.#data({ fromStage, targetSet, forward, planHash })}`);
    for (const entry of audit) this.#audit(entry);
  }

  #audit({ actor, action, text, detail }: AuditEntry): void {
    this.say(`audit ${actor} ${action}: ${this.#short(text)}${detail ? ` ${this.#data(detail)}` : ''}`);
  }

  #news({ kind, text, ...rest }: News): void {
    this.say(`news ${kind}: ${text}${Object.keys(rest).length > 0 ? ` ${this.#data(rest)}` : ''}`);
  }

  #effect({ id, from, state, ...rest }: EffectChange): void {
    const { lookAt: _, ...told } = rest;
    if (from === state && Object.values(told).every((v) => v === undefined || v === '' || v === 0)) return;
    this.say(`effect ${id} ${from} > ${state} ${this.#data(told)}`);
  }

  #target({ key, set, whenStage }: TargetChange): void {
    this.say(`${this.#short(key)} ${whenStage ? `(${whenStage}) ` : ''}${this.#data(set)}`);
  }

  /** As JavaScript writes it, with times as seconds since the beginning of the story. */
  #data(value: unknown): string {
    const text = inspect(value, { depth: null, breakLength: Number.POSITIVE_INFINITY, compact: true });
    return this.#short(text);
  }

  #short(text: string): string {
    return text
      .replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…')
      .replace(/\b11110000000(\d)\/eu-west-1\//g, 'account-$1/')
      .replace(/\b(failed|pendingReboot|critical|other): 0(, )?/g, '')
      .replace(/\b1[78]\d{11}\b/g, (ms) => `+${Math.round((Number(ms) - this.#start) / 1000)}s`);
  }
}

/** Without what says nothing, because a new row has it so. */
function withoutNothing(row: object): object {
  const says = (value: unknown) => Boolean(value) && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(row).filter(([, value]) => says(value)));
}

/** A place in one word; an intent used as one has more, which no port looks at. */
function briefly(argument: unknown): unknown {
  const { landingZone, accountId, region, runId } = (argument ?? {}) as Partial<Place>;
  if (!landingZone && !accountId && !region && !runId) return argument;
  return `${landingZone} ${accountId} ${region} ${runId}`;
}
