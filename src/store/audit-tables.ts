/**
 * The tables held against the audit retold. Who changes a plan's approvals, an outcome or a lock in the tables alone
 * is found by this, whoever changes the audit by its hash chain. Only what was told is compared: rows of releases
 * that told less are held against what they told.
 */
import type Database from 'better-sqlite3';
import { z } from 'zod';
import { hashPlan } from '../workflow/plan-hash.ts';
import type { Plan } from '../workflow/plan-types.ts';
import type { EffectKindName, EffectRef } from '../workflow/run-types.ts';
import { effectHash, OF_A_TARGET, type RunFacts, type TargetFacts } from './audit-facts.ts';
import type { Retold, RunState } from './audit-replay.ts';
import { prepared } from './statements.ts';

/** What the tables say otherwise than the audit, one sentence each; empty when they tell the same. */
export function differencesToTables(db: Database.Database, told: Retold): string[] {
  const wrong: string[] = [];
  const held: Held = (what, inAudit, inTables) => {
    const expected = new Set(inAudit);
    const found = new Set(inTables);
    for (const one of expected)
      if (!found.has(one)) wrong.push(`${what} ${one} is in the audit, not in the tables`);
    for (const one of found)
      if (!expected.has(one)) wrong.push(`${what} ${one} is in the tables, not in the audit`);
  };
  const rows: Rows = (sql, ...values) => prepared(db, sql).all(...values) as never;
  for (const { id } of rows<{ id: string }>(
    `SELECT id FROM runs UNION SELECT run_id FROM plans UNION SELECT run_id FROM approvals UNION SELECT run_id FROM targets
     UNION SELECT run_id FROM effects UNION SELECT run_id FROM parked_runs`,
  ))
    if (!told.runs.has(id) && !told.older.has(id)) wrong.push(`run ${id} is in the tables, not in the audit`);
  for (const [runId, state] of told.runs) {
    const of: Held = (what, ...both) => held(`run ${runId}: ${what}`, ...both);
    heldRun(of, rows, runId, state);
    heldPlans(of, rows, runId, state);
    heldApprovals(of, rows, runId, state);
    heldTargets(of, rows, runId, state);
    heldEffects(of, rows, runId, state);
  }
  held(
    'freeze of',
    [...told.freezes].map(([scope, by]) => `${scope} by ${by}`),
    rows<{ scope: string; by: string; at: number }>('SELECT scope, by_user AS "by", at FROM freezes')
      .filter(({ scope, at }) => told.freezes.has(scope) || at >= told.since)
      .map(({ scope, by }) => `${scope} by ${by}`),
  );
  held(
    'foreign command',
    told.foreign,
    rows<{ id: string }>('SELECT command_id AS id FROM foreign_commands').map(({ id }) => id),
  );
  const known = (sql: string) =>
    rows<{ key: string; run: string; until: number | null }>(sql)
      .filter(({ run }) => !told.older.has(run))
      .map(({ key, run, until }) => lockLine(key, run, until));
  held(
    'lock on landing zone',
    [...told.zones].map(([zone, run]) => lockLine(zone, run, null)),
    known('SELECT landing_zone AS key, run_id AS run, NULL AS until FROM zone_locks'),
  );
  held(
    'lock on instance',
    [...told.instanceLocks].map(([key, { runId, until }]) => lockLine(key, runId, until)),
    known('SELECT key, run_id AS run, until FROM instance_locks'),
  );
  return wrong;
}

const lockLine = (key: string, runId: string, until: number | null) =>
  `${key} of run ${runId}${until === null ? '' : ` until ${until}`}`;

type Held = (what: string, inAudit: Iterable<string>, inTables: Iterable<string>) => void;
type Rows = <T>(sql: string, ...values: string[]) => T[];

