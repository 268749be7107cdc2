/** What is written about an effect afterwards. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import { keyOf, NOW } from '../workflow/build.ts';
import { intentFor, readyRun } from './support.ts';

describe('the state of an effect', () => {
  it('moves only from what it is: a late answer is refused with all that comes along', async () => {
    const { store, runId, hash } = await readyRun();
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
    const { store, runId, hash } = await readyRun();
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
    expect(store.effectTagged(first.value.tag)).toEqual({
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
