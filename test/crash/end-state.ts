/** How a job ended, from all four sides: its rows, the simulated AWS, the files, and what people see in Slack. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { AwsControl } from '../../sandbox/aws/control.ts';
import type { SlackControl } from '../../sandbox/slack/control.ts';
import { ANCHOR_FILE, readAnchors } from '../../src/store/anchor-file.ts';
import { readAudit, verifyAudit } from '../../src/store/audit-chain.ts';
import { query } from './rows.ts';
import { comparable, NO_THREAD, type Thread, threadRows } from './thread.ts';

export interface TargetEnd {
  outcome: string | null;
  /** What to do now; of an instance that was never in the plan, why. */
  nextStep: string;
  backedUp: boolean;
  /** Counts of patches after the verification, as JSON. */
  after: string;
}

export interface EndState {
  end: string | null;
  /** By instance name. */
  targets: Record<string, TargetEnd>;
  /** Installs that really ran, by instance name. */
  installs: Record<string, number>;
  /** Effects that AWS had on each instance: "SendCommand Install linux-1" → how often. */
  effects: Record<string, number>;
  /** Power state of every instance. */
  power: Record<string, string>;
  /** Rows that a finished job must not leave behind. */
  leftovers: string[];
  /** Files of the report on disk. */
  files: string[];
  /** What is wrong with the audit chain or its anchors; null when it is whole. */
  auditBroken: string | null;
  /** Kinds of audit rows that there are. */
  audited: string[];
  /** The card's fallback text without the run's id; null when there is none. */
  card: string | null;
  cards: number;
  /** The newest card says that it is the one that counts. */
  saysItCounts: boolean;
  thread: Thread;
}

const NOTHING: EndState = {
  end: null,
  targets: {},
  installs: {},
  effects: {},
  power: {},
  leftovers: ['no run at all'],
  files: [],
  auditBroken: 'there is none',
  audited: [],
  card: null,
  cards: 0,
  saysItCounts: false,
  thread: NO_THREAD,
};

/** Of the newest run. */
export function readEndState(folder: string, aws: AwsControl, slack: SlackControl): EndState {
  return query<EndState>(folder, (db) => endState(db, folder, aws, slack), NOTHING);
}

function endState(db: Database.Database, folder: string, aws: AwsControl, slack: SlackControl): EndState {
  const run = db
    .prepare(`SELECT id, data ->> '$.end' AS "end" FROM runs ORDER BY created_at DESC LIMIT 1`)
    .get() as { id: string; end: string | null } | undefined;
  if (!run) return NOTHING;
  const instances = aws.instances();
  const nameOf = new Map(instances.map((i) => [i.id, i.name]));
  const targets = db
    .prepare("SELECT data ->> '$.instance.name' AS name, data FROM targets WHERE run_id = ?")
    .all(run.id) as { name: string; data: string }[];
  const reports = join(folder, 'reports');
  const verdict = verifyAudit(readAudit(db), readAnchors(join(reports, ANCHOR_FILE)));
  return {
    end: run.end,
    targets: Object.fromEntries(targets.map((t) => [t.name, targetEnd(JSON.parse(t.data))])),
    installs: Object.fromEntries(instances.map((i) => [i.name, i.counters.installs])),
    effects: effectsOf(aws, nameOf),
    power: Object.fromEntries(instances.map((i) => [i.name, i.state])),
    leftovers: leftovers(db),
    files: filesIn(join(reports, run.id)),
    auditBroken: verdict.ok ? (verdict.anchorsMet > 0 ? null : 'no anchor was written') : verdict.why,
    audited: (
      db.prepare('SELECT DISTINCT action FROM audit ORDER BY action').all() as { action: string }[]
    ).map((r) => r.action),
    ...told(db, run.id, slack),
  };
}

function targetEnd(data: Record<string, unknown>): TargetEnd {
  return {
    outcome: data['outcome'] === null ? null : String(data['outcome']),
    nextStep: String((data['wave'] === null ? data['outcomeReason'] : data['nextStep']) ?? ''),
    backedUp: data['backupVerified'] === true && data['imageId'] !== null,
    after: JSON.stringify(data['after'] ?? null),
  };
}

function effectsOf(aws: AwsControl, nameOf: ReadonlyMap<string, string>): Record<string, number> {
  const effects: Record<string, number> = {};
  for (const entry of aws.ledger()) {
    if (entry.outcome !== 'effect') continue;
    for (const id of (entry.params['instanceIds'] ?? '').split(',')) {
      const kind = entry.params['Operation'] ? ` ${entry.params['Operation']}` : '';
      const name = `${entry.operation}${kind} ${nameOf.get(id) ?? id}`;
      effects[name] = (effects[name] ?? 0) + 1;
    }
  }
  return effects;
}

function leftovers(db: Database.Database): string[] {
  // A job of an earlier release that never crashed has no such table.
  const parks = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'parked_runs'").get() !== undefined;
  const rows = db
    .prepare(
      `SELECT 'an effect ' || kind || ' ' || state AS what FROM effects WHERE state IN ('intended', 'begun', 'needs_attention')
       UNION ALL SELECT 'the lock of ' || landing_zone FROM zone_locks
       UNION ALL SELECT 'the lock of ' || key FROM instance_locks
       UNION ALL SELECT 'target ' || key || ' in ' || stage FROM targets WHERE stage <> 'done'
       UNION ALL SELECT 'run ' || id || ' in ' || phase FROM runs WHERE phase <> 'ended'
       ${parks ? "UNION ALL SELECT 'parked run ' || run_id FROM parked_runs" : ''}`,
    )
    .all() as { what: string }[];
  return rows.map((r) => r.what);
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function told(
  db: Database.Database,
  runId: string,
  slack: SlackControl,
): Pick<EndState, 'card' | 'cards' | 'saysItCounts' | 'thread'> {
  const card = db.prepare('SELECT channel, ts FROM cards WHERE run_id = ?').get(runId) as
    | { channel: string; ts: string | null }
    | undefined;
  const rows = db
    .prepare('SELECT id, news, state, created_at AS createdAt FROM outbox WHERE run_id = ? ORDER BY id')
    .all(runId) as Parameters<typeof threadRows>[0];
  const all = card ? slack.messages({ channel: card.channel }) : [];
  const replies = all.filter((m) => m.threadTs !== null && m.threadTs === card?.ts);
  const shown = all.find((m) => m.ts === card?.ts);
  return {
    card: shown?.text.replaceAll(runId, 'RUN') ?? null,
    saysItCounts: JSON.stringify(shown?.blocks ?? []).includes('this one counts'),
    cards: all.filter((m) => m.threadTs === null && m.ephemeralTo === null && m.text.includes(runId)).length,
    thread: {
      rows: threadRows(rows, runId),
      said: replies.map((m) => comparable(m.text, runId)),
      reportFiles: replies.flatMap((m) => m.files).filter((f) => f.name.includes('report.')).length,
    },
  };
}
