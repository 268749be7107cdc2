/** A database that is behind: what is parked, what is given up, and who may let it go on. */
import { describe, expect, it } from 'vitest';
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
