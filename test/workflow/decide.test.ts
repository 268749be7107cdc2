/** What a run does next, from hand-built rows and the time alone. */
import { describe, expect, it } from 'vitest';
import { mention } from '../../src/workflow/mention.ts';
import type { Run } from '../../src/workflow/run-types.ts';
import { environmentGone } from '../../src/workflow/settings.ts';
import {
  buildEffect,
  buildInstance,
  buildPlan,
  buildTarget,
  keyOf,
  NOW,
  type StateChanges,
} from './build.ts';
import { begun, changes, decided, frozen, kinds, LATE, stopped, tasks } from './decided.ts';

describe('before the waves', () => {
  const phase = (name: Run['phase'], more: StateChanges = {}, now = NOW) =>
    decided([], { plan: buildPlan(1), ...more, run: { phase: name, ...more.run } }, now);

  it('a run that has ended does nothing', () => {
    expect(phase('ended')).toEqual({ actions: [], wakeAt: null, because: [] });
  });

  it('discovery and planning are tasks, and a stop ends them', () => {
    expect(tasks(phase('discover'))).toEqual(['discover']);
    expect(tasks(phase('plan'))).toEqual(['plan']);
    for (const name of ['discover', 'plan', 'await_approval', 'await_start'] as const)
      expect(changes(phase(name, { run: stopped }))[0]?.run).toMatchObject({
        phase: 'ended',
        end: 'stopped',
      });
  });

  it('approval is awaited until its time is over', () => {
    const expiresAt = NOW + 1_800_000;
    expect(phase('await_approval', { run: { expiresAt } })).toMatchObject({ actions: [], wakeAt: expiresAt });
    expect(phase('await_approval', { run: { expiresAt } }, expiresAt - 1).actions).toEqual([]);
    expect(changes(phase('await_approval', { run: { expiresAt } }, expiresAt))[0]?.run).toMatchObject({
      end: 'expired',
    });
  });

  it('an approved run starts neither before its time, nor after, nor while frozen', () => {
    const plan = buildPlan(1, { startNotBefore: NOW + 1000 });
    expect(phase('await_start', { plan })).toMatchObject({ actions: [], wakeAt: NOW + 1000 });
    expect(tasks(phase('await_start', { plan }, NOW + 1000))).toEqual(['start_run']);
    expect(phase('await_start', { plan, frozen }, NOW + 1000)).toMatchObject({ actions: [], wakeAt: LATE });
    expect(tasks(phase('await_start', { plan }, LATE - 1))).toEqual(['start_run']);
    expect(changes(phase('await_start', { plan }, LATE))[0]?.run).toMatchObject({ end: 'expired' });
    expect(changes(phase('await_start', { plan, frozen }, LATE))[0]?.run).toMatchObject({ end: 'expired' });
  });
});

