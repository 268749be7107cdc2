/** The demo without a page: a whole job per environment, over the same wire, and a verdict. */
import { defaultFleet } from '../aws/fleet/default-fleet.ts';
import type { FleetDefinition } from '../aws/fleet/fleet.ts';
import { CHANNELS } from '../slack/default-workspace.ts';
import { startDemoSandbox } from './demo-sandbox.ts';
import { type Difference, doublePatching, judgeOutcomes } from './judge.ts';
import { scriptedRun } from './scripted-run.ts';

export interface HeadlessOptions {
  speed: number;
  seed: number;
  port: number;
  folder: string;
  /** [the default fleet] */
  fleet?: FleetDefinition;
  print: (text: string) => void;
  /** Ends the demo in order. */
  signal: AbortSignal;
  /** [generous for the speed] */
  limitMs?: number;
}

/** Resolves with the exit code: 0 when everything ended as the fleet says it must, else 1. Prints why. */
export async function headless(options: HeadlessOptions): Promise<number> {
  const { speed, seed, port, folder, print } = options;
  const fleet = options.fleet ?? defaultFleet(seed);
  const limitMs = options.limitMs ?? timeLimit(speed);
  const began = Date.now();
  const problems: string[] = [];
  const differences: Difference[] = [];
  const counts = new Map<string, number>();
  let passed = 0;
  const death = new AbortController();
  const signal = AbortSignal.any([options.signal, death.signal]);
  print(`Simulated AWS ${speed} times faster than life, seed ${seed}. Everything is kept in ${folder}`);
  const sandbox = await startDemoSandbox({
    fleet,
    seed,
    speed,
    port,
    folder,
    onLog: ({ level, text }) => {
      if (level !== 'warn') problems.push(`in the bot's log: ${level}: ${text}`);
    },
    onDeath: (how) => death.abort(new Error(`the bot ended in the middle (${how})`)),
  });
  try {
    print(
      `Patchday runs as process ${sandbox.bot().pid}, connected to the simulated Slack at ${sandbox.slack.url}`,
    );
    for (const [environment, channel] of channelsOf(fleet)) {
      const instances = sandbox.aws.control
        .instances()
        .filter((i) => environmentOf(fleet, i.zone) === environment);
      print(`\n===== ${environment}: ${instances.length} instances =====`);
      const run = await scriptedRun({
        slack: sandbox.slack,
        environment,
        channel,
        print,
        deadline: began + limitMs,
        signal,
      });
      const judged = judgeOutcomes(instances, run.report);
      passed += judged.passed;
      differences.push(...judged.differences);
      problems.push(...run.problems);
      for (const { outcome } of run.report.targets) {
        const name = outcome ?? 'no outcome';
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    problems.push(...doublePatching(sandbox.aws.control.ledger(), sandbox.aws.control.instances()));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  const end = await sandbox.stop();
  if (!end.inOrder) problems.push(`the bot did not end in order: ${end.how}`);
  const total = fleet.zones.reduce((sum, zone) => sum + zone.instances.length, 0);
  const unseen = total - passed - differences.length;
  if (unseen > 0) problems.push(`${unseen} instances were not reached`);
  printResult(print, { counts, differences, problems, seconds: Math.round((Date.now() - began) / 1000) });
  if (problems.length > 0) print(`The bot's log: ${sandbox.logFile}`);
  const failed = differences.length + problems.length;
  print(`demo: ${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** A wave takes about half an hour of life; on top, what does not get faster: the bot's start, Slack's rate limits. */
function timeLimit(speed: number): number {
  return 180_000 + (6 * 3_600_000) / speed;
}

/** Environments of the fleet in their order, with the names of their channels. */
function channelsOf(fleet: FleetDefinition): [environment: string, channel: string][] {
  const environments = [...new Set(fleet.zones.map((zone) => zone.environment))];
  return environments.map((environment) => {
    if (!Object.hasOwn(CHANNELS, environment))
      throw new RangeError(`environment ${environment} has no channel`);
    return [environment, `patching-${environment}`];
  });
}

function environmentOf(fleet: FleetDefinition, zoneName: string): string | undefined {
  return fleet.zones.find((zone) => zone.name === zoneName)?.environment;
}

function printResult(
  print: (text: string) => void,
  result: {
    counts: ReadonlyMap<string, number>;
    differences: readonly Difference[];
    problems: readonly string[];
    seconds: number;
  },
): void {
  print(`\n===== Result, after ${result.seconds} s =====`);
  for (const [outcome, count] of [...result.counts].sort(([, a], [, b]) => b - a)) {
    print(`${String(count).padStart(5)}  ${outcome.replaceAll('_', ' ')}`);
  }
  if (result.differences.length > 0) {
    print('\nInstances that did not end as the fleet says they must:');
    for (const one of result.differences) {
      print(`  ${one.landingZone}  ${one.name}: expected ${one.expected} (${one.because})`);
      print(`      got ${one.got}${one.reason === '' ? '' : `: ${one.reason}`}`);
    }
  }
  if (result.problems.length > 0) {
    print('\nWhat else went wrong:');
    for (const problem of result.problems) print(`  ${problem}`);
  }
  print('');
}
