/**
 * The audit's head, brought out of reach of whoever holds the database: to the file of anchors, and to Slack, in the
 * thread of the newest run, where it disturbs nobody.
 */
import type { RunId } from '../workflow/run-types.ts';
import { AUDIT_HEAD } from '../workflow/words.ts';
import { appendAnchor } from './anchor-file.ts';
import { type AuditAnchor, parseAnchor } from './audit-chain.ts';
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
  const before = lastTold(store);
  const runId = newestThread(store);
  if (runId === null || head.seq <= before) return;
  await store.commit(runId, {
    news: [
      {
        kind: 'progress',
        text: `${AUDIT_HEAD}${head.seq}:${head.hash} (rows ${before + 1} to ${head.seq} cannot be changed unnoticed from now on).`,
      },
    ],
  });
}

/** Number of the newest audit row whose hash stands in Slack, or is on its way there; 0 when none does. */
function lastTold({ db }: SqliteStore): number {
  const row = db
    .prepare(
      "SELECT news ->> '$.text' AS text FROM outbox WHERE state <> 'given_up' AND instr(news ->> '$.text', ?) > 0 ORDER BY id DESC LIMIT 1",
    )
    .get(AUDIT_HEAD) as { text: string } | undefined;
  return row ? (parseAnchor(row.text.slice(row.text.indexOf(AUDIT_HEAD)))?.seq ?? 0) : 0;
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
