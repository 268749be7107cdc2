/** What the simulation found, told directly: seeds change their stories with the simulation, these do not. */
import { expect, test } from 'vitest';
import { buildEffect, buildTarget, NOW } from '../workflow/build.ts';
import { changes, decided } from '../workflow/decided.ts';

const done = buildTarget(1, { stage: 'done', outcome: 'stopped', outcomeReason: 'stopped' });

test('a run does not end while the answer to one of its calls is still looked for', () => {
  const cancel = buildEffect('cancel', [done.key], { state: 'intended', lookAt: NOW + 50 });
  const open = decided([done], { effects: [cancel] });
  expect(changes(open)).toEqual([]);
  expect(open.wakeAt).toBe(NOW + 50);
  expect(open.because.map((b) => b.code)).toContain('in_doubt');
  const over = decided([done], { effects: [{ ...cancel, state: 'no_effect' }] });
  expect(changes(over)[0]?.run?.phase).toBe('report');
});
