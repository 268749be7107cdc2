/**
 * The kill sweep: `npm run sweep`. Kills the bot at every commit, every call to Slack and every changing call to
 * AWS of a small job, and at a fixed sample of those that only read (`npm run prove -- --only crash` visits all of
 * them), each time with fresh simulators and a fresh database, and holds what came of it against the job that
 * never crashed. `--jobs N`, `--only POINT` (replays one), `--every N`, `--reads N` (one in N of them).
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { drive } from './drive.ts';
import { nameOf, withFewReads } from './points.ts';
import { compare, KINDS, type Wrong } from './verdict.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string' },
    only: { type: 'string' },
    every: { type: 'string' },
    reads: { type: 'string' },
  },
});
const every = Number(values.every ?? 1);
// Jobs wait for polls and graces half of the time.
const jobs = Number(values.jobs ?? availableParallelism() + 1);
const job = () => ({ fleet: smallFleet({ linux: 2, windows: 1 }), environment: 'test' });

const startedAt = performance.now();
const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
const reference = await drive({ ...job(), fatalPoint: 0 });
const all = withFewReads(reference.points, Number(values.reads ?? 8));
const queue = values.only ? [values.only] : all.filter((_, i) => i % every === 0);
const chosen = queue.length;
console.log(`  ${reference.points.length} points, of which ${chosen} are visited, ${jobs} jobs at a time`);

let killed = 0;
let questions = 0;
let failed = 0;
const died = new Map<string, number>();
const found = new Map<Wrong['kind'], number>();

function fail(point: string, wrong: readonly Wrong[]): void {
  failed++;
  for (const { kind } of wrong) found.set(kind, (found.get(kind) ?? 0) + 1);
  console.error(
    `  FAILED ${point}: ${wrong.map((w) => w.text).join('; ')}\n  replay: npm run sweep -- --only '${point}'`,
  );
}

async function worker(): Promise<void> {
  for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
    try {
      const result = await drive({ ...job(), fatalPoint: point });
      if (result.killed) {
        killed++;
        died.set(nameOf(point), (died.get(nameOf(point)) ?? 0) + 1);
      }
      questions += result.questionsAsked;
      const wrong = compare(result, reference.state);
      if (wrong.length > 0) fail(point, wrong);
    } catch (error) {
      const text = (error instanceof Error ? error.message : String(error)).slice(0, 1500);
      fail(point, [{ kind: 'stuck', text }]);
    }
  }
}

const sound = compare(reference, reference.state);
if (sound.length > 0) fail('0', sound);
else await Promise.all(Array.from({ length: jobs }, worker));
for (const [name, n] of [...died].sort()) console.log(`  died at ${name.padEnd(40)} ${n} times`);
console.log(
  `  a person was asked ${questions} times (a SendCommand that was never made cannot be told from one that got lost)`,
);
console.log(
  `  ${chosen} points, ${killed} processes killed at theirs, ${chosen - killed} points not reached again (one poll fewer)`,
);
console.log(`  ${KINDS.map((kind) => `${kind}: ${found.get(kind) ?? 0}`).join(', ')}`);
console.log(`  ${seconds()}`);
console.log(`sweep: ${Math.max(0, chosen - failed)} passed, ${failed} failed`);
// A sweep that kills next to nothing proves nothing.
process.exit(failed === 0 && killed >= chosen * 0.9 ? 0 : 1);
