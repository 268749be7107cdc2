/**
 * The audit of a real run, forged in every way: rows edited, removed, moved, put in, cut off, and rewritten from
 * some row on. Each forgery must be found from the anchors; `--seeds N` is how many are tried. And the tables of
 * that run, changed behind the audit's back: found by telling the audit anew.
 */

import {
  type AuditAnchor,
  type AuditRow,
  hashAuditRow,
  readAudit,
  verifyAudit,
} from '../../src/store/audit-chain.ts';
import { type Case, proofOfCases, seededRandom } from './cases.ts';
import { forgedTables } from './forged-tables.ts';
import { wholeRun, withBot } from './wire.ts';

interface Recorded {
  rows: AuditRow[];
  anchors: AuditAnchor[];
  /** Changing or removing a row of the live database was refused. */
  refusals: number;
  /** The whole database. */
  file: Buffer;
}

/** A job with denied attempts in it, and its audit as it stands in the file. */
function record(): Promise<Recorded> {
  return withBot({ linux: 2 }, {}, async (bot) => {
    const runId = await bot.scan();
    await bot.approve(runId, 'UREQ');
    await bot.approve(runId, 'UNOBODY');
    await bot.approve(runId);
    await bot.ended(runId);
    await wholeRun(bot).catch(() => undefined);
    bot.store.commits.flush();
    // The bot's own connection: what it can do, a defect of it can do.
    const { db } = bot.store;
    const rows = [...readAudit(db)];
    const head = rows.at(-1);
    const middle = rows[Math.floor(rows.length / 2)];
    if (!head || !middle) throw new Error('the run left no audit');
    const refusals = [
      "UPDATE audit SET actor = 'nobody' WHERE seq = 1",
      'DELETE FROM audit WHERE seq = 1',
      "INSERT OR REPLACE INTO audit SELECT seq, at, run_id, 'nobody', action, text, detail, prev_hash, hash FROM audit WHERE seq = 1",
    ].filter((sql) => {
      try {
        db.exec(sql);
        return false;
      } catch {
        return true;
      }
    }).length;
    return {
      rows,
      anchors: [middle, head].map(({ seq, hash }) => ({ seq, hash })),
      refusals,
      file: db.serialize(),
    };
  });
}

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
  bar: 'every edit, removal, swap, insertion, truncation and rewriting up to the last anchor is found, and every change of a table behind its back; the file refuses changes; denied attempts are in it',
  defaults: { seeds: 20_000, seconds: 600 },
  injects: false,
  async cases({ seed, seeds }) {
    const { rows, anchors, refusals, file } = await record();
    const whole: Case = {
      name: 'as-written',
      run() {
        const verdict = verifyAudit(rows, anchors);
        const actions = new Set(rows.map((r) => r.action));
        return {
          wrong: [
            ...(verdict.ok && verdict.anchorsMet === 2 ? [] : [`refused: ${JSON.stringify(verdict)}`]),
            ...(refusals === 3 ? [] : [`the database took ${3 - refusals} of 3 changes to a row`]),
            ...(actions.has('denied.approve') ? [] : ['the denied attempts are not in it']),
            ...['plan.approved', 'effect.intended.install', 'command.sent.install']
              .filter((a) => !actions.has(a))
              .map((a) => `${a} is not in it`),
          ],
          figures: { 'rows in the chain': rows.length },
        };
      },
    };
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
    return [whole, ...forgedTables(file), ...forged];
  },
});
