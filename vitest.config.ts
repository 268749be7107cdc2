import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    // Wire tests share two cores with two simulators and a browser: in CI a failure is looked at twice, and both
    // results are printed (docs/flakes.md). At a desk a flake shows at once.
    retry: process.env['CI'] === 'true' ? 1 : 0,
  },
});
