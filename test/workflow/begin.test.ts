/** What the targets of a wave need next: when it is begun, when it waits, and when it is given up. */
import { describe, expect, it } from 'vitest';
import type { Effect, EffectKindName, EffectState, Stage, Target } from '../../src/workflow/run-types.ts';
import { kinds, NOTHING, needed, one, past, set, TIMING, times } from './begin-rig.ts';
import { buildEffect, buildPlan, buildTarget, keyOf, NOW } from './build.ts';
import { frozen, stopped } from './decided.ts';

const FORWARD: [Stage, EffectKindName][] = [
  ['backing_up', 'create_image'],
  ['powering_on', 'start'],
  ['ready', 'install'],
];

describe('a round', () => {
  it('begins forty calls at most, and holds back nothing else', () => {
    const many = Array.from({ length: 60 }, (_, i) => buildTarget(i + 1, { stage: 'backing_up' }));
    const doubtful = Array.from({ length: 60 }, (_, i) =>
      buildTarget(i + 100, { stage: 'powering_off', commandMayRun: true }),
    );
    const step = needed([...many, ...doubtful]);
    expect(step.begun).toHaveLength(40);
    expect(step.asked).toHaveLength(60);
  });
});

describe.each(FORWARD)('%s', (stage, kind) => {
  it(`begins ${kind}`, () => {
    expect(kinds(needed(one({ stage })))).toEqual([kind]);
  });

  it.each<EffectState>(['intended', 'begun', 'settled', 'needs_attention'])(
    'begins nothing beside one that is %s',
    (state) => {
      expect(needed(one({ stage }), { effects: [past(kind, state)] })).toMatchObject(NOTHING);
    },
  );

  it.each<EffectState>(['no_effect', 'closed'])('begins the next attempt after one that is %s', (state) => {
    const { begun } = needed(one({ stage }), { effects: [past(kind, state)] });
    expect(begun.map((i) => [i.kind, i.attempt])).toEqual([[kind, 2]]);
  });

  it('does not count what was done to others, or of another kind', () => {
    const effects = [
      buildEffect(kind, [keyOf(2)], { state: 'begun' }),
      past(kind === 'start' ? 'stop' : 'start', 'begun'),
    ];
    expect(needed(one({ stage }), { effects }).begun.map((i) => i.attempt)).toEqual([1]);
  });

  it('waits for the pause after a refusal', () => {
    const paused = past(kind, 'no_effect', { lookAt: NOW + 7 });
    const step = needed(one({ stage }), { effects: [paused] });
    expect(step.begun).toEqual([]);
    expect(step.wakeAts).toEqual([NOW + 7]);
    expect(kinds(needed(one({ stage }), { effects: [paused] }, NOW + 7))).toEqual([kind]);
  });

  it('goes on until the very end of the time for it, and ends its target after it', () => {
    const { noNewWaveAfter } = buildPlan(1);
    const since = { stage, stageSince: noNewWaveAfter };
    expect(kinds(needed(one(since), {}, noNewWaveAfter))).toEqual([kind]);
    const late = needed(one(since), {}, noNewWaveAfter + 1);
    expect(late.begun).toEqual([]);
    expect(set(late)).toMatchObject([
      {
        outcome: 'stopped',
        outcomeReason: 'The window did not leave enough time to patch it.',
        nextStep: '/patch retry takes it up again.',
      },
    ]);
  });

  it('ends its target when the run was stopped', () => {
    const step = needed(one({ stage }), { run: stopped });
    expect(step.begun).toEqual([]);
    expect(set(step)).toMatchObject([
      { outcome: 'stopped', outcomeReason: 'The run was stopped before this instance was patched.' },
    ]);
  });

  it('waits while everything is frozen, and looks again when the time for it is over', () => {
    const { noNewWaveAfter } = buildPlan(1);
    for (const now of [NOW, noNewWaveAfter]) {
      const step = needed(one({ stage }), { frozen }, now);
      expect(step).toMatchObject({ ...NOTHING, wakeAts: [noNewWaveAfter + 1] });
    }
    expect(set(needed(one({ stage }), { frozen }, noNewWaveAfter + 1))).toMatchObject([
      { outcome: 'stopped' },
    ]);
  });

  it('has no end of time where the run only backs up', () => {
    const { noNewWaveAfter } = buildPlan(1);
    const step = needed(one({ stage }), { run: { kind: 'backup_only' }, frozen }, noNewWaveAfter + 1);
    expect(step).toMatchObject(NOTHING);
  });
});

