/** Scans, fresh and after an install: when one is sent, and when it is given up. */
import { describe, expect, it } from 'vitest';
import type { Effect, EffectState, Target } from '../../src/workflow/run-types.ts';
import { kinds, NOTHING, needed, one, past, set, TIMING, times } from './begin-rig.ts';
import { buildPlan, NOW, type StateChanges } from './build.ts';
import { frozen, stopped } from './decided.ts';

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
