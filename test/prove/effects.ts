/**
 * Each effect failed at every index, and carried out twice. One job makes every kind of change: back up, start,
 * install, scan, cancel, stop again. Its mutating calls go one at a time, so that what strikes the i-th of them
 * strikes no other, and it is shown that it struck there. After each case the slate has to be clean.
 */
import type { FaultKind } from '../../sandbox/aws/faults.ts';
import type { LedgerEntry } from '../../sandbox/aws/ledger.ts';
import { readAudit, verifyAudit } from '../../src/store/audit-chain.ts';
import type { RunView } from '../../src/workflow/view.ts';
import { until } from '../support/until.ts';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { type Case, type CaseResult, proofOfCases } from './cases.ts';
import { doneTwice, endedOtherwise, withBot } from './wire.ts';

/** How the i-th call fails, or what becomes of it afterwards. */
type Mode =
  | { strike: FaultKind; when: 'before' | 'after' }
  /** The call is answered, and the commit of its outcome is lost so many times: it is carried out again. */
  | { outcomeLost: number };

const MODES: Readonly<Record<string, Mode>> = {
  refused: { strike: 'throttle', when: 'before' },
  'lost-before': { strike: 'reset', when: 'before' },
  'lost-after': { strike: 'reset', when: 'after' },
  'outcome-lost': { outcomeLost: 1 },
  'outcome-lost-twice': { outcomeLost: 2 },
};

const KIND_OF: Readonly<Record<string, string>> = {
  CreateImage: 'create_image',
  StartInstances: 'start',
  StopInstances: 'stop',
  CancelCommand: 'cancel',
};

/** The nth call of an operation. Which of two operations comes first may vary. */
interface At {
  operation: string;
  nth: number;
}

/** Lets one mutating call go at a time, and does its mischief at the one that it is told. */
class Gate {
  readonly calls: string[] = [];
  struck = 0;
  commitsLost = 0;
  wrong: string[] = [];
  readonly #at: At | null;
  readonly #mode: Mode | null;
  #bot: Harness | null = null;
  #last: Promise<void> = Promise.resolve();
  #open: () => void = () => {};
  /** Set while the next commit of an outcome is to be lost. */
  #lose: { kinds: string[]; intended: number; left: number } | null = null;

  constructor(at: At | null, mode: Mode | null) {
    this.#at = at;
    this.#mode = mode;
  }

  use(bot: Harness): void {
    this.#bot = bot;
  }

  async before(operation: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const earlier = this.#last;
    this.#last = promise;
    await earlier;
    this.#open = resolve;
    this.calls.push(operation);
    if (this.#here && this.#mode && 'strike' in this.#mode) {
      if (this.#fired() !== 0) this.wrong.push('a fault struck before its call');
      this.#bot?.sim.control.fault({ operation, when: this.#mode.when, kind: this.#mode.strike, times: 1 });
    }
  }

  after(operation: string): void {
    const open = this.#open;
    if (this.#here && this.#mode && 'strike' in this.#mode) {
      this.struck = this.#fired();
      if (this.struck !== 1) this.wrong.push(`the fault struck ${this.struck} times at its call`);
    }
    if (this.#here && this.#mode && 'outcomeLost' in this.#mode) {
      const kinds = KIND_OF[operation] ? [KIND_OF[operation]] : ['install', 'scan'];
      this.#lose = { kinds, intended: this.#intended(kinds), left: this.#mode.outcomeLost };
      if (this.#lose.intended < 1) this.wrong.push('the call was made without an intent');
      // The next call waits until this outcome was lost: the first outcome to come is this one.
      this.#release = open;
      return;
    }
    open();
  }

  #release: (() => void) | null = null;

  /** Inside the transaction, before its COMMIT. */
  beforeCommit(): void {
    const lose = this.#lose;
    if (!lose || this.#intended(lose.kinds) >= lose.intended) return;
    lose.left--;
    this.commitsLost++;
    this.#release?.();
    this.#release = null;
    if (lose.left === 0) this.#lose = null;
    throw new Error('lost on purpose');
  }

  get #here(): boolean {
    const at = this.#at;
    return (
      at !== null &&
      this.calls.at(-1) === at.operation &&
      this.calls.filter((c) => c === at.operation).length === at.nth
    );
  }

  #fired(): number {
    return this.#bot?.sim.control.firedFaults() ?? 0;
  }

  #intended(kinds: readonly string[]): number {
    const row = this.#bot?.store.db
      .prepare(
        "SELECT count(*) AS n FROM effects WHERE state = 'intended' AND kind IN (SELECT value FROM json_each(?))",
      )
      .get(JSON.stringify(kinds)) as { n: number } | undefined;
    return row?.n ?? 0;
  }
}

