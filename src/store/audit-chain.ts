/**
 * The hash chain of the audit. Each row's hash covers its content and the hash of the row before, so that an
 * edit, a deletion or a swap is found by anybody who recomputes it. A chain alone does not stop someone who
 * rewrites every row: therefore its head is written down elsewhere (the thread of each run, a file), and
 * verification takes such anchors. What came after the last anchor can be cut off unnoticed.
 */
import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { canonicalJson } from '../workflow/plan-hash.ts';
import { prepared } from './statements.ts';

export interface AuditRow {
  seq: number;
  at: number;
  runId: string | null;
  actor: string;
  action: string;
  text: string;
  /** JSON, exactly as stored. */
  detail: string;
  prevHash: string;
  hash: string;
}

export interface AuditAnchor {
  seq: number;
  hash: string;
}

/** What stands before the first row. */
export const GENESIS: AuditAnchor = { seq: 0, hash: '0'.repeat(64) };

/** What is hashed of a row: its canonical JSON, without its own hash. */
export function hashedText(row: Omit<AuditRow, 'hash'>): string {
  const { seq, at, runId, actor, action, text, detail, prevHash } = row;
  return canonicalJson({ seq, at, runId, actor, action, text, detail, prevHash });
}

/** SHA-256, lower-case hex. */
export function hashAuditRow(row: Omit<AuditRow, 'hash'>): string {
  return createHash('sha256').update(hashedText(row)).digest('hex');
}

export function auditHead(db: Database.Database): AuditAnchor {
  const row = prepared(db, 'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get() as
    | AuditAnchor
    | undefined;
  return row ?? GENESIS;
}

/** Rows in order; of one run when `runId` is given. */
export function readAudit(db: Database.Database, runId?: string): IterableIterator<AuditRow> {
  return db
    .prepare(
      `SELECT seq, at, run_id AS runId, actor, action, text, detail, prev_hash AS prevHash, hash
       FROM audit WHERE @runId IS NULL OR run_id = @runId ORDER BY seq`,
    )
    .iterate({ runId: runId ?? null }) as IterableIterator<AuditRow>;
}

export type AuditVerdict =
  | { ok: true; rows: number; head: AuditAnchor; anchorsMet: number }
  | { ok: false; seq: number; why: string };

/** Recomputes the whole chain and holds it against the anchors. Pure over the rows. */
export function verifyAudit(rows: Iterable<AuditRow>, anchors: readonly AuditAnchor[] = []): AuditVerdict {
  const wanted = new Map<number, string>();
  for (const anchor of anchors) {
    const other = wanted.get(anchor.seq);
    if (other !== undefined && other !== anchor.hash)
      return { ok: false, seq: anchor.seq, why: `two anchors disagree about row ${anchor.seq}` };
    wanted.set(anchor.seq, anchor.hash);
  }
  let last = GENESIS;
  let met = 0;
  for (const row of rows) {
    if (row.seq !== last.seq + 1)
      return { ok: false, seq: last.seq + 1, why: `row ${last.seq + 1} is missing` };
    if (row.prevHash !== last.hash)
      return { ok: false, seq: row.seq, why: `row ${row.seq} does not follow the row before it` };
    if (hashAuditRow(row) !== row.hash) return { ok: false, seq: row.seq, why: `row ${row.seq} was changed` };
    const anchor = wanted.get(row.seq);
    if (anchor !== undefined && anchor !== row.hash)
      return { ok: false, seq: row.seq, why: `row ${row.seq} is not the one that was anchored` };
    if (anchor !== undefined) met++;
    last = { seq: row.seq, hash: row.hash };
  }
  const beyond = [...wanted.keys()].filter((seq) => seq > last.seq).sort((a, b) => a - b)[0];
  if (beyond !== undefined)
    return {
      ok: false,
      seq: beyond,
      why: `the chain ends at row ${last.seq}, but row ${beyond} was anchored: rows were cut off`,
    };
  return { ok: true, rows: last.seq, head: last, anchorsMet: met };
}

/** "123:abc…", as it stands in threads and in the anchor file. Null when it is not one. */
export function parseAnchor(text: string): AuditAnchor | null {
  const match = /(\d{1,15}):([0-9a-f]{64})/.exec(text);
  return match?.[1] && match[2] ? { seq: Number(match[1]), hash: match[2] } : null;
}
