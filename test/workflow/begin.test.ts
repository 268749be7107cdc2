/** What the targets of a wave need next: when it is begun, when it waits, and when it is given up. */
import { describe, expect, it } from 'vitest';
import { type Begins, begins } from '../../src/workflow/begin.ts';
import type { Effect, EffectKindName, EffectState, Stage, Target } from '../../src/workflow/run-types.ts';
import {
  buildEffect,
  buildInstance,
  buildPlan,
  buildState,
  buildTarget,
  keyOf,
  NOW,
  SETTINGS,
  type StateChanges,
} from './build.ts';
import { frozen, stopped } from './decided.ts';

const TIMING = SETTINGS.timing;
const one = (changes: Partial<Target>) => [buildTarget(1, changes)];

function needed(targets: readonly Target[], changes: StateChanges = {}, now = NOW) {
  const step = begins(buildState(targets, changes), targets, now, SETTINGS);
  return {
    ...step,
    begun: step.actions.flatMap((a) => (a.do === 'begin' ? [a.intent] : [])),
    asked: step.actions.flatMap((a) => (a.do === 'ask' ? [a] : [])),
  };
}
const kinds = (step: ReturnType<typeof needed>) => step.begun.map((i) => i.kind);
const set = ({ changes }: Begins) => changes.map((c) => c.set);

const past = (kind: EffectKindName, state: EffectState, changes: Partial<Effect> = {}) =>
  buildEffect(kind, [keyOf(1)], { state, lookAt: NOW - 1, ...changes });
