/**
 * A database that is behind AWS: how it is recognised, and what is done before anything else: its open runs are
 * parked, and everything is frozen. Only columns are read here: an unreadable row must not keep the others from
 * being parked.
 */
import type Database from 'better-sqlite3';
import type { RunId } from '../workflow/run-types.ts';
import type { ChangeApplier } from './apply-changes.ts';
import { type AuditAnchor, auditHead } from './audit-chain.ts';
import { withFacts } from './audit-facts.ts';

/** Something outside the database that remembers a head of its audit. */
export interface Witness {
  /** For people: "the file data/patchday.sqlite.head". */
  name: string;
  anchor: AuditAnchor | null;
}

/** Why the database must be taken for an older copy, or null. */
export function isBehind(db: Database.Database, witnesses: readonly Witness[]): string | null {
  const copied = copiedAt(db);
  if (copied !== null) return `The database is a copy that was made at ${new Date(copied).toISOString()}.`;
  for (const { name, anchor } of witnesses) {
    if (anchor === null || anchor.seq === 0) continue;
    const row = db.prepare('SELECT hash FROM audit WHERE seq = ?').get(anchor.seq) as
      | { hash: string }
      | undefined;
    if (row?.hash !== anchor.hash)
      return `The database ends at audit row ${auditHead(db).seq}, but ${name} remembers row ${anchor.seq}${row ? ' with other content' : ''}: commits are missing, as in an older copy.`;
  }
  return null;
}

/** When the copy was made, ms; null when the database is not one. */
export function copiedAt(db: Database.Database): number | null {
  // In a copy, and only there; dropped when the runs of the copy were parked.
  const marked = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'copy_of_database'").get();
  if (!marked) return null;
  const row = db.prepare('SELECT copied_at AS at FROM copy_of_database').get() as { at: number } | undefined;
  return row?.at ?? 0;
}

/** For people, after "Everything is frozen by Patchday: ". */
const LOST =
  'the database is an older copy, and freezes, locks on instances and answers since then are not in it';

/**
 * Parks every run that may still change something, freezes everything until a person has looked, forgets that the
 * database is a copy, and gives up what Slack may have been told already. Inside one transaction. Returns the
 * parked runs.
 */
export function parkEverything(
  db: Database.Database,
  applier: ChangeApplier,
  why: string,
  now: number,
): RunId[] {
  const runs = db
    .prepare("SELECT id FROM runs WHERE phase NOT IN ('report', 'ended') ORDER BY created_at, id")
    .all() as { id: string }[];
  db.prepare(
    "UPDATE outbox SET state = 'given_up', error = 'the database was restored' WHERE state IN ('pending', 'sending')",
  ).run();
  for (const { id } of runs) {
    db.prepare(
      `INSERT INTO parked_runs (run_id, at, why) VALUES (?, ?, ?)
       ON CONFLICT (run_id) DO UPDATE SET at = excluded.at, why = excluded.why, finding = NULL, may_release = 0`,
    ).run(id, now, why);
    applier.audit(
      id,
      withFacts([{ actor: 'patchday', action: 'run.parked', text: why }], { parked: { mayRelease: false } }),
    );
    applier.news(id, [
      {
        kind: 'failure',
        text: `${why} Run ${id} is parked: nothing is changed for it until AWS was asked what was done meanwhile, and a person said that it may go on.`,
        excerpt: '',
      },
    ]);
  }
  applier.audit(null, [
    {
      actor: 'patchday',
      action: 'database.restored',
      text: `${why} ${runs.length} open runs were parked.`,
      detail: { runs: runs.map((r) => r.id) },
    },
  ]);
  freezeAll(db, applier, now);
  db.exec('DROP TABLE IF EXISTS copy_of_database');
  return runs.map((r) => r.id);
}

/** What was frozen in the copy stays as it was. */
function freezeAll(db: Database.Database, applier: ChangeApplier, now: number): void {
  const { changes } = db
    .prepare("INSERT OR IGNORE INTO freezes (scope, by_user, at, reason) VALUES ('all', 'patchday', ?, ?)")
    .run(now, LOST);
  if (changes === 0) return;
  applier.audit(
    null,
    withFacts([{ actor: 'patchday', action: 'freeze.set', text: `Froze all: ${LOST}.` }], { frozen: 'all' }),
  );
}
