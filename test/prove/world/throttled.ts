/**
 * A large fleet while AWS throttles three calls in ten, whatever they are, in virtual time with the intervals and
 * the paces of production: the whole job ends well, nothing is done twice, and no family of calls goes over its cap.
 */

import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import type { LedgerEntry } from '../../../sandbox/aws/ledger.ts';
import { type CaseResult, proofOfCases } from '../cases.ts';
import { installsByRun } from '../installs.ts';
import { Company, MINUTE, SECOND } from './company.ts';
import { checkEnd, saidAll } from './end-checks.ts';
import { DEFAULT_TIMING, OneRun, REAL_DURATIONS } from './one-run.ts';

const INSTANCES = { linux: 400, windows: 100 };
const ALL = INSTANCES.linux + INSTANCES.windows;
const SHARE = 0.3;
/** It took about this long when it was written, with room for other seeds. */
const ENDS_WITHIN = 12 * 60 * MINUTE;
/** AWS takes no more in one SendCommand. */
const MOST_IN_A_COMMAND = 50;
/** The longest that a call is on its way, in the simulated network: two may come closer than they were sent. */
const ON_ITS_WAY = 180;
/** The first pause after a refusal (back_off); it doubles with each. */
const PAUSE = 1 * SECOND;

/** What each family of calls may use, written down here once more: at once, and then so many a second. */
const CAPS: readonly { family: string; operations: readonly string[]; burst: number; perSecond: number }[] = [
  { family: 'CreateImage', operations: ['CreateImage', 'StopInstances'], burst: 40, perSecond: 4 },
  { family: 'SendCommand', operations: ['SendCommand'], burst: 3, perSecond: 1 },
];

async function job(seed: number): Promise<CaseResult> {
  const company = await Company.open({
    seed,
    fleet: smallFleet({ ...INSTANCES, durations: REAL_DURATIONS }),
    slack: 'default',
    timing: DEFAULT_TIMING,
    environment: { wave: { size: 250 }, failure_budget: 0 },
  });
  const wrong: string[] = [];
  company.onDeath = () => wrong.push('the bot ended');
  try {
    company.aws.control.fault({
      operation: '*',
      when: 'before',
      kind: 'throttle',
      times: 'always',
      chance: SHARE,
    });
    const run = new OneRun(company, () => undefined);
    await run.begin(60 * MINUTE);
    await run.confirmItsSize();
    const approvedAt = company.clock.now();
    await run.until(() => run.ended(), ENDS_WITHIN, 'end of the run');
    const minutes = (company.clock.now() - approvedAt) / MINUTE;
    await run.until(() => isTold(company), 15 * MINUTE, 'a thread that has caught up');
    return judge(company, wrong, Math.round(minutes));
  } finally {
    await company.close();
  }
}

function isTold(company: Company): boolean {
  const store = company.store();
  return store !== null && saidAll(store);
}

function judge(company: Company, wrong: string[], minutes: number): CaseResult {
  const { control } = company.aws;
  const ledger = control.ledger();
  const requests = Object.values(control.requests()).reduce((sum, n) => sum + n, 0);
  const fired = control.firedFaults();
  const commands = ledger.filter((e) => e.operation === 'SendCommand');
  const throttled = ledger.filter((e) => e.outcome === 'throttled');
  if (fired < requests * (SHARE - 0.05)) wrong.push(`only ${fired} of ${requests} calls were throttled`);
  const installs = installsByRun(ledger);
  checkEnd(company, {
    violation: (what) => wrong.push(what),
    installsOf: (runId, key) => installs.get(`${runId} ${key}`) ?? 0,
  });
  wrong.push(...outcomes(company), ...notOnce(ledger), ...tooMany(ledger), ...tooSoon(ledger));
  const figures: Record<string, number> = {
    'instances patched': control.instances().filter((i) => i.counters.installs === 1).length,
    'calls to AWS': requests,
    'calls throttled': fired,
    'changing calls throttled': throttled.length,
    'most instances in a command': Math.max(0, ...commands.map((e) => idsOf(e).length)),
    'simulated minutes from the approval to the end': minutes,
  };
  for (const cap of CAPS) {
    const { inASecond, over } = paced(ledger, cap);
    figures[
      `most ${cap.family} calls in a second (cap ${cap.burst} at once, then ${cap.perSecond} a second)`
    ] = inASecond;
    if (over > 0) wrong.push(`${cap.family} was called ${over} times more than its cap allows`);
  }
  return { wrong, fired, figures };
}