const times = (n: number, effect: () => Effect) => Array.from({ length: n }, effect);
const NOTHING = { actions: [], changes: [], news: [], wakeAts: [] };

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

  it('are halved as a refusal of the whole batch asked', () => {
    const targets = [1, 2].map((n) => buildTarget(n, { stage: 'ready' }));
    const refused = buildEffect('install', [keyOf(1), keyOf(2)], {
      state: 'no_effect',
      lookAt: NOW,
      ref: { splitTo: 1 },
    });
    expect(needed(targets, { effects: [refused] }).begun.map((i) => i.targets)).toEqual([
      [keyOf(1)],
      [keyOf(2)],
    ]);
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

describe('a scan that verifies', () => {
  const verifying = (changes: Partial<Target> = {}) => one({ stage: 'verifying', ...changes });

  it('goes on while the run is stopped, frozen or out of time', () => {
    const { noNewWaveAfter } = buildPlan(1);
    const target = verifying({ stageSince: noNewWaveAfter });
    expect(kinds(needed(verifying(), { run: stopped }))).toEqual(['scan']);
    expect(kinds(needed(verifying(), { frozen }))).toEqual(['scan']);
    expect(kinds(needed(target, {}, noNewWaveAfter + 1))).toEqual(['scan']);
  });

  it.each<EffectState>(['intended', 'begun'])('is not begun beside one that is %s', (state) => {
    expect(needed(verifying(), { effects: [past('scan', state)] })).toMatchObject(NOTHING);
  });

  it('is looked at again when its time is over', () => {
    const since = NOW - 5;
    expect(needed(verifying({ stageSince: since })).wakeAts).toEqual([since + TIMING.verifyTimeout + 1]);
  });

  it('waits for the pause after the last one', () => {
    const step = needed(verifying(), { effects: [past('scan', 'settled', { lookAt: NOW + 3 })] });
    expect(step.begun).toEqual([]);
    expect(step.wakeAts).toEqual([NOW + 3]);
  });

  it('counts from the first scan of the wave, not from the fresh one before the plan', () => {
    const fresh = times(3, () => past('scan', 'settled', { wave: 0 }));
    expect(needed(verifying(), { effects: fresh }).begun.map((i) => i.attempt)).toEqual([1]);
  });

  it.each<[string, EffectState, number]>([
    ['three that AWS took', 'settled', 3],
    ['eight that AWS refused', 'no_effect', 8],
  ])('is given up after %s, and says the last reason', (_, state, most) => {
    const scan = () => past('scan', state, { note: 'the agent fell silent' });
    expect(needed(verifying(), { effects: times(most - 1, scan) }).begun.map((i) => i.attempt)).toEqual([
      most,
    ]);
    const step = needed(verifying(), { effects: times(most, scan) });
    expect(step.begun).toEqual([]);
    expect(set(step)).toMatchObject([{ outcomeReason: expect.stringContaining('the agent fell silent') }]);
  });

  it('is given up when its time is over, whatever was tried', () => {
    const stageSince = NOW - TIMING.verifyTimeout;
    expect(kinds(needed(verifying({ stageSince })))).toEqual(['scan']);
    const step = needed(verifying({ stageSince: stageSince - 1 }));
    expect(step.begun).toEqual([]);
    expect(set(step)).toMatchObject([
      { outcomeReason: expect.stringContaining('the SSM agent did not come back online in time') },
    ]);
  });

  it('goes to half as many after a refusal of the whole batch', () => {
    const targets = [1, 2].map((n) => buildTarget(n, { stage: 'verifying' }));
    const refused = buildEffect('scan', [keyOf(1), keyOf(2)], {
      state: 'no_effect',
      lookAt: NOW,
      ref: { splitTo: 1 },
    });
    expect(needed(targets, { effects: [refused] }).begun).toHaveLength(2);
  });
});

describe('a fresh scan', () => {
  const fresh = (
    effects: Effect[] = [],
    changes: StateChanges = {},
    target: Partial<Target> = {},
    now = NOW,
  ) =>
    needed(
      one({ stage: 'queued', wave: null, ...target }),
      {
        plan: null,
        effects,
        ...changes,
        run: { phase: 'fresh_scan', ...changes.run },
      },
      now,
    );
  const scanned = (state: EffectState) => past('scan', state, { wave: 0 });

  it('is sent to who is queued, and to nobody else', () => {
    expect(fresh().begun.map((i) => [i.kind, i.wave, i.attempt])).toEqual([['scan', 0, 1]]);
    expect(fresh([], {}, { stage: 'ready' })).toMatchObject(NOTHING);
  });

  it('has no end of its own to wake for: the scans that AWS took have one', () => {
    expect(fresh().wakeAts).toEqual([]);
  });

  it('does not need a plan that is approved', () => {
    const plan = buildPlan(1);
    expect(kinds(fresh([], { plan, planHashNow: 'f'.repeat(64) }))).toEqual(['scan']);
  });

  it('does not count the scans of a wave', () => {
    expect(fresh(times(3, () => past('scan', 'settled'))).begun.map((i) => i.attempt)).toEqual([1]);
  });

  it('waits while everything is frozen', () => {
    expect(fresh([], { frozen })).toMatchObject(NOTHING);
  });

  it('is not made when the run was stopped: its target is ready as it is', () => {
    const step = fresh([], { run: stopped });
    expect(step.begun).toEqual([]);
    expect(set(step)).toMatchObject([{ stage: 'ready' }]);
  });

  it.each<[string, EffectState, number]>([
    ['three that AWS took', 'settled', 3],
    ['eight that AWS refused', 'no_effect', 8],
  ])('is given up after %s: its target is ready as it is', (_, state, most) => {
    expect(kinds(fresh(times(most - 1, () => scanned(state))))).toEqual(['scan']);
    const step = fresh(times(most, () => scanned(state)));
    expect(step.begun).toEqual([]);
    expect(set(step)).toMatchObject([{ stage: 'ready' }]);
  });
});

describe('a cancel, once the run is stopped', () => {
  const patching = (changes: Partial<Target> = {}) =>
    one({ stage: 'patching', commandId: 'c-1', invocation: 'waiting', ...changes });

  it('is sent for a command that still waits for its instance', () => {
    expect(kinds(needed(patching(), { run: stopped }))).toEqual(['cancel']);
  });

  it('is not sent otherwise', () => {
    expect(needed(patching())).toMatchObject(NOTHING);
    expect(needed(patching({ invocation: 'running' }), { run: stopped })).toMatchObject(NOTHING);
    expect(needed(patching({ invocation: null }), { run: stopped })).toMatchObject(NOTHING);
    expect(needed(patching({ commandId: null }), { run: stopped })).toMatchObject(NOTHING);
  });

  it.each<EffectState>(['intended', 'begun', 'settled'])('is not sent beside one that is %s', (state) => {
    expect(needed(patching(), { run: stopped, effects: [past('cancel', state)] })).toMatchObject(NOTHING);
  });

  it('is sent three times at the most', () => {
    const refused = () => past('cancel', 'no_effect');
    const sent = (n: number) => needed(patching(), { run: stopped, effects: times(n, refused) }).begun;
    expect(sent(2).map((i) => i.attempt)).toEqual([3]);
    expect(sent(3)).toEqual([]);
  });
});

describe('switching off again', () => {
  const off = (changes: Partial<Target> = {}) => one({ stage: 'powering_off', power: 'on', ...changes });

  it('is begun where no command can be running', () => {
    const step = needed(off());
    expect(kinds(step)).toEqual(['stop']);
    expect(step.asked).toEqual([]);
  });

  it.each<EffectState>(['intended', 'begun', 'needs_attention'])(
    'is not begun beside one that is %s',
    (state) => {
      expect(needed(off(), { effects: [past('stop', state)] })).toMatchObject(NOTHING);
    },
  );

  it.each<EffectState>(['settled', 'closed'])('is begun anew after one that is %s, at once', (state) => {
    const effects = times(9, () => past('stop', state, { lookAt: NOW + 3 }));
    expect(needed(off(), { effects }).begun.map((i) => i.attempt)).toEqual([10]);
  });

  it('waits for the pause after a refusal', () => {
    const step = needed(off(), { effects: [past('stop', 'no_effect', { lookAt: NOW + 3 })] });
    expect(step).toMatchObject({ ...NOTHING, wakeAts: [NOW + 3] });
    expect(kinds(needed(off(), { effects: [past('stop', 'no_effect', { lookAt: NOW })] }))).toEqual(['stop']);
  });

  it('is left to a person after eight refusals, and counts nothing else as one', () => {
    const refused = () => past('stop', 'no_effect', { note: 'It is protected.' });
    const seven = [past('stop', 'closed'), ...times(7, refused)];
    expect(kinds(needed(off(), { effects: seven }))).toEqual(['stop']);
    const step = needed(off({ nextStep: 'Read the log.' }), { effects: times(8, refused) });
    const byHand =
      'It was started for patching and could not be stopped again (It is protected): stop it by hand.';
    expect(step.begun).toEqual([]);
    expect(set(step)).toEqual([{ stage: 'done', nextStep: `Read the log. ${byHand}` }]);
    expect(step.news).toEqual([{ kind: 'failure', text: `web-1 (i-00000001): ${byHand}`, excerpt: '' }]);
    expect(set(needed(off(), { effects: times(8, refused) }))).toMatchObject([{ nextStep: byHand }]);
  });

  it('goes by half after a refusal of the whole batch', () => {
    const targets = [1, 2].map((n) => buildTarget(n, { stage: 'powering_off' }));
    const refused = buildEffect('stop', [keyOf(1), keyOf(2)], {
      state: 'no_effect',
      lookAt: NOW,
      ref: { splitTo: 1 },
    });
    expect(needed(targets, { effects: [refused] }).begun).toHaveLength(2);
  });

  it('asks a person where a command may still be running, about each by its name', () => {
    const targets = [1, 2].map((n) =>
      buildTarget(n, {
        stage: 'powering_off',
        commandMayRun: true,
        instance: buildInstance(n, { name: `db-${n}` }),
      }),
    );
    const { asked, begun } = needed([...targets, buildTarget(3, { stage: 'powering_off' })]);
    expect(asked.map((a) => a.intent.targets)).toEqual([[keyOf(1)], [keyOf(2)]]);
    expect(asked.map((a) => a.note)).toEqual(
      ['db-1 (i-00000001)', 'db-2 (i-00000002)'].map(
        (name) =>
          `${name} was started for patching and a command may still be running on it: it is not switched off without a person's word.`,
      ),
    );
    expect(asked[1]?.text).toBe(
      'db-2 (i-00000002) was stopped before and was started for patching. A command may still be running on it, and switching it off in the middle of a package transaction can break it. Stop it now, or leave it on?',
    );
    expect(begun.map((i) => i.targets)).toEqual([[keyOf(3)]]);
    const names = [...asked.map((a) => a.intent.batch), ...begun.map((i) => i.batch)];
    expect(new Set(names).size).toBe(3);
  });
});
