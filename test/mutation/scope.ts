/** What is mutated, and which tests must notice. */

/** Percent of the mutants of a file that some test must notice. */
export const BAR = 90;

export const TESTS: readonly string[] = [
  'test/workflow/!(main-job|wire-*|decide-properties).test.ts',
  'test/prove/found-by-sim.test.ts',
  'test/mutation/*.test.ts',
];

/** Files that hold the bar, and whose every survivor is explained; the list only grows. */
export const EXPLAINED: readonly string[] = [
  'src/workflow/approval.ts',
  'src/workflow/gate.ts',
  'src/workflow/permissions.ts',
  'src/workflow/plan-hash.ts',
];

/** Files that hold the bar; what survives in them is printed, and not explained yet. */
export const HELD: readonly string[] = [];

/** Files that do not, with the score that was measured. */
export const NOT_YET: readonly { file: string; score: number }[] = [];
