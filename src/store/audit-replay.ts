/** The audit retold: the state of every run built anew from the facts in the audit's rows. */
import { z } from 'zod';
import type { EffectRef } from '../workflow/run-types.ts';
import type { AuditRow } from './audit-chain.ts';
import {
  FACTS,
  type Facts,
  type RunFacts,
  type TargetFacts,
  UNLESS_TOLD,
  UNLESS_TOLD_SINCE_2,
} from './audit-facts.ts';

/** What is undefined was not told: it happened under a release that told less. */
export interface RunState {
  requestedBy: string;
  /** What it tells from its first row on: see TELLS. */
  tells: number;
  run: RunFacts;
  plans: Map<number, string>;
  /** By "person hash whom they stood in for". */
  approvals: Map<string, { at: number | undefined; until: number | undefined }>;
  targets: Map<string, TargetFacts>;
  effects: Map<
    number,
    {
      state: string;
      tag: string;
      keys: string;
      is: string | undefined;
      ref: EffectRef | null | undefined;
      at: number | undefined;
    }
  >;
  parked: { mayRelease: boolean } | null | undefined;
}

export interface Retold {
  runs: Map<string, RunState>;
  /** Runs of a release that did not keep facts yet: they began before the first row with facts. */
  older: Set<string>;
  /** Landing zone to the run that holds it. */
  zones: Map<string, string>;
  /** Instance to the run that holds it, and until when; null = until it is released. */
  instanceLocks: Map<string, { runId: string; until: number | null }>;
  /** What is frozen to who froze it. */
  freezes: Map<string, string>;
  /** Ids of commands that were told as foreign. */
  foreign: Set<string>;
  /** Time of the first row with facts, ms; what is older was not kept track of. */
  since: number;
}

/** Only that it is an object is asked: the chain says whether it is what we wrote. */
const detailRow = z.looseObject({
  [FACTS]: z.custom<Facts>((value) => typeof value === 'object').optional(),
});

const foreignRow = z.looseObject({ commandId: z.string() });

/** Builds the state anew. Rows of releases that did not keep facts yet are passed over, and so are their runs. */
export function retell(rows: Iterable<AuditRow>): Retold {
  const told: Retold = {
    runs: new Map(),
    older: new Set(),
    zones: new Map(),
    instanceLocks: new Map(),
    freezes: new Map(),
    foreign: new Set(),
    since: Infinity,
  };
  for (const row of rows) {
    if (row.action === 'command.foreign')
      told.foreign.add(foreignRow.parse(JSON.parse(row.detail)).commandId);
    const facts = row.detail.includes(`"${FACTS}"`)
      ? detailRow.parse(JSON.parse(row.detail))[FACTS]
      : undefined;
    if (!facts) {
      if (row.runId !== null && told.since === Infinity) told.older.add(row.runId);
      continue;
    }
    told.since = Math.min(told.since, row.at);
    if (facts.frozen !== undefined) told.freezes.set(facts.frozen, row.actor);
    if (facts.thawed !== undefined) told.freezes.delete(facts.thawed);
    if (row.runId !== null) tellOfRun(told, row.runId, facts);
  }
  return told;
}

function tellOfRun(told: Retold, runId: string, facts: Facts): void {
  if (facts.created) {
    told.runs.set(runId, {
      requestedBy: facts.created.by,
      tells: facts.created.tells ?? 0,
      run: {},
      plans: new Map(),
      approvals: new Map(),
      targets: new Map(),
      effects: new Map(),
      parked: (facts.created.tells ?? 0) >= 2 ? null : undefined,
    });
    for (const zone of facts.created.zones) told.zones.set(zone, runId);
  }
  const state = told.runs.get(runId);
  if (!state) return;
  Object.assign(state.run, facts.run);
  if (facts.plan) state.plans.set(facts.plan.version, facts.plan.hash);
  const { approval } = facts;
  if (approval) {
    const { by, hash, insteadOf = '', at, until } = approval;
    state.approvals.set(`${by} ${hash} ${insteadOf}`, { at, until });
  }
  if (facts.parked !== undefined) state.parked = facts.parked;
  tellOfTargets(state, facts);
  for (const { id, state: now, tag, keys, is, ref, at } of facts.effects ?? []) {
    const before = state.effects.get(id);
    state.effects.set(id, {
      state: now,
      tag: tag ?? before?.tag ?? '',
      keys: keys ? [...keys].sort().join() : (before?.keys ?? ''),
      is: is ?? before?.is,
      // Told from its intent on, when nothing was answered yet.
      ref: ref ?? (is === undefined ? before?.ref : null),
      at: at ?? before?.at,
    });
  }
  for (const key of facts.locked ?? [])
    told.instanceLocks.set(key, { runId, until: facts.lockedUntil?.[key] ?? null });
  for (const key of facts.released ?? [])
    if (told.instanceLocks.get(key)?.runId === runId) told.instanceLocks.delete(key);
  if (facts.keepZones)
    for (const [zone, holder] of told.zones)
      if (holder === runId && !facts.keepZones.includes(zone)) told.zones.delete(zone);
}

function tellOfTargets({ targets, tells }: RunState, facts: Facts): void {
  const unlessToldOtherwise = tells >= 3 ? UNLESS_TOLD : tells === 2 ? UNLESS_TOLD_SINCE_2 : {};
  if (facts.cleared) targets.clear();
  for (const [key, added] of Object.entries(facts.added ?? {}))
    targets.set(key, { ...unlessToldOtherwise, ...added });
  for (const { key, when, ...set } of facts.targets ?? []) {
    const target = targets.get(key);
    if (!target || (when !== undefined && target.stage !== when)) continue;
    if (tells >= 2 && set.stage === 'queued') target.imageId = null;
    Object.assign(target, set);
  }
  if (!facts.endQueued) return;
  for (const target of targets.values()) {
    const waits = target.stage === 'queued' && target.wave !== null;
    if (waits || (target.stage === 'ready' && target.wave === 0))
      Object.assign(target, { stage: 'done', outcome: 'stopped' });
  }
}
