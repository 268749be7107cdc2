/**
 * The kill sweep: the bot process ends itself with SIGKILL before or after each commit, each call to AWS and each
 * call to Slack, is started again, and the job must end as the one that never crashed. `plain` visits every point;
 * the other rounds cross it with something else, at points drawn from the seed: `--seeds N` around AWS effects and
 * half as many elsewhere (1000 = all of them).
 */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { type DriveOptions, type DriveResult, drive } from '../crash/drive.ts';
import type { EndState } from '../crash/end-state.ts';
import { aroundEffects } from '../crash/points.ts';
import { lagging, plainJob, ROUNDS, type Round } from '../crash/rounds.ts';
import { type Comparison, compare, FIGURE, KINDS, type Wrong } from '../crash/verdict.ts';
import { type Case, type CaseResult, proofOfCases, seededRandom } from './cases.ts';
import type { ProofOptions } from './proof.ts';

const AT_ITS_POINT = 'killed at its point';
const A_SECOND_TIME = 'killed a second time';

function judge(
  found: readonly Wrong[],
  result: DriveResult | null,
  { name, round }: { name: string; round: Round },
): CaseResult {
  const zero = Object.fromEntries(KINDS.map((kind) => [FIGURE[kind], 0]));
  for (const { kind } of found) zero[FIGURE[kind]] = (zero[FIGURE[kind]] ?? 0) + 1;
  const { faults = 0, killedAgainIn } = round;
  const kills = result?.kills ?? 0;
  const fired = result?.fired ?? 0;
  const atPoint = result?.killedLives.includes(round.life ?? 1) ?? false;
  const again = killedAgainIn !== undefined && (result?.killedLives.includes(killedAgainIn) ?? false);
  return {
    wrong: [
      ...found.map((w) => w.text),
      ...(result !== null && fired < faults ? [`${fired} faults of AWS struck, not ${faults}`] : []),
    ],
    fired: fired + kills,
    figures: {
      [`cases of ${name}`]: 1,
      'processes killed': kills,
      'of these a second time': again ? 1 : 0,
      'faults of AWS that struck': fired,
      'points not reached again (a poll fewer)': result !== null && !atPoint ? 1 : 0,
      'questions to a person': result?.questionsAsked ?? 0,
      ...zero,
    },
    ...(result === null
      ? {}
      : {
          reached: {
            [AT_ITS_POINT]: atPoint,
            // It cannot be killed again where it was not killed.
            ...(killedAgainIn === undefined || !atPoint ? {} : { [A_SECOND_TIME]: again }),
          },
        }),
  };
}

/** The fatal point of the life that the round is about. */
function fatalAt(
  round: Round,
  point: number | string,
  crossing: Partial<DriveOptions>,
): Partial<DriveOptions> {
  if (round.life !== 2) return { fatalPoint: point };
  return { fatalPoint: 0, laterFatalPoints: [point, ...(crossing.laterFatalPoints ?? []).slice(1)] };
}

/** A job that never crashed, and the threads of those that were planned in the other ways that the round allows. */
interface Uncrashed {
  state: EndState;
  comparison: Comparison;
}

async function visit(name: string, round: Round, point: string, index: number, held: Uncrashed) {
  const crossing = round.crossing(index);
  const options = { ...plainJob(), ...round.job?.(), ...crossing, ...fatalAt(round, point, crossing) };
  try {
    const result = await drive(options);
    return judge(compare(result, held.state, held.comparison), result, { name, round });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return judge([{ kind: 'stuck', text: text.slice(0, 3000) }], null, { name, round });
  }
}

/** The same job without a crash; where the round is about a second life, with one that only begins. */
function uncrashed(round: Round, under: Partial<DriveOptions> = {}): Promise<DriveResult> {
  return drive({ ...plainJob(), ...round.job?.(), ...under, ...fatalAt(round, 0, {}) });
}

/**
 * Where the round can die, and what it is held against. Under several configurations each case is planned under that
 * of its number, which has points of its own.
 */
async function pointsAndComparison(
  round: Round,
  result: DriveResult,
): Promise<{ points: string[]; comparison: Comparison }> {
  const { comparison = {}, plannedUnder } = round;
  const ofLife = ({ pointsOfLives }: DriveResult) => pointsOfLives[(round.life ?? 1) - 1] ?? [];
  if (!plannedUnder) return { points: ofLife(result), comparison };
  const results = await Promise.all(plannedUnder.map((under) => uncrashed(round, under)));
  const points = results.flatMap((r, i) => ofLife(r).filter((p) => numberOf(p) % plannedUnder.length === i));
  return {
    points: [...new Set(points)],
    comparison: { ...comparison, threads: results.map((r) => r.state.thread) },
  };
}

