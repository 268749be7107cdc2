/** One thing is done once to one instance, whatever the caller believed. */
import { describe, expect, it } from 'vitest';
import { keyOf } from '../workflow/build.ts';
import { answerTo, intentFor, readyRun } from './support.ts';

describe('a second effect of the same kind on the same instance', () => {
  const kinds = ['create_image', 'start', 'install'] as const;
  const plain = { targetSet: {} };

  for (const kind of kinds) {
    it(`(${kind}) is refused while the first may have happened, even if its row were in the right stage`, async () => {
      const { store, runId, hash } = await readyRun();
      const first = await store.intend(runId, intentFor(hash, [1], { kind, ...plain }));
      if (!first.ok) throw new Error(first.text);
      const again = () => answerTo(store, runId, intentFor(hash, [1, 2], { kind, attempt: 2, ...plain }));
      const refused = `already_done: ${keyOf(1)} already has its ${kind} in this run`;
      expect(await again()).toBe(refused);
      const move = (
        from: 'intended' | 'begun' | 'needs_attention',
        state: 'begun' | 'settled' | 'needs_attention' | 'no_effect' | 'closed',
      ) => store.commit(runId, { effects: [{ id: first.value.id, from, state }] });
      await move('intended', 'begun');
      expect(await again()).toBe(refused);
      await move('begun', 'needs_attention');
      expect(await again()).toBe(refused);
      await move('needs_attention', 'closed');
      expect(await again()).toBe('taken');
    });
  }

  it('is taken once the first certainly had no effect', async () => {
    const { store, runId, hash } = await readyRun();
    const first = await store.intend(runId, intentFor(hash, [1], plain));
    if (!first.ok) throw new Error(first.text);
    await store.commit(runId, { effects: [{ id: first.value.id, from: 'intended', state: 'no_effect' }] });
    expect(await answerTo(store, runId, intentFor(hash, [1], { attempt: 2, ...plain }))).toBe('taken');
  });

  it('is refused after the first settled: one backup, one start, one install in a run', async () => {
    const { store, runId, hash } = await readyRun();
    const first = await store.intend(runId, intentFor(hash, [1], plain));
    if (!first.ok) throw new Error(first.text);
    await store.commit(runId, { effects: [{ id: first.value.id, from: 'intended', state: 'settled' }] });
    expect(await answerTo(store, runId, intentFor(hash, [1], { attempt: 2, ...plain }))).toBe(
      `already_done: ${keyOf(1)} already has its install in this run`,
    );
  });

  it('in the same turn of the event loop: one of them is taken', async () => {
    const { store, runId, hash } = await readyRun();
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => answerTo(store, runId, intentFor(hash, [1], plain))),
    );
    expect(answers).toEqual([
      'taken',
      ...Array(3).fill(`already_done: ${keyOf(1)} already has its install in this run`),
    ]);
  });

  it('under a name that exists is refused, not an unexpected error', async () => {
    const { store, runId, hash } = await readyRun();
    const batch = 'w1/111100000001/eu-west-1/linux#same';
    expect(await answerTo(store, runId, intentFor(hash, [1], { batch, ...plain }))).toBe('taken');
    expect(await answerTo(store, runId, intentFor(hash, [2], { batch, ...plain }))).toBe(
      `already_done: batch ${batch} already has attempt 1`,
    );
    expect(await answerTo(store, runId, intentFor(hash, [2], { batch, attempt: 2, ...plain }))).toBe('taken');
  });

  it('is not confused with an error of the database, which is passed on as it is', async () => {
    const { store, runId, hash } = await readyRun();
    store.db.exec(
      "CREATE TRIGGER broken BEFORE INSERT ON effect_targets BEGIN SELECT RAISE(ABORT, 'database disk image is malformed'); END",
    );
    await expect(store.intend(runId, intentFor(hash, [1]))).rejects.toThrow(
      'database disk image is malformed',
    );
    expect(store.load(runId)?.effects).toEqual([]);
    expect(store.allTargets(runId)[0]?.stage).toBe('ready');
  });
});
