/** The intent of an effect is refused by what was committed before it, whatever the caller believed. */
import { describe, expect, it } from 'vitest';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
import type { Intent } from '../../src/workflow/changes.ts';
import { buildPlan, buildTarget, keyOf, NOW } from '../workflow/build.ts';
import { answerTo, createRun, intentFor, newStore, once, readyRun } from './support.ts';

const nothingWritten = (store: SqliteStore) => {
  expect(store.db.prepare('SELECT count(*) FROM effects').pluck().get()).toBe(0);
  expect(store.db.prepare('SELECT count(*) FROM effect_targets').pluck().get()).toBe(0);
};
const UNAPPROVED = 'not_approved: the plan does not have its approvals';
const OTHERS = 'other_instances: the request names other instances than its targets';
const wants = (required: number) => ({ approval: { ...buildPlan(1).approval, required } });
const all = (store: SqliteStore) => store.allTargets('k7m2qp').map((t) => [t.key, t.stage, t.commandMayRun]);

describe('an intent', () => {
  it('is taken with all that it makes true, at once', async () => {
    const { store, runId, hash } = await readyRun();
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

  it('writes into the audit what it makes true', async () => {
    const { store, runId, hash } = await readyRun();
    const intent = intentFor(hash, [1, 2]);
    const answer = await store.intend(runId, intent);
    if (!answer.ok) throw new Error(answer.text);
    const detail = store.db.prepare('SELECT detail FROM audit ORDER BY seq DESC LIMIT 1').pluck().get();
    expect(JSON.parse(String(detail))).toEqual({
      makesTrue: {
        targets: [
          { key: keyOf(1), stage: 'patching', commandMayRun: true },
          { key: keyOf(2), stage: 'patching', commandMayRun: true },
        ],
        effects: [
          {
            id: answer.value.id,
            state: 'intended',
            tag: intent.tag,
            keys: intent.targets,
            at: intent.at,
            is: expect.stringMatching(/^[0-9a-f]{64}$/),
          },
        ],
      },
    });
  });

  it('is refused when the stored plan is not the approved one, but what goes back stays possible', async () => {
    const { store, runId, hash } = await readyRun();
    store.load(runId);
    store.db.exec('DROP TRIGGER plans_are_immutable');
    store.db.exec("UPDATE plans SET body = json_set(body, '$.failureBudget', 99)");
    expect(await answerTo(store, runId, intentFor(hash, [1]))).toBe(
      'plan_changed: the stored plan is not the approved one',
    );
    nothingWritten(store);
    expect(await answerTo(store, runId, { ...intentFor(hash, [1]), forward: false })).toBe('taken');
  });

  for (const [what, code, prepare] of [
    [
      'the run was stopped',
      'stopped: the run was stopped',
      (s: SqliteStore, id: string) => s.commit(id, { run: { stopRequestedAt: NOW, stopRequestedBy: 'U' } }),
    ],
    [
      'everything is frozen',
      'frozen: everything is frozen',
      (s: SqliteStore) => s.setFreeze({ scope: 'all', by: 'U', at: NOW, reason: '' }, once()),
    ],
    [
      'the run has ended',
      'ended: the run has ended',
      (s: SqliteStore, id: string) => s.commit(id, { run: { phase: 'ended' } }),
    ],
    [
      'one of its targets moved on',
      `target_moved: ${keyOf(2)} is done`,
      (s: SqliteStore, id: string) =>
        s.commit(id, { targets: [{ key: keyOf(2), set: { stage: 'done', outcome: 'skipped' } }] }),
    ],
    [
      'the plan was changed',
      'plan_changed: the plan was changed',
      (s: SqliteStore, id: string) => s.commit(id, { run: { planHash: 'f'.repeat(64) } }),
    ],
    [
      'the database was restored and nobody released the run',
      'parked: the database was restored, and the run was not released yet',
      async (s: SqliteStore) => void s.parkIfBehind([{ name: 'a file', anchor: { seq: 9999, hash: 'f' } }]),
    ],
  ] as const) {
    it(`is refused when ${what}, and leaves nothing behind`, async () => {
      const { store, runId, hash } = await readyRun();
      await prepare(store, runId);
      const before = all(store);
      expect(await answerTo(store, runId, intentFor(hash, [1, 2]))).toBe(code);
      nothingWritten(store);
      expect(all(store)).toEqual(before);
    });

    it(`is refused when ${what} in the same turn of the event loop, by whoever was first`, async () => {
      const { store, runId, hash } = await readyRun();
      const change = prepare(store, runId);
      const late = answerTo(store, runId, intentFor(hash, [1, 2]));
      await change;
      expect(await late).toBe(code);
      nothingWritten(store);
    });
  }

  it.each([
    [1, 2],
    [2, 1],
  ])('may name its targets in another order than its request (%i, %i)', async (...order) => {
    const { store, runId, hash } = await readyRun();
    const { targets } = intentFor(hash, order.toReversed());
    expect(await answerTo(store, runId, intentFor(hash, order, { targets }))).toBe('taken');
  });

  it('that asks for the image of its one target is taken', async () => {
    const { store, runId, hash } = await readyRun();
    const request = {
      kind: 'create_image',
      instanceId: 'i-00000001',
      name: 'n',
      noReboot: true,
      tags: {},
    } as const;
    const intent = intentFor(hash, [1], { kind: 'create_image', request });
    expect(await answerTo(store, runId, intent)).toBe('taken');
  });

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
    const { store, runId, hash } = await readyRun();
    expect(await answerTo(store, runId, intentFor(hash, [1], changes))).toBe(OTHERS);
    expect(await answerTo(store, runId, { ...intentFor(hash, [1], changes), forward: false })).toBe(OTHERS);
    nothingWritten(store);
  });

  it('of a run that nobody knows is refused', async () => {
    const { store, hash } = await readyRun();
    expect(await answerTo(store, 'nobody', intentFor(hash, [1]))).toBe('no_such_run: there is no run nobody');
  });

  it('of a target that is not in the run is refused', async () => {
    const { store, runId, hash } = await readyRun();
    expect(await answerTo(store, runId, intentFor(hash, [1, 9]))).toBe(
      `target_moved: ${keyOf(9)} is not in the run`,
    );
    nothingWritten(store);
  });

  it('needs as many approvals of this very plan as the plan asks for', async () => {
    const { store, runId, hash } = await readyRun([], wants(2));
    const approve = (userId: string, planHash: string) =>
      store.commit(runId, { addApproval: { userId, at: NOW, planHash } });
    expect(await answerTo(store, runId, intentFor(hash, [1]))).toBe(UNAPPROVED);
    await approve('UAPP', hash);
    await approve('UAPP2', 'f'.repeat(64));
    expect(await answerTo(store, runId, intentFor(hash, [1]))).toBe(UNAPPROVED);
    await approve('UAPP2', hash);
    expect(await answerTo(store, runId, intentFor(hash, [1]))).toBe('taken');
  });

  it('counts a person and whoever stands in for that person as one, even if both rows got in', async () => {
    const { store, runId, hash } = await readyRun(['UAPP'], wants(2));
    store.db.exec('DROP INDEX one_approval_of_each');
    const approve = (userId: string, of: string) =>
      store.commit(runId, {
        addApproval: { userId, at: NOW, planHash: hash, standingIn: { for: of, until: NOW + 1 } },
      });
    expect(await approve('USTANDIN', 'UAPP')).toMatchObject({ ok: true });
    expect(await answerTo(store, runId, intentFor(hash, [1]))).toBe(UNAPPROVED);
    await approve('USTANDIN2', 'UAPP2');
    expect(await answerTo(store, runId, intentFor(hash, [1]))).toBe('taken');
  });

  it('for a hash of which there is no plan is refused', async () => {
    const { store, runId } = await readyRun();
    const ghost = 'e'.repeat(64);
    await store.commit(runId, {
      run: { planHash: ghost },
      addApproval: { userId: 'UAPP', at: NOW, planHash: ghost },
    });
    expect(await answerTo(store, runId, intentFor(ghost, [1]))).toBe(UNAPPROVED);
  });

  it('to stop again, or to verify, is taken although the run is stopped and everything frozen', async () => {
    const { store, runId, hash } = await readyRun();
    await store.commit(runId, { run: { stopRequestedAt: NOW, stopRequestedBy: 'U' } });
    await store.setFreeze({ scope: 'all', by: 'U', at: NOW, reason: '' }, once());
    for (const kind of ['scan', 'stop', 'cancel'] as const)
      expect(
        await answerTo(store, runId, intentFor(hash, [1], { kind, forward: false, targetSet: {} })),
      ).toBe('taken');
  });

  it('of a run that was restored and not released is refused also when it only looks', async () => {
    const { store, runId, hash } = await readyRun();
    store.parkIfBehind([{ name: 'a file', anchor: { seq: 9999, hash: 'f' } }]);
    for (const kind of ['scan', 'stop', 'cancel'] as const)
      expect(await answerTo(store, runId, intentFor(hash, [1], { kind, forward: false }))).toMatch(
        /^parked:/,
      );
    nothingWritten(store);
  });

  it('to patch is refused under a plan of backups only, which may be made', async () => {
    const { store, runId, hash } = await readyRun(undefined, { kind: 'backup_only' });
    expect(await answerTo(store, runId, intentFor(hash, [1]))).toBe(
      'not_approved: the approved plan makes backups and patches nothing',
    );
    nothingWritten(store);
    expect(await answerTo(store, runId, intentFor(hash, [1], { kind: 'create_image' }))).toBe('taken');
  });
});