/** A crash and a lag as in the round lagging-lists, but without the grace: then something must be patched twice. */
const control: Case = {
  name: 'control-without-grace',
  async run() {
    const job = { ...plainJob(), fleet: smallFleet({ linux: 1 }) };
    const sound = await drive(job);
    const without = await drive({
      ...job,
      // Longer than a restart takes on a busy machine: it must not see what it made before it died.
      ...lagging(6000),
      fatalPoint: 'SendCommand:after',
      effectGraceMs: 0,
    }).then(
      (r) => compare(r, sound.state).map((w) => w.text),
      (e: unknown) => [String(e)],
    );
    return {
      wrong: without.some((v) => / patched [2-9] times/.test(v))
        ? []
        : [
            `with a grace of 0 nothing was patched twice, so this sweep would not notice (${without.join('; ') || 'no violation'})`,
          ],
    };
  },
};

export const proof = proofOfCases({
  name: 'crash',
  bar: '0 done twice, lost, stuck or without a next action, and no other difference to the job that never crashed, wherever it was killed',
  defaults: { seeds: 8, seconds: 7200 },
  injects: true,
  roundOf: (name) => name.split('@')[0] ?? name,
  // Bots and simulators are processes and servers of their own.
  atOnce: 3,
  // A job may poll less often than the one before; and there is less left to be killed in near its end.
  reachedAtLeast: { [AT_ITS_POINT]: 0.9, [A_SECOND_TIME]: 0.6 },
  async cases(options, figure) {
    const cases: Case[] = [control];
    let rounds = 0;
    for (const [index, [name, round]] of Object.entries(ROUNDS).entries()) {
      if (!concerns(options.match, name)) continue;
      rounds++;
      cases.push(...(await casesOf(name, round, index, options, figure)));
    }
    figure('rounds', rounds);
    return cases;
  },
});

/** The job without a crash is driven only for rounds that `--case` can mean. */
function concerns(match: string | null, round: string): boolean {
  if (match === null) return true;
  const named = [...Object.keys(ROUNDS), control.name].find((n) => match.split('@')[0] === n);
  return named === undefined || named === round;
}

async function casesOf(
  name: string,
  round: Round,
  index: number,
  { seed, seeds, match }: ProofOptions,
  figure: (name: string, value: number) => void,
): Promise<Case[]> {
  const why = round.leftOut?.() ?? null;
  if (why !== null) return [leftOut(name, why)];
  const result = await uncrashed(round);
  const { state } = result;
  // What is wrong without any crash is not the crashes' fault, and nothing can be held against it.
  const wrong = compare(result, state, round.comparison);
  if (wrong.length > 0) {
    // Whichever point of the round was asked for, this is the answer.
    const meant = match?.startsWith(`${name}@`) ? match : name;
    return [{ name: `${meant}@never-killed`, run: () => ({ wrong: wrong.map((w) => w.text) }) }];
  }
  const { points, comparison } = await pointsAndComparison(round, result);
  figure(`points of ${name}`, points.length);
  // Then nothing could be killed, and the round would pass without having proved anything.
  if (points.length === 0)
    return [{ name: `${name}@no-point`, run: () => ({ wrong: [`no point was passed in ${name}`] }) }];
  const asked = match?.startsWith(`${name}@`) ? match.slice(name.length + 1) : null;
  // A replay goes to its point, whether or not the job without a crash had as many polls this time.
  const chosen =
    asked !== null && /#\d{3}$/.test(asked)
      ? [asked]
      : name === 'plain'
        ? points
        : drawn(points, seeds, seed * 100 + index);
  const held = { state, comparison };
  return chosen.map((point) => ({
    name: `${name}@${point}`,
    run: () => visit(name, round, point, numberOf(point), held),
  }));
}

/** Does not depend on how often was polled before: a replay is crossed with the same. */
function numberOf(point: string): number {
  let n = 0;
  for (const c of point) n = (Math.imul(n, 31) + c.charCodeAt(0)) >>> 0;
  return n;
}

function drawn(points: readonly string[], seeds: number, seed: number): string[] {
  const random = seededRandom(seed);
  const around = aroundEffects(points);
  const rest = points.filter((p) => !around.includes(p));
  const chosen = new Set([...draw(random, around, seeds), ...draw(random, rest, Math.ceil(seeds / 2))]);
  return points.filter((p) => chosen.has(p));
}

/** Not a case that passed: it says so, and is counted as left out. */
function leftOut(name: string, why: string): Case {
  return {
    name: `${name}@left-out`,
    run: () => ({ wrong: [], ran: false, figures: { [`${name} left out: ${why}`]: 1 } }),
  };
}

function draw<T>(random: { below(n: number): number }, from: readonly T[], count: number): T[] {
  const left = [...from];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(random.below(left.length), 1),
  ).flat();
}