/** linux-1's command would reach it in a minute, and is cancelled; linux-2 is started and stopped again. */
const FLEET = {
  linux: 2,
  windows: 1,
  instances: {
    'linux-1': { behaviour: { durations: { delivery: 100_000_000 } } },
    // Long enough on its way down to be told so again.
    'linux-2': { state: 'stopped' as const, behaviour: { durations: { stop: 300_000 } } },
  },
};

interface Ended {
  view: RunView;
  gate: Gate;
  ledger: LedgerEntry[];
  wrong: string[];
  questions: number;
}

async function job(at: At | null, mode: Mode | null): Promise<Ended> {
  const gate = new Gate(at, mode);
  return withBot(
    FLEET,
    {
      policy: { stoppedInstances: 'start', runLengthLimit: 72 * 3_600_000 },
      // A lost commit makes the host pause: nothing else may run out meanwhile.
      timing: {
        effectGrace: 120,
        lostAgentAfter: 15_000,
        verifyTimeout: 15_000,
        deliveryTimeout: 60_000_000,
      },
      awsHooks: {
        before: (call) => (call.mutating ? gate.before(call.operation) : undefined),
        after: (call) => {
          if (call.mutating) gate.after(call.operation);
        },
      },
      commitHooks: { beforeCommit: () => gate.beforeCommit(), afterCommit: () => {} },
    },
    async (bot) => {
      gate.use(bot);
      const runId = await bot.scan();
      const approved = await bot.approve(runId);
      if (!approved.ok) throw new Error(`the approval was refused: ${approved.text}`);
      const { view, questions } = await followed(bot, runId);
      return {
        view,
        questions,
        gate,
        ledger: bot.sim.control.ledger(),
        wrong: [...gate.wrong, ...doneTwice(bot.sim), ...slate(bot, runId), ...ends(bot, view)],
      };
    },
  );
}

/** Answers what is asked after looking at AWS; stops the run once only the command that never arrives is left. */
async function followed(bot: Harness, runId: string): Promise<{ view: RunView; questions: number }> {
  const answered = new Set<string>();
  let stopped = false;
  const view = await until(
    async () => {
      const seen = bot.view(runId);
      for (const { tag, answers } of seen.questions) {
        if (answered.has(tag) || bot.sim.control.commands().some((c) => c.comment === tag)) continue;
        answered.add(tag);
        const answer = answers[0]?.id;
        if (answer) await bot.service.answer(actor('UAPP'), { tag, answer });
      }
      const left = seen.targets.filter((t) => t.stage !== 'done');
      if (!stopped && left.length === 1 && left[0]?.invocation === 'waiting') {
        stopped = true;
        const done = await bot.service.stop(actor('UREQ'), { runId, reason: 'every kind of effect' });
        if (!done.ok) throw new Error(done.text);
      }
      return seen.run.phase === 'ended' && seen;
    },
    { within: 30_000, describe: 'the end of the run' },
  );
  return { view, questions: answered.size };
}

/** No lock, no open effect, nothing on its way, the audit whole and told to its end. */
function slate(bot: Harness, runId: string): string[] {
  const { db } = bot.store;
  const left = db
    .prepare(
      `SELECT 'an effect ' || kind || ' ' || state AS what FROM effects WHERE state IN ('intended', 'begun', 'needs_attention')
       UNION ALL SELECT 'the lock of ' || landing_zone FROM zone_locks
       UNION ALL SELECT 'the lock of ' || key FROM instance_locks
       UNION ALL SELECT 'target ' || key || ' in ' || stage FROM targets WHERE stage <> 'done'`,
    )
    .all() as { what: string }[];
  const rows = [...readAudit(db)];
  const verdict = verifyAudit(rows);
  const ofRun = rows.filter((r) => r.runId === runId).map((r) => r.action);
  return [
    ...left.map((l) => `left behind: ${l.what}`),
    ...(verdict.ok ? [] : [`audit: ${verdict.why}`]),
    ...(ofRun.at(-1) === 'run.ended' ? [] : [`the audit of the run ends with ${ofRun.at(-1)}`]),
  ];
}

