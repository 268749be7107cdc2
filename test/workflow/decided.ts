/** What was decided about a hand-built state, by sort of action. */
import { type Decision, decide } from '../../src/workflow/decide.ts';
import type { Run, Target } from '../../src/workflow/run-types.ts';
import { buildPlan, buildState, NOW, SETTINGS, type StateChanges } from './build.ts';

export const decided = (targets: readonly Target[], changes: StateChanges = {}, now = NOW) =>
  decide(buildState(targets, changes), now, SETTINGS);
export const begun = (d: Decision) => d.actions.flatMap((a) => (a.do === 'begin' ? [a.intent] : []));
export const kinds = (d: Decision) => begun(d).map((i) => i.kind);
export const tasks = (d: Decision) => d.actions.flatMap((a) => (a.do === 'task' ? [a.task.name] : []));
export const changes = (d: Decision) => d.actions.flatMap((a) => (a.do === 'advance' ? [a.changes] : []));

export const stopped: Partial<Run> = { stopRequestedAt: NOW - 1, stopRequestedBy: 'UREQ' };
export const frozen = { by: 'UAPP', reason: 'incident' };
export const LATE = buildPlan(1).noNewWaveAfter + 1;
