/** What people do in a simulated company: the right thing, the wrong thing, twice, too late. */
import type { SqliteStore } from '../../../src/store/sqlite-store.ts';
import type { RunOptions } from '../../../src/workflow/run-types.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import type { Actor, Answer, PatchService } from '../../../src/workflow/service.ts';
import type { Faults } from './faults.ts';
import { HOUR } from './machines.ts';
import type { Random } from './random.ts';
import { APPROVERS, EVERYBODY, OTHERS, REQUESTERS } from './staff.ts';
import type { Witness } from './witness.ts';

export interface ClickParts {
  service: PatchService;
  /** What people see. */
  store: SqliteStore;
  random: Random;
  faults: Faults;
  witness: Witness;
  zones: readonly string[];
  now: number;
  /** A new single-use key. */
  once(): string;
  trace(line: string): void;
}

type Click = { name: string; do: (actor: Actor) => Promise<Answer>; who: string };

const PLAIN: RunOptions = {
  fresh: false,
  dryRun: false,
  backupOnly: false,
  now: false,
  at: null,
  until: null,
};

/** One person does one thing. */
export async function clickSomething(parts: ClickParts): Promise<void> {
  const { random } = parts;
  const choices: [() => Click | null, number][] = [
    [() => scan(parts), parts.witness.openRuns().length === 0 ? 30 : 4],
    [() => decide(parts), 40],
    // The moment at which a stop is the most use: patch commands that have not started yet.
    [() => control(parts), parts.witness.somethingWaits() ? 40 : 10],
    [() => answer(parts), 20],
    [() => resolve(parts), 5],
    [() => retry(parts), 10],
  ];
  const click = random.weighted(choices)();
  if (click) await carryOut(parts, click);
}

/** Everybody does what is asked of them, so that everything comes to an end. */
export async function clickHelpfully(parts: ClickParts): Promise<void> {
  const { store, service } = parts;
  const approver = parts.random.pick(APPROVERS);
  if (service.freezes().length > 0)
    await carryOut(parts, {
      name: 'unfreeze',
      who: approver,
      do: (actor) => service.unfreeze(actor, { scope: 'all' }),
    });
  for (const run of store.runs(20)) {
    const { phase, planHash } = run;
    if (phase === 'await_approval' && planHash !== null)
      for (const who of APPROVERS)
        await carryOut(parts, {
          name: 'approve',
          who,
          do: (actor) => service.approve(actor, { runId: run.id, planHash, confirmed: true }),
        });
    for (const question of view({ store }, run.id)?.questions ?? []) {
      const chosen = parts.random.pick(question.answers);
      const who = APPROVERS.find((u) => u !== run.requestedBy && u !== run.planChangedBy) ?? approver;
      await carryOut(parts, {
        name: `answer ${chosen.id}`,
        who,
        do: (actor) => service.answer(actor, { tag: question.tag, answer: chosen.id }),
      });
    }
    if (phase !== 'ended') continue;
    for (const target of store.allTargets(run.id)) {
      if (target.outcome !== 'unknown' || store.instanceLocks([target.key]).length === 0) continue;
      await carryOut(parts, {
        name: 'resolve',
        who: approver,
        do: (actor) =>
          service.resolve(actor, { runId: run.id, instance: target.key, reason: 'looked at it' }),
      });
    }
  }
}

async function carryOut(parts: ClickParts, click: Click): Promise<void> {
  const { random, faults, witness, trace } = parts;
  const actor: Actor = {
    userId: click.who,
    teamId: random.chance(0.01) ? 'TTHEIRS' : 'TOURS',
    channelId: 'C1',
    once: parts.once(),
  };
  trace(`${click.who} clicks ${click.name}`);
  const twice = faults.fires('clicked_twice');
  const answers = await Promise.all([click.do(actor), ...(twice ? [click.do(actor)] : [])]);
  for (const answer of answers) {
    trace(`${click.name}: ${answer.ok ? 'yes' : answer.code} ${answer.text}`);
    if (answer.text.length < 10) witness.violation(`${click.name} was answered with "${answer.text}"`);
    if (answer.ok && (OTHERS.includes(click.who) || actor.teamId !== 'TOURS'))
      witness.violation(`${click.who} of ${actor.teamId} was allowed to ${click.name}`);
  }
  const done = answers.filter((a) => a.ok).length;
  if (done > 0) witness.succeed(click.name);
  else witness.succeed('refused click');
  if (done > 1) witness.violation(`${click.name} took effect ${done} times for one click`);
}

