/** The head of the audit goes where whoever holds the database cannot reach it, and only when there is something new. */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAnchors } from '../../src/store/anchor-file.ts';
import { anchorHead } from '../../src/store/anchoring.ts';
import { parseAnchor, readAudit, verifyAudit } from '../../src/store/audit-chain.ts';
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
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

function told(store: SqliteStore): [runId: string, text: string][] {
  return (
    store.db.prepare("SELECT run_id, news ->> '$.text' AS text FROM outbox ORDER BY id").all() as {
      run_id: string;
      text: string;
    }[]
  ).map((row) => [row.run_id, row.text]);
}

describe('the head of the audit', () => {
  it('is told in the thread of an open run and written to the file, and proves the rows before it', async () => {
    const { store, file, anchor } = await storeWith(['a', 'b']);
    await store.commit('b', { run: { phase: 'ended' } });
    await anchor();
    const [[runId, text] = ['', ''], ...more] = told(store);
    expect(more).toEqual([]);
    expect(runId).toBe('a');
    const head = parseAnchor(text);
    expect(head).toEqual(store.auditHead());
    expect(readAnchors(file)).toEqual([head]);
    expect(text).toContain('rows 1 to 3 cannot be changed unnoticed');
    expect(verifyAudit(readAudit(store.db), head ? [head] : [])).toMatchObject({ ok: true, anchorsMet: 1 });
  });

  it('is not told again while nothing happened, and again when something did', async () => {
    const { store, anchor } = await storeWith(['a']);
    await anchor();
    await anchor();
    expect(told(store)).toHaveLength(1);
    await store.audit('a', { actor: 'UNOBODY', action: 'denied.approve', text: 'Not in the group.' });
    await anchor();
    await anchor();
    expect(told(store).map(([, text]) => /rows (\d+) to (\d+)/.exec(text)?.slice(1))).toEqual([
      ['1', '1'],
      ['2', '2'],
    ]);
  });

  it('counts as told when it stands in the last message of a run', async () => {
    const { store, anchor } = await storeWith(['a']);
    const { seq, hash } = store.auditHead();
    await store.commit('a', {
      news: [{ kind: 'report', text: `Run a is done. Audit head: ${seq}:${hash}` }],
    });
    await anchor();
    expect(told(store)).toHaveLength(1);
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
