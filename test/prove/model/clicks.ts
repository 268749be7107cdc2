/** The commands of the model-based test: each knows what the model expects, does it for real, and compares. */
import type fc from 'fast-check';
import type { Target } from '../../../src/workflow/run-types.ts';
import { type Company, ZONES } from '../sim/company.ts';
import { HOUR, MINUTE } from '../sim/machines.ts';
import { type Model, type ModelRun, PEOPLE, type Phase } from './model.ts';

export type Click = fc.AsyncCommand<Model, Company>;

/** How often each kind of click took effect, over a whole campaign. */
export type Successes = Map<string, number>;

const RETRYABLE = ['failed', 'verification_failed', 'partly_patched', 'stopped', 'skipped'];
const NO_OPTIONS = { fresh: false, dryRun: false, backupOnly: false, now: true, at: null, until: null };

/** One click: who, on which of the runs, and a choice where there is one. */
export class Deed implements Click {
  readonly kind: keyof typeof DEEDS;
  readonly who: string;
  readonly at: number;
  readonly choice: number;
  readonly #successes: Successes;
  #last = '';

  constructor(kind: keyof typeof DEEDS, who: number, at: number, choice: number, successes: Successes) {
    this.kind = kind;
    this.who = PEOPLE[who % PEOPLE.length] ?? '';
    this.at = at;
    this.choice = choice;
    this.#successes = successes;
  }

  check(model: Readonly<Model>): boolean {
    return model.runs.length > 0 || WITHOUT_A_RUN.includes(this.kind);
  }

  async run(model: Model, company: Company): Promise<void> {
    const begunBefore = new Map(model.runs.map((r) => [r.id, company.begun(r.id)]));
    const mightBegin = new Set(model.runs.filter((r) => model.mayBegin(r)).map((r) => r.id));
    const took = await DEEDS[this.kind]({ model, company, who: this.who, deed: this });
    model.settle(company.now);
    for (const run of model.runs) {
      if (model.mayBegin(run)) mightBegin.add(run.id);
      if (!mightBegin.has(run.id) && company.begun(run.id) !== (begunBefore.get(run.id) ?? 0))
        throw new Error(`something of ${run.id} was begun, which is ${run.phase}`);
    }
    agree(model, company);
    if (took) this.#successes.set(this.kind, (this.#successes.get(this.kind) ?? 0) + 1);
    this.#last = took === null ? '' : took ? ': yes' : ': no';
  }

  toString(): string {
    return `${this.kind}(${this.who}, ${this.at}, ${this.choice})${this.#last}`;
  }
}

interface Doing {
  model: Model;
  company: Company;
  who: string;
  deed: Deed;
}

const WITHOUT_A_RUN: readonly string[] = [
  'scan',
  'freeze',
  'unfreeze',
  'leave',
  'rejoin',
  'pass',
  'restart',
  'lose',
];