function heldRun(of: Held, rows: Rows, runId: string, state: RunState): void {
  const [run] = rows<RunColumns>(
    `SELECT data, phase, environment, plan_hash AS planHash, stop_requested_at AS stopRequestedAt, current_wave AS currentWave
     FROM runs WHERE id = ?`,
    runId,
  );
  of('state', [runLine(state.requestedBy, state.run, state.run)], run ? [tableLine(run, state.run)] : []);
  if (state.parked === undefined) return;
  const line = (mayRelease: boolean) => `it may be released: ${mayRelease ? 'yes' : 'no'}`;
  of(
    'parked,',
    state.parked ? [line(state.parked.mayRelease)] : [],
    rows<{ may: number }>('SELECT may_release AS may FROM parked_runs WHERE run_id = ?', runId).map((r) =>
      line(r.may === 1),
    ),
  );
}

function heldPlans(of: Held, rows: Rows, runId: string, state: RunState): void {
  const plans = rows<{ version: number; hash: string; body: string }>(
    'SELECT version, hash, body FROM plans WHERE run_id = ?',
    runId,
  ).map(({ body, ...row }) => ({ ...row, plan: JSON.parse(body) as Plan }));
  of(
    'plan',
    [...state.plans].map(([version, hash]) => `${version} ${hash}`),
    plans.map(
      ({ version, hash, plan }) => `${version} ${hashPlan(plan) === hash ? hash : 'of other content'}`,
    ),
  );
  // Where an instance is decides with which role it is changed.
  const current = plans.find(({ version }) => version === state.run.planVersion);
  const planned = new Map(current?.plan.targets.map((t) => [t.key, t.landingZone]));
  of(
    'planned instance',
    [...planned].map(([key, zone]) => `${key} in ${zone}`),
    rows<{ key: string; zone: string }>(
      "SELECT key, data ->> '$.instance.landingZone' AS zone FROM targets WHERE run_id = ?",
      runId,
    ).flatMap(({ key, zone }) => (planned.has(key) ? [`${key} in ${zone}`] : [])),
  );
}

function heldApprovals(of: Held, rows: Rows, runId: string, { approvals }: RunState): void {
  const line = (
    key: string,
    { at, until }: { at?: number | undefined; until?: number | null | undefined },
  ) => {
    const asked = approvals.get(key);
    return `${key}${asked?.at === undefined ? '' : ` at ${at}`}${asked?.until === undefined ? '' : ` until ${until}`}`;
  };
  of(
    'approval',
    [...approvals].map(([key, times]) => line(key, times)),
    rows<{ key: string; at: number; until: number | null }>(
      `SELECT user_id || ' ' || plan_hash || ' ' || coalesce(standing_for, '') AS key, at, standing_until AS until
       FROM approvals WHERE run_id = ?`,
      runId,
    ).map((row) => line(row.key, row)),
  );
}

function heldTargets(of: Held, rows: Rows, runId: string, { targets }: RunState): void {
  of(
    'instance',
    [...targets].map(([key, target]) => targetLine(key, target, target)),
    // A row whose columns and key are not those of its JSON is none: the instance is then missing.
    rows<{ key: string; data: string }>(
      `SELECT key, json_object('stage', stage, 'outcome', outcome, 'wave', wave, 'imageId', data ->> '$.imageId',
              'backupVerified', data -> '$.backupVerified', 'eligible', data -> '$.eligible', 'wasStopped', data -> '$.wasStopped',
              'power', data ->> '$.power', 'commandId', data ->> '$.commandId', 'commandMayRun', data -> '$.commandMayRun',
              'installEnd', data ->> '$.installEnd.status', 'exitCode', data -> '$.exitCode') AS data FROM targets
       WHERE run_id = ? AND (stage, outcome, wave, key) IS (data ->> '$.stage', data ->> '$.outcome', data ->> '$.wave', data ->> '$.key')
         AND key IS data ->> '$.instance.key'
         AND key IS (data ->> '$.instance.accountId') || '/' || (data ->> '$.instance.region') || '/' || (data ->> '$.instance.instanceId')`,
      runId,
    ).map(({ key, data }) => targetLine(key, JSON.parse(data) as TargetFacts, targets.get(key))),
  );
}

