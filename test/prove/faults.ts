/**
 * Every mutating call × every fault, over the wire, and every read stalled. Counted is what really happened at AWS:
 * at most one effect per plan, instance and step. In later rounds (`--seeds`) faults come several at a time and last differently.
 */
import type { FaultKind } from '../../sandbox/aws/faults.ts';
import type { SmallFleetOptions } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { RunView } from '../../src/workflow/view.ts';
import { type Door, startDoor } from '../support/door.ts';
import { actor, type Harness, type HarnessOptions } from '../support/workflow-harness.ts';
import { API_TIMEOUT_MS, latest, slowestOf } from './call-limit.ts';
import { type Case, type CaseResult, proofOfCases, seededRandom } from './cases.ts';
import { STALLED_READS } from './stalled-reads.ts';
import { doneTwice, effects, endedOtherwise, timesOn, toTheEnd, wholeRun, withBot } from './wire.ts';

type When = 'before' | 'after';
/**
 * `lost_and_hidden`: the answer is lost and what was made stays invisible for a while. `no_connection`: the
 * connection is refused, so the request was never sent.
 */
type Fault = readonly [kind: FaultKind | 'lost_and_hidden' | 'no_connection', when: When];

const ON_THE_WIRE: readonly Fault[] = [
  ['reset', 'before'],
  ['reset', 'after'],
  ['http500', 'before'],
  ['http500', 'after'],
  ['http503', 'before'],
  ['http503', 'after'],
  ['throttle', 'before'],
  ['denied', 'before'],
  ['no_connection', 'before'],
  ['stall', 'before'],
  ['stall', 'after'],
  ['slow', 'after'],
];
const IN_THE_LISTS: readonly Fault[] = [
  ['hide', 'after'],
  ['lost_and_hidden', 'after'],
];

interface Call {
  name: string;
  operation: string;
  does?: 'Install' | 'Scan';
  faults: readonly Fault[];
  fleet: SmallFleetOptions;
  options?: Omit<HarnessOptions, 'fleet' | 'sim'>;
  drive(bot: Harness): Promise<{ view: RunView; questions: number }>;
}

const STOPPED: Pick<Call, 'fleet' | 'options' | 'drive' | 'faults'> = {
  faults: ON_THE_WIRE,
  fleet: { linux: 1, instances: { 'linux-1': { state: 'stopped' } } },
  options: { policy: { stoppedInstances: 'start' } },
  drive: wholeRun,
};

const CALLS: readonly Call[] = [
  {
    name: 'CreateImage',
    operation: 'CreateImage',
    faults: [...ON_THE_WIRE, ...IN_THE_LISTS],
    fleet: {},
    drive: wholeRun,
  },
  {
    name: 'install',
    operation: 'SendCommand',
    does: 'Install',
    faults: [...ON_THE_WIRE, ...IN_THE_LISTS],
    fleet: {},
    drive: wholeRun,
  },
  {
    name: 'scan',
    operation: 'SendCommand',
    does: 'Scan',
    faults: [...ON_THE_WIRE, ...IN_THE_LISTS],
    fleet: {},
    drive: wholeRun,
  },
  { name: 'StartInstances', operation: 'StartInstances', ...STOPPED },
  { name: 'StopInstances', operation: 'StopInstances', ...STOPPED },
  {
    name: 'CancelCommand',
    operation: 'CancelCommand',
    faults: ON_THE_WIRE,
    // One command that reaches its instance only after 1.5 s, so that there is something to cancel.
    fleet: { linux: 1, instances: { 'linux-1': { behaviour: { durations: { delivery: 1_500_000 } } } } },
    drive: stopWhileWaiting,
  },
];

async function stopWhileWaiting(bot: Harness): Promise<{ view: RunView; questions: number }> {
  const runId = await bot.scan();
  await bot.approve(runId);
  await bot.reaches(runId, (v) => v.targets[0]?.invocation === 'waiting', 'a command not yet delivered');
  const stopped = await bot.service.stop(actor('UREQ'), { runId, reason: 'fault matrix' });
  if (!stopped.ok) throw new Error(stopped.text);
  return toTheEnd(bot, runId);
}

