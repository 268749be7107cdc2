/** A wave while it is open: what is followed, what is said of it, and when the gate is asked. */
import { describe, expect, it } from 'vitest';
import { followEffects } from '../../src/workflow/decide-wave.ts';
import { mention } from '../../src/workflow/mention.ts';
import type { Effect, EffectKindName, EffectState, Stage, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildPlan, buildTarget, keyOf, NOW, SETTINGS, type StateChanges } from './build.ts';
import { changes, decided, frozen, kinds, LATE, stopped, tasks } from './decided.ts';

const said = (targets: readonly Target[], more: StateChanges = {}) =>
  decided(targets, more).because.map((b) => [b.code, b.text]);
const patching = (n: number, more: Partial<Target> = {}) =>
  buildTarget(n, { stage: 'patching', commandId: 'c-1', ...more });
const installing = (...ns: number[]) => buildEffect('install', ns.map(keyOf), { lookAt: NOW + 50 });

describe('what is followed', () => {
  const later = NOW + 1;
  const followed = (kind: EffectKindName, state: EffectState, lookAt = NOW) =>
    followEffects([buildEffect(kind, [keyOf(1)], { state, lookAt })], NOW, SETTINGS.timing);

  it.each<[EffectKindName, EffectState, 'look' | 'resolve' | null]>([
    ['create_image', 'intended', 'resolve'],
    ['create_image', 'begun', 'look'],
    ['create_image', 'settled', null],
    ['create_image', 'no_effect', null],
    ['create_image', 'needs_attention', null],
    ['create_image', 'closed', null],
    ['install', 'intended', 'resolve'],
    ['install', 'begun', 'look'],
    ['install', 'needs_attention', 'resolve'],
    ['install', 'settled', null],
    ['install', 'closed', null],
    ['stop', 'needs_attention', null],
  ])('%s, %s: %s', (kind, state, what) => {
    expect(followed(kind, state).actions.map((a) => a.do)).toEqual(what === null ? [] : [what]);
    expect(followed(kind, state).wakeAt).toBeNull();
    expect(followed(kind, state, later)).toEqual({ actions: [], wakeAt: what === null ? null : later });
  });

  it('by one look for one kind at one place', () => {
    const effect = (kind: EffectKindName, accountId: string, region: string) =>
      buildEffect(kind, [keyOf(1)], { accountId, region, lookAt: NOW });
    const first = effect('install', '1', 'a');
    const others = [effect('scan', '1', 'a'), effect('install', '2', 'a'), effect('install', '1', 'b')];
    const second = effect('install', '1', 'a');
    const { actions } = followEffects([first, ...others, second], NOW, SETTINGS.timing);
    expect(actions).toEqual([
      { do: 'look', effects: [first, second] },
      ...others.map((e) => ({ do: 'look', effects: [e] })),
    ]);
  });

  it('at the earliest of all the times', () => {
    const at = (lookAt: number) => buildEffect('install', [keyOf(1)], { lookAt });
    expect(followEffects([at(NOW + 9), at(NOW + 3), at(NOW + 5)], NOW, SETTINGS.timing).wakeAt).toBe(NOW + 3);
  });
});

