/** What follows from a call that certainly did nothing. */
import { describe, expect, it } from 'vitest';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import { NoEffect } from '../../src/workflow/ports.ts';
import { refused } from '../../src/workflow/refused.ts';
import type { Effect, EffectKindName, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildState, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';

const KINDS: readonly EffectKindName[] = ['create_image', 'start', 'install', 'scan', 'stop', 'cancel'];
const idOf = (n: number) => keyOf(n).split('/')[2] ?? '';

function answer(
  kind: EffectKindName,
  retry: 'later' | 'never',
  {
    bad = [],
    of = 3,
    attempt = 1,
    target = {},
    earlier = [],
  }: {
    bad?: number[];
    of?: number;
    attempt?: number;
    target?: Partial<Target>;
    earlier?: readonly Effect[];
  } = {},
) {
  const targets = Array.from({ length: of }, (_, i) => buildTarget(i + 1, target));
  // One that is not of this effect.
  const state = buildState([...targets, buildTarget(9)], { effects: [...earlier] });
  const context = { state, settings: SETTINGS } as unknown as EffectContext;
  const effect = buildEffect(
    kind,
    targets.map((t) => t.key),
    { state: 'intended', attempt },
  );
  const error = new NoEffect('Code', 'AWS refused it.', retry, { badInstanceIds: bad.map(idOf) });
  return refused(context, effect, error, NOW);
}
const ended = (changes: ReturnType<typeof answer>) =>
  (changes.targets ?? [])
    .filter((t) => t.set.outcome)
    .map((t) => [t.key, t.set.outcome, t.set.outcomeReason]);
const size = (changes: ReturnType<typeof answer>) => changes.effects?.[0]?.ref;
const pause = (changes: ReturnType<typeof answer>) => (changes.effects?.[0]?.lookAt ?? 0) - NOW;

describe('the instances that AWS named', () => {
  it.each([
    ['create_image', 'skipped', 'The backup was refused: AWS refused it.'],
    ['start', 'skipped', 'Its start was refused: AWS refused it.'],
    ['install', 'failed', 'The patch command was refused: AWS refused it.'],
  ] as const)('end, and hold up none of their batch: %s', (kind, outcome, reason) => {
    const changes = answer(kind, 'never', { bad: [2] });
    expect(ended(changes)).toEqual([[keyOf(2), outcome, reason]]);
    expect(size(changes)).toEqual({});
    expect(pause(changes)).toBe(0);
    expect(changes.news).toEqual([{ kind: 'failure', text: `web-2 (${idOf(2)}): ${reason}`, excerpt: '' }]);
  });

  it.each(['scan', 'stop', 'cancel'] as const)('are tried again by themselves: %s', (kind) => {
    const changes = answer(kind, 'never', { bad: [2] });
    expect(ended(changes)).toEqual([]);
    expect(changes.news).toEqual([]);
    expect(size(changes)).toEqual(kind === 'cancel' ? {} : { splitTo: 1 });
    expect(pause(changes)).toBe(SETTINGS.timing.backOff);
  });
});

describe('a batch of which AWS named nobody', () => {
  it.each(KINDS)('is halved: %s', (kind) => {
    expect(size(answer(kind, 'never', { of: 5 }))).toEqual({ splitTo: 2 });
    expect(ended(answer(kind, 'never', { of: 5 }))).toEqual([]);
  });

  it('ends when it is one instance that can never work, unless whoever begins it counts the attempts', () => {
    expect(KINDS.filter((kind) => ended(answer(kind, 'never', { of: 1 })).length > 0)).toEqual([
      'create_image',
      'start',
      'install',
    ]);
    expect(KINDS.filter((kind) => ended(answer(kind, 'later', { of: 1 })).length > 0)).toEqual([]);
    expect(size(answer('install', 'never', { of: 1 }))).toEqual({ splitTo: 1 });
  });

  it.each(KINDS)('stays whole when it may work later, after a pause that doubles: %s', (kind) => {
    expect(size(answer(kind, 'later'))).toEqual({});
    const pauses = [1, 2, 3, 7, 8, 20].map((attempt) => pause(answer(kind, 'later', { attempt })));
    expect(pauses.map((ms) => ms / SETTINGS.timing.backOff)).toEqual([1, 2, 4, 64, 64, 64]);
  });

  it('has a pause after a no for ever as well', () => {
    expect(pause(answer('install', 'never'))).toBe(SETTINGS.timing.backOff);
    expect(pause(answer('install', 'later', { bad: [1] }))).toBe(SETTINGS.timing.backOff);
  });
});

describe('what the intent made true of its instances is taken back', () => {
  const back = (kind: EffectKindName, target: Partial<Target> = {}) =>
    (answer(kind, 'later', { of: 1, target }).targets ?? []).map(({ whenStage, set }) => [whenStage, set]);

  it('of a patch command', () => {
    expect(back('install')).toEqual([['patching', { stage: 'ready', commandMayRun: false }]]);
  });

  it('of a patch command, but not that one which a person had sent again may still run', () => {
    const earlier = [buildEffect('install', [keyOf(1)], { state: 'closed' })];
    expect(answer('install', 'later', { of: 1, attempt: 2, earlier }).targets).toMatchObject([
      { key: keyOf(1), set: { stage: 'ready', commandMayRun: true } },
    ]);
  });

  it('of a start', () => {
    expect(back('start')).toEqual([['powering_on', { power: 'none' }]]);
    expect(back('start', { power: 'on' })).toEqual([['powering_on', { power: 'on' }]]);
  });

  it('of others there is nothing', () => {
    expect((['create_image', 'scan', 'stop', 'cancel'] as const).flatMap((kind) => back(kind))).toEqual([]);
  });

  it('and what an earlier attempt may have started is switched off again', () => {
    const change = (power: 'none' | 'on') =>
      answer('start', 'never', { of: 1, target: { power } }).targets?.[0];
    const nextStep = 'Mend the cause, then /patch retry.';
    expect(change('on')).toMatchObject({ set: { power: 'on', stage: 'powering_off', nextStep } });
    expect(change('none')).toMatchObject({ set: { power: 'none', stage: 'done', nextStep } });
    // The loaded state does not show yet what the intent moved.
    expect(change('none')).not.toHaveProperty('whenStage');
  });
});

it('is written down with its code and whom it ended', () => {
  const changes = answer('install', 'never', { bad: [1] });
  expect(changes.audit).toMatchObject([
    {
      actor: 'patchday',
      action: 'effect.no_effect',
      text: 'AWS refused it.',
      detail: { code: 'Code', dropped: [keyOf(1)] },
    },
  ]);
  expect(changes.effects).toMatchObject([{ from: 'intended', state: 'no_effect', note: 'AWS refused it.' }]);
});