function matrixCase(call: Call, fault: Fault, round: number, seed: number): Case {
  const [kind, when] = fault;
  const name = `${call.name}/${kind}/${when}${round > 1 ? `#${round}` : ''}`;
  // The first round is the plain matrix; later ones vary how often it strikes and how long things hide.
  const random = seededRandom(seed * 1000 + round * 7919 + hashOf(name));
  const times = round === 1 || kind === 'slow' ? 1 : 1 + random.below(3);
  const hiddenFor = 80 + random.below(round === 1 ? 80 : 500);
  return { name, run: () => run(call, fault, { times, hiddenFor }) };
}

async function run(
  call: Call,
  [kind, when]: Fault,
  { times, hiddenFor }: { times: number; hiddenFor: number },
): Promise<CaseResult> {
  const stalls: number[] = [];
  let sentAt = 0;
  /** Refused connections still to come, and those that came. */
  const refusals = { left: kind === 'no_connection' ? times : 0, made: 0 };
  let door: Door | null = null;
  /** Scans come after installs, and both are SendCommand. */
  let comes = () => true;
  const options: Omit<HarnessOptions, 'fleet' | 'sim'> = {
    apiTimeoutMs: API_TIMEOUT_MS,
    ...call.options,
    timing: { effectGrace: 120, ...call.options?.timing },
    awsHooks: {
      before: async ({ operation }) => {
        if (operation !== call.operation) return;
        sentAt = performance.now();
        if (refusals.left < 1 || !door || !comes()) return;
        refusals.left--;
        refusals.made++;
        await door.shut();
      },
      after: async ({ operation }, outcome) => {
        if (operation !== call.operation) return;
        if (outcome === 'no_answer') stalls.push(performance.now() - sentAt);
        await door?.open();
      },
    },
  };
  const use = async (bot: Harness): Promise<CaseResult> => {
    const { control } = bot.sim;
    if (call.does === 'Scan') comes = () => effects(bot.sim, 'SendCommand', 'Install').length > 0;
    const match = call.does ? { parameter: { Operation: call.does } } : {};
    const base = { operation: call.operation, match };
    const hides = kind === 'hide' || kind === 'lost_and_hidden';
    if (kind === 'lost_and_hidden') control.fault({ ...base, when: 'after', kind: 'http500', times: 1 });
    if (hides) {
      control.fault({ ...base, when: 'after', kind: 'hide', times: 1 });
      revealAfter(bot, call, hiddenFor);
    } else if (kind !== 'no_connection') control.fault({ ...base, when, kind, times, delayMs: 150 });
    const { view, questions } = await call.drive(bot);
    const fired = control.firedFaults() + refusals.made;
    const wrong = [...doneTwice(bot.sim), ...bot.errors.map((e) => `the bot broke: ${String(e)}`)];
    if (fired < 1) wrong.push('the fault never fired');
    wrong.push(...verdict(call, kind, view, bot));
    const inDoubt = when === 'before' && !['throttle', 'denied', 'no_connection'].includes(kind);
    if (call.does === 'Install' && inDoubt && questions < 1)
      wrong.push('an install of which nobody can know was not put to a person');
    if (
      questions > 0 &&
      (call.does !== 'Install' || (when === 'after' && !hides) || (when === 'before' && !inDoubt))
    )
      wrong.push(`a person was asked ${questions} times although AWS could tell`);
    const slowest = kind === 'stall' ? Math.max(0, ...stalls) : 0;
    if (kind === 'stall' && stalls.length === 0) wrong.push('no stalled call was ended by its limit');
    if (slowest > latest())
      wrong.push(`a stalled call ended after ${slowest.toFixed(0)} ms; the limit is ${API_TIMEOUT_MS}`);
    return {
      wrong,
      fired,
      figures: {
        'questions to a person': questions,
        [slowestOf('change')]: Math.round(slowest),
      },
    };
  };
  if (kind !== 'no_connection') return withBot(call.fleet, options, use);
  try {
    return await withBot(call.fleet, options, use, async (url) => {
      door = await startDoor(url);
      return door.url;
    });
  } finally {
    await (door as Door | null)?.shut();
  }
}