describe('what is said of an open wave', () => {
  it('how many are in which stage, in the order of the runbook, without those that wait for their turn', () => {
    const targets = [
      buildTarget(1, { stage: 'ready' }),
      patching(2),
      patching(3),
      buildTarget(4, { stage: 'backing_up' }),
      buildTarget(5, { stage: 'queued' }),
      buildTarget(6, { stage: 'done', outcome: 'patched' }),
    ];
    const effects = [installing(2, 3), buildEffect('create_image', [keyOf(4)])];
    expect(said(targets, { effects })).toEqual([
      ['wave', 'Wave 1 of 1: 1 backing up, 1 ready to patch, 2 patching.'],
    ]);
  });

  it('that it is beginning', () => {
    expect(said([buildTarget(1, { stage: 'queued' })])).toEqual([['wave', 'Wave 1 of 1: beginning.']]);
    expect(said([buildTarget(1, { stage: 'queued' })], { plan: null })).toEqual([
      ['wave', 'Wave 1 of ?: beginning.'],
    ]);
  });

  it('that it is a fresh scan', () => {
    const run = { phase: 'fresh_scan' as const, currentWave: 0 };
    const scan = buildEffect('scan', [keyOf(1)], { wave: 0 });
    const because = said([buildTarget(1, { wave: 0 })], { plan: null, run, effects: [scan] });
    expect(because).toEqual([['wave', 'Fresh scan: beginning.']]);
  });

  it('that a call of it is in doubt, once no target is on its way', () => {
    const done = buildTarget(1, { stage: 'done', outcome: 'patched' });
    const effects = [buildEffect('stop', [keyOf(1)], { state: 'intended', lookAt: NOW + 5 })];
    expect(said([done], { effects })).toEqual([['in_doubt', 'Finding out what became of the last call.']]);
    expect(said([patching(2)], { effects })).toEqual([['wave', 'Wave 1 of 1: 1 patching.']]);
  });

  it('first that it was stopped, then that everything is frozen, then how it stands', () => {
    expect(said([patching(1)], { effects: [installing(1)], frozen, run: stopped })).toEqual([
      [
        'stopping',
        `Stopped by ${mention('UREQ')}: nothing new begins; what was begun is followed to its end.`,
      ],
      [
        'frozen',
        `Everything is frozen by ${mention('UAPP')}: incident. Nothing new starts until /patch unfreeze all.`,
      ],
      ['wave', 'Wave 1 of 1: 1 patching.'],
    ]);
  });

  it('before all, what needs a person; after all, what gives trouble', () => {
    const asked = buildEffect('install', [keyOf(1)], {
      state: 'needs_attention',
      lookAt: NOW + 5,
      note: 'Was it sent?',
      failures: 3,
    });
    const trouble = buildEffect('install', [keyOf(2)], { failures: 1, note: 'AWS is slow.' });
    expect(said([patching(1), patching(2)], { effects: [trouble, asked], run: stopped })).toEqual([
      ['needs_attention', 'Needs a person. Was it sent?'],
      [
        'stopping',
        `Stopped by ${mention('UREQ')}: nothing new begins; what was begun is followed to its end.`,
      ],
      ['wave', 'Wave 1 of 1: 2 patching.'],
      ['trouble', 'AWS is slow.'],
    ]);
  });

  it('nothing of a trouble that is over, that was none, or that has no words', () => {
    const effects = [
      buildEffect('install', [keyOf(1)], { state: 'settled', failures: 2, note: 'It was slow.' }),
      buildEffect('install', [keyOf(1)], { failures: 0, note: 'Followed.' }),
      buildEffect('install', [keyOf(1)], { failures: 2, note: '' }),
    ];
    expect(said([patching(1)], { effects }).map(([code]) => code)).toEqual(['wave']);
  });
});

describe('what is written of targets that end without patching', () => {
  it.each([
    [1, '1 instance ended: nothing more is done to it.'],
    [2, '2 instances ended: nothing more is done to them.'],
  ])('%i: who, how and why; none of them stays locked', (n, text) => {
    const targets = Array.from({ length: n }, (_, i) => buildTarget(i + 1, { stage: 'backing_up' }));
    const [written] = changes(decided(targets, { run: stopped }));
    const reason = 'The run was stopped before this instance was patched.';
    expect(written?.audit).toEqual([
      {
        actor: 'patchday',
        action: 'targets.ended',
        text,
        detail: { targets: targets.map((t) => ({ key: t.key, outcome: 'stopped', reason })) },
      },
    ]);
    expect(written?.targets).toHaveLength(n);
    expect(written?.instanceLocks).toEqual([]);
    expect(written?.news).toEqual([]);
  });

  it('nothing of targets that only move on', () => {
    const fresh = { phase: 'fresh_scan' as const, currentWave: 0, ...stopped };
    const [written] = changes(decided([buildTarget(1, { wave: 0 })], { plan: null, run: fresh }));
    expect(written?.targets).toHaveLength(1);
    expect(written?.audit).toEqual([]);
  });
});