describe('how often it is tried', () => {
  it.each<[Stage, EffectKindName]>([
    ['powering_on', 'start'],
    ['ready', 'install'],
  ])('%s: eight refusals, and the last reason ends it', (stage, kind) => {
    const refused = () => past(kind, 'no_effect', { note: 'AWS asked for a pause.' });
    expect(kinds(needed(one({ stage }), { effects: times(7, refused) }))).toEqual([kind]);
    const step = needed(one({ stage }), { effects: times(8, refused) });
    expect(step.begun).toEqual([]);
    expect(set(step)).toMatchObject([{ outcomeReason: expect.stringContaining('AWS asked for a pause.') }]);
  });

  it('does not count what a person answered as a refusal', () => {
    const effects = times(9, () => past('start', 'closed'));
    expect(kinds(needed(one({ stage: 'powering_on' }), { effects }))).toEqual(['start']);
  });

  it('a backup: as often as its time allows, and once at least', () => {
    const refused = times(20, () => past('create_image', 'no_effect'));
    const stageSince = NOW - TIMING.backupTimeout;
    const backup = (changes: Partial<Target>, effects: Effect[]) =>
      kinds(needed(one({ stage: 'backing_up', ...changes }), { effects }));
    expect(backup({ stageSince }, refused)).toEqual(['create_image']);
    expect(backup({ stageSince: stageSince - 1 }, refused)).toEqual([]);
    expect(backup({ stageSince: stageSince - 1 }, [])).toEqual(['create_image']);
  });
});

describe('a refusal of a whole batch', () => {
  it.each<[Stage, EffectKindName]>([
    ['ready', 'install'],
    ['powering_on', 'start'],
    ['verifying', 'scan'],
    ['powering_off', 'stop'],
  ])('is answered by smaller ones, as it asked: %s', (stage, kind) => {
    const targets = [1, 2].map((n) => buildTarget(n, { stage }));
    const refused = buildEffect(kind, [keyOf(1), keyOf(2)], {
      state: 'no_effect',
      lookAt: NOW,
      ref: { splitTo: 1 },
    });
    expect(needed(targets, { effects: [refused] }).begun.map((i) => i.targets)).toEqual([
      [keyOf(1)],
      [keyOf(2)],
    ]);
  });
});

describe('patch commands', () => {
  it.each<Stage>(['queued', 'backing_up', 'powering_on'])(
    'wait while one of the wave is still %s',
    (stage) => {
      const others = [buildTarget(1, { stage: 'ready' }), buildTarget(2, { stage })];
      expect(kinds(needed(others))).not.toContain('install');
    },
  );

  it('do not wait for those of a later wave', () => {
    const others = [buildTarget(1, { stage: 'ready' }), buildTarget(2, { stage: 'queued', wave: 2 })];
    expect(kinds(needed(others))).toEqual(['install']);
  });

  it('are not waited for where none will come: who is ready ends with the others', () => {
    const others = [buildTarget(1, { stage: 'ready' }), buildTarget(2, { stage: 'queued' })];
    expect(set(needed(others, { run: stopped }))).toMatchObject([{ outcome: 'stopped' }]);
  });

  it('are not begun of a stored plan that is not the approved one', () => {
    const step = needed(one({ stage: 'ready' }), { planHashNow: 'f'.repeat(64) });
    expect(step.begun).toEqual([]);
    expect(set(step)).toMatchObject([
      {
        outcomeReason: 'The stored plan does not match the approved hash any more, so it was not patched.',
      },
    ]);
  });
});
