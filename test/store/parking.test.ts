/** A database that is behind: what is parked, what is given up, and who may let it go on. */
import { describe, expect, it } from 'vitest';
import { readAudit } from '../../src/store/audit-chain.ts';
import { retell } from '../../src/store/audit-replay.ts';
import { differencesToTables } from '../../src/store/audit-tables.ts';
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
import { NOW } from '../workflow/build.ts';
import { newStore, runInWaves } from './support.ts';

/** As when it is opened and somebody remembers more than it has. */
const restore = (store: SqliteStore) =>
  store.parkIfBehind([{ name: 'a witness', anchor: { seq: 999_999, hash: 'f'.repeat(64) } }]);
const found = (mayRelease: boolean) => ({
  parked: { at: NOW, why: 'behind', finding: 'This was found.', mayRelease },
});

describe('a parked run', () => {
  it('that was matched against AWS and is restored once more must be matched again before it may go on', async () => {
    const { store } = newStore();
    const { runId } = await runInWaves(store);
    expect(restore(store)?.runs).toEqual([runId]);
    await store.commit(runId, found(true));
    expect(store.load(runId)?.parked).toMatchObject({ finding: 'This was found.', mayRelease: true });
    expect(restore(store)?.runs).toEqual([runId]);
    expect(store.load(runId)?.parked).toMatchObject({ finding: null, mayRelease: false });
    expect(await store.commit(runId, { unpark: true })).toMatchObject({ ok: false, refused: 'not_parked' });
    await store.commit(runId, found(true));
    expect(await store.commit(runId, { unpark: true })).toMatchObject({ ok: true });
    expect(store.load(runId)?.parked).toBeNull();
  });

  it('that may not be released stays parked until it is stopped', async () => {
    const { store } = newStore();
    const { runId } = await runInWaves(store);
    restore(store);
    await store.commit(runId, found(false));
    expect(await store.commit(runId, { unpark: true })).toMatchObject({ ok: false, refused: 'not_parked' });
    expect(store.load(runId)?.parked).not.toBeNull();
    await store.commit(runId, { run: { stopRequestedAt: NOW, stopRequestedBy: 'U1' } });
    expect(await store.commit(runId, { unpark: true })).toMatchObject({ ok: true });
  });

  it('that was not matched against AWS yet stays parked, also when it is stopped', async () => {
    const { store } = newStore();
    const { runId } = await runInWaves(store);
    restore(store);
    await store.commit(runId, { run: { stopRequestedAt: NOW, stopRequestedBy: 'U1' } });
    expect(await store.commit(runId, { unpark: true })).toMatchObject({ ok: false, refused: 'not_parked' });
  });
});

describe('a restored database', () => {
  const all = (store: SqliteStore) => store.freezes();

  it('is frozen until a person lifts it, in the same transaction, and says so in the audit', async () => {
    const { store } = newStore();
    restore(store);
    expect(all(store)).toEqual([
      {
        scope: 'all',
        by: 'patchday',
        at: NOW,
        reason:
          'the database is an older copy, and freezes, locks on instances and answers since then are not in it',
      },
    ]);
    expect(store.auditRows(null).at(-1)).toMatchObject({ actor: 'patchday', action: 'freeze.set' });
    expect(differencesToTables(store.db, retell(readAudit(store.db)))).toEqual([]);
    expect(await store.setFreeze({ lift: 'all', by: 'U1', reason: 'looked' }, 'click')).toMatchObject({
      ok: true,
    });
    expect(all(store)).toEqual([]);
  });

  it('keeps the freeze that the copy had, with its reason', async () => {
    const { store } = newStore();
    const freeze = { scope: 'all', by: 'U1', at: NOW - 5, reason: 'incident' };
    await store.setFreeze(freeze, 'click');
    restore(store);
    expect(all(store)).toEqual([freeze]);
    expect(store.auditRows(null).filter((r) => r.action === 'freeze.set')).toHaveLength(1);
  });
});

it('what waited for Slack or was on its way there when the copy was made is not told after a restore', async () => {
  const { store } = newStore();
  const outbox = new SqliteOutbox(store);
  const { runId } = await runInWaves(store);
  outbox.cardSending(runId);
  outbox.cardPosted(runId, 'ts', 1);
  const texts = ['told already', 'on its way', 'waits'];
  await store.commit(runId, { news: texts.map((text) => ({ kind: 'progress', text })) });
  const [first] = outbox.due(NOW, 1);
  outbox.sent(first?.id ?? 0, 'ts');
  const [second] = outbox.due(NOW, 1);
  outbox.sending(second?.id ?? 0, NOW);

  restore(store);
  const states = store.db.prepare('SELECT state FROM outbox ORDER BY id').pluck().all();
  expect(states).toEqual(['sent', 'given_up', 'given_up', 'pending']);
  outbox.recover();
  const due = outbox.due(NOW, 10);
  expect(due.map((r) => 'text' in r.news && r.news.text)).toEqual([expect.stringContaining('is parked')]);
});
