import { describe, expect, it } from 'vitest';
import { decide } from '../../src/workflow/decide.ts';
import { buildPlan, buildState, buildTarget, NOW, SETTINGS } from './build.ts';

const many = Array.from({ length: 100 }, (_, i) => ({ ...buildTarget(i + 1), stage: 'backing_up' as const }));
const state = () => buildState(many, { plan: buildPlan(100), queuedWaves: [] });

describe('a round', () => {
  it('begins at most 40 calls, and the rest in the rounds after it', () => {
    const begun = decide(state(), NOW, SETTINGS).actions.filter((a) => a.do === 'begin');

    expect(begun).toHaveLength(40);
  });

  it('begins nothing of a stored plan that is not the approved one, and says so of every target', () => {
    const { actions } = decide({ ...state(), planHashNow: 'f'.repeat(64) }, NOW, SETTINGS);

    expect(actions.filter((a) => a.do === 'begin')).toEqual([]);
    const ended = actions.flatMap((a) => (a.do === 'advance' ? (a.changes.targets ?? []) : []));
    expect(ended).toHaveLength(100);
    expect(ended[0]?.set).toMatchObject({
      outcome: 'stopped',
      outcomeReason: 'The stored plan does not match the approved hash any more, so it was not patched.',
    });
  });
});