describe('an intent when the window leaves no time any more', () => {
  const { noNewWaveAfter } = buildPlan(1);
  const late = { at: noNewWaveAfter + 1, targetSet: {} };

  it('is refused from the first millisecond after the last one that is allowed', async () => {
    const { store, runId, hash } = await readyRun();
    expect(await answerTo(store, runId, intentFor(hash, [1], late))).toBe(
      'late: the window does not leave enough time any more',
    );
    nothingWritten(store);
    expect(await answerTo(store, runId, intentFor(hash, [1], { ...late, at: noNewWaveAfter }))).toBe('taken');
  });

  it('is taken when it only looks or goes back', async () => {
    const { store, runId, hash } = await readyRun();
    for (const kind of ['scan', 'stop', 'cancel'] as const)
      expect(await answerTo(store, runId, intentFor(hash, [1], { ...late, kind, forward: false }))).toBe(
        'taken',
      );
  });

  it('is taken under a plan of backups only, which need no window', async () => {
    const { store, runId, hash } = await readyRun(undefined, { kind: 'backup_only' });
    expect(await answerTo(store, runId, intentFor(hash, [1], { ...late, kind: 'create_image' }))).toBe(
      'taken',
    );
  });
});

describe('an intent before there is a plan', () => {
  const fresh = { kind: 'scan', wave: 0, fromStage: 'queued', targetSet: {} } as const;
  async function beforeThePlan() {
    const { store } = newStore();
    const { id } = await createRun(store, { phase: 'fresh_scan' });
    await store.commit(id, { addTargets: [buildTarget(1, { wave: 0 })] });
    return { store, answer: (changes: object) => answerTo(store, id, intentFor(null, [1], changes)) };
  }

  it('is taken when it is a fresh scan', async () => {
    const { answer } = await beforeThePlan();
    expect(await answer(fresh)).toBe('taken');
  });

  it('is refused when it would do anything else', async () => {
    const { store, answer } = await beforeThePlan();
    for (const kind of ['create_image', 'start', 'install', 'stop', 'cancel'])
      expect(await answer({ ...fresh, kind }), kind).toBe('not_approved: there is no approved plan');
    nothingWritten(store);
  });

  it('is refused for an instance that is not where the scan found it', async () => {
    const { store, answer } = await beforeThePlan();
    expect(await answer({ ...fresh, fromStage: 'ready' })).toBe(`target_moved: ${keyOf(1)} is queued`);
    nothingWritten(store);
  });

  it('is refused once there is one: a scan without its hash is not of this plan', async () => {
    const { store, runId } = await readyRun();
    expect(await answerTo(store, runId, intentFor(null, [1], { kind: 'scan' }))).toBe(
      'plan_changed: the plan was changed',
    );
    nothingWritten(store);
  });
});
