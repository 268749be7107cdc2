/** What somebody with the database file could change behind the audit's back, one change each. */
import Database from 'better-sqlite3';
import { type AuditRow, readAudit, verifyAudit } from '../../src/store/audit-chain.ts';
import { OF_A_TARGET, UNLESS_TOLD_SINCE_2 } from '../../src/store/audit-facts.ts';
import { retell } from '../../src/store/audit-replay.ts';
import { differencesToTables } from '../../src/store/audit-tables.ts';
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
  'freeze-added': "INSERT INTO freezes (scope, by_user, at, reason) VALUES ('other', 'UEVIL', 9e15, '')",
  'run-made-up': `INSERT INTO runs SELECT 'forged', environment, phase, plan_hash, stop_requested_at, wake_at, current_wave, 1, ended_at, revision, json_set(data, '$.id', 'forged') FROM runs LIMIT 1;
     INSERT INTO plans SELECT 'forged', version, hash, body FROM plans LIMIT 1; INSERT INTO approvals (run_id, plan_hash, user_id, at) SELECT 'forged', plan_hash, 'UAPP', at FROM approvals LIMIT 1`,
  'approvals-of-no-run':
    "INSERT INTO approvals (run_id, plan_hash, user_id, at) SELECT 'forged', plan_hash, 'UAPP', at FROM approvals LIMIT 1",
  'stop-lifted':
    "UPDATE runs SET stop_requested_at = NULL, data = json_set(data, '$.stopRequestedAt', NULL) WHERE stop_requested_at IS NOT NULL",
  'stop-lifted-in-one-place': 'UPDATE runs SET stop_requested_at = NULL',
  'when-it-was-stopped':
    "UPDATE runs SET stop_requested_at = 1, data = json_set(data, '$.stopRequestedAt', 1) WHERE stop_requested_at IS NOT NULL",
  'when-it-was-approved': 'UPDATE approvals SET at = 1',
  'how-long-a-stand-in-may':
    'UPDATE approvals SET standing_until = standing_until + 1 WHERE standing_for IS NOT NULL',
  'park-lifted': 'DELETE FROM parked_runs',
  'park-that-may-be-released': "UPDATE parked_runs SET finding = 'nothing', may_release = 1",
  'park-added':
    "INSERT INTO parked_runs (run_id, at, why) SELECT id, 1, 'forged' FROM runs WHERE id NOT IN (SELECT run_id FROM parked_runs) LIMIT 1",
  'request-to-another-instance':
    "UPDATE effects SET request = json_set(request, '$.instanceIds[0]', 'i-0evil') WHERE kind = 'install'",
  'request-of-another-operation':
    "UPDATE effects SET request = json_set(request, '$.parameters.Operation[0]', 'Scan') WHERE kind = 'install'",
  'answer-of-aws': "UPDATE effects SET ref = json_set(ref, '$.commandId', 'forged') WHERE kind = 'install'",
  'answer-of-aws-removed': "UPDATE effects SET ref = NULL WHERE kind = 'create_image'",
  'account-of-an-effect': "UPDATE effects SET account_id = '999999999999'",
  'region-of-an-effect': "UPDATE effects SET region = 'xx-evil-1'",
  'kind-of-an-effect': "UPDATE effects SET kind = 'cancel' WHERE kind = 'install'",
  'effect-that-may-be-done-again': "UPDATE effect_targets SET live = 0 WHERE kind = 'install'",
  'effect-of-another-run-for-the-index': "UPDATE effect_targets SET run_id = 'x' WHERE kind = 'install'",
  'id-of-an-instance': "UPDATE targets SET data = json_set(data, '$.instance.instanceId', 'i-0evil')",
  'account-of-an-instance':
    "UPDATE targets SET data = json_set(data, '$.instance.accountId', '999999999999')",
  'landing-zone-of-an-instance': "UPDATE targets SET data = json_set(data, '$.instance.landingZone', 'evil')",
  'image-of-an-instance': "UPDATE targets SET data = json_set(data, '$.imageId', 'ami-evil')",
  'backup-made-up':
    "UPDATE targets SET data = json_set(data, '$.backupVerified', json('true')) WHERE NOT data ->> '$.backupVerified'",
  'environment-of-the-run':
    "UPDATE runs SET environment = 'evil', data = json_set(data, '$.environment', 'evil')",
  'environment-in-one-place': "UPDATE runs SET environment = 'evil'",
  'kind-of-the-run': "UPDATE runs SET data = json_set(data, '$.kind', 'backup_only')",
  'when-it-may-start': "UPDATE runs SET data = json_set(data, '$.startNotBefore', 1)",
  'when-it-started': "UPDATE runs SET data = json_set(data, '$.startedAt', 1)",
  'when-its-plan-expires': "UPDATE runs SET data = json_set(data, '$.expiresAt', 9e15)",
  'command-that-may-not-run-any-more':
    "UPDATE targets SET data = json_set(data, '$.commandMayRun', json('false')) WHERE data ->> '$.commandMayRun'",
  'command-that-may-run':
    "UPDATE targets SET data = json_set(data, '$.commandMayRun', json('true')) WHERE NOT data ->> '$.commandMayRun'",
  'power-of-an-instance': "UPDATE targets SET data = json_set(data, '$.power', 'on')",
  'instance-that-was-stopped':
    "UPDATE targets SET data = json_set(data, '$.wasStopped', json(iif(data ->> '$.wasStopped', 'false', 'true')))",
  'command-of-an-instance': "UPDATE targets SET data = json_set(data, '$.commandId', 'forged')",
  'end-of-an-install': "UPDATE targets SET data = json_set(data, '$.installEnd.status', 'denied')",
  'exit-code-of-an-install': "UPDATE targets SET data = json_set(data, '$.exitCode', 77)",
  'instance-that-may-not-take-part':
    "UPDATE targets SET data = json_set(data, '$.eligible', json(iif(data ->> '$.eligible', 'false', 'true')))",
  'when-it-was-intended': 'UPDATE effects SET intended_at = intended_at - 86400000',
  'lock-that-ends': 'UPDATE instance_locks SET until = 1',
  'who-froze': "UPDATE freezes SET by_user = 'UEVIL'",
  'foreign-command-that-was-not-told': "INSERT INTO foreign_commands VALUES ('c-forged', 1, 'unmarked', 1)",
  'foreign-command-forgotten': 'DELETE FROM foreign_commands',
  'run-removed':
    'DELETE FROM parked_runs; DELETE FROM approvals; DELETE FROM plans; DELETE FROM targets; DELETE FROM effect_targets; DELETE FROM effects; DELETE FROM outbox; DELETE FROM cards; DELETE FROM zone_locks; DELETE FROM instance_locks; DELETE FROM runs',
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
  const differences = (db: Database.Database, asTold = (row: AuditRow) => row) =>
    differencesToTables(db, retell([...readAudit(db)].map(asTold)));
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
  const earlier = [
    ['tables-of-a-release-that-told-less', toldLess],
    ['tables-of-a-release-that-told-of-backups', toldOfBackups],
    ['tables-of-a-release-that-told-nothing', toldNothing],
  ] as const;
  const ofEarlierReleases = earlier.map(
    ([name, asTold]): Case => ({
      name,
      run() {
        const db = open();
        const wrong = differences(db, asTold);
        db.exec(FORGERIES['approval-of-another-person'] ?? '');
        const found = differences(db, asTold).length > 0;
        db.close();
        const hidden = name !== 'tables-of-a-release-that-told-nothing' && !found;
        return { wrong: [...wrong, ...(hidden ? ['a forged approval was not found any more'] : [])] };
      },
    }),
  );
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
  return [untouched, ...ofEarlierReleases, ...forged];
}

