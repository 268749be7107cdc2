/** What Slack is still to be told: in order, never twice when in doubt, and only once there is a thread. */
import { describe, expect, it } from 'vitest';
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { NOW } from '../workflow/build.ts';
import { createRun, newStore } from './support.ts';

async function outboxWith(runs: readonly string[], posted = true) {
  const { store, path, database } = newStore();
  const outbox = new SqliteOutbox(store);
  for (const id of runs) {
    await createRun(store, { id });
    if (posted) {
      outbox.cardSending(id);
      outbox.cardPosted(id, `ts-${id}`, 1);
    }
  }
  const tell = (id: string, ...texts: string[]) =>
    store.commit(id, { news: texts.map((text) => ({ kind: 'progress', text })) });
  const due = (now = NOW) => outbox.due(now, 10).map((r) => [r.runId, 'text' in r.news ? r.news.text : '']);
  return { store, outbox, tell, due, path, database };
}

describe('the card', () => {
  it('that may be doubled is known as such for good', async () => {
    const { outbox } = await outboxWith(['a', 'b'], false);
    outbox.cardSending('a');
    expect(outbox.card('a')).toMatchObject({ state: 'sending', mayBeDoubled: false });
    outbox.cardInDoubt('a');
    expect(outbox.card('a')).toMatchObject({ state: 'none', ts: null, mayBeDoubled: true });
    outbox.cardPosted('a', 'ts', 1);
    outbox.cardLost('a');
    expect(outbox.card('a')).toMatchObject({ state: 'none', ts: null, mayBeDoubled: true });
    expect(outbox.card('b')).toMatchObject({ mayBeDoubled: false });
  });
});

describe('news', () => {
  it('wait until the card of their run is posted', async () => {
    const { outbox, tell, due } = await outboxWith(['a'], false);
    await tell('a', 'one');
    expect(due()).toEqual([]);
    outbox.cardSending('a');
    expect(due()).toEqual([]);
    outbox.cardPosted('a', 'ts', 1);
    expect(due()).toEqual([['a', 'one']]);
    outbox.cardLost('a');
    expect(due()).toEqual([]);
  });

  it('go out one after the other in each run, and runs do not wait for each other', async () => {
    const { outbox, tell, due } = await outboxWith(['a', 'b']);
    await tell('a', 'a1', 'a2');
    await tell('b', 'b1');
    expect(due()).toEqual([
      ['a', 'a1'],
      ['b', 'b1'],
    ]);
    const [first] = outbox.due(NOW, 1);
    outbox.sending(first?.id ?? 0, NOW);
    expect(due()).toEqual([['b', 'b1']]);
    outbox.sent(first?.id ?? 0, 'ts');
    expect(due()).toEqual([
      ['a', 'a2'],
      ['b', 'b1'],
    ]);
  });

  it('that certainly did not arrive are tried again after their pause, and hold back what comes after', async () => {
    const { outbox, tell, due } = await outboxWith(['a']);
    await tell('a', 'a1', 'a2');
    const [first] = outbox.due(NOW, 1);
    outbox.sending(first?.id ?? 0, NOW);
    outbox.failed(first?.id ?? 0, 'ratelimited', NOW + 500);
    expect(due(NOW + 499)).toEqual([]);
    expect(due(NOW + 500)).toEqual([['a', 'a1']]);
    expect(outbox.due(NOW + 500, 1)[0]).toMatchObject({ attempts: 1 });
  });

  it('that wait for their pause are tried at once after a restart, whatever its clock says', async () => {
    const { outbox, tell, due } = await outboxWith(['a']);
    await tell('a', 'a1');
    const [first] = outbox.due(NOW, 1);
    outbox.sending(first?.id ?? 0, NOW);
    outbox.failed(first?.id ?? 0, 'ratelimited', NOW + 500);
    expect(outbox.recover()).toBe(0);
    expect(due(NOW - 3_600_000)).toEqual([['a', 'a1']]);
  });

  it('of which nobody knows whether they arrived are not sent again after a crash; the next ones are', async () => {
    const { outbox, tell, due } = await outboxWith(['a']);
    await tell('a', 'a1', 'a2');
    const [first] = outbox.due(NOW, 1);
    outbox.sending(first?.id ?? 0, NOW);
    expect(outbox.recover()).toBe(1);
    expect(outbox.recover()).toBe(0);
    expect(due()).toEqual([['a', 'a2']]);
  });

  it('of a change that was refused do not exist', async () => {
    const { store, due } = await outboxWith(['a']);
    await store.commit('a', {
      expect: { phase: 'waves' },
      news: [{ kind: 'progress', text: 'never happened' }],
    });
    expect(due()).toEqual([]);
  });
});

describe('a card', () => {
  it('is stale as soon as its run has changed, and until that revision was shown', async () => {
    const { store, outbox } = await outboxWith(['a']);
    outbox.cardShown('a', store.run('a')?.revision ?? 0);
    expect(outbox.staleCards()).toEqual([]);
    await store.commit('a', { run: { because: [{ code: 'x', text: 'x' }] } });
    expect(outbox.staleCards()).toEqual(['a']);
    const revision = store.run('a')?.revision ?? 0;
    outbox.cardShown('a', revision);
    outbox.cardShown('a', revision - 1);
    expect(outbox.staleCards()).toEqual([]);
    outbox.refreshOpenCards();
    expect(outbox.staleCards()).toEqual(['a']);
  });
});
