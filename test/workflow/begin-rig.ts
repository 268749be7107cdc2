/** What is begun for hand-built targets, and the effects that they may have had before. */
import { type Begins, begins } from '../../src/workflow/begin.ts';
import type { Effect, EffectKindName, EffectState, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildState, buildTarget, keyOf, NOW, SETTINGS, type StateChanges } from './build.ts';

export const TIMING = SETTINGS.timing;
export const one = (changes: Partial<Target>) => [buildTarget(1, changes)];

export function needed(targets: readonly Target[], changes: StateChanges = {}, now = NOW) {
  const step = begins(buildState(targets, changes), targets, now, SETTINGS);
  return {
    ...step,
    begun: step.actions.flatMap((a) => (a.do === 'begin' ? [a.intent] : [])),
    asked: step.actions.flatMap((a) => (a.do === 'ask' ? [a] : [])),
  };
}
export const kinds = (step: ReturnType<typeof needed>) => step.begun.map((i) => i.kind);
export const set = ({ changes }: Begins) => changes.map((c) => c.set);

export const past = (kind: EffectKindName, state: EffectState, changes: Partial<Effect> = {}) =>
  buildEffect(kind, [keyOf(1)], { state, lookAt: NOW - 1, ...changes });
export const times = (n: number, effect: () => Effect) => Array.from({ length: n }, effect);
export const NOTHING = { actions: [], changes: [], news: [], wakeAts: [] };
