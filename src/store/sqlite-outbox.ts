import type { RunId } from '../workflow/run-types.ts';
import type { Outbox, OutboxRow } from '../workflow/service.ts';
import { newsRow } from './row-schemas.ts';
import { readable } from './rows.ts';
import type { SqliteStore } from './sqlite-store.ts';
import { prepared } from './statements.ts';

/** What Slack was told and what is still to be told, in the same file as the runs. */
export class SqliteOutbox implements Outbox {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  staleCards(): RunId[] {
    const rows = prepared(
      this.#store.db,
      'SELECT c.run_id AS id FROM cards c JOIN runs r ON r.id = c.run_id WHERE c.shown_revision < r.revision ORDER BY r.created_at, r.id',
    ).all() as { id: string }[];
    return rows.map((r) => r.id);
  }

  card(runId: RunId): ReturnType<Outbox['card']> {
    const row = prepared(
      this.#store.db,
      'SELECT channel, ts, state, shown_revision AS shownRevision, may_be_doubled AS mayBeDoubled FROM cards WHERE run_id = CAST(? AS TEXT)',
    ).get(runId) as
      | (Omit<NonNullable<ReturnType<Outbox['card']>>, 'mayBeDoubled'> & { mayBeDoubled: number })
      | undefined;
    return row ? { ...row, mayBeDoubled: row.mayBeDoubled === 1 } : null;
  }

  cardSending(runId: RunId): void {
    this.#write("UPDATE cards SET state = 'sending' WHERE run_id = ?", runId);
  }

  cardPosted(runId: RunId, ts: string, revision: number): void {
    this.#write(
      "UPDATE cards SET state = 'posted', ts = ?, shown_revision = ? WHERE run_id = ?",
      ts,
      revision,
      runId,
    );
  }

  cardShown(runId: RunId, revision: number): void {
    this.#write('UPDATE cards SET shown_revision = max(shown_revision, ?) WHERE run_id = ?', revision, runId);
  }

  cardLost(runId: RunId): void {
    this.#write("UPDATE cards SET state = 'none', ts = NULL, shown_revision = 0 WHERE run_id = ?", runId);
  }

  cardInDoubt(runId: RunId): void {
    this.#write(
      "UPDATE cards SET state = 'none', ts = NULL, shown_revision = 0, may_be_doubled = 1 WHERE run_id = ?",
      runId,
    );
  }

  due(now: number, limit: number): OutboxRow[] {
    const rows = prepared(
      this.#store.db,
      `SELECT o.id, o.run_id AS runId, c.channel, c.ts AS cardTs, o.news, o.attempts FROM outbox o JOIN cards c ON c.run_id = o.run_id
         WHERE o.state = 'pending' AND c.state = 'posted' AND o.next_try_at <= ?
           AND o.id = (SELECT min(f.id) FROM outbox f WHERE f.run_id = o.run_id AND f.state IN ('pending', 'sending'))
         ORDER BY o.id LIMIT CAST(? AS INTEGER)`,
    ).all(now, limit) as (Omit<OutboxRow, 'news'> & { news: string })[];
    return rows.flatMap((row) => {
      const [news] = readable(() => newsRow.parse(JSON.parse(row.news)));
      // Given up, so that what follows it in its thread is not held up; the card says how things are.
      if (!news) this.giveUp(row.id, 'the row cannot be read');
      return news ? [{ ...row, news }] : [];
    });
  }

  sending(id: number, _now: number): void {
    this.#write("UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?", id);
  }

  sent(id: number, ts: string | null): void {
    this.#write("UPDATE outbox SET state = 'sent', ts = ? WHERE id = ?", ts, id);
  }

  failed(id: number, error: string, nextTryAt: number): void {
    this.#write(
      "UPDATE outbox SET state = 'pending', error = ?, next_try_at = ? WHERE id = ?",
      error,
      nextTryAt,
      id,
    );
  }

  giveUp(id: number, error: string): void {
    this.#write("UPDATE outbox SET state = 'given_up', error = ? WHERE id = ?", error, id);
  }

  recover(): number {
    return this.#store.commits.now(() => {
      prepared(
        this.#store.db,
        "UPDATE outbox SET next_try_at = 0 WHERE state = 'pending' AND next_try_at > 0",
      ).run();
      return prepared(
        this.#store.db,
        "UPDATE outbox SET state = 'given_up', error = 'in doubt after a restart' WHERE state = 'sending'",
      ).run().changes;
    });
  }

  /** At start every open card is rendered anew: whatever was missed while the process was away. */
  refreshOpenCards(): void {
    this.#write(
      "UPDATE cards SET shown_revision = 0 WHERE run_id IN (SELECT id FROM runs WHERE phase <> 'ended')",
    );
  }

  #write(sql: string, ...values: unknown[]): void {
    this.#store.commits.now(() => prepared(this.#store.db, sql).run(...values));
  }
}
