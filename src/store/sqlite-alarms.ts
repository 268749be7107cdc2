import { z } from 'zod';
import type { AlarmOutbox, AlarmRow } from '../workflow/service.ts';
import type { Alarm } from '../workflow/watch/alarm.ts';
import { readable } from './rows.ts';
import type { SqliteStore } from './sqlite-store.ts';

const alarmRow = z.object({
  title: z.string(),
  lines: z.array(z.string()),
  whatToDo: z.string(),
}) satisfies z.ZodType<Alarm>;

/** Alarms that are still to be told, in the same file as the runs. */
export class SqliteAlarms implements AlarmOutbox {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  recover(): number {
    const { db, commits } = this.#store;
    if (this.#open('sending') === null && this.#open('pending') === null) return 0;
    return commits.now(() => {
      db.prepare("UPDATE alarms SET next_try_at = 0 WHERE state = 'pending' AND next_try_at > 0").run();
      return db
        .prepare("UPDATE alarms SET state = 'pending', may_be_doubled = 1 WHERE state = 'sending'")
        .run().changes;
    });
  }

  due(now: number, limit: number): AlarmRow[] {
    const rows = this.#store.db
      .prepare(
        `SELECT id, channel, alarm, attempts, may_be_doubled AS mayBeDoubled, error FROM alarms
         WHERE state = 'pending' AND next_try_at <= ? ORDER BY id LIMIT ?`,
      )
      .all(now, limit) as (Omit<AlarmRow, 'alarm' | 'mayBeDoubled'> & {
      alarm: string;
      mayBeDoubled: number;
    })[];
    return rows.map((row) => ({
      ...row,
      mayBeDoubled: row.mayBeDoubled === 1,
      alarm: readable(() => alarmRow.parse(JSON.parse(row.alarm)))[0] ?? UNREADABLE,
    }));
  }

  nextAt(): number | null {
    return this.#open('pending');
  }

  sending(id: number): void {
    this.#write("UPDATE alarms SET state = 'sending', attempts = attempts + 1 WHERE id = ?", id);
  }

  sent(id: number, ts: string | null): void {
    this.#write("UPDATE alarms SET state = 'sent', ts = ? WHERE id = ?", ts, id);
  }

  failed(id: number, error: string, nextTryAt: number, inDoubt: boolean): void {
    this.#write(
      "UPDATE alarms SET state = 'pending', error = ?, next_try_at = ?, may_be_doubled = max(may_be_doubled, ?) WHERE id = ?",
      error,
      nextTryAt,
      inDoubt ? 1 : 0,
      id,
    );
  }

  /** The earliest time of those in this state; null when there is none. */
  #open(state: 'pending' | 'sending'): number | null {
    const row = this.#store.db
      .prepare('SELECT min(next_try_at) AS at FROM alarms WHERE state = ?')
      .get(state) as { at: number | null };
    return row.at;
  }

  #write(sql: string, ...values: unknown[]): void {
    this.#store.commits.now(() => this.#store.db.prepare(sql).run(...values));
  }
}

/** Something was found, and its words cannot be read any more: that much is still said. */
const UNREADABLE: Alarm = {
  title:
    'Commands at AWS that Patchday cannot account for were found, and the row with the details is damaged.',
  lines: [],
  whatToDo: 'Look for command.foreign in the audit, and have the database checked.',
};