function heldEffects(of: Held, rows: Rows, runId: string, { effects }: RunState): void {
  of(
    'effect',
    [...effects].map(([id, effect]) => effectLine(id, effect, effect)),
    // An instance that it is not alive for, or alive for against its state, is not one of its instances.
    rows<EffectColumns>(
      `SELECT id, kind, wave, batch, attempt, tag, state, account_id AS accountId, region, landing_zone AS landingZone, request, ref, intended_at AS at,
         coalesce((SELECT group_concat(key, ',') FROM (SELECT key FROM effect_targets t WHERE t.effect_id = e.id AND t.run_id = e.run_id
           AND t.kind = e.kind AND t.live = (e.state NOT IN ('no_effect', 'closed')) ORDER BY key)), '') AS keys
       FROM effects e WHERE run_id = ?`,
      runId,
    ).map((row) =>
      effectLine(
        row.id,
        {
          ...row,
          is: effectHash(row, row.request),
          ref: row.ref === null ? null : (JSON.parse(row.ref) as EffectRef),
        },
        effects.get(row.id),
      ),
    ),
  );
}

interface EffectColumns {
  id: number;
  kind: EffectKindName;
  wave: number;
  batch: string;
  attempt: number;
  tag: string;
  state: string;
  accountId: string;
  region: string;
  landingZone: string;
  request: string;
  ref: string | null;
  at: number;
  keys: string;
}

type EffectState = NonNullable<ReturnType<RunState['effects']['get']>>;

function effectLine(id: number, { tag, state, keys, is, ref, at }: EffectState, told?: EffectState): string {
  const request = told?.is === undefined ? '' : ` asking ${is}`;
  const answer = told?.ref === undefined ? '' : ` answered ${JSON.stringify(ref)}`;
  const intended = told?.at === undefined ? '' : ` at ${at}`;
  return `${id} ${tag} ${state} ${keys}${request}${answer}${intended}`;
}

function targetLine(key: string, target: TargetFacts, told?: TargetFacts): string {
  const { stage, outcome, wave } = target;
  const decided = OF_A_TARGET.flatMap((name) =>
    told?.[name] === undefined ? [] : [`, ${name} ${target[name]}`],
  );
  return `${key} (${stage}, ${outcome ?? 'no outcome'}, ${typeof wave === 'number' ? `wave ${wave}` : 'not in the plan'}${decided.join('')})`;
}

/** `told`: only what it names is said. */
function runLine(by: string, run: RunFacts, told: RunFacts): string {
  const names = Object.keys(told).sort() as (keyof RunFacts)[];
  return `asked for by ${by}, ${names.map((name) => `${name} ${run[name]}`).join(', ')}`;
}

const runData = z.looseObject({
  kind: z.string(),
  environment: z.string(),
  expiresAt: z.number().nullable(),
  startNotBefore: z.number().nullable(),
  startedAt: z.number().nullable(),
  phase: z.string(),
  requestedBy: z.string(),
  end: z.string().nullable(),
  planVersion: z.number().nullable(),
  planHash: z.string().nullable(),
  planChangedBy: z.string().nullable(),
  currentWave: z.number(),
  stopRequestedBy: z.string().nullable(),
  stopRequestedAt: z.number().nullable(),
});

interface RunColumns {
  data: string;
  phase: string;
  environment: string;
  planHash: string | null;
  stopRequestedAt: number | null;
  currentWave: number;
}

/** The columns that are decided by must say the same as the JSON beside them. */
function tableLine({ data, ...columns }: RunColumns, told: RunFacts): string {
  const parsed = runData.safeParse(JSON.parse(data));
  if (!parsed.success) return `unreadable (${columns.phase})`;
  const run = parsed.data as RunFacts;
  for (const name of ['phase', 'environment', 'planHash', 'stopRequestedAt', 'currentWave'] as const)
    if (run[name] !== columns[name]) return `with two values of ${name}, ${columns[name]} and ${run[name]}`;
  return runLine(parsed.data.requestedBy, run, told);
}
