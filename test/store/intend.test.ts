/** The intent of an effect is refused by what was committed before it, whatever the caller believed. */
import { describe, expect, it } from 'vitest';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
import type { Changes, Intent } from '../../src/workflow/changes.ts';
import { buildPlan, buildTarget, keyOf, NOW } from '../workflow/build.ts';
import { createRun, intentFor, newStore, once, runInWaves } from './support.ts';

async function ready(approvers?: readonly string[], required = 1) {
  const { store, time } = newStore();
  const plan = { approval: { ...buildPlan(1).approval, required } };
  return { store, time, ...(await runInWaves(store, undefined, plan, approvers)) };
}
const refusal = async (store: SqliteStore, runId: string, intent: Intent) => {
  const answer = await store.intend(runId, intent);
  return answer.ok ? 'taken' : answer.refused;
};
const nothingWritten = (store: SqliteStore) => {
  expect(store.db.prepare('SELECT count(*) FROM effects').pluck().get()).toBe(0);
  expect(store.db.prepare('SELECT count(*) FROM effect_targets').pluck().get()).toBe(0);
};
const all = (store: SqliteStore) => store.allTargets('k7m2qp').map((t) => [t.key, t.stage, t.commandMayRun]);

describe('an intent', () => {
  it('is taken with all that it makes true, at once', async () => {
    const { store, runId, hash } = await ready();
    const answer = await store.intend(runId, intentFor(hash, [1, 2]));

    expect(answer).toMatchObject({
      ok: true,
      value: { state: 'intended', targets: [keyOf(1), keyOf(2)], attempt: 1, failures: 0, lookAt: NOW },
    });
    expect(all(store)).toEqual([
      [keyOf(1), 'patching', true],
      [keyOf(2), 'patching', true],
    ]);
    expect(store.auditRows(runId).at(-1)).toMatchObject({ action: 'effect.intended.install' });
    expect(store.load(runId)?.effects).toHaveLength(1);
  });

  it('is refused when the stored plan is not the approved one, but what goes back stays possible', async () => {
    const { store, runId, hash } = await ready();
    store.load(runId);
    store.db.exec('DROP TRIGGER plans_are_immutable');
    store.db.exec("UPDATE plans SET body = json_set(body, '$.failureBudget', 99)");
    expect(await refusal(store, runId, intentFor(hash, [1]))).toBe('plan_changed');
    nothingWritten(store);
    expect(await refusal(store, runId, { ...intentFor(hash, [1]), forward: false })).toBe('taken');
  });

  for (const [what, code, prepare] of [
    [
      'the run was stopped',
      'stopped',
      (s: SqliteStore, id: string) => s.commit(id, { run: { stopRequestedAt: NOW, stopRequestedBy: 'U' } }),
    ],
    [
      'everything is frozen',
      'frozen',
      (s: SqliteStore) => s.setFreeze({ scope: 'all', by: 'U', at: NOW, reason: '' }, once()),
    ],
    ['the run has ended', 'ended', (s: SqliteStore, id: string) => s.commit(id, { run: { phase: 'ended' } })],
    [
      'one of its targets moved on',
      'target_moved',
      (s: SqliteStore, id: string) =>
        s.commit(id, { targets: [{ key: keyOf(2), set: { stage: 'done', outcome: 'skipped' } }] }),
    ],
    [
      'the plan was changed',
      'plan_changed',
      (s: SqliteStore, id: string) => s.commit(id, { run: { planHash: 'f'.repeat(64) } }),
    ],
  ] as const) {
    it(`is refused when ${what}, and leaves nothing behind`, async () => {
      const { store, runId, hash } = await ready();
      await prepare(store, runId);
      const before = all(store);
      expect(await refusal(store, runId, intentFor(hash, [1, 2]))).toBe(code);
      nothingWritten(store);
      expect(all(store)).toEqual(before);
    });

    it(`is refused when ${what} in the same turn of the event loop, by whoever was first`, async () => {
      const { store, runId, hash } = await ready();
      const change = prepare(store, runId);
      const late = refusal(store, runId, intentFor(hash, [1, 2]));
      await change;
      expect(await late).toBe(code);
      nothingWritten(store);
    });
  }

  it.each([
    ['another instance', { request: { kind: 'start', instanceIds: ['i-0evil'] } }],
    ['one more', { request: { kind: 'start', instanceIds: ['i-00000001', 'i-00000002'] } }],
    ['none', { request: { kind: 'start', instanceIds: [] } }],
    ['the same id in another account', { accountId: '999999999999' }],
    ['the same id in another region', { region: 'eu-west-2' }],
    [
      'the image of another instance',
      { request: { kind: 'create_image', instanceId: 'i-0evil', name: 'n', noReboot: true, tags: {} } },
    ],
  ] as [string, Partial<Intent>][])('that asks for %s than its target is refused', async (_, changes) => {
    const { store, runId, hash } = await ready();
    expect(await refusal(store, runId, intentFor(hash, [1], changes))).toBe('other_instances');
    expect(await refusal(store, runId, { ...intentFor(hash, [1], changes), forward: false })).toBe(
      'other_instances',
    );
    nothingWritten(store);
  });

  it('of a run that nobody knows is refused', async () => {
    const { store, hash } = await ready();
    expect(await refusal(store, 'nobody', intentFor(hash, [1]))).toBe('no_such_run');
  });

  it('of a target that is not in the run is refused', async () => {
    const { store, runId, hash } = await ready();
    expect(await refusal(store, runId, intentFor(hash, [1, 9]))).toBe('target_moved');
    nothingWritten(store);
  });

  it('needs as many approvals of this very plan as the plan asks for', async () => {
    const { store, runId, hash } = await ready([], 2);
    const approve = (userId: string, planHash: string) =>
      store.commit(runId, { addApproval: { userId, at: NOW, planHash } });
    expect(await refusal(store, runId, intentFor(hash, [1]))).toBe('not_approved');
    await approve('UAPP', hash);
    await approve('UAPP2', 'f'.repeat(64));
    expect(await refusal(store, runId, intentFor(hash, [1]))).toBe('not_approved');
    await approve('UAPP2', hash);
    expect(await refusal(store, runId, intentFor(hash, [1]))).toBe('taken');
  });

  it('for a hash of which there is no plan is refused', async () => {
    const { store, runId } = await ready();
    const ghost = 'e'.repeat(64);
    await store.commit(runId, {
      run: { planHash: ghost },
      addApproval: { userId: 'UAPP', at: NOW, planHash: ghost },
    });
    expect(await refusal(store, runId, intentFor(ghost, [1]))).toBe('not_approved');
  });

  it('to stop again, or to verify, is taken although the run is stopped and everything frozen', async () => {
    const { store, runId, hash } = await ready();
    await store.commit(runId, { run: { stopRequestedAt: NOW, stopRequestedBy: 'U' } });
    await store.setFreeze({ scope: 'all', by: 'U', at: NOW, reason: '' }, once());
    for (const kind of ['scan', 'stop', 'cancel'] as const)
      expect(await refusal(store, runId, intentFor(hash, [1], { kind, forward: false, targetSet: {} }))).toBe(
        'taken',
      );
  });

  it('of a fresh scan needs no plan', async () => {
    const { store } = newStore();
    const { id } = await createRun(store, { phase: 'fresh_scan' });
    await store.commit(id, { addTargets: [buildTarget(1, { wave: 0 })] });
    expect(
      await refusal(
        store,
        id,
        intentFor(null, [1], { kind: 'scan', wave: 0, fromStage: 'queued', targetSet: {} }),
      ),
    ).toBe('taken');
  });
});

