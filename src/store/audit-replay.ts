/**
 * The audit retold: the state of every run built anew from the facts in the audit's rows, and held against the
 * tables. Who changes a plan's approvals, an outcome or a lock in the tables alone is found by this, whoever changes
 * the audit by its hash chain.
 */
import type Database from 'better-sqlite3';
import { z } from 'zod';
import { hashPlan } from '../workflow/plan-hash.ts';
import type { Plan } from '../workflow/plan-types.ts';
import type { AuditRow } from './audit-chain.ts';
import { FACTS, type Facts, type RunFacts, type TargetFacts } from './audit-facts.ts';

interface RunState {
  requestedBy: string;
  run: RunFacts;
  plans: Map<number, string>;
  /** "person hash whom they stood in for". */
  approvals: Set<string>;
  targets: Map<string, TargetFacts>;
  effects: Map<number, { state: string; tag: string; keys: string }>;
}

export interface Retold {
  runs: Map<string, RunState>;
  /** Landing zone to the run that holds it. */
  zones: Map<string, string>;
  instanceLocks: Map<string, string>;
  freezes: Set<string>;
  /** Time of the first row with facts, ms; what is older was not kept track of. */
  since: number;
}

/** Only that it is an object is asked: the chain says whether it is what we wrote. */
const detailRow = z.looseObject({
  [FACTS]: z.custom<Facts>((value) => typeof value === 'object').optional(),
});

/** Builds the state anew. Rows of releases that did not keep facts yet are passed over, and so are their runs. */
export function retell(rows: Iterable<AuditRow>): Retold {
  const told: Retold = {
    runs: new Map(),
    zones: new Map(),
    instanceLocks: new Map(),
    freezes: new Set(),
    since: Infinity,
  };
  for (const row of rows) {
    if (!row.detail.includes(`"${FACTS}"`)) continue;
    const facts = detailRow.parse(JSON.parse(row.detail))[FACTS];
    if (!facts) continue;
    told.since = Math.min(told.since, row.at);
    if (facts.frozen !== undefined) told.freezes.add(facts.frozen);
    if (facts.thawed !== undefined) told.freezes.delete(facts.thawed);
    if (row.runId !== null) tellOfRun(told, row.runId, facts);
  }
  return told;
}

function tellOfRun(told: Retold, runId: string, facts: Facts): void {
  if (facts.created) {
    told.runs.set(runId, {
      requestedBy: facts.created.by,
      run: {},
      plans: new Map(),
      approvals: new Set(),
      targets: new Map(),
      effects: new Map(),
    });
    for (const zone of facts.created.zones) told.zones.set(zone, runId);
  }
  const state = told.runs.get(runId);
  if (!state) return;
  Object.assign(state.run, facts.run);
  if (facts.plan) state.plans.set(facts.plan.version, facts.plan.hash);
  const { approval } = facts;
  if (approval) state.approvals.add(`${approval.by} ${approval.hash} ${approval.insteadOf ?? ''}`);
  tellOfTargets(state, facts);
  for (const { id, state: now, tag, keys } of facts.effects ?? []) {
    const before = state.effects.get(id);
    state.effects.set(id, {
      state: now,
      tag: tag ?? before?.tag ?? '',
      keys: keys ? [...keys].sort().join() : (before?.keys ?? ''),
    });
  }
  for (const key of facts.locked ?? []) told.instanceLocks.set(key, runId);
  for (const key of facts.released ?? [])
    if (told.instanceLocks.get(key) === runId) told.instanceLocks.delete(key);
  if (facts.keepZones)
    for (const [zone, holder] of told.zones)
      if (holder === runId && !facts.keepZones.includes(zone)) told.zones.delete(zone);
}

function tellOfTargets({ targets }: RunState, facts: Facts): void {
  if (facts.cleared) targets.clear();
  for (const [key, added] of Object.entries(facts.added ?? {})) targets.set(key, { ...added });
  for (const { key, when, ...set } of facts.targets ?? []) {
    const target = targets.get(key);
    if (target && (when === undefined || target.stage === when)) Object.assign(target, set);
  }
  if (!facts.endQueued) return;
  for (const target of targets.values()) {
    const waits = target.stage === 'queued' && target.wave !== null;
    if (waits || (target.stage === 'ready' && target.wave === 0))
      Object.assign(target, { stage: 'done', outcome: 'stopped' });
  }
}

