/** What a write expects is looked at inside its transaction: of two decisions at once, the first wins. */
import { describe, expect, it } from 'vitest';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
import type { Changes } from '../../src/workflow/changes.ts';
import { keyOf, NOW } from '../workflow/build.ts';
import { createRun, newStore, once, runInWaves } from './support.ts';

async function answer(store: SqliteStore, runId: string, changes: Changes): Promise<string> {
  const committed = await store.commit(runId, changes);
  return committed.ok ? 'done' : `${committed.refused}: ${committed.text}`;
}

describe('an expectation that does not hold', () => {
  const change: Changes = {
    run: { because: [{ code: 'x', text: 'x' }] },
    audit: [{ actor: 'a', action: 'x', text: 'x' }],
    news: [{ kind: 'progress', text: 'x' }],
  };

  it('refuses the whole write, and leaves the revision alone', async () => {
    const { store } = newStore();
    const { runId, hash } = await runInWaves(store);
    const before = store.run(runId);
    const rows = store.auditRows(runId).length;
    for (const [expect_, refused] of [
      [{ phase: 'plan' }, 'phase_changed: the run is in phase waves, not plan'],
      [{ planHash: 'f'.repeat(64) }, 'plan_changed: the plan was changed'],
      [{ planHash: null }, 'plan_changed: the plan was changed'],
      [{ approvals: 0 }, 'approvals_changed: the plan has 1 approvals, not 0'],
      [{ approvals: 2 }, 'approvals_changed: the plan has 1 approvals, not 2'],
    ] as const)
      expect(await answer(store, runId, { ...change, expect: expect_ })).toBe(refused);
    expect(store.run(runId)).toEqual(before);
    expect(store.auditRows(runId)).toHaveLength(rows);
    expect(
      await store.commit(runId, {
        ...change,
        expect: { phase: 'waves', planHash: hash, approvals: 1, notStopped: true },
      }),
    ).toMatchObject({ ok: true });
    expect(store.run(runId)?.revision).toBe((before?.revision ?? 0) + 1);
    await store.commit(runId, { run: { stopRequestedAt: NOW, stopRequestedBy: 'U' } });
    expect(await answer(store, runId, { ...change, expect: { notStopped: true } })).toBe(
      'stopped: the run was stopped',
    );
    expect(await answer(store, runId, { ...change, expect: { phase: 'waves' } })).toBe('done');
  });

  it('is about the approvals of the plan as it is now, not of an earlier one', async () => {
    const { store } = newStore();
    const { runId, hash } = await runInWaves(store);
    await store.commit(runId, { addApproval: { userId: 'UAPP2', at: NOW, planHash: 'f'.repeat(64) } });
    expect(await answer(store, runId, { expect: { approvals: 2 } })).toBe(
      'approvals_changed: the plan has 1 approvals, not 2',
    );
    expect(await answer(store, runId, { expect: { planHash: hash, approvals: 1 } })).toBe('done');
    await store.commit(runId, { run: { planHash: 'e'.repeat(64) } });
    expect(await answer(store, runId, { expect: { approvals: 0 } })).toBe('done');
  });

  it('does not use up the click: it may be made again', async () => {
    const { store } = newStore();
    const { id } = await createRun(store);
    const click = once();
    expect(await store.commit(id, { expect: { once: click, phase: 'waves' } })).toMatchObject({
      refused: 'phase_changed',
    });
    expect(await store.commit(id, { expect: { once: click } })).toMatchObject({ ok: true });
    expect(await answer(store, id, { expect: { once: click } })).toBe(
      'seen_before: this click or command was already handled',
    );
  });

  it('of a run that nobody knows says so', async () => {
    const { store } = newStore();
    expect(await answer(store, 'nobody', {})).toBe('no_such_run: there is no run nobody');
    expect(store.load('nobody')).toBeNull();
    expect(store.run('nobody')).toBeNull();
  });
});

describe('an unknown instance', () => {
  const close: Changes = {
    expect: { notClosed: keyOf(1) },
    targets: [{ key: keyOf(1), set: { commandMayRun: false } }],
    releaseInstanceLocks: [keyOf(1)],
  };
  const lock = (n: number, runId: string) => ({ key: keyOf(n), runId, reason: 'x', until: null });
  const CLOSED = `already_closed: ${keyOf(1)} was already closed`;

  it('is closed once, whether a command may run on it or it is only locked', async () => {
    for (const held of ['by a command', 'by a lock']) {
      const { store } = newStore();
      const { runId } = await runInWaves(store);
      const running = { targets: [{ key: keyOf(1), set: { commandMayRun: true } }] };
      await store.commit(runId, held === 'by a command' ? running : { instanceLocks: [lock(1, runId)] });
      expect(await answer(store, runId, close)).toBe('done');
      expect(await answer(store, runId, close)).toBe(CLOSED);
    }
  });

  it('is closed by what this run has of it, not by what another instance or a later run has', async () => {
    const { store } = newStore();
    const { runId } = await runInWaves(store);
    const later = await createRun(store, { id: 'later' });
    await store.commit(later.id, { instanceLocks: [lock(1, 'later')] });
    await store.commit(runId, {
      targets: [{ key: keyOf(2), set: { commandMayRun: true } }],
      instanceLocks: [lock(2, runId)],
    });
    expect(await answer(store, runId, close)).toBe(CLOSED);
    expect(await answer(store, runId, { expect: { notClosed: keyOf(9) } })).toBe(
      `already_closed: ${keyOf(9)} was already closed`,
    );
  });
});

describe('an approval', () => {
  const COUNTED = 'already_done: this approval is already counted';

  it('of the same plan by the same person is counted once, and nothing that comes with it is done', async () => {
    const { store } = newStore();
    const { runId, hash } = await runInWaves(store);
    const before = store.run(runId);
    const rows = store.auditRows(runId).length;
    const again = { userId: 'UAPP', at: NOW + 1, planHash: hash };
    expect(
      await answer(store, runId, {
        addApproval: again,
        run: { phase: 'report' },
        audit: [{ actor: 'UAPP', action: 'x', text: 'x' }],
      }),
    ).toBe(COUNTED);
    expect(store.run(runId)).toEqual(before);
    expect(store.auditRows(runId)).toHaveLength(rows);
    expect(store.approvals(runId)).toEqual([{ userId: 'UAPP', at: NOW, planHash: hash }]);
  });

  it('by a stand-in is the voice of whom the person stands in for, whoever of them is first', async () => {
    const { store } = newStore();
    const { runId, hash } = await runInWaves(store, undefined, {}, []);
    const standIn = (userId: string, of: string) => ({
      addApproval: { userId, at: NOW, planHash: hash, standingIn: { for: of, until: NOW + 9 } },
    });
    const own = (userId: string) => ({ addApproval: { userId, at: NOW + 1, planHash: hash } });
    expect(await answer(store, runId, standIn('USTANDIN', 'UAPP'))).toBe('done');
    expect(await answer(store, runId, own('UAPP'))).toBe(COUNTED);
    expect(await answer(store, runId, standIn('UOTHER', 'UAPP'))).toBe(COUNTED);
    expect(await answer(store, runId, own('UAPP2'))).toBe('done');
    expect(await answer(store, runId, standIn('UOTHER', 'UAPP2'))).toBe(COUNTED);
    expect(store.approvals(runId)).toEqual([
      { userId: 'USTANDIN', at: NOW, planHash: hash, standingIn: { for: 'UAPP', until: NOW + 9 } },
      { userId: 'UAPP2', at: NOW + 1, planHash: hash },
    ]);
  });
});
