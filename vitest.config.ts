import { defineConfig } from 'vitest/config';

/** Pure rules and stories in memory: no process, no server, no environment. They share their workers. */
const RULES = 'test/workflow/!(main-job|wire-*).test.ts';

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
      {
        extends: true,
        test: { name: 'all else', include: ['test/**/*.test.ts'], exclude: [RULES], pool: 'forks' },
      },
    ],
  },
});