describe('a second effect of the same kind on the same instance', () => {
  const kinds = ['create_image', 'start', 'install'] as const;
  const plain = { targetSet: {} };

  for (const kind of kinds) {
    it(`(${kind}) is refused while the first may have happened, even if its row were in the right stage`, async () => {
      const { store, runId, hash } = await ready();
      const first = await store.intend(runId, intentFor(hash, [1], { kind, ...plain }));
      if (!first.ok) throw new Error(first.text);
      const again = () => refusal(store, runId, intentFor(hash, [1, 2], { kind, attempt: 2, ...plain }));
      expect(await again()).toBe('already_done');
      const move = (
        from: 'intended' | 'begun' | 'needs_attention',
        state: 'begun' | 'settled' | 'needs_attention' | 'no_effect' | 'closed',
      ) => store.commit(runId, { effects: [{ id: first.value.id, from, state }] });
      await move('intended', 'begun');
      expect(await again()).toBe('already_done');
      await move('begun', 'needs_attention');
      expect(await again()).toBe('already_done');
      await move('needs_attention', 'closed');
      expect(await again()).toBe('taken');
    });
  }

  it('is taken once the first certainly had no effect', async () => {
    const { store, runId, hash } = await ready();
    const first = await store.intend(runId, intentFor(hash, [1], plain));
    if (!first.ok) throw new Error(first.text);
    await store.commit(runId, { effects: [{ id: first.value.id, from: 'intended', state: 'no_effect' }] });
    expect(await refusal(store, runId, intentFor(hash, [1], { attempt: 2, ...plain }))).toBe('taken');
  });

  it('is refused after the first settled: one backup, one start, one install in a run', async () => {
    const { store, runId, hash } = await ready();
    const first = await store.intend(runId, intentFor(hash, [1], plain));
    if (!first.ok) throw new Error(first.text);
    await store.commit(runId, { effects: [{ id: first.value.id, from: 'intended', state: 'settled' }] });
    expect(await refusal(store, runId, intentFor(hash, [1], { attempt: 2, ...plain }))).toBe('already_done');
  });

  it('in the same turn of the event loop: one of them is taken', async () => {
    const { store, runId, hash } = await ready();
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => refusal(store, runId, intentFor(hash, [1], plain))),
    );
    expect(answers).toEqual(['taken', 'already_done', 'already_done', 'already_done']);
  });

  it('under a name that exists is refused, not an unexpected error', async () => {
    const { store, runId, hash } = await ready();
    const batch = 'w1/111100000001/eu-west-1/linux#same';
    expect(await refusal(store, runId, intentFor(hash, [1], { batch, ...plain }))).toBe('taken');
    expect(await refusal(store, runId, intentFor(hash, [2], { batch, ...plain }))).toBe('already_done');
    expect(await refusal(store, runId, intentFor(hash, [2], { batch, attempt: 2, ...plain }))).toBe('taken');
  });
});

