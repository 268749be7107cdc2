/**
 * The audit's head, brought out of reach of whoever holds the database: to the file of anchors, and to Slack, in the
 * thread of the newest run, where it disturbs nobody.
 */
import type { RunId } from '../workflow/run-types.ts';
import { appendAnchor } from './anchor-file.ts';
import type { AuditAnchor } from './audit-chain.ts';
import type { SqliteStore } from './sqlite-store.ts';

/**
 * Writes the head to the file, and tells it in Slack if rows came since it was last told. Does nothing while nothing
 * happened. Throws when one of the two cannot be written; the other is done all the same.
 */
export async function anchorHead(store: SqliteStore, file: string, now: number): Promise<void> {
  const head = store.auditHead();
  const [told, written] = await Promise.allSettled([
    tell(store, head),
    Promise.resolve().then(() => appendAnchor(file, head, now)),
  ]);
  const failed = [told, written].find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function tell(store: SqliteStore, head: AuditAnchor): Promise<void> {
  const runId = newestThread(store);
  if (runId === null || head.seq <= lastTold(store)) return;
  await store.tellAnchor(runId);
}

/**
 * Number of the newest audit row whose hash stands in Slack, or is on its way there; 0 when none does. Only news
 * of the kind counts, with the hash that the row has: no text, whoever wrote it.
 */
function lastTold({ db }: SqliteStore): number {
  const row = db
    .prepare(
      `SELECT a.seq FROM outbox o JOIN audit a ON a.seq = o.news ->> '$.seq' AND a.hash = o.news ->> '$.hash'
       WHERE o.state <> 'given_up' AND o.news ->> '$.kind' = 'anchor' ORDER BY o.id DESC LIMIT 1`,
    )
    .get() as { seq: number } | undefined;
  return row?.seq ?? 0;
}

/** An open run before an ended one, the newer before the older; null before the first. */
function newestThread({ db }: SqliteStore): RunId | null {
  const row = db
    .prepare(
      "SELECT r.id FROM runs r JOIN cards c ON c.run_id = r.id WHERE c.state = 'posted' ORDER BY r.phase = 'ended', r.created_at DESC, r.id LIMIT 1",
    )
    .get() as { id: RunId } | undefined;
  return row?.id ?? null;
}
