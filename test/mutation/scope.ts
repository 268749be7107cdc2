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
  'src/workflow/begin-ends.ts',
  'src/workflow/decide-parked.ts',
  'src/workflow/decide.ts',
  'src/workflow/effects/cancel.ts',
  'src/workflow/effects/kind.ts',
  'src/workflow/effects/kinds.ts',
  'src/workflow/effects/scan.ts',
  'src/workflow/effects/send-command.ts',
  'src/workflow/exit-codes.ts',
  'src/workflow/gate.ts',
  'src/workflow/host.ts',
  'src/workflow/instance.ts',
  'src/workflow/mention.ts',
  'src/workflow/own-host.ts',
  'src/workflow/patch-service.ts',
  'src/workflow/permissions-page.ts',
  'src/workflow/permissions.ts',
  'src/workflow/plan-hash.ts',
  'src/workflow/ports.ts',
  'src/workflow/reconcile-says.ts',
  'src/workflow/refused.ts',
  'src/workflow/resolve.ts',
  'src/workflow/run-types.ts',
  'src/workflow/runbook.ts',
  'src/workflow/service/facts.ts',
  'src/workflow/service/release.ts',
  'src/workflow/service/unknown-scope.ts',
  'src/workflow/settings.ts',
  'src/workflow/stand-in.ts',
  'src/workflow/tag.ts',
  'src/workflow/target-changes.ts',
  'src/workflow/tasks/reconcile.ts',
  'src/workflow/tasks/report.ts',
  'src/workflow/tasks/start-run.ts',
  'src/workflow/tasks/still-approved.ts',
  'src/workflow/verdict.ts',
  'src/workflow/watch/alarm.ts',
  'src/workflow/when.ts',
  'src/workflow/words.ts',
  'src/workflow/zoned-time.ts',
];

/** Files that hold the bar; what survives in them is printed, and not explained in whole yet. */
export const HELD: readonly string[] = [
  'src/workflow/batches.ts',
  'src/workflow/begin.ts',
  'src/workflow/decide-wave.ts',
  'src/workflow/effects/create-image.ts',
  'src/workflow/effects/follow-install.ts',
  'src/workflow/effects/install.ts',
  'src/workflow/effects/power.ts',
  'src/workflow/effects/verify.ts',
  'src/workflow/eligibility.ts',
  'src/workflow/executor.ts',
  'src/workflow/make-plan.ts',
  'src/workflow/make-view.ts',
  'src/workflow/reconcile.ts',
  'src/workflow/service/controls.ts',
  'src/workflow/service/decisions.ts',
  'src/workflow/service/looking.ts',
  'src/workflow/service/requests.ts',
  'src/workflow/tasks/discover.ts',
  'src/workflow/tasks/open-wave.ts',
  'src/workflow/tasks/plan.ts',
  'src/workflow/watch/command-watch.ts',
  'src/workflow/watch/foreign-commands.ts',
];

/** Files that do not, with the score that was measured; null = not measured with the tests of now. */
export const NOT_YET: readonly { file: string; score: number | null }[] = [];
