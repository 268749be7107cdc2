/** What somebody with the database file could change behind the audit's back, one change each. */
import Database from 'better-sqlite3';
import { readAudit, verifyAudit } from '../../src/store/audit-chain.ts';
import { differencesToTables, retell } from '../../src/store/audit-replay.ts';
import type { Case } from './cases.ts';

const FORGERIES: Readonly<Record<string, string>> = {
  'approval-added':
    "INSERT INTO approvals (run_id, plan_hash, user_id, at) SELECT run_id, plan_hash, 'UEVIL', at FROM approvals LIMIT 1",
  'approval-of-a-stand-in': "UPDATE approvals SET standing_for = 'UEVIL', standing_until = at",
  'approval-of-another-person': "UPDATE approvals SET user_id = 'UEVIL'",
  'approval-of-another-plan':
    "UPDATE approvals SET plan_hash = replace(plan_hash, substr(plan_hash, 1, 1), 'x')",
  'approval-removed': 'DELETE FROM approvals',
  'requester-changed': "UPDATE runs SET data = json_set(data, '$.requestedBy', 'UEVIL')",
  'who-changed-the-plan': "UPDATE runs SET data = json_set(data, '$.planChangedBy', 'UEVIL')",
  'end-of-the-run': "UPDATE runs SET data = json_set(data, '$.end', 'stopped')",
  'phase-of-the-run': "UPDATE runs SET phase = 'waves', data = json_set(data, '$.phase', 'waves')",
  'phase-in-one-place': "UPDATE runs SET phase = 'waves'",
  'plan-hash-of-the-run': "UPDATE runs SET plan_hash = 'x', data = json_set(data, '$.planHash', 'x')",
  'plan-body': "UPDATE plans SET body = json_set(body, '$.failureBudget', 99)",
  'plan-hash': "UPDATE plans SET hash = 'x'",
  'plan-added': "INSERT INTO plans SELECT run_id, version + 1, 'x', body FROM plans",
  'outcome-of-an-instance':
    "UPDATE targets SET outcome = 'failed', data = json_set(data, '$.outcome', 'failed') WHERE rowid = (SELECT min(rowid) FROM targets)",
  'outcome-in-one-place': "UPDATE targets SET data = json_set(data, '$.outcome', 'failed')",
  'stage-of-an-instance': "UPDATE targets SET stage = 'ready', data = json_set(data, '$.stage', 'ready')",
  'wave-of-an-instance': "UPDATE targets SET wave = 7, data = json_set(data, '$.wave', 7)",
  'instance-removed': 'DELETE FROM targets WHERE rowid = (SELECT min(rowid) FROM targets)',
  'effect-forgotten':
    "UPDATE effects SET state = 'no_effect' WHERE id = (SELECT max(id) FROM effects WHERE kind = 'install')",
  'effect-of-other-instances': "UPDATE effect_targets SET key = 'x/' || key WHERE kind = 'install'",
  'effect-removed': "DELETE FROM effect_targets WHERE kind = 'scan'; DELETE FROM effects WHERE kind = 'scan'",
  'lock-on-a-zone': "INSERT INTO zone_locks SELECT 'other', id, 1 FROM runs LIMIT 1",
  'lock-on-an-instance':
    "INSERT INTO instance_locks (key, run_id, reason) SELECT t.key, t.run_id, 'forged' FROM targets t LIMIT 1",
  'freeze-added': "INSERT INTO freezes (scope, by_user, at, reason) VALUES ('all', 'UEVIL', 9e15, '')",
  'run-removed':
    'DELETE FROM approvals; DELETE FROM plans; DELETE FROM targets; DELETE FROM effect_targets; DELETE FROM effects; DELETE FROM outbox; DELETE FROM cards; DELETE FROM zone_locks; DELETE FROM instance_locks; DELETE FROM runs',
};

/** `file` is a database as a bot left it, byte for byte. */
export function forgedTables(file: Buffer): Case[] {
  // The mark of a WAL file, which a database in memory cannot be (sqlite.org/fileformat2.html, offsets 18 and 19).
  const plain = Buffer.from(file);
  plain[18] = 1;
  plain[19] = 1;
  const open = () => {
    const db = new Database(plain);
    // As somebody would who has the file: nothing of ours is in the way.
    db.pragma('foreign_keys = OFF');
    const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all() as {
      name: string;
    }[];
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
    return db;
  };
  const differences = (db: Database.Database) => differencesToTables(db, retell(readAudit(db)));
  const untouched: Case = {
    name: 'tables-as-written',
    run() {
      const db = open();
      const wrong = differences(db);
      const { runs } = retell(readAudit(db));
      db.close();
      return { wrong: [...wrong, ...(runs.size > 0 ? [] : ['the audit tells of no run'])] };
    },
  };
  const forged = Object.entries(FORGERIES).map(
    ([name, sql]): Case => ({
      name: `tables-${name}`,
      run() {
        const db = open();
        const before = db.prepare('SELECT total_changes() AS n').get() as { n: number };
        db.exec(sql);
        const after = db.prepare('SELECT total_changes() AS n').get() as { n: number };
        const found = differences(db);
        const chain = verifyAudit(readAudit(db));
        db.close();
        return {
          wrong: [
            ...(after.n > before.n ? [] : ['nothing was forged']),
            ...(found.length > 0 ? [] : ['was not found']),
            ...(chain.ok ? [] : ['the chain is broken, so the tables were not what gave it away']),
          ],
          figures: { 'tables forged': 1 },
        };
      },
    }),
  );
  return [untouched, ...forged];
}
