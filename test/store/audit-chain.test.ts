import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { appendAnchor, readAnchors } from '../../src/store/anchor-file.ts';
import {
  type AuditRow,
  hashAuditRow,
  parseAnchor,
  readAudit,
  verifyAudit,
} from '../../src/store/audit-chain.ts';
import { openDatabase } from '../../src/store/open.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchday-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A real chain, written by the store. */
async function chain(n: number): Promise<AuditRow[]> {
  const database = openDatabase(join(mkdtempSync(join(folder, 'db-')), 'patchday.sqlite'));
  const store = new SqliteStore(database.db, () => 1_795_000_000_000);
  for (let i = 0; i < n; i++) {
    await store.audit(i % 3 === 0 ? null : `run${i % 2}`, {
      actor: 'U1',
      action: `deed.${i}`,
      text: `Did ${i}.`,
      detail: { i },
    });
  }
  const rows = [...readAudit(database.db)];
  database.close();
  return rows;
}

const whole = await chain(12);
const anchorOf = (seq: number) => ({ seq, hash: whole[seq - 1]?.hash ?? '' });

describe('the audit chain', () => {
  it('is whole as the store writes it, and meets its anchors', () => {
    expect(verifyAudit(whole, [anchorOf(4), anchorOf(12)])).toEqual({
      ok: true,
      rows: 12,
      head: anchorOf(12),
      anchorsMet: 2,
    });
  });

  it('shows any edit of any field of any row', () => {
    const fields = ['at', 'runId', 'actor', 'action', 'text', 'detail', 'prevHash', 'hash'] as const;
    fc.assert(
      fc.property(fc.nat(11), fc.constantFrom(...fields), fc.string({ minLength: 1 }), (at, field, junk) => {
        const rows = whole.map((r, i) =>
          i === at ? { ...r, [field]: field === 'at' ? r.at + 1 + junk.length : `${r[field]}${junk}` } : r,
        );
        expect(verifyAudit(rows).ok).toBe(false);
      }),
    );
  });

  it('shows a deletion, a swap and an insertion anywhere before the end', () => {
    for (let i = 0; i < 11; i++) {
      expect(verifyAudit(whole.toSpliced(i, 1)).ok).toBe(false);
      const swapped = whole.slice();
      [swapped[i], swapped[i + 1]] = [swapped[i + 1] as AuditRow, swapped[i] as AuditRow];
      expect(verifyAudit(swapped).ok).toBe(false);
      expect(verifyAudit(whole.toSpliced(i, 0, whole[i] as AuditRow)).ok).toBe(false);
    }
  });

  it('shows rows cut off the end only when a later one was anchored', () => {
    expect(verifyAudit(whole.slice(0, 8)).ok).toBe(true);
    expect(verifyAudit(whole.slice(0, 8), [anchorOf(9)])).toMatchObject({ ok: false, seq: 9 });
  });

  it('shows a chain that was rewritten from the first row on, by its anchor', () => {
    let prevHash = '0'.repeat(64);
    const forged = whole.map((r) => {
      const row = { ...r, text: `${r.text} (forged)`, prevHash };
      prevHash = hashAuditRow(row);
      return { ...row, hash: prevHash };
    });

    expect(verifyAudit(forged).ok).toBe(true);
    expect(verifyAudit(forged, [anchorOf(5)])).toMatchObject({ ok: false, seq: 5 });
  });

  it('refuses anchors that disagree', () => {
    expect(verifyAudit(whole, [anchorOf(3), { seq: 3, hash: 'a'.repeat(64) }])).toMatchObject({ ok: false });
  });

  it('keeps its anchors in a file, each head once', () => {
    const path = join(folder, 'anchors', 'a.txt');
    appendAnchor(path, anchorOf(3), 0);
    appendAnchor(path, anchorOf(3), 1);
    appendAnchor(path, anchorOf(7), 2);

    expect(readAnchors(path)).toEqual([anchorOf(3), anchorOf(7)]);
    expect(parseAnchor('no anchor')).toBeNull();
  });
});