/** What the tables say otherwise than the audit, one sentence each; empty when they tell the same. */
export function differencesToTables(db: Database.Database, told: Retold): string[] {
  const wrong: string[] = [];
  const held = (what: string, inAudit: Iterable<string>, inTables: Iterable<string>) => {
    const expected = new Set(inAudit);
    const found = new Set(inTables);
    for (const one of expected)
      if (!found.has(one)) wrong.push(`${what} ${one} is in the audit, not in the tables`);
    for (const one of found)
      if (!expected.has(one)) wrong.push(`${what} ${one} is in the tables, not in the audit`);
  };
  const rows = <T>(sql: string, ...values: string[]) => db.prepare(sql).all(...values) as T[];
  const pairs = (map: Map<string, string>) => [...map].map(([key, runId]) => `${key} of run ${runId}`);
  for (const [runId, state] of told.runs) {
    const of = (what: string) => `run ${runId}: ${what}`;
    const [run] = rows<{ data: string; phase: string; hash: string | null }>(
      'SELECT data, phase, plan_hash AS hash FROM runs WHERE id = ?',
      runId,
    );
    held(of('state'), [runLine(state.requestedBy, state.run)], run ? [tableLine(run)] : []);
    held(
      of('plan'),
      [...state.plans].map(([version, hash]) => `${version} ${hash}`),
      rows<{ version: number; hash: string; body: string }>(
        'SELECT version, hash, body FROM plans WHERE run_id = ?',
        runId,
      ).map(
        (p) =>
          `${p.version} ${hashPlan(JSON.parse(p.body) as Plan) === p.hash ? p.hash : 'of other content'}`,
      ),
    );
    held(
      of('approval'),
      state.approvals,
      rows<{ line: string }>(
        "SELECT user_id || ' ' || plan_hash || ' ' || coalesce(standing_for, '') AS line FROM approvals WHERE run_id = ?",
        runId,
      ).map((r) => r.line),
    );
    held(
      of('instance'),
      [...state.targets].map(([key, t]) => targetLine(key, t.stage, t.outcome ?? null, t.wave ?? null)),
      rows<{ key: string; stage: string; outcome: string | null; wave: number | null }>(
        `SELECT key, data ->> '$.stage' AS stage, data ->> '$.outcome' AS outcome, data ->> '$.wave' AS wave FROM targets
         WHERE run_id = ? AND (stage, outcome, wave, key) IS (data ->> '$.stage', data ->> '$.outcome', data ->> '$.wave', data ->> '$.key')`,
        runId,
      ).map((t) => targetLine(t.key, t.stage, t.outcome, t.wave)),
    );
    held(
      of('effect'),
      [...state.effects].map(([id, e]) => `${id} ${e.tag} ${e.state} ${e.keys}`),
      rows<{ id: number; tag: string; state: string; keys: string }>(
        `SELECT id, tag, state, coalesce((SELECT group_concat(key, ',') FROM (SELECT key FROM effect_targets WHERE effect_id = e.id ORDER BY key)), '') AS keys
         FROM effects e WHERE run_id = ?`,
        runId,
      ).map((e) => `${e.id} ${e.tag} ${e.state} ${e.keys}`),
    );
  }
  held(
    'freeze of',
    told.freezes,
    rows<{ scope: string; at: number }>('SELECT scope, at FROM freezes')
      .filter(({ scope, at }) => told.freezes.has(scope) || at >= told.since)
      .map(({ scope }) => scope),
  );
  const known = <T extends { run: string }>(all: T[]) => all.filter(({ run }) => told.runs.has(run));
  held(
    'lock on landing zone',
    pairs(told.zones),
    known(
      rows<{ zone: string; run: string }>('SELECT landing_zone AS zone, run_id AS run FROM zone_locks'),
    ).map(({ zone, run }) => `${zone} of run ${run}`),
  );
  held(
    'lock on instance',
    pairs(told.instanceLocks),
    known(rows<{ key: string; run: string }>('SELECT key, run_id AS run FROM instance_locks')).map(
      ({ key, run }) => `${key} of run ${run}`,
    ),
  );
  return wrong;
}

function targetLine(key: string, stage: unknown, outcome: unknown, wave: unknown): string {
  return `${key} (${stage}, ${outcome ?? 'no outcome'}, ${wave === null ? 'not in the plan' : `wave ${wave}`})`;
}

function runLine(by: string, run: RunFacts): string {
  const { phase, end, planVersion, planHash, planChangedBy, currentWave, stopRequestedBy } = run;
  return `${phase}, asked for by ${by}, end ${end}, plan ${planVersion} ${planHash} changed by ${planChangedBy}, wave ${currentWave}, stopped by ${stopRequestedBy}`;
}

const runData = z.looseObject({
  phase: z.string(),
  requestedBy: z.string(),
  end: z.string().nullable(),
  planVersion: z.number().nullable(),
  planHash: z.string().nullable(),
  planChangedBy: z.string().nullable(),
  currentWave: z.number(),
  stopRequestedBy: z.string().nullable(),
});

/** The columns that are decided by must say the same as the JSON beside them. */
function tableLine({ data, phase, hash }: { data: string; phase: string; hash: string | null }): string {
  const parsed = runData.safeParse(JSON.parse(data));
  if (!parsed.success) return `unreadable (${phase})`;
  const { requestedBy, planHash } = parsed.data;
  if (planHash !== hash) return `with two plan hashes, ${hash} and ${planHash}`;
  if (parsed.data.phase !== phase) return `in two phases, ${phase} and ${parsed.data.phase}`;
  return runLine(requestedBy, parsed.data as RunFacts);
}
