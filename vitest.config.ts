import { defineConfig } from 'vitest/config';

/** Pure rules and stories in memory: no process, no server, no environment. */
const RULES = 'test/workflow/!(main-job|wire-*).test.ts';
/** Long, with processes or a browser of their own: each has a worker to itself. */
const ALONE = [
  'test/{crash,demo,sandbox-page}/**/*.test.ts',
  'test/prove/{model,sim,sim-seeds-1,sim-seeds-2,world}.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Wire tests share two cores with two simulators and a browser: in CI a failure is looked at twice, and both
    // results are printed (docs/flakes.md). At a desk a flake shows at once.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    projects: [
      { extends: true, test: { name: 'rules', include: [RULES], pool: 'threads', isolate: false } },
      // Loading the SDK, Bolt and the simulators costs as much as the tests of most files: it is done once for each worker.
      {
        extends: true,
        test: {
          name: 'wire',
          include: ['test/**/*.test.ts'],
          exclude: [RULES, ...ALONE],
          pool: 'forks',
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, pool: 'forks' } },
    ],
  },
});
