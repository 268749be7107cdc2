import { expect, it } from 'vitest';
import { isDue } from '../../src/workflow/due.ts';
import { buildEffect, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';
import { decided } from './decided.ts';

const PAUSES = ['pollImages', 'pollCommands', 'pollPower', 'effectGrace'] as const;
const none = { ...SETTINGS.timing, pollImages: 0, pollCommands: 0, pollPower: 0, effectGrace: 0, backOff: 0 };

it('a time has come when it is reached, not a millisecond before', () => {
  expect([NOW - 1, NOW, NOW + 1].map((at) => isDue(at, NOW, SETTINGS.timing))).toEqual([true, true, false]);
});

it.each([
  ...PAUSES.map((name) => [name, { [name]: 70_000 }, 70_000] as const),
  ['the longest pause after refusals', { backOff: 1000 }, 64_000] as const,
])(
  '%s is waited for in whole; what is further away was written before the clock was set back',
  (_, timing, longest) => {
    const due = (at: number) => isDue(at, NOW, { ...none, ...timing });
    expect([due(NOW + longest), due(NOW + longest + 1)]).toEqual([false, true]);
  },
);

it('a command in progress is looked at when the clock was set back by an hour', () => {
  const target = buildTarget(1, { stage: 'patching', stageSince: NOW - 60_000 });
  const effect = buildEffect('install', [keyOf(1)], { state: 'begun', lookAt: NOW + 15_000 });
  const { actions } = decided([target], { effects: [effect] }, NOW - 3_600_000);
  expect(actions.map((a) => a.do)).toEqual(['look']);
});
