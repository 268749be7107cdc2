/** What a run still does, and no longer does, once it is stopped, frozen or late; and its way back. */
import { describe, expect, it } from 'vitest';
import type { Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildPlan, buildTarget, keyOf, NOW, type StateChanges } from './build.ts';
import { begun, changes, decided, frozen, kinds, LATE, stopped } from './decided.ts';

describe('a stop, a freeze and the end of the window', () => {
  const onTheWay = [
    buildTarget(1, { stage: 'backing_up' }),
    buildTarget(2, { stage: 'powering_on', wasStopped: true }),
    buildTarget(3, { stage: 'ready' }),
  ];

  it('begin nothing; a stop and the end of the window end what was not begun', () => {
    for (const [more, now] of [
      [{ run: stopped }, NOW],
      [{}, LATE],
    ] satisfies [StateChanges, number][]) {
      const d = decided(onTheWay, more, now);
      expect(kinds(d)).toEqual([]);
      expect(changes(d)[0]?.targets?.map((t) => t.set.outcome)).toEqual(['stopped', 'stopped', 'stopped']);
    }
    const cold = decided(onTheWay, { frozen });
    expect(kinds(cold)).toEqual([]);
    expect(changes(cold)).toEqual([]);
    expect(cold.wakeAt).toBe(LATE);
  });

  it('still stop again what was started', () => {
    for (const more of [{ run: stopped }, { frozen }] satisfies StateChanges[])
      expect(
        kinds(decided([buildTarget(1, { stage: 'powering_off', power: 'on', outcome: 'failed' })], more)),
      ).toEqual(['stop']);
    expect(
      kinds(decided([buildTarget(1, { stage: 'powering_off', power: 'on', outcome: 'failed' })], {}, LATE)),
    ).toEqual(['stop']);
  });

  it('still verify what was installed', () => {
    for (const more of [{ run: stopped }, { frozen }] satisfies StateChanges[])
      expect(kinds(decided([buildTarget(1, { stage: 'verifying', installedAt: NOW - 5 })], more))).toEqual([
        'scan',
      ]);
  });

  it('a stop cancels what waits, never what runs', () => {
    const patching = (n: number, invocation: Target['invocation']) =>
      buildTarget(n, { stage: 'patching', commandId: 'c-1', invocation, commandMayRun: true });
    const effects = [buildEffect('install', [1, 2, 3].map(keyOf))];
    const d = decided([patching(1, 'waiting'), patching(2, 'running'), patching(3, null)], {
      effects,
      run: stopped,
    });
    expect(begun(d)).toHaveLength(1);
    expect(begun(d)[0]).toMatchObject({
      kind: 'cancel',
      targets: [keyOf(1)],
      forward: false,
      request: { commandId: 'c-1' },
    });
  });

  it('a backup run that is frozen past its window sleeps until it is lifted', () => {
    const d = decided(
      [buildTarget(1, { stage: 'backing_up' })],
      { frozen, plan: buildPlan(1, { kind: 'backup_only' }), run: { kind: 'backup_only' } },
      LATE + 1000,
    );
    expect(d.actions).toEqual([]);
    expect(d.wakeAt === null || d.wakeAt > LATE + 1000).toBe(true);
  });
});

describe('switching off again', () => {
  const off = (n: number, more: Partial<Target> = {}) =>
    buildTarget(n, { stage: 'powering_off', power: 'on', outcome: 'patched', wasStopped: true, ...more });

  it('is asked about, instance by instance, where a patch command may still be going on', () => {
    const d = decided([off(1, { commandMayRun: true }), off(2, { commandMayRun: true }), off(3)]);
    const asked = d.actions.flatMap((a) => (a.do === 'ask' ? [a.intent] : []));
    expect(asked.map((i) => i.targets)).toEqual([[keyOf(1)], [keyOf(2)]]);
    expect(begun(d).map((i) => i.targets)).toEqual([[keyOf(3)]]);
    expect(new Set([...asked, ...begun(d)].map((i) => i.batch)).size).toBe(3);
  });

  it('keeps targets of different waves in different batches', () => {
    const d = decided([off(1, { wave: 1 }), off(2, { wave: 2 })], { run: { currentWave: 2 } });
    expect(begun(d).map((i) => i.wave)).toEqual([1, 2]);
  });
});

describe('a fresh scan', () => {
  const fresh = (more: StateChanges = {}) =>
    decided([buildTarget(1, { wave: 0 })], {
      plan: null,
      ...more,
      run: { phase: 'fresh_scan', currentWave: 0, ...more.run },
    });

  it('is sent once, needs no plan, and is refused once the run is stopped or frozen', () => {
    expect(begun(fresh())[0]).toMatchObject({ kind: 'scan', wave: 0, planHash: null, forward: true });
    expect(fresh({ frozen }).actions).toEqual([]);
    expect(kinds(fresh({ run: stopped }))).toEqual([]);
    expect(changes(fresh({ run: stopped }))[0]?.targets?.[0]?.set).toMatchObject({ stage: 'ready' });
  });

  it('that is done goes back to discovery', () => {
    const d = decided([buildTarget(1, { wave: 0, stage: 'ready' })], {
      plan: null,
      run: { phase: 'fresh_scan', currentWave: 0 },
    });
    expect(changes(d)[0]?.run).toEqual({ phase: 'discover' });
  });
});