/** True and false: taken or refused, as the model expected; null where there is nothing to refuse. */
const DEEDS = {
  async scan({ model, company, who, deed }: Doing) {
    const name = ['test', ...ZONES][deed.choice % 3] ?? 'test';
    company.publish();
    const scope = { name, pattern: null, tags: [], platform: null, regions: [], only: null };
    const expected = model.mayRequest(who, name === 'test' ? ZONES : [name]);
    const answer = await company.ask((s) => s.scan(company.actor(who), { scope, options: NO_OPTIONS }));
    expect(answer, expected);
    if (answer.ok) await learn(model, company, answer.value.runId, who);
    return answer.ok;
  },
  async approve({ model, company, who, deed }: Doing) {
    const run = pick(model, deed.at);
    const planHash = deed.choice % 5 === 4 ? 'another plan' : run.hash;
    const expected = model.mayApprove(run, who, planHash, company.now);
    const answer = await company.ask((s) => s.approve(company.actor(who), { runId: run.id, planHash }));
    expect(answer, expected);
    if (answer.ok) model.approve(run, who);
    return answer.ok;
  },
  async reject({ model, company, who, deed }: Doing) {
    const run = pick(model, deed.at);
    const planHash = deed.choice % 5 === 4 ? 'another plan' : run.hash;
    const expected = model.mayDecide(run, who, planHash);
    const request = { runId: run.id, planHash, reason: 'not today' };
    const answer = await company.ask((s) => s.reject(company.actor(who), request));
    expect(answer, expected);
    if (answer.ok) run.phase = 'ended';
    return answer.ok;
  },
  async exclude({ model, company, who, deed }: Doing) {
    const run = pick(model, deed.at);
    const key = [...run.targets.keys()][deed.choice % Math.max(1, run.targets.size)] ?? 'none';
    const expected = model.mayDecide(run, who, run.hash) && run.targets.size > 1;
    const request = { runId: run.id, planHash: run.hash, targets: [key], reason: 'not this' };
    const answer = await company.ask((s) => s.exclude(company.actor(who), request));
    expect(answer, expected);
    if (answer.ok) model.exclude(run, who, key, answer.value.planHash);
    return answer.ok;
  },
  async stop({ model, company, who, deed }: Doing) {
    const run = pick(model, deed.at);
    const expected = model.mayStop(run, who);
    const answer = await company.ask((s) => s.stop(company.actor(who), { runId: run.id, reason: 'enough' }));
    expect(answer, expected);
    if (answer.ok) run.stopped = true;
    return answer.ok;
  },
  async freeze({ model, company, who }: Doing) {
    const expected = model.isMember(who) && !model.frozen;
    const answer = await company.ask((s) =>
      s.freeze(company.actor(who), { scope: 'all', reason: 'incident' }),
    );
    expect(answer, expected);
    model.frozen ||= answer.ok;
    return answer.ok;
  },
  async unfreeze({ model, company, who }: Doing) {
    const expected = model.isMember(who) && model.frozen;
    const answer = await company.ask((s) => s.unfreeze(company.actor(who), { scope: 'all' }));
    expect(answer, expected);
    model.frozen &&= !answer.ok;
    return answer.ok;
  },
  async retry({ model, company, who, deed }: Doing) {
    const run = pick(model, deed.at);
    const failed = company.store
      .allTargets(run.id)
      .filter((t) => t.wave !== null && RETRYABLE.includes(t.outcome ?? '') && !t.commandMayRun);
    const zones = failed.map((t) => t.instance.landingZone);
    const expected = run.phase === 'ended' && failed.length > 0 && model.mayRequest(who, zones);
    company.publish();
    const answer = await company.ask((s) => s.retry(company.actor(who), { runId: run.id }));
    expect(answer, expected);
    if (answer.ok) await learn(model, company, answer.value.runId, who);
    return answer.ok;
  },
  async answer({ model, company, who, deed }: Doing) {
    const run = model.runs.findLast((r) => company.questions(r.id).length > 0);
    if (!run) return null;
    const question = company.questions(run.id)[0];
    const chosen = question?.answers[deed.choice % question.answers.length];
    if (!question || !chosen) return null;
    const sends = chosen.id === 'send_again';
    const expected = sends ? model.isApprover(who) && !model.isOwn(run, who) : model.isMember(who);
    const request = { tag: question.tag, answer: chosen.id };
    const answer = await company.ask((s) => s.answer(company.actor(who), request));
    expect(answer, expected);
    return answer.ok;
  },
  async resolve({ model, company, who }: Doing) {
    const unknown = model.runs
      .flatMap((r) => company.store.allTargets(r.id).map((target) => ({ runId: r.id, target })))
      .find(({ runId, target }) => target.outcome === 'unknown' && isOpen(company, runId, target));
    if (!unknown) return null;
    const request = { runId: unknown.runId, instance: unknown.target.key, reason: 'looked at it' };
    const answer = await company.ask((s) => s.resolve(company.actor(who), request));
    expect(answer, model.isMember(who));
    return answer.ok;
  },
  async leave({ model, company, who }: Doing) {
    model.left.add(who);
    company.staff.remove(who, company.now);
    return true;
  },
  async rejoin({ model, company }: Doing) {
    for (const who of model.left) company.staff.restore(who);
    const some = model.left.size > 0;
    model.left.clear();
    return some;
  },
  async pass({ company, deed }: Doing) {
    await company.pass([2 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR][deed.choice % 4] ?? HOUR);
    return true;
  },
  async restart({ company }: Doing) {
    await company.restart();
    return true;
  },
  async lose({ company }: Doing) {
    company.lose++;
    return true;
  },
} as const;

