/**
 * `npm run mutation`: changes src/workflow and the approval code in one place at a time, and each time some test must
 * fail (USAGE has the options). Ends with 1 when a file is under the bar, or when a change that nobody noticed is
 * not explained in survivors.yaml.
 */
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Stryker } from '@stryker-mutator/core';
import { optionsOr } from '../support/usage.ts';
import { BAR, mutatedFiles } from './scope.ts';
import { judge, type Score } from './score.ts';
import { SURVIVORS } from './survivors.ts';

/** Reports and sandboxes; git ignores it. */
const OUT = 'coverage/mutation';

const OPTIONS = {
  mutate: { type: 'string', multiple: true },
  concurrency: { type: 'string', default: '2' },
  list: { type: 'boolean', default: false },
} as const;
const USAGE = `npm run mutation -- [options]: is every change of the workflow and the approval code noticed by some test?
  (none)             every file; an hour and a half
  --mutate FILE      one file; again for more
  --list             which files there are
  --concurrency N    test runners at once (default 2)`;

const values = optionsOr(USAGE, OPTIONS);

if (values.list) {
  for (const file of mutatedFiles()) console.log(file);
  process.exit(0);
}

mkdirSync(OUT, { recursive: true });
const scores: Score[] = [];
const began = performance.now();
for (const file of values.mutate ?? mutatedFiles()) {
  const from = performance.now();
  const score = judge(file, await mutate(file), SURVIVORS);
  scores.push(score);
  console.log(
    `${file.padEnd(44)} ${score.percent.toFixed(1).padStart(5)}  ${score.noticed} of ${score.mutants} noticed, ${score.explained} explained, ${((performance.now() - from) / 1000).toFixed(0)} s`,
  );
  for (const line of [...score.unexplained, ...score.stale]) console.log(`  ${line}`);
}
const mutants = scores.reduce((sum, s) => sum + s.mutants, 0);
const noticed = scores.reduce((sum, s) => sum + s.noticed, 0);
const under = scores.filter((s) => s.percent < BAR).map((s) => s.file);
const loose = scores.flatMap((s) => [...s.unexplained, ...s.stale]);
const minutes = (performance.now() - began) / 60_000;
const total = mutants === 0 ? 0 : (100 * noticed) / mutants;
console.log(
  `\n${total.toFixed(1)} % of ${mutants} mutants in ${scores.length} files noticed, in ${minutes.toFixed(0)} minutes; the bar is ${BAR} for each file.`,
);
if (under.length > 0) console.log(`Under the bar: ${under.join(', ')}`);
if (loose.length > 0) console.log(`${loose.length} entries of survivors.yaml are missing or out of date.`);
process.exit(under.length > 0 || loose.length > 0 || mutants === 0 ? 1 : 0);

/** One run of StrykerJS for one file: a run that is cut off loses no more than that. */
function mutate(file: string) {
  const name = basename(file.replace(/:.*$/, ''), '.ts');
  // Chooses the tests; those named like the file are run first, so that most mutants need no other.
  process.env['MUTATED'] = file.replace(/:.*$/, '');
  return new Stryker({
    mutate: [file],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency: Number(values.concurrency),
    timeoutMS: 5000,
    reporters: ['json', 'html'],
    jsonReporter: { fileName: `${OUT}/${name}.json` },
    htmlReporter: { fileName: `${OUT}/${name}.html` },
    thresholds: { high: 95, low: BAR, break: BAR },
    tempDirName: `${OUT}/sandbox`,
    cleanTempDir: 'always',
    ignorePatterns: ['data', 'deploy', 'coverage'],
    // Stryker would rewrite it with the API of TypeScript 6, which 7 does not have. Nothing here reads it.
    tsconfigFile: 'none',
    warnings: false,
    logLevel: 'error' as never,
  }).runMutationTest();
}
