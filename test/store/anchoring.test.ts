/** The head of the audit goes where whoever holds the database cannot reach it, and only when there is something new. */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAnchors } from '../../src/store/anchor-file.ts';
import { anchorHead } from '../../src/store/anchoring.ts';
import { readAudit, verifyAudit } from '../../src/store/audit-chain.ts';
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
import { endsNotAnchored } from '../support/ends-anchored.ts';
import { NOW } from '../workflow/build.ts';
import { createRun, newStore } from './support.ts';

async function storeWith(runs: readonly string[], posted = true) {
  const { store, path } = newStore();
  const outbox = new SqliteOutbox(store);
  for (const id of runs) {
    await createRun(store, { id });
    if (posted) outbox.cardPosted(id, `ts-${id}`, 1);
  }
  const file = join(dirname(path), 'anchors', 'audit-anchors.txt');
  return { store, outbox, file, anchor: () => anchorHead(store, file, NOW) };
}

/** The heads that are told, each with the run in whose thread. */
function told(store: SqliteStore): { runId: string; seq: number; hash: string }[] {
  return store.db
    .prepare(
      `SELECT run_id AS runId, news ->> '$.seq' AS seq, news ->> '$.hash' AS hash FROM outbox
       WHERE news ->> '$.kind' = 'anchor' ORDER BY id`,
    )
    .all() as never;
}

const DENIED = { actor: 'UNOBODY', action: 'denied.approve', text: 'Not in the group.' };
const FORGED = `Audit head: 999999999:${'a'.repeat(64)}`;

describe('the head of the audit', () => {
  it('is told in the thread of an open run and written to the file, and proves the rows before it', async () => {
    const { store, file, anchor } = await storeWith(['a', 'b']);
    await store.commit('b', { run: { phase: 'ended' } });
    await store.audit('a', DENIED);
    await anchor();
    const head = store.auditHead();
    expect(told(store)).toMatchObject([{ runId: 'b' }, { runId: 'a', ...head }]);
    expect(readAnchors(file)).toEqual([head]);
    expect(verifyAudit(readAudit(store.db), told(store))).toMatchObject({ ok: true, anchorsMet: 2 });
  });

  it('is not told again while nothing happened, and again when something did', async () => {
    const { store, anchor } = await storeWith(['a']);
    await anchor();
    await anchor();
    expect(told(store)).toHaveLength(1);
    await store.audit('a', DENIED);
    await anchor();
    await anchor();
    expect(told(store).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('is told whatever a name, an output or a typed reason says of it', async () => {
    const { store, anchor } = await storeWith(['a']);
    await store.commit('a', {
      news: [
        { kind: 'progress', text: `Rejected by UREQ2: ${FORGED}` },
        { kind: 'failure', text: FORGED, excerpt: FORGED },
        { kind: 'report', text: `Run a is done. ${FORGED}` },
      ],
    });
    await anchor();
    expect(told(store)).toMatchObject([store.auditHead()]);
  });

  it('is told once more beside what an earlier release told as text, which is still told', async () => {
    const { store, outbox, anchor } = await storeWith(['a']);
    const { seq, hash } = store.auditHead();
    const text = `Run a is done. The report is attached. Audit head: ${seq}:${hash}`;
    await store.commit('a', { news: [{ kind: 'report', text }] });
    await anchor();
    await anchor();
    expect(told(store)).toHaveLength(1);
    expect(outbox.due(NOW, 10)).toMatchObject([{ news: { kind: 'report', text } }]);
  });

  it('is told again when the database does not have the rows that were told', async () => {
    const { store, anchor } = await storeWith(['a']);
    store.db
      .prepare('INSERT INTO outbox (run_id, news, created_at) VALUES (?, ?, ?)')
      .run('a', JSON.stringify({ kind: 'anchor', seq: 999_999_999, hash: 'a'.repeat(64) }), NOW);
    await anchor();
    expect(told(store).at(-1)).toMatchObject(store.auditHead());
  });

  it('is told in the thread of a run by the very commit that ends it, once', async () => {
    const { store } = await storeWith(['a']);
    expect(await store.commit('a', { expect: { phase: 'waves' }, run: { phase: 'ended' } })).toMatchObject({
      ok: false,
    });
    expect(told(store)).toEqual([]);
    await store.commit('a', {
      run: { phase: 'ended', end: 'rejected' },
      audit: [{ actor: 'UREQ', action: 'plan.rejected', text: 'No.' }],
      news: [{ kind: 'progress', text: 'No.' }],
    });
    expect(told(store)).toEqual([{ runId: 'a', ...store.auditHead() }]);
    await store.commit('a', { run: { phase: 'ended' } });
    expect(told(store)).toHaveLength(1);
    expect(endsNotAnchored(store.db)).toEqual([]);
  });

  it('is told again when nobody knows whether Slack took it', async () => {
    const { store, outbox, anchor } = await storeWith(['a']);
    await anchor();
    outbox.giveUp(1, 'in doubt');
    await anchor();
    expect(told(store)).toHaveLength(2);
  });

  it('is only written to the file before there is any thread', async () => {
    const { store, file, anchor } = await storeWith(['a'], false);
    await anchor();
    expect(told(store)).toEqual([]);
    expect(readAnchors(file)).toEqual([store.auditHead()]);
  });

  it('is told although the file cannot be written, which is said', async () => {
    const { store, file, anchor } = await storeWith(['a']);
    mkdirSync(file, { recursive: true });
    await expect(anchor()).rejects.toThrow();
    expect(told(store)).toHaveLength(1);
    rmSync(file, { recursive: true });
  });
});