describe('the state of an effect', () => {
  it('moves only from what it is: a late answer is refused with all that comes along', async () => {
    const { store, runId, hash } = await ready();
    const first = await store.intend(runId, intentFor(hash, [1]));
    if (!first.ok) throw new Error(first.text);
    const { id } = first.value;
    const late: Changes = {
      effects: [{ id, from: 'begun', state: 'settled' }],
      targets: [{ key: keyOf(1), set: { stage: 'done', outcome: 'patched' } }],
      audit: [{ actor: 'patchday', action: 'x', text: 'x' }],
      news: [{ kind: 'progress', text: 'x' }],
    };
    const rows = store.auditRows(runId).length;
    expect(await store.commit(runId, late)).toMatchObject({ ok: false, refused: 'effect_moved' });
    expect(store.allTargets(runId)[0]).toMatchObject({ stage: 'patching', outcome: null });
    expect(store.auditRows(runId)).toHaveLength(rows);
    expect(
      await store.commit(runId, { effects: [{ id: 4711, from: 'begun', state: 'settled' }] }),
    ).toMatchObject({ refused: 'effect_moved' });
  });

  it('survives a round through the file: reference, note, failures, next look', async () => {
    const { store, runId, hash } = await ready();
    const first = await store.intend(runId, intentFor(hash, [1]));
    if (!first.ok) throw new Error(first.text);
    const ref = { commandId: 'c-1', expiresAt: NOW + 5, splitTo: 3, imageId: 'ami-1' };
    await store.commit(runId, {
      effects: [
        {
          id: first.value.id,
          from: 'intended',
          state: 'begun',
          ref,
          note: 'n',
          failures: 2,
          lookAt: NOW + 9,
        },
      ],
    });
    expect(store.effect(first.value.id)).toEqual({
      ...first.value,
      state: 'begun',
      ref,
      note: 'n',
      failures: 2,
      lookAt: NOW + 9,
    });
    await store.commit(runId, { effects: [{ id: first.value.id, from: 'begun', state: 'needs_attention' }] });
    expect(store.effectsNeedingAttention(runId)).toMatchObject([{ id: first.value.id, note: 'n', ref }]);
  });
});
