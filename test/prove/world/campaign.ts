/** Many seeds of the whole process, one verdict: what was violated, and whether everything did take place. */
import { simulateWorld } from './simulate.ts';
import { KINDS } from './troubles.ts';

export interface CampaignResult {
  seeds: number;
  simulatedMs: number;
  lives: number;
  comparedTwice: number;
  failures: { seed: number; violations: readonly string[] }[];
  fired: Map<string, number>;
  took: Map<string, number>;
}

/** What must have taken place in any campaign of some dozen seeds, or it proves nothing. */
const MUST_HAPPEN: readonly string[] = [
  ...['scan', 'approve', 'stop', 'retry', 'clicked twice', 'not acknowledged'],
  ...['effect create_image', 'effect start', 'effect install', 'effect scan', 'effect stop'],
  ...['end completed', 'end stopped', 'end nothing_to_do'],
];

export async function campaign(options: {
  /** The first seed; the following ones come after it. */
  seed: number;
  seeds: number;
  /** No new seed is begun after this. */
  seconds: number;
  /** Every so many seeds, one is run twice and its traces are compared, byte for byte; 0 = never. */
  twiceEvery: number;
  log?: (line: string) => void;
}): Promise<CampaignResult> {
  const result: CampaignResult = {
    seeds: 0,
    simulatedMs: 0,
    lives: 0,
    comparedTwice: 0,
    failures: [],
    fired: new Map(),
    took: new Map(),
  };
  const until = performance.now() + options.seconds * 1000;
  for (let seed = options.seed; seed < options.seed + options.seeds && performance.now() < until; seed++) {
    const once = await simulateWorld(seed);
    const violations = [...once.violations];
    if (options.twiceEvery > 0 && (seed - options.seed) % options.twiceEvery === 0) {
      const difference = firstDifference(once.trace, (await simulateWorld(seed)).trace);
      result.comparedTwice++;
      if (difference !== null) violations.push(`two runs of this seed differ: ${difference}`);
    }
    if (violations.length > 0) result.failures.push({ seed, violations });
    for (const [name, n] of once.fired) result.fired.set(name, (result.fired.get(name) ?? 0) + n);
    for (const [name, n] of once.took) result.took.set(name, (result.took.get(name) ?? 0) + n);
    result.seeds++;
    result.lives += once.lives;
    result.simulatedMs += once.simulatedMs;
    options.log?.(
      `${violations.length === 0 ? 'ok  ' : 'FAIL'} seed ${seed}${violations[0] ? `: ${violations[0]}` : ''}`,
    );
  }
  return result;
}

/** Faults that should have struck and never did. */
export function neverFired({ fired }: CampaignResult): string[] {
  return KINDS.filter((kind) => !fired.has(kind)).map((kind) => `${kind} never fired`);
}

/** Deeds, effects and ends that should have taken place and never did. */
export function neverTook({ took }: CampaignResult): string[] {
  return MUST_HAPPEN.filter((what) => !took.has(what)).map((what) => `"${what}" never happened`);
}

/** The first line in which they differ, or null when they are the same byte for byte. */
export function firstDifference(one: readonly string[], other: readonly string[]): string | null {
  for (let i = 0; i < Math.max(one.length, other.length); i++)
    if (one[i] !== other[i]) return `line ${i + 1}: ${one[i] ?? 'nothing'} | ${other[i] ?? 'nothing'}`;
  return null;
}