export const KINDS = Object.keys(DEEDS) as (keyof typeof DEEDS)[];

/** Nobody has closed it yet. */
function isOpen(company: Company, runId: string, { key, commandMayRun }: Target): boolean {
  return commandMayRun || company.store.instanceLocks([key]).some((lock) => lock.runId === runId);
}

function pick(model: Model, at: number): ModelRun {
  // Mostly the newest.
  const run = model.runs[Math.max(0, model.runs.length - 1 - (at % 3))];
  if (!run) throw new Error('there is no run');
  return run;
}

function expect(answer: { ok: boolean; text: string }, expected: boolean): void {
  if (answer.ok !== expected)
    throw new Error(
      `${expected ? 'should have been taken' : 'should have been refused'}, but: ${answer.text}`,
    );
}

/** What chance decided about a new run: its plan. */
async function learn(model: Model, company: Company, runId: string, who: string): Promise<void> {
  const run = company.store.run(runId);
  const plan = run?.planVersion ? company.store.plan(runId, run.planVersion) : null;
  if (!run || (run.phase !== 'await_approval' && run.phase !== 'ended'))
    throw new Error(`${runId} has no plan: ${run?.phase}`);
  model.runs.push({
    id: runId,
    requester: who,
    changedBy: who,
    phase: run.phase === 'ended' ? 'ended' : 'waiting',
    stopped: false,
    hash: run.planHash ?? '',
    approvals: [],
    targets: new Map((plan?.targets ?? []).map((t) => [t.key, t.landingZone])),
    expiresAt: plan?.approval.expiresAt ?? 0,
    noStartAfter: plan?.noNewWaveAfter ?? 0,
  });
}

const PHASES: Readonly<Record<string, Phase>> = {
  await_approval: 'waiting',
  await_start: 'approved',
  waves: 'begun',
  ended: 'ended',
};

/** The real company is as the model says. When a begun run ends is for AWS to say. */
function agree(model: Model, company: Company): void {
  for (const run of model.runs) {
    const real = company.store.run(run.id);
    const phase = PHASES[real?.phase ?? ''];
    if (run.phase === 'begun' && phase === 'ended') run.phase = 'ended';
    if (phase !== run.phase)
      throw new Error(`${run.id} is ${real?.phase} (${real?.endReason}), not ${run.phase}`);
    const counted = company.store.approvals(run.id).filter((a) => a.planHash === run.hash);
    if (real?.planHash !== (run.hash || null)) throw new Error(`${run.id} has another plan`);
    same(
      counted.map((a) => a.userId),
      run.approvals,
      `the approvals of ${run.id}`,
    );
    if ((real.stopRequestedAt !== null) !== run.stopped)
      throw new Error(`${run.id}: stop is not as it should be`);
  }
  const pairs = (locks: Map<string, string>) => [...locks].map(([zone, run]) => `${zone}:${run}`);
  same(pairs(company.locks()), pairs(model.locks()), 'the locks');
  if (company.store.freezes().length > 0 !== model.frozen)
    throw new Error('the freeze is not as it should be');
  const [violation] = company.witness.violations;
  if (violation) throw new Error(violation);
}

function same(real: readonly string[], wanted: readonly string[], what: string): void {
  if ([...real].sort().join() !== [...wanted].sort().join())
    throw new Error(`${what} are ${real.join(', ') || 'none'}, not ${wanted.join(', ') || 'none'}`);
}
