/**
 * The audit of a real run, forged in every way: rows edited, removed, moved, put in, cut off, and rewritten from
 * some row on. Each forgery must be found from the anchors; `--seeds N` is how many are tried. And the tables of
 * that run, changed behind the audit's back: found by telling the audit anew.
 */

import { type AuditRow, hashAuditRow, verifyAudit } from '../../src/store/audit-chain.ts';
import { DEEDS, record } from './audit-record.ts';
import { type Case, proofOfCases, seededRandom } from './cases.ts';
import { forgedTables } from './forged-tables.ts';

const FIELDS = ['at', 'runId', 'actor', 'action', 'text', 'detail', 'prevHash', 'hash'] as const;
const FORGERIES = ['edit', 'remove', 'swap', 'insert', 'truncate', 'rewrite'] as const;

function forge(
  rows: readonly AuditRow[],
  kind: (typeof FORGERIES)[number],
  draw: (n: number) => number,
): AuditRow[] {
  const at = draw(rows.length);
  const row = rows[at];
  if (!row) throw new RangeError('no such row');
  switch (kind) {
    case 'edit': {
      const field = FIELDS[draw(FIELDS.length)] ?? 'text';
      const value =
        field === 'at' ? row.at + 1 + draw(1000) : `${row[field]}${String.fromCharCode(33 + draw(90))}`;
      return rows.with(at, { ...row, [field]: value });
    }
    case 'remove':
      return rows.toSpliced(at, 1);
    case 'swap': {
      const other = (at + 1 + draw(rows.length - 1)) % rows.length;
      return rows.with(at, rows[other] ?? row).with(other, row);
    }
    case 'insert':
      return rows.toSpliced(at, 0, { ...row, text: 'Never happened.' });
    case 'truncate':
      return rows.slice(0, at);
    case 'rewrite': {
      // Somebody with the whole file and patience: every hash from here on is made to fit.
      let prevHash = rows[at - 1]?.hash ?? '0'.repeat(64);
      return rows.map((r, i) => {
        if (i < at) return r;
        const { hash: _, ...rest } = { ...r, prevHash, text: i === at ? `${r.text} (forged)` : r.text };
        prevHash = hashAuditRow(rest);
        return { ...rest, hash: prevHash };
      });
    }
  }
}

export const proof = proofOfCases({
  name: 'audit',
  bar: 'every edit, removal, swap, insertion, truncation and rewriting up to the last anchor is found, and each listed change of a table behind its back (what is not compared: SECURITY.md); the file refuses changes; after each commit tables and audit agree; every deed that was refused is in it; the head leaves the database when a run ends',
  defaults: { seeds: 20_000, seconds: 600 },
  injects: false,
  async cases({ seed, seeds }) {
    const { rows, anchors, refusals, file, ...looked } = await record();
    const whole: Case = {
      name: 'as-written',
      run() {
        const verdict = verifyAudit(rows, anchors);
        const actions = new Set(rows.map((r) => r.action));
        return {
          wrong: [
            ...(verdict.ok && verdict.anchorsMet === 2 ? [] : [`refused: ${JSON.stringify(verdict)}`]),
            ...(refusals === 3 ? [] : [`the database took ${3 - refusals} of 3 changes to a row`]),
            ...looked.unwritten.map((deed) => `that somebody was refused to ${deed} is not in it`),
            ...['plan.approved', 'effect.intended.install', 'command.sent.install']
              .filter((a) => !actions.has(a))
              .map((a) => `${a} is not in it`),
          ],
          figures: { 'rows in the chain': rows.length, 'deeds refused': DEEDS },
        };
      },
    };
    const together: Case = {
      name: 'tables-and-audit-in-one-commit',
      run: () => ({
        wrong: [
          ...looked.apart.slice(0, 3),
          ...(looked.commits > 50 ? [] : ['there were hardly any commits']),
        ],
        figures: { 'commits looked at from outside': looked.commits },
      }),
    };
    const anchored: Case = { name: 'anchored', run: () => ({ wrong: looked.unanchored }) };
    const forged = Array.from({ length: seeds }, (_, i): Case => {
      const random = seededRandom(seed * 1_000_003 + i);
      const kind = FORGERIES[i % FORGERIES.length] ?? 'edit';
      return {
        name: `${kind}-${i}`,
        run: () => ({
          wrong: verifyAudit(forge(rows, kind, random.below), anchors).ok ? ['was not found'] : [],
          figures: { [`forged: ${kind}`]: 1 },
        }),
      };
    });
    return [whole, together, anchored, ...forgedTables(file), ...forged];
  },
});