describe('in a wave', () => {
  it('each instance that needs one gets a backup of its own', () => {
    const d = decided([1, 2, 3].map((n) => buildTarget(n, { stage: 'backing_up' })));
    expect(kinds(d)).toEqual(['create_image', 'create_image', 'create_image']);
    expect(begun(d).map((i) => i.targets.length)).toEqual([1, 1, 1]);
    expect(new Set(begun(d).map((i) => i.tag)).size).toBe(3);
  });

  it('nothing is patched while one of the wave is still on its way to ready', () => {
    for (const stage of ['backing_up', 'powering_on'] as const) {
      const effects = [buildEffect(stage === 'backing_up' ? 'create_image' : 'start', [keyOf(2)])];
      expect(
        kinds(decided([buildTarget(1, { stage: 'ready' }), buildTarget(2, { stage })], { effects })),
      ).toEqual([]);
    }
    expect(
      kinds(
        decided([buildTarget(1, { stage: 'ready' }), buildTarget(2, { stage: 'done', outcome: 'skipped' })]),
      ),
    ).toEqual(['install']);
  });

  it('patch commands go out in batches of one account, region and platform, no larger than allowed', () => {
    const other = (n: number, c: Parameters<typeof buildInstance>[1]) => {
      const instance = buildInstance(n, c);
      const key = `${instance.accountId}/${instance.region}/${instance.instanceId}`;
      return buildTarget(n, { stage: 'ready', instance: { ...instance, key } });
    };
    const targets = [
      ...Array.from({ length: 7 }, (_, i) => buildTarget(i + 1, { stage: 'ready' })),
      other(11, { platform: 'windows' }),
      other(12, { region: 'us-east-1' }),
      other(13, { accountId: '222200000002' }),
    ];
    const intents = begun(decided(targets, { plan: buildPlan(10, { batchSize: 3 }) }));
    expect(intents.map((i) => i.targets.length).sort()).toEqual([1, 1, 1, 1, 3, 3]);
    for (const intent of intents) {
      const places = new Set(
        intent.targets.map((key) => {
          const i = targets.find((t) => t.key === key)?.instance;
          return `${i?.accountId} ${i?.region} ${i?.platform}`;
        }),
      );
      expect(places.size).toBe(1);
      expect(intent.request).toMatchObject({
        parameters: {
          Operation: ['Install'],
          RebootOption: ['RebootIfNeeded'],
          SnapshotId: ['6f1c0d5a-0000-4000-8000-000000000001'],
        },
      });
      expect(intent).toMatchObject({
        forward: true,
        fromStage: 'ready',
        targetSet: { stage: 'patching', commandMayRun: true },
      });
    }
    expect(new Set(intents.map((i) => i.tag)).size).toBe(intents.length);
    expect(Math.max(...intents.map((i) => i.tag.length))).toBeLessThanOrEqual(100);
    expect(intents.flatMap((i) => i.targets).sort()).toEqual(targets.map((t) => t.key).sort());
  });

  it('what has a live effect of a kind does not get another', () => {
    for (const state of ['intended', 'begun', 'settled', 'needs_attention'] as const) {
      for (const [kind, stage] of [
        ['create_image', 'backing_up'],
        ['start', 'powering_on'],
        ['install', 'ready'],
      ] as const)
        expect(
          kinds(
            decided([buildTarget(1, { stage })], { effects: [buildEffect(kind, [keyOf(1)], { state })] }),
          ),
        ).toEqual([]);
    }
  });

  it('what was certainly without effect is tried again after its pause, as the next attempt', () => {
    const target = buildTarget(1, { stage: 'ready' });
    const refused = (lookAt: number) => [
      buildEffect('install', [keyOf(1)], { state: 'no_effect', lookAt, note: 'busy' }),
    ];
    const waiting = decided([target], { effects: refused(NOW + 50) });
    expect(kinds(waiting)).toEqual([]);
    expect(waiting.wakeAt).toBe(NOW + 50);
    expect(begun(decided([target], { effects: refused(NOW) }))[0]).toMatchObject({ attempt: 2 });
  });

  it('what was refused too often is given up, with the last reason', () => {
    const effects = Array.from({ length: 8 }, () =>
      buildEffect('install', [keyOf(1)], { state: 'no_effect', lookAt: NOW - 1, note: 'AWS says no' }),
    );
    const d = decided([buildTarget(1, { stage: 'ready' })], { effects });
    expect(kinds(d)).toEqual([]);
    expect(changes(d)[0]?.targets?.[0]?.set).toMatchObject({
      outcome: 'failed',
      outcomeReason: 'The patch command was refused: AWS says no',
    });
  });

  it('a batch that was refused as a whole is split', () => {
    const keys = [1, 2, 3, 4].map(keyOf);
    const effects = [buildEffect('install', keys, { state: 'no_effect', lookAt: NOW, ref: { splitTo: 2 } })];
    const intents = begun(
      decided(
        [1, 2, 3, 4].map((n) => buildTarget(n, { stage: 'ready' })),
        { effects },
      ),
    );
    expect(intents.map((i) => i.targets.length)).toEqual([2, 2]);
    expect(new Set([...intents.map((i) => `${i.batch} ${i.attempt}`), `${effects[0]?.batch} 1`]).size).toBe(
      3,
    );
  });

  it('a question is not acted on: an install is searched for, a power question is left alone', () => {
    const ask = (kind: 'install' | 'stop') => [
      buildEffect(kind, [keyOf(1)], { state: 'needs_attention', lookAt: NOW - 1, note: 'x' }),
    ];
    const patching = decided([buildTarget(1, { stage: 'patching' })], { effects: ask('install') });
    expect(patching.actions.map((a) => a.do)).toEqual(['resolve']);
    expect(patching.because[0]?.code).toBe('needs_attention');
    const power = decided(
      [buildTarget(1, { stage: 'powering_off', power: 'ask', outcome: 'unknown', commandMayRun: true })],
      { effects: ask('stop') },
    );
    expect(power.actions).toEqual([]);
  });

  it('looks that are due are made together by kind and place; the others wake it', () => {
    const effects = [
      buildEffect('create_image', [keyOf(1)], { lookAt: NOW - 5 }),
      buildEffect('create_image', [keyOf(2)], { lookAt: NOW }),
      buildEffect('create_image', [keyOf(3)], { lookAt: NOW + 70 }),
    ];
    const d = decided(
      [1, 2, 3].map((n) => buildTarget(n, { stage: 'backing_up' })),
      { effects },
    );
    expect(d.actions).toHaveLength(1);
    expect(d.actions[0]).toMatchObject({
      do: 'look',
      effects: [{ id: effects[0]?.id }, { id: effects[1]?.id }],
    });
    expect(d.wakeAt).toBe(NOW + 70);
  });

  it('an intent without an outcome is searched for', () => {
    const effects = [buildEffect('install', [keyOf(1)], { state: 'intended', lookAt: NOW })];
    expect(decided([buildTarget(1, { stage: 'patching' })], { effects }).actions.map((a) => a.do)).toEqual([
      'resolve',
    ]);
  });
});
describe('what is written when a run ends before anything was changed', () => {
  const ends = (name: Run['phase'], more: StateChanges, now = NOW) =>
    decided([], { plan: buildPlan(1), ...more, run: { phase: name, ...more.run } }, now);
  const ended = (phase: Run['phase'], end: string, text: string) => ({
    actions: [
      {
        do: 'advance',
        changes: {
          expect: { phase },
          endQueued: { reason: text, nextStep: '' },
          run: {
            phase: 'ended',
            end,
            endReason: text,
            endedAt: expect.any(Number),
            wakeAt: null,
            because: [],
          },
          keepZones: [],
          audit: [{ actor: 'patchday', action: `run.${end}`, text }],
          news: [{ kind: 'progress', text }],
        },
      },
    ],
    wakeAt: null,
    because: [],
  });

  it.each(['discover', 'plan', 'await_approval', 'await_start'] as const)('%s: by a stop', (phase) => {
    expect(ends(phase, { run: stopped })).toEqual(
      ended(phase, 'stopped', `Stopped by ${mention('UREQ')} before anything was changed.`),
    );
  });

  it.each(['discover', 'plan', 'await_approval', 'await_start'] as const)(
    '%s: by a configuration that does not know its environment any more',
    (phase) => {
      expect(ends(phase, { run: { environment: 'gone' } })).toEqual(
        ended(phase, 'halted', `${environmentGone('gone')} Nothing was changed.`),
      );
    },
  );

  it('await_approval: by time', () => {
    expect(ends('await_approval', { run: { expiresAt: NOW } })).toEqual(
      ended(
        'await_approval',
        'expired',
        'The time to approve this plan is over. Scan again for a fresh one.',
      ),
    );
  });

  it('await_start: by its window, or by having no plan', () => {
    const by = ended(
      'await_start',
      'expired',
      'Its window went by before it could start. Scan again for a new plan.',
    );
    expect(ends('await_start', {}, LATE)).toEqual(by);
    expect(ends('await_start', { plan: null })).toEqual(by);
  });
});