function outcomes(company: Company): string[] {
  const store = company.store();
  const run = store?.runs(1)[0];
  const ended = new Map<string, number>();
  for (const { outcome } of run && store ? store.allTargets(run.id) : [])
    ended.set(String(outcome), (ended.get(String(outcome)) ?? 0) + 1);
  const said = [...ended].map(([outcome, n]) => `${n} ${outcome}`).join(', ');
  return ended.get('patched') === ALL && ended.size === 1
    ? []
    : [`of ${ALL} instances ended: ${said} (${run?.endReason})`];
}

/** Each instance is backed up, patched and scanned once. */
function notOnce(ledger: readonly LedgerEntry[]): string[] {
  const times = new Map<string, number>();
  for (const entry of ledger.filter((e) => e.outcome === 'effect' && e.service !== 'sts'))
    for (const id of idsOf(entry)) {
      const what = `${id}: ${entry.operation} ${entry.params['Operation'] ?? ''}`.trim();
      times.set(what, (times.get(what) ?? 0) + 1);
    }
  const twice = [...times].filter(([, n]) => n !== 1).map(([what, n]) => `${what} was done ${n} times`);
  return times.size === 3 * ALL ? twice : [...twice, `${times.size} things were done, not ${3 * ALL}`];
}

function tooMany(ledger: readonly LedgerEntry[]): string[] {
  return ledger
    .filter((e) => e.operation === 'SendCommand' && idsOf(e).length > MOST_IN_A_COMMAND)
    .map((e) => `one SendCommand names ${idsOf(e).length} instances`);
}

/** After the n-th refusal of a call for an instance, the next one waits twice as long as after the one before. */
function tooSoon(ledger: readonly LedgerEntry[]): string[] {
  const refused = new Map<string, { times: number; at: number }>();
  let early = 0;
  for (const entry of ledger.filter((e) => e.operation === 'CreateImage')) {
    const [id = ''] = idsOf(entry);
    const before = refused.get(id);
    const pause = PAUSE * 2 ** Math.min((before?.times ?? 1) - 1, 6);
    if (before && entry.time - before.at < pause - ON_ITS_WAY) early++;
    refused.set(id, { times: (before?.times ?? 0) + 1, at: entry.time });
  }
  return early > 0 ? [`${early} calls came again before the pause after a refusal was over`] : [];
}

/** In no stretch of time more than the burst and what has come in since; `over` is the worst excess. */
function paced(
  ledger: readonly LedgerEntry[],
  { operations, burst, perSecond }: (typeof CAPS)[number],
): { inASecond: number; over: number } {
  const at = ledger.filter((e) => operations.includes(e.operation)).map((e) => e.time);
  let inASecond = 0;
  let over = 0;
  for (const [i, from] of at.entries())
    for (let j = i; j < at.length; j++) {
      const took = (at[j] ?? 0) - from;
      if (took < SECOND) inASecond = Math.max(inASecond, j - i + 1);
      over = Math.max(over, Math.floor(j - i + 1 - burst - (perSecond * (took + ON_ITS_WAY)) / SECOND));
    }
  return { inASecond, over };
}

function idsOf({ params }: LedgerEntry): string[] {
  return (params['instanceIds'] ?? '').split(',').filter((id) => id !== '');
}

export const proof = proofOfCases({
  name: 'throttled',
  bar: `${ALL} instances while AWS throttles 30 % of all calls: every one patched, nothing done twice, no family of calls over its cap, at most ${MOST_IN_A_COMMAND} instances in a command`,
  injects: true,
  cases: ({ seed }) => [{ name: `${ALL}-instances`, run: () => job(seed) }],
});
