/** What follows from that which AWS remembers of a run, after its database was restored from a copy. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import { decide } from '../../src/workflow/decide.ts';
import { HISTORY_MS, matchWithAws, type Trace } from '../../src/workflow/reconcile.ts';
import type { Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildState, buildTarget, keyOf, NOW, SETTINGS, type StateChanges } from './build.ts';

const idOf = (n: number) => keyOf(n).split('/')[2] ?? '';

function trace(
  targets: readonly number[],
  batch = 'w1/111100000001/eu-west-1/linux#1 a1',
  kind = 'install',
): Trace {
  return {
    landingZone: 'shop-prod',
    accountId: '111100000001',
    region: 'eu-west-1',
    command: {
      commandId: `command-of-${targets.join('-')}`,
      comment: `patchday ${buildState([]).run.id} ${kind} ${batch}`,
      document: { name: 'AWS-RunPatchBaseline', version: '1' },
      instanceIds: targets.map(idOf),
      parameters: { Operation: ['Install'] },
      requestedAt: NOW - 60_000,
      expiresAt: NOW + 60_000,
    },
  };
}

function match(
  targets: readonly Target[],
  traces: readonly Trace[],
  changes: StateChanges = {},
  now = NOW,
): Changes {
  const state = buildState(targets, {
    ...changes,
    run: { phase: 'waves', currentWave: 1, createdAt: NOW - 3_600_000, ...changes.run },
  });
  return matchWithAws(state, targets, traces, [], now);
}

const outcomes = (changes: Changes) =>
  (changes.targets ?? []).map((t) => [t.key, t.set.stage, t.set.outcome]);

describe('a patch command that the copy does not know', () => {
  it('is adopted for instances on their way to it, in whatever stage and wave they are', () => {
    const targets = [
      buildTarget(1, { stage: 'ready' }),
      buildTarget(2, { stage: 'backing_up' }),
      buildTarget(3, { stage: 'queued', wave: 2 }),
    ];
    const changes = match(targets, [trace([1, 2]), trace([3], 'w2/111100000001/eu-west-1/linux#1 a1')]);
    expect(changes.adopt?.map((e) => [e.kind, e.state, e.wave, e.targets])).toEqual([
      ['install', 'begun', 1, [keyOf(1), keyOf(2)]],
      ['install', 'begun', 2, [keyOf(3)]],
    ]);
    expect(outcomes(changes).map(([, stage]) => stage)).toEqual(['patching', 'patching', 'patching']);
    expect(changes.run?.currentWave).toBe(2);
    expect(changes.parked).toMatchObject({ mayRelease: true });
    expect(changes.parked?.finding).toContain('3 instances got a patch command after the copy was made');
  });

  it('answers the question about the one before it', () => {
    const targets = [buildTarget(1, { stage: 'patching' })];
    const asked = buildEffect('install', [keyOf(1)], {
      state: 'needs_attention',
      tag: 'patchday k7m2qp install old a1',
    });
    const changes = match(targets, [trace([1])], { effects: [asked] });
    expect(changes.effects).toMatchObject([{ id: asked.id, from: 'needs_attention', state: 'closed' }]);
    expect(changes.adopt).toHaveLength(1);
  });

  it('has the instance that was stopped before stopped again, and names it', () => {
    const changes = match([buildTarget(1, { stage: 'powering_on', wasStopped: true })], [trace([1])]);
    expect(changes.targets?.[0]?.set.power).toBe('on');
    expect(changes.parked?.finding).toContain('To be stopped again at the end');
  });
});

describe('what does not fit', () => {
  const lost = (changes: Changes) => {
    expect(changes.adopt).toEqual([]);
    expect(changes.instanceLocks?.map((l) => l.key)).toContain(keyOf(1));
    return outcomes(changes);
  };

  it('two commands for one instance: it is unknown and locked', () => {
    const traces = [trace([1]), trace([1], 'w1/111100000001/eu-west-1/linux#2 a2')];
    expect(lost(match([buildTarget(1, { stage: 'ready' })], traces))).toEqual([
      [keyOf(1), 'done', 'unknown'],
    ]);
  });

  it('a command to an instance that is not in the run takes the whole command with it', () => {
    expect(lost(match([buildTarget(1, { stage: 'ready' })], [trace([1, 9])]))).toEqual([
      [keyOf(1), 'done', 'unknown'],
    ]);
  });

  it('a command beside one that is followed already', () => {
    const followed = buildEffect('install', [keyOf(1)], {
      state: 'begun',
      tag: 'patchday k7m2qp install other a1',
    });
    expect(
      lost(match([buildTarget(1, { stage: 'patching' })], [trace([1])], { effects: [followed] })),
    ).toEqual([[keyOf(1), 'done', 'unknown']]);
  });

  it('a question about more instances than the command went to: none of them is sent anything again', () => {
    const targets = [buildTarget(1, { stage: 'patching' }), buildTarget(2, { stage: 'patching' })];
    const asked = buildEffect('install', [keyOf(1), keyOf(2)], {
      state: 'needs_attention',
      tag: 'patchday k7m2qp install old a1',
    });
    const changes = match(targets, [trace([1])], { effects: [asked] });
    expect(lost(changes)).toEqual([
      [keyOf(1), 'done', 'unknown'],
      [keyOf(2), 'done', 'unknown'],
    ]);
    expect(changes.effects).toMatchObject([{ id: asked.id, state: 'closed' }]);
  });

  it('a run that had not begun in the copy ends, and its instances are locked', () => {
    const changes = match([buildTarget(1)], [trace([1])], { run: { phase: 'await_start' } });
    expect(changes).toMatchObject({ unpark: true, run: { phase: 'ended', end: 'halted' }, keepZones: [] });
    expect(lost({ ...changes, adopt: [] })).toEqual([[keyOf(1), 'done', 'unknown']]);
    expect(changes.run?.endReason).toContain('command-of-1');
  });
});

describe('nothing found', () => {
  it('changes nothing, and leaves it to a person', () => {
    const changes = match([buildTarget(1, { stage: 'ready' })], []);
    expect([changes.targets, changes.adopt, changes.effects]).toEqual([[], [], []]);
    expect(changes.parked).toMatchObject({ mayRelease: true });
    expect(changes.parked?.finding).toContain('/patch release');
  });

  it('proves nothing about a run that is older than AWS remembers', () => {
    const changes = match([buildTarget(1, { stage: 'ready' })], [], {
      run: { createdAt: NOW - HISTORY_MS - 1 },
    });
    expect(changes.parked).toMatchObject({ mayRelease: false });
    expect(changes.parked?.finding).toContain('end it with /patch stop');
  });

  it('commands that the rows know, and those of other runs, are none of its business', () => {
    const known = trace([1]);
    const followed = buildEffect('install', [keyOf(1)], { state: 'begun', tag: known.command.comment });
    const other = {
      ...trace([1]),
      command: { ...trace([1]).command, comment: 'patchday other install w1/x#1 a1' },
    };
    const changes = match([buildTarget(1, { stage: 'patching' })], [known, other], { effects: [followed] });
    expect([changes.targets, changes.adopt, changes.instanceLocks]).toEqual([[], [], []]);
  });

  it('takes only the names of scans, so that no comment is used twice', () => {
    const scans = [1, 1].map(() => trace([1], 'w1/111100000001/eu-west-1/linux#1 a1', 'scan'));
    const changes = match([buildTarget(1, { stage: 'verifying' })], scans);
    expect(changes.adopt?.map((e) => [e.kind, e.state, e.targets])).toEqual([['scan', 'settled', []]]);
  });
});

describe('a parked run', () => {
  const parked = { at: NOW - 1000, why: 'The database is a copy.', finding: null, mayRelease: false };
  const asks = (changes: StateChanges, now = NOW) =>
    decide(
      buildState([buildTarget(1, { stage: 'ready' })], {
        ...changes,
        run: { phase: 'waves', ...changes.run },
      }),
      now,
      SETTINGS,
    );

  it('waits for the grace period, asks AWS, and begins nothing', () => {
    const early = asks({ parked: { ...parked, at: NOW } });
    expect(early.actions).toEqual([]);
    expect(early.wakeAt).toBe(NOW + SETTINGS.timing.effectGrace);
    expect(asks({ parked }).actions).toEqual([{ do: 'task', task: { name: 'reconcile' } }]);
    const asked = asks({ parked: { ...parked, finding: 'Found.', mayRelease: true } });
    expect(asked).toMatchObject({ actions: [], wakeAt: null, because: [{ code: 'parked', text: 'Found.' }] });
  });

  it('that is told to stop is held against AWS first, and ends then', () => {
    const run = { stopRequestedAt: NOW, stopRequestedBy: 'U' };
    expect(asks({ parked, run }).actions).toEqual([{ do: 'task', task: { name: 'reconcile' } }]);
    expect(asks({ parked: { ...parked, finding: 'Found.' }, run }).actions).toMatchObject([
      { do: 'advance', changes: { unpark: true } },
    ]);
  });
});