function scan({ service, random, zones, now }: ClickParts): Click {
  const name = random.chance(0.6) ? 'test' : random.pick(zones);
  const kind = random.weighted([
    ['scan', 6],
    ['scan --fresh', 2],
    ['scan --dry-run', 1],
    ['scan --backup-only', 2],
    ['scan --at', 1],
  ] as const);
  const options = {
    ...PLAIN,
    now: random.chance(0.7),
    fresh: kind === 'scan --fresh',
    dryRun: kind === 'scan --dry-run',
    backupOnly: kind === 'scan --backup-only',
    at: kind === 'scan --at' ? now + random.between(1, 6) * HOUR : null,
  };
  const scope = { name, pattern: null, tags: [], platform: null, regions: [], only: null };
  return {
    name: kind,
    who: someone(random, REQUESTERS),
    do: (actor) => service.scan(actor, { scope, options }),
  };
}

function decide({ service, random, store }: ClickParts): Click | null {
  const waiting = store.runs(20).filter((r) => r.phase === 'await_approval' || random.chance(0.1));
  if (waiting.length === 0) return null;
  const run = random.pick(waiting);
  const { id: runId } = run;
  const planHash = random.chance(0.95) ? (run.planHash ?? '') : 'stale';
  return random.weighted<Click>([
    [
      {
        name: 'approve',
        who: someone(random, APPROVERS),
        do: (actor) => service.approve(actor, { runId, planHash, confirmed: random.chance(0.7) }),
      },
      16,
    ],
    [
      {
        name: 'reject',
        who: someone(random, EVERYBODY),
        do: (actor) => service.reject(actor, { runId, planHash, reason: 'not today' }),
      },
      1,
    ],
    [
      {
        name: 'exclude',
        who: someone(random, EVERYBODY),
        do: (actor) => {
          const planned = store.allTargets(runId).filter((t) => t.wave !== null);
          const out = planned.filter(() => random.chance(0.3)).map((t) => t.key);
          return service.exclude(actor, { runId, planHash, targets: out, reason: 'not these' });
        },
      },
      2,
    ],
  ]);
}

function control({ service, random, store, witness }: ClickParts): Click | null {
  const open = store.runs(20).filter((r) => r.phase !== 'ended' || random.chance(0.05));
  const who = someone(random, EVERYBODY);
  const kind = random.weighted([
    ['stop', witness.somethingWaits() ? 20 : 2],
    ['freeze', 1],
    ['unfreeze', 4],
  ] as const);
  if (kind === 'freeze')
    return { name: kind, who, do: (actor) => service.freeze(actor, { scope: 'all', reason: 'incident' }) };
  if (kind === 'unfreeze')
    return { name: kind, who, do: (actor) => service.unfreeze(actor, { scope: 'all' }) };
  if (open.length === 0) return null;
  const { id: runId } = random.pick(open);
  return { name: kind, who, do: (actor) => service.stop(actor, { runId, reason: 'enough' }) };
}

function answer({ service, random, store }: ClickParts): Click | null {
  const questions = store.runs(20).flatMap((r) => view({ store }, r.id)?.questions ?? []);
  if (questions.length === 0) return null;
  const { tag, answers } = random.pick(questions);
  const chosen = random.pick(answers);
  return {
    name: `answer ${chosen.id}`,
    who: someone(random, APPROVERS),
    do: (actor) => service.answer(actor, { tag, answer: chosen.id }),
  };
}

function resolve({ service, random, store }: ClickParts): Click | null {
  const unknown = store
    .runs(20)
    .flatMap((run) => store.allTargets(run.id).map((target) => ({ runId: run.id, target })))
    .filter(({ target }) => target.outcome === 'unknown' || random.chance(0.01));
  if (unknown.length === 0) return null;
  const { runId, target } = random.pick(unknown);
  const instance = random.pick([target.key, target.instance.name, target.instance.instanceId]);
  return {
    name: 'resolve',
    who: someone(random, EVERYBODY),
    do: (actor) => service.resolve(actor, { runId, instance, reason: 'looked at it' }),
  };
}

function retry({ service, random, store }: ClickParts): Click | null {
  const runs = store.runs(20);
  if (runs.length === 0) return null;
  const { id: runId } = random.pick(runs);
  return {
    name: 'retry',
    who: someone(random, EVERYBODY),
    do: (actor) => service.retry(actor, { runId }),
  };
}

/** Mostly one of those who may. */
function someone(random: Random, mostly: readonly string[]): string {
  return random.pick(random.chance(0.8) ? mostly : EVERYBODY);
}
