/** Whether the head of the audit was brought out of reach when each run ended, however it ended. */
import type Database from 'better-sqlite3';

/**
 * One sentence for each ended run whose thread does not get a head that covers the row with which it ended. Runs
 * of a database that was put back are left out: what was on its way to Slack was given up for them.
 */
export function endsNotAnchored(db: Database.Database): string[] {
  const ends = db
    .prepare(
      `SELECT r.id, (SELECT min(a.seq) FROM audit a WHERE a.run_id = r.id AND a.detail ->> '$.makesTrue.run.phase' = 'ended') AS seq
       FROM runs r WHERE r.phase = 'ended'`,
    )
    .all() as { id: string; seq: number | null }[];
  const told = db.prepare(
    `SELECT a.seq FROM outbox o JOIN audit a ON a.seq = o.news ->> '$.seq' AND a.hash = o.news ->> '$.hash'
     WHERE o.run_id = ? AND o.news ->> '$.kind' = 'anchor' ORDER BY a.seq DESC`,
  );
  return ends.flatMap(({ id, seq }) => {
    if (seq === null) return [`the audit does not say that run ${id} ended`];
    const head = told.get(id) as { seq: number } | undefined;
    if (!head) return [`no head of the audit is told in the thread of run ${id}, which ended`];
    return head.seq < seq
      ? [`the head told in the thread of run ${id} is row ${head.seq}, and it ended in row ${seq}`]
      : [];
  });
}
