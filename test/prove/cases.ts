/** Runs named cases one after the other until the time is up, and gathers what they say. */
import { type Proof, type ProofOptions, type ProofResult, replayWith } from './proof.ts';

export interface CaseResult {
  /** What must not be; empty when all is well. */
  wrong: string[];
  fired?: number;
  /** False when the case could not be run here: it is not counted. Default true. */
  ran?: boolean;
  figures?: Record<string, number>;
  /** What most cases of a round must reach, by name, and whether this one did. */
  reached?: Record<string, boolean>;
}

export interface Case {
  /** Unique in its proof; `--case` takes it. */
  name: string;
  run(): Promise<CaseResult> | CaseResult;
}

/** A proof that is a list of cases. Figures of several cases are added up; `slowest…` and `most…` keep the largest. */
export function proofOfCases(about: {
  name: string;
  bar: string;
  defaults?: { seeds?: number; seconds?: number };
  /** Cases at once; only for cases that share nothing in this process. Default 1. */
  atOnce?: number;
  /** The proof injects faults: a run in which none fired is a violation by itself. */
  injects: boolean;
  /** What these figures must come to when every case is asked for. Not asked of a list that the time cut off. */
  least?: Readonly<Record<string, number>>;
  /** Cases that are one round: in each of them something must fire. */
  roundOf?: (caseName: string) => string;
  /** By name in `reached`: the share of a round's cases in which it must be so. */
  reachedAtLeast?: Readonly<Record<string, number>>;
  /** `figure` prints what is known before the first case runs. */
  cases(options: ProofOptions, figure: (name: string, value: number) => void): Case[] | Promise<Case[]>;
}): Proof {
  return {
    name: about.name,
    bar: about.bar,
    ...(about.defaults ? { defaults: about.defaults } : {}),
    async run(options) {
      const figures: Record<string, number> = {};
      const all = await about.cases(options, (name, value) => {
        figures[name] = value;
      });
      const { match } = options;
      const chosen = match === null ? all : all.filter((c) => c.name.includes(match));
      const result = await runCases(about, chosen, options);
      return { ...result, figures: { ...figures, ...result.figures } };
    },
  };
}

async function runCases(
  about: Parameters<typeof proofOfCases>[0],
  chosen: readonly Case[],
  options: ProofOptions,
): Promise<ProofResult> {
  const until = performance.now() + options.seconds * 1000;
  const figures: Record<string, number> = {};
  const violations: string[] = [];
  let cases = 0;
  let fired = 0;
  const rounds = new Map<string, CaseResult[]>();
  const queue = [...chosen];
  const worker = async () => {
    while (performance.now() < until) {
      const one = queue.shift();
      if (!one) return;
      const result = await ended(one);
      if (result.ran !== false) cases++;
      fired += result.fired ?? 0;
      if (about.roundOf && result.ran !== false) {
        const name = about.roundOf(one.name);
        rounds.set(name, [...(rounds.get(name) ?? []), result]);
      }
      for (const [name, value] of Object.entries(result.figures ?? {})) {
        const before = figures[name] ?? 0;
        figures[name] = /^(slowest|most)/.test(name) ? Math.max(before, value) : before + value;
      }
      const replay = { seed: options.seed, seeds: options.seeds, case: one.name };
      violations.push(...result.wrong.map((w) => replayWith(`${one.name}: ${w}`, about.name, replay)));
      const verdict = result.ran === false ? 'left out' : result.wrong.length === 0 ? 'ok  ' : 'FAIL';
      // Said at once: a campaign may go on for hours.
      options.log(`${verdict} ${[one.name, ...result.wrong].join(': ').slice(0, 1000)}`);
    }
  };
  await Promise.all(Array.from({ length: about.atOnce ?? 1 }, worker));
  for (const [round, ran] of rounds) violations.push(...vacuous(round, ran, about.reachedAtLeast ?? {}));
  const leftOut = queue.length > 0 ? [`${queue.length} of ${chosen.length} cases were not begun`] : [];
  if (options.match === null && queue.length === 0)
    for (const [name, least] of Object.entries(about.least ?? {}))
      if ((figures[name] ?? 0) < least)
        violations.push(`${name}: only ${figures[name] ?? 0} of at least ${least}`);
  return { cases, faultsFired: about.injects ? fired : null, violations, figures, leftOut };
}

/** In fewer, a point may not have been reached again. */
const ENOUGH_TO_EXPECT_ONE = 5;

/** A round in which nothing fired, or too few cases reached what it is about, proves nothing. */
function vacuous(
  round: string,
  ran: readonly CaseResult[],
  atLeast: Readonly<Record<string, number>>,
): string[] {
  const wrong: string[] = [];
  if (ran.length >= ENOUGH_TO_EXPECT_ONE && ran.every((r) => (r.fired ?? 0) === 0))
    wrong.push(`nothing fired in the ${ran.length} cases of ${round}`);
  for (const [what, share] of Object.entries(atLeast)) {
    const asked = ran.filter((r) => r.reached?.[what] !== undefined);
    const so = asked.filter((r) => r.reached?.[what]).length;
    // One case of a few may miss it by chance.
    if (so < Math.floor(asked.length * share))
      wrong.push(`${round}: ${what} in ${so} of ${asked.length} cases, not in ${Math.round(share * 100)} %`);
  }
  return wrong;
}

async function ended(one: Case): Promise<CaseResult> {
  try {
    return await one.run();
  } catch (error) {
    return { wrong: [`did not end: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

/** Small, seeded, good enough to choose cases: mulberry32. */
export function seededRandom(seed: number): { below(n: number): number; pick<T>(from: readonly T[]): T } {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    pick(from) {
      const index = below(from.length);
      const found = from[index];
      if (found === undefined) throw new RangeError('nothing to pick from');
      return found;
    },
  };
}
