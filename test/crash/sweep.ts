/**
 * The whole kill sweep: `npm run sweep`. Kills the bot at point 1, 2, 3, … of a small job until a job ends
 * without reaching its point, each time with fresh simulators and a fresh database, and checks the end state
 * against the simulator's ledger. `--jobs N`, `--only N` (replays one point), `--every N`.
 */
import { parseArgs } from 'node:util';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { drive } from './drive.ts';
import { violations } from './verdict.ts';

const { values } = parseArgs({
  options: { jobs: { type: 'string' }, only: { type: 'string' }, every: { type: 'string' } },
});
const EXPECTED = { 'linux-1': 'patched', 'linux-2': 'patched', 'windows-1': 'patched' };
const every = Number(values.every ?? 1);
const jobs = Number(values.jobs ?? 2);
/** Far above what a job has; a sweep that gets there is a defect of the sweep. */
const MOST_POINTS = 1000;

let next = values.only ? Number(values.only) : 1;
let over = false;
let killed = 0;
let questions = 0;
const diedAt = new Map<string, number>();
const failures: string[] = [];

async function worker(): Promise<void> {
  while (!over && next <= MOST_POINTS) {
    const point = next;
    next += every;
    try {
      const result = await drive({
        fleet: smallFleet({ linux: 2, windows: 1 }),
        environment: 'test',
        fatalPoint: point,
      });
      if (result.killed) {
        killed++;
        const name = result.points.at(-1)?.replace(/^\d+ /, '') ?? 'unknown';
        diedAt.set(name, (diedAt.get(name) ?? 0) + 1);
      } else over = true;
      questions += result.questionsAsked;
      const wrong = violations(result, EXPECTED);
      if (wrong.length > 0) failures.push(`point ${point} (${result.points.at(-1)}): ${wrong.join('; ')}`);
    } catch (error) {
      failures.push(
        `point ${point}: ${(error instanceof Error ? error.message : String(error)).slice(0, 1500)}`,
      );
    }
    if (values.only) return;
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: values.only ? 1 : jobs }, worker));
for (const [name, n] of [...diedAt].sort()) console.log(`  died at ${name.padEnd(22)} ${n} times`);
console.log(
  `  a person was asked ${questions} times (a SendCommand that was never made cannot be told from one that got lost)`,
);
for (const failure of failures)
  console.error(`  FAILED ${failure}\n  replay: npm run sweep -- --only ${/\d+/.exec(failure)?.[0]}`);
console.log(`  ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
console.log(`sweep: ${Math.max(0, killed - failures.length)} passed, ${failures.length} failed`);
process.exit(failures.length === 0 && killed > 0 ? 0 : 1);
