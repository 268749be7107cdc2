/** Taking back what waits, and switching off again: when, how often, and when a person is asked. */
import { describe, expect, it } from 'vitest';
import type { EffectState, Target } from '../../src/workflow/run-types.ts';
import { kinds, NOTHING, needed, one, past, set, times } from './begin-rig.ts';
import { buildInstance, buildTarget, keyOf, NOW } from './build.ts';
import { stopped } from './decided.ts';

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
