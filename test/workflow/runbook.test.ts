import { expect, it } from 'vitest';
import { RUNBOOK, STAGES, saysPhase, saysStage } from '../../src/workflow/runbook.ts';

const PHASES = [
  ['discover', 'looking at the instances'],
  ['fresh_scan', 'scanning for missing patches'],
  ['plan', 'making the plan'],
  ['await_approval', 'waiting for approval'],
  ['await_start', 'approved, waiting for its start'],
  ['waves', 'patching'],
  ['report', 'writing the report'],
  ['ended', 'ended'],
] as const;
it.each(PHASES)('a run in %s is said to be %s', (phase, says) => {
  expect(saysPhase(phase)).toBe(says);
});

const STEPS = [
  ['queued', 'waiting for its wave'],
  ['backing_up', 'backing up'],
  ['powering_on', 'starting'],
  ['ready', 'ready to patch'],
  ['patching', 'patching'],
  ['verifying', 'verifying'],
  ['powering_off', 'stopping again'],
  ['done', 'done'],
] as const;
it.each(STEPS)('an instance that is %s is said to be %s', (stage, says) => {
  expect(saysStage(stage)).toBe(says);
});

it('each has its place, in this order', () => {
  expect(RUNBOOK).toEqual(PHASES.map(([phase, says]) => ({ phase, says })));
  expect(STAGES).toEqual(STEPS.map(([stage, says]) => ({ stage, says })));
});