/** The row without its facts, as before there were any. */
function toldNothing(row: AuditRow): AuditRow {
  const { makesTrue: _, ...detail } = JSON.parse(row.detail);
  return { ...row, detail: JSON.stringify(detail) };
}

/** The row as the first release with facts would have written it. */
const toldLess = (row: AuditRow) => asTelling(row, 1);
/** And as the one after it. */
const toldOfBackups = (row: AuditRow) => asTelling(row, 2);

/** `tells`: see TELLS. */
function asTelling(row: AuditRow, tells: 1 | 2): AuditRow {
  const detail = JSON.parse(row.detail);
  const facts = detail.makesTrue;
  if (!facts) return row;
  const without = (value: object | undefined, ...names: string[]) => {
    for (const name of names) if (value) Reflect.deleteProperty(value, name);
  };
  without(facts.run, 'kind', 'environment', 'expiresAt', 'startNotBefore', 'startedAt');
  for (const effect of facts.effects ?? []) without(effect, 'at', ...(tells < 2 ? ['is', 'ref'] : []));
  const since2: readonly string[] = tells < 2 ? [] : Object.keys(UNLESS_TOLD_SINCE_2);
  for (const target of [...(facts.targets ?? []), ...Object.values<object>(facts.added ?? {})])
    without(target, ...OF_A_TARGET.filter((name) => !since2.includes(name)));
  if (tells === 2) {
    if (facts.created) facts.created.tells = 2;
  } else {
    without(facts, 'parked');
    without(facts.created, 'tells');
    without(facts.run, 'stopRequestedAt');
    without(facts.approval, 'at', 'until');
  }
  return { ...row, detail: JSON.stringify(detail) };
}