function ends(bot: Harness, view: RunView): string[] {
  const wrong = endedOtherwise(view, ['patched', 'stopped']);
  if (view.run.end !== 'stopped') wrong.push(`the run ended as ${view.run.end}`);
  for (const t of view.targets) {
    const { counters, state } = bot.sim.control.instance(t.instance.instanceId);
    const { name } = t.instance;
    // Only the one whose command was waiting may have been cancelled, and then nothing ran on it.
    if (t.outcome === 'stopped' && (name !== 'linux-1' || counters.installs !== 0))
      wrong.push(`${name} ended as stopped after ${counters.installs} installs`);
    if (t.outcome === 'patched' && counters.installs !== 1)
      wrong.push(`${name} was patched ${counters.installs} times`);
    const wanted = name === 'linux-2' ? 'stopped' : 'running';
    if (state !== wanted) wrong.push(`${name} was left ${state}`);
    if (t.outcome === 'stopped' && t.nextStep === '') wrong.push(`${name} has no next action`);
  }
  return wrong;
}

/** Only what was lost is done again, and only once for each time that it was lost. */
function repeated(ledger: readonly LedgerEntry[], operation: string, lost: number): string[] {
  const times = new Map<string, number>();
  for (const entry of ledger) {
    if (entry.outcome !== 'effect' || entry.params['Operation'] === 'Scan') continue;
    for (const id of (entry.params['instanceIds'] ?? '').split(',')) {
      const what = `${entry.operation} ${id}`;
      times.set(what, (times.get(what) ?? 0) + 1);
    }
  }
  return [...times].flatMap(([what, n]) =>
    n > 1 + (what.startsWith(`${operation} `) ? lost : 0) ? [`${what} was called ${n} times`] : [],
  );
}

function failing(operation: string, nth: number, name: string, mode: Mode): Case {
  return {
    name: `${operation}-${nth}/${name}`,
    async run(): Promise<CaseResult> {
      const { gate, ledger, wrong, questions } = await job({ operation, nth }, mode);
      if (gate.struck + gate.commitsLost === 0) wrong.push('nothing failed');
      const lost = 'outcomeLost' in mode ? mode.outcomeLost : mode.when === 'after' ? 1 : 0;
      wrong.push(...repeated(ledger, operation, lost));
      if ('outcomeLost' in mode && gate.commitsLost !== mode.outcomeLost)
        wrong.push(`${gate.commitsLost} outcomes were lost, not ${mode.outcomeLost}`);
      // The witness: AWS never had a call that was to fail before its effect, and had the others.
      if ('strike' in mode && mode.when === 'before') {
        const failed = ledger.filter((e) => e.operation === operation && e.outcome !== 'effect');
        if (failed.length !== 1) wrong.push(`${failed.length} calls of ${operation} had no effect, not 1`);
      }
      return {
        wrong,
        fired: gate.struck + gate.commitsLost,
        figures: { 'questions to a person': questions, 'outcomes lost': gate.commitsLost },
      };
    },
  };
}

export const proof = proofOfCases({
  name: 'effects',
  bar: 'each call failed at its index and each effect carried out again leaves every instance changed at most once and a clean slate',
  defaults: { seeds: 1, seconds: 1800 },
  injects: true,
  async cases() {
    const sound = await job(null, null);
    if (sound.wrong.length > 0) throw new Error(`the job fails by itself: ${sound.wrong.join('; ')}`);
    const { calls } = sound.gate;
    const missing = ['CreateImage', 'StartInstances', 'SendCommand', 'CancelCommand', 'StopInstances'].filter(
      (operation) => !calls.includes(operation),
    );
    if (missing.length > 0) throw new Error(`the job never calls ${missing.join(', ')}`);
    return calls.flatMap((operation, i) =>
      Object.entries(MODES).map(([name, mode]) =>
        failing(operation, calls.slice(0, i + 1).filter((c) => c === operation).length, name, mode),
      ),
    );
  },
});
