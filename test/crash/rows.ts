/** What a person with access to the database would see of a job, read beside the running bot. */
import { join } from 'node:path';
import Database from 'better-sqlite3';

export interface RunSeen {
  id: string;
  phase: string;
  end: string | null;
  planHash: string | null;
  revision: number;
  because: string;
}

export interface QuestionSeen {
  id: number;
  runId: string;
  kind: string;
  tag: string;
  note: string;
  request: string;
}

export interface Seen {
  runs: RunSeen[];
  attention: QuestionSeen[];
}

/** Opens the file read-only for one look; `otherwise` while there is no file yet, or one without tables. */
export function query<T>(folder: string, read: (db: Database.Database) => T, otherwise: T): T {
  try {
    const db = new Database(join(folder, 'patchday.sqlite'), { readonly: true, fileMustExist: true });
    try {
      return read(db);
    } finally {
      db.close();
    }
  } catch {
    return otherwise;
  }
}

export function look(folder: string): Seen {
  return query<Seen>(
    folder,
    (db) => ({
      runs: db
        .prepare(
          `SELECT id, phase, plan_hash AS planHash, data ->> '$.end' AS "end", revision, data ->> '$.because' AS because
           FROM runs ORDER BY created_at`,
        )
        .all() as RunSeen[],
      attention: db
        .prepare(
          "SELECT id, run_id AS runId, kind, tag, note, request FROM effects WHERE state = 'needs_attention'",
        )
        .all() as QuestionSeen[],
    }),
    { runs: [], attention: [] },
  );
}

/** Nothing is left to be told: every message is out, and every card shows its run as it is. */
export function everythingTold(folder: string): boolean {
  return query(
    folder,
    (db) =>
      (
        db
          .prepare(
            `SELECT (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))
                  + (SELECT count(*) FROM cards c JOIN runs r ON r.id = c.run_id WHERE c.shown_revision < r.revision) AS n`,
          )
          .get() as { n: number }
      ).n === 0,
    false,
  );
}

/** Everything about a job that did not end, for a person who has to find out why. */
export function dump(folder: string): string {
  return JSON.stringify(
    query<Record<string, unknown>>(
      folder,
      (db) => ({
        runs: db.prepare('SELECT id, phase, data FROM runs').all(),
        effects: db.prepare('SELECT kind, state, tag, note FROM effects').all(),
        outbox: db.prepare("SELECT state, news, error FROM outbox WHERE state <> 'sent'").all(),
        cards: db.prepare('SELECT * FROM cards').all(),
      }),
      {},
    ),
  );
}

/** News that was on its way to Slack when the bot died: it may or may not have arrived. */
export function newsOnItsWay(folder: string): number[] {
  return query(
    folder,
    (db) =>
      (db.prepare("SELECT id FROM outbox WHERE state = 'sending'").all() as { id: number }[]).map(
        (row) => row.id,
      ),
    [],
  );
}

/** Alarms that are not in Slack yet. */
export function alarmsToTell(folder: string): number {
  return query(
    folder,
    (db) =>
      (
        db.prepare("SELECT count(*) AS n FROM alarms WHERE state IN ('pending', 'sending')").get() as {
          n: number;
        }
      ).n,
    1,
  );
}

/** Commands that the bot says it did not send, and how often each is in the audit. */
export function foreignCommands(folder: string): { commandId: string; code: string; audited: number }[] {
  return query(
    folder,
    (db) =>
      db
        .prepare(
          `SELECT f.command_id AS commandId, f.code, (SELECT count(*) FROM audit a WHERE a.action = 'command.foreign'
             AND a.detail ->> '$.commandId' = f.command_id) AS audited FROM foreign_commands f ORDER BY f.at`,
        )
        .all() as { commandId: string; code: string; audited: number }[],
    [],
  );
}
