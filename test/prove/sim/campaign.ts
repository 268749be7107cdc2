/** Many seeds, one verdict: what was violated, and whether everything that should happen did happen. */
import { FAULTS, type Fault } from './faults.ts';
import { type SimulationOptions, simulate } from './simulation.ts';

export interface CampaignOptions extends SimulationOptions {
  /** The first seed; the following ones come after it. */
  seed: number;
  seeds: number;
  /** No new seed is begun after this. */
  seconds: number;
  /** Every so many seeds, one is run twice and its traces are compared; 0 = never. */
  twiceEvery: number;
  log?: (line: string) => void;
}

export interface CampaignResult {
  seeds: number;
  simulatedMs: number;
  comparedTwice: number;
  failures: { seed: number; violations: readonly string[] }[];
  fired: Map<Fault, number>;
  succeeded: Map<string, number>;
}

/** What must have taken place at least once in any campaign of some hundred seeds, or it proves nothing. */
export const MUST_HAPPEN: readonly string[] = [
  ...['scan', 'scan --fresh', 'scan --dry-run', 'scan --backup-only', 'scan --at'],
  ...['approve', 'reject', 'exclude', 'stop', 'freeze', 'unfreeze', 'retry', 'resolve'],
  ...['answer send_again', 'answer give_up', 'answer stop_now', 'answer leave_on'],
  ...['effect create_image', 'effect start', 'effect install', 'effect scan', 'effect stop', 'effect cancel'],
  ...['adopted', 'attempt without effect', 'waited for a person', 'refused click', 'further wave opened'],
  ...['end completed', 'end stopped', 'end halted', 'end rejected', 'end expired', 'end dry_run'],
  ...['end nothing_to_do', 'end discovery_failed'],
];

export async function campaign(options: CampaignOptions): Promise<CampaignResult> {
  const result: CampaignResult = {
    seeds: 0,
    simulatedMs: 0,
    comparedTwice: 0,
    failures: [],
    fired: new Map(),
    succeeded: new Map(),
  };
  const until = performance.now() + options.seconds * 1000;
  for (let seed = options.seed; seed < options.seed + options.seeds && performance.now() < until; seed++) {
    const once = await simulate(seed, options);
    const violations = [...once.violations];
    if (options.twiceEvery > 0 && seed % options.twiceEvery === 0) {
      const again = await simulate(seed, options);
      result.comparedTwice++;
      if (again.trace.join('\n') !== once.trace.join('\n')) violations.push('two runs of this seed differ');
    }
    if (violations.length > 0) {
      result.failures.push({ seed, violations });
      options.log?.(`seed ${seed}: ${violations[0]}\n  replay: ${replay(seed)}`);
    }
    add(result.fired, once.fired);
    add(result.succeeded, once.succeeded);
    result.seeds++;
    result.simulatedMs += once.simulatedMs;
  }
  return result;
}

export function replay(seed: number): string {
  return `npm run prove:sim -- --replay ${seed}`;
}

/** Faults and deeds that should have taken place and never did. */
export function neverHappened(result: CampaignResult): string[] {
  return [
    ...FAULTS.filter((fault) => !result.fired.has(fault)).map((fault) => `the fault ${fault} never fired`),
    ...MUST_HAPPEN.filter((what) => !result.succeeded.has(what)).map((what) => `"${what}" never happened`),
  ];
}

/** As if one campaign had run all their seeds: nothing in it depends on which process was first. */
export function merged(results: readonly CampaignResult[]): CampaignResult {
  const all: CampaignResult = {
    seeds: 0,
    simulatedMs: 0,
    comparedTwice: 0,
    failures: results.flatMap((r) => r.failures).sort((a, b) => a.seed - b.seed),
    fired: new Map(),
    succeeded: new Map(),
  };
  for (const result of results) {
    all.seeds += result.seeds;
    all.simulatedMs += result.simulatedMs;
    all.comparedTwice += result.comparedTwice;
    add(all.fired, result.fired);
    add(all.succeeded, result.succeeded);
  }
  return all;
}

function add<K>(sum: Map<K, number>, more: ReadonlyMap<K, number>): void {
  for (const [key, n] of more) sum.set(key, (sum.get(key) ?? 0) + n);
}