describe('what is said of a run that waits', () => {
  it.each<[Run['phase'], StateChanges, string, string]>([
    ['discover', {}, 'discovering', 'Looking at the instances.'],
    ['plan', {}, 'planning', 'Making the plan.'],
    ['await_approval', {}, 'awaiting_approval', 'Waiting for approval.'],
    ['await_start', {}, 'starting', 'Checking approvers and accounts once more.'],
    [
      'await_start',
      { plan: buildPlan(1, { startNotBefore: NOW + 1 }) },
      'not_before',
      'Approved; it starts when its window opens.',
    ],
    [
      'await_start',
      { frozen },
      'frozen',
      `Everything is frozen by ${mention('UAPP')}: incident. Nothing new starts until /patch unfreeze all.`,
    ],
    [
      'await_start',
      { frozen: { by: 'UAPP', reason: '' } },
      'frozen',
      `Everything is frozen by ${mention('UAPP')}. Nothing new starts until /patch unfreeze all.`,
    ],
    ['report', {}, 'reporting', 'Writing the report.'],
  ])('%s %#', (phase, more, code, text) => {
    const { because } = decided([], { plan: buildPlan(1), ...more, run: { phase } });
    expect(because).toEqual([{ code, text }]);
  });

  it('an approval that never expires is waited for without an alarm', () => {
    const waiting = decided([], { run: { phase: 'await_approval', expiresAt: null } });
    expect(waiting).toMatchObject({ actions: [], wakeAt: null });
  });

  it('a report is written though the configuration does not know its environment any more', () => {
    expect(tasks(decided([], { run: { phase: 'report', environment: 'gone' } }))).toEqual(['report']);
  });

  it('a task is begun at once: nothing is slept for', () => {
    expect(decided([], { run: { phase: 'discover' } }).wakeAt).toBeNull();
  });
});