/** Ends other than patched that are right, by call and fault. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // A backup that stayed hidden is not verified, and without a verified backup there is no patch.
  'CreateImage/lost_and_hidden': ['patched', 'skipped'],
  // Refused for good: the instance is left alone. A command is tried again in smaller batches before it is given up.
  'CreateImage/denied': ['patched', 'skipped'],
  'install/denied': ['patched', 'failed'],
  'StartInstances/denied': ['skipped'],
};

/** How it has to end, and what has to be seen at AWS. */
function verdict(call: Call, kind: Fault[0], view: RunView, bot: Harness): string[] {
  const wrong: string[] = [];
  const { sim } = bot;
  if (call.operation === 'CancelCommand') {
    wrong.push(...endedOtherwise(view, ['stopped', 'patched']));
    const installed = sim.control.instance('linux-1').counters.installs;
    const said = view.targets[0]?.outcome;
    if ((said === 'stopped') !== (installed === 0))
      wrong.push(`said to be ${said}, but patched ${installed} times`);
    return wrong;
  }
  wrong.push(...endedOtherwise(view, ALLOWED[`${call.name}/${kind}`] ?? ['patched']));
  for (const t of view.targets) {
    if (kind === 'denied' && t.outcome !== 'patched' && !t.outcomeReason.includes(call.operation))
      wrong.push(
        `${t.instance.name} ended as ${t.outcome} and does not name ${call.operation}: ${t.outcomeReason}`,
      );
    if (t.outcome !== 'patched' && t.nextStep === '')
      wrong.push(`${t.instance.name}: nobody is told what to do`);
  }
  if (view.run.end !== 'completed') wrong.push(`the run ended as ${view.run.end}`);
  for (const t of view.targets) {
    const installs = sim.control.instance(t.instance.instanceId).counters.installs;
    if (t.outcome === 'patched' && installs !== 1)
      wrong.push(`${t.instance.name} was patched ${installs} times`);
    if (t.outcome !== 'patched' && installs !== 0)
      wrong.push(`${t.instance.name} ended as ${t.outcome}, but was patched`);
  }
  if (kind !== 'lost_and_hidden') {
    // A scan changes no packages and may be repeated when nobody can see it; otherwise it is not either.
    for (const [id, n] of Object.entries(timesOn(sim, 'SendCommand', 'Scan')))
      if (n > 1) wrong.push(`${id} was scanned ${n} times`);
  }
  if (call.operation === 'StartInstances' || call.operation === 'StopInstances') {
    const { state, counters } = sim.control.instance('linux-1');
    const once = view.targets.some((t) => t.outcome === 'patched') ? 1 : 0;
    if (state !== 'stopped' || counters.starts !== once || counters.stops !== once)
      wrong.push(`linux-1 is ${state} after ${counters.starts} starts and ${counters.stops} stops`);
  }
  return wrong;
}

/** Once the effect is there, what hides it lasts so many ms. */
function revealAfter(bot: Harness, call: Call, ms: number): void {
  const off = bot.sim.control.on('effect', () => {
    if (effects(bot.sim, call.operation, call.does).length === 0) return;
    off();
    setTimeout(() => bot.sim.control.clearFaults(), ms);
  });
}

/** A wave of which nothing was delivered: SSM does not count that as errors, and no failure budget allows it. */
const undeliverable: Case = {
  name: 'wave-of-which-nothing-is-delivered',
  run: () =>
    withBot({ linux: 4 }, { policy: { waveSize: 2, failureBudget: 10 } }, async (bot) => {
      const runId = await bot.scan();
      const planned = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
      for (const t of planned.targets.filter((one) => one.wave === 1))
        bot.sim.control.setInstance(t.instance.instanceId, { behaviour: { delivery: 'undeliverable' } });
      await bot.approve(runId);
      const { view } = await toTheEnd(bot, runId);
      const later = view.targets.filter((t) => t.wave !== 1).map((t) => t.instance.instanceId);
      const touched = later
        .map((id) => bot.sim.control.instance(id).counters)
        .filter((c) => c.installs + c.imagesBegun > 0);
      return {
        wrong: [
          ...(view.run.end === 'halted' ? [] : [`the run ended as ${view.run.end}`]),
          ...(touched.length > 0 ? ['the next wave was begun'] : []),
          ...(later.length === 0 ? ['there was no later wave'] : []),
        ],
      };
    }),
};

function hashOf(text: string): number {
  return [...text].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 1_000_003, 7);
}

export const proof = proofOfCases({
  name: 'faults',
  bar: 'at most one effect per plan, instance and step under every fault; doubt about an install is put to a person',
  defaults: { seeds: 1, seconds: 1800 },
  injects: true,
  cases({ seed, seeds }) {
    const cases: Case[] = [undeliverable, ...STALLED_READS];
    for (let round = 1; round <= seeds; round++)
      for (const call of CALLS)
        for (const fault of call.faults) cases.push(matrixCase(call, fault, round, seed));
    return cases;
  },
});
