/**
 * `npm run prove:sim`: the deterministic simulation. `--seeds N` so many seeds, from `--seed S` on, for at
 * most `--seconds T`, in `--jobs J` processes (one per core when not said); `--replay S` runs one seed and prints
 * everything that happened in it.
 */
import { parseArgs } from 'node:util';
import { neverHappened, replay } from './campaign.ts';
import { campaignInProcesses } from './processes.ts';
import { simulate } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '3600' },
    jobs: { type: 'string', default: '0' },
    replay: { type: 'string' },
  },
});

if (values.replay !== undefined) {
  const { trace, violations } = await simulate(Number(values.replay));
  console.log(trace.join('\n'));
  for (const violation of violations) console.error(`VIOLATED: ${violation}`);
  process.exit(violations.length === 0 ? 0 : 1);
}

const startedAt = performance.now();
const result = await campaignInProcesses({
  seed: Number(values.seed),
  seeds: Number(values.seeds),
  seconds: Number(values.seconds),
  jobs: Number(values.jobs),
  twiceEvery: 10,
  log: (line) => console.log(line),
});
const table = (counts: ReadonlyMap<string, number>) => {
  for (const [name, n] of [...counts].sort()) console.log(`  ${name.padEnd(26)} ${String(n).padStart(9)}`);
};
console.log('faults that fired:');
table(result.fired);
console.log('what took place:');
table(result.succeeded);
const never = result.seeds >= 300 ? neverHappened(result) : [];
for (const line of never) console.error(`VACUOUS: ${line}`);
for (const { seed, violations } of result.failures)
  console.error(`seed ${seed}: ${violations.join('; ')}\n  replay: ${replay(seed)}`);
const violations = result.failures.reduce((sum, f) => sum + f.violations.length, 0);
console.log(
  `sim: ${result.seeds} seeds, ${Math.round(result.simulatedMs / 3_600_000)} simulated hours in ${((performance.now() - startedAt) / 1000).toFixed(0)} s, ${result.comparedTwice} compared byte for byte, ${violations} violations in ${result.failures.length} seeds`,
);
process.exit(result.failures.length === 0 && never.length === 0 && result.seeds > 0 ? 0 : 1);