describe('when the gate is asked', () => {
  const done = buildTarget(1, { stage: 'done', outcome: 'patched' });
  const two = buildPlan(2, {
    waves: [
      { number: 1, size: 1, worstCaseMs: 1 },
      { number: 2, size: 1, worstCaseMs: 1 },
    ],
  });
  const next = (more: Partial<Target> = {}) => buildTarget(2, { wave: 2, ...more });

  it('once nobody of the wave is on the way', () => {
    const queued: StateChanges = { plan: two, queuedWaves: [2] };
    expect(tasks(decided([done, next()], queued))).toEqual(['open_wave']);
    expect(tasks(decided([buildTarget(1, { stage: 'verifying' }), next()], queued))).toEqual([]);
  });

  it.each<Stage>(['powering_off', 'patching'])(
    'though one that is %s waits for an answer about its power',
    (stage) => {
      const waits = buildTarget(1, { stage, power: 'ask' });
      const effects = [buildEffect('stop', [keyOf(1)], { state: 'needs_attention' })];
      expect(tasks(decided([waits, next()], { plan: two, queuedWaves: [2], effects }))).toContain(
        'open_wave',
      );
    },
  );

  it('not for one without a wave: it holds up the current one', () => {
    const d = decided([buildTarget(1, { wave: null, stage: 'verifying' })], {
      effects: [buildEffect('scan', [keyOf(1)], { lookAt: NOW + 5 })],
    });
    expect(d.because.map((b) => b.code)).toEqual(['wave']);
  });

  it('not while a call is in doubt, nor in the round that ends the last of the wave', () => {
    const effects = [buildEffect('stop', [keyOf(1)], { state: 'intended', lookAt: NOW + 5 })];
    expect(tasks(decided([done, next()], { plan: two, queuedWaves: [2], effects }))).toEqual([]);
    const late = decided([buildTarget(1, { stage: 'ready' }), next()], { plan: two, queuedWaves: [2] }, LATE);
    expect(tasks(late)).toEqual([]);
    expect(kinds(late)).toEqual([]);
    expect(changes(late)).toHaveLength(1);
  });

  it('not in a round that ends one of another wave', () => {
    const off = next({ stage: 'powering_off', power: 'on' });
    const effects = Array.from({ length: 8 }, () =>
      buildEffect('stop', [keyOf(2)], { state: 'no_effect', lookAt: NOW - 1, note: 'no' }),
    );
    const d = decided([done, off], { plan: two, queuedWaves: [2], effects });
    expect(changes(d)).toHaveLength(1);
    expect(tasks(d)).toEqual([]);
  });

  it('ready targets of a fresh scan are through; queued ones are not', () => {
    const run = { phase: 'fresh_scan' as const, currentWave: 0 };
    const through = decided([buildTarget(1, { wave: 0, stage: 'ready' })], { plan: null, run });
    expect(changes(through)[0]?.run).toEqual({ phase: 'discover' });
    const scan = buildEffect('scan', [keyOf(1)], { wave: 0 });
    expect(changes(decided([buildTarget(1, { wave: 0 })], { plan: null, run, effects: [scan] }))).toEqual([]);
  });
});

describe('when it is decided again', () => {
  it('at the earliest of what is followed and what is begun', () => {
    const paused = buildEffect('create_image', [keyOf(1)], { state: 'no_effect', lookAt: NOW + 20 });
    const backing = [buildTarget(1, { stage: 'backing_up' }), patching(2)];
    expect(decided(backing, { effects: [paused, installing(2)] }).wakeAt).toBe(NOW + 20);
    const soon = buildEffect('install', [keyOf(2)], { lookAt: NOW + 10 });
    expect(decided(backing, { effects: [paused, soon] }).wakeAt).toBe(NOW + 10);
    expect(decided([backing[0] as Target], { effects: [paused] }).wakeAt).toBe(NOW + 20);
  });

  it('at the end of the window, where the gate waits for the freeze, unless something is due before', () => {
    const done = buildTarget(1, { stage: 'done', outcome: 'patched' });
    const next = buildTarget(2, { wave: 2 });
    const plan = buildPlan(2, {
      waves: [1, 2].map((number) => ({ number, size: 1, worstCaseMs: 1 })),
    });
    const waits = (effects: Effect[] = []) =>
      decided([done, next], { plan, queuedWaves: [2], frozen, effects }).wakeAt;
    expect(waits()).toBe(LATE);
    expect(waits([buildEffect('cancel', [keyOf(1)], { lookAt: NOW + 10 })])).toBe(NOW + 10);
  });

  it('at what is followed, where the gate has no time of its own', () => {
    const asked = buildTarget(1, { stage: 'powering_off', power: 'ask' });
    const follow = buildEffect('cancel', [keyOf(1)], { lookAt: NOW + 10 });
    const question = buildEffect('stop', [keyOf(1)], { state: 'needs_attention' });
    const d = decided([asked], { effects: [follow, question] });
    expect(d.because.map((b) => b.code)).toContain('answers');
    expect(d.wakeAt).toBe(NOW + 10);
  });

  it('only when something happens, where nothing is awaited', () => {
    expect(decided([buildTarget(1, { stage: 'queued' })]).wakeAt).toBeNull();
  });
});
