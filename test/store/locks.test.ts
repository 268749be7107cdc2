/** Locks on landing zones, on instances, and on everything. */
import { describe, expect, it } from 'vitest';
import { buildRun, keyOf, NOW } from '../workflow/build.ts';
import { createRun, newStore, once } from './support.ts';

const ZONE = 'shop-prod';

describe('locks', () => {
  it('on landing zones are taken together or not at all', async () => {
    const { store } = newStore();
    await createRun(store, { id: 'first' }, [ZONE]);
    const request = (id: string, lockZones: string[]) =>
      store.createRun({ run: buildRun({ id, phase: 'discover' }), lockZones, once: once(), audit: [] });
    expect(await request('second', ['other', ZONE])).toEqual({ ok: false, heldBy: 'first', zone: ZONE });
    expect(store.run('second')).toBeNull();
    expect(await request('third', ['other'])).toEqual({ ok: true });
    const answers = await Promise.all([
      request('fourth', ['free', 'more']),
      request('fifth', ['more', 'free']),
    ]);
    expect(answers).toEqual([{ ok: true }, { ok: false, heldBy: 'fourth', zone: 'more' }]);
  });

  it('on landing zones are given back one by one, and all at the end', async () => {
    const { store } = newStore();
    await createRun(store, { id: 'first' }, ['a', 'b', 'c']);
    const held = () => store.db.prepare('SELECT landing_zone FROM zone_locks ORDER BY 1').pluck().all();
    await store.commit('first', { keepZones: ['b', 'c', 'never had'] });
    expect(held()).toEqual(['b', 'c']);
    await createRun(store, { id: 'second' }, ['a']);
    await store.commit('first', { keepZones: [] });
    expect(held()).toEqual(['a']);
  });

  it('the same command delivered twice makes one run', async () => {
    const { store } = newStore();
    const request = { lockZones: [], once: 'same', audit: [] };
    const answers = await Promise.all(
      ['x', 'y'].map((id) => store.createRun({ ...request, run: buildRun({ id, phase: 'discover' }) })),
    );
    expect(answers).toEqual([{ ok: true }, { ok: false, seenBefore: true }]);
  });

  it('on instances hold until they are released, or until their time is over', async () => {
    const { store, time } = newStore();
    const { id } = await createRun(store);
    const lock = (n: number, until: number | null) => ({ key: keyOf(n), runId: id, reason: 'r', until });
    await store.commit(id, { instanceLocks: [lock(1, null), lock(2, NOW + 10)] });
    const held = () => store.instanceLocks([1, 2, 3].map(keyOf)).map((l) => l.key);
    expect(held()).toEqual([keyOf(1), keyOf(2)]);
    time.now = NOW + 10;
    expect(held()).toEqual([keyOf(1)]);
    await store.commit(id, { releaseInstanceLocks: [keyOf(1)] });
    expect(held()).toEqual([]);
  });

  it('on an instance go over to the run that takes it next, and the one before cannot give it back', async () => {
    const { store } = newStore();
    const first = await createRun(store, { id: 'first' });
    const second = await createRun(store, { id: 'second' });
    const lock = { key: keyOf(1), runId: first.id, reason: 'unknown', until: NOW + 10 };
    await store.commit(first.id, { instanceLocks: [lock] });
    const taken = { key: keyOf(1), runId: second.id, reason: 'other', until: null };
    await store.commit(second.id, { instanceLocks: [taken] });
    expect(store.instanceLocks([keyOf(1)])).toEqual([taken]);
    await store.commit(first.id, { releaseInstanceLocks: [keyOf(1)] });
    expect(store.instanceLocks([keyOf(1)])).toEqual([taken]);
    await store.commit(second.id, { releaseInstanceLocks: [keyOf(1)] });
    expect(store.instanceLocks([keyOf(1)])).toEqual([]);
  });

  it('of everything are set once and lifted once, each with its audit row', async () => {
    const { store } = newStore();
    const set = () => store.setFreeze({ scope: 'all', by: 'U1', at: NOW, reason: 'incident' }, once());
    const lift = () => store.setFreeze({ lift: 'all', by: 'U2', reason: '' }, once());
    expect((await Promise.all([set(), set()])).map((a) => a.ok)).toEqual([true, false]);
    expect(store.freezes()).toEqual([{ scope: 'all', by: 'U1', at: NOW, reason: 'incident' }]);
    expect((await Promise.all([lift(), lift()])).map((a) => a.ok)).toEqual([true, false]);
    expect(store.freezes()).toEqual([]);
    expect(store.auditRows(null).map((r) => [r.actor, r.action])).toEqual([
      ['U1', 'freeze.set'],
      ['U2', 'freeze.lifted'],
    ]);
  });
});
