/** Rows to domain objects and back. */
import type { Effect, EffectKindName, EffectState, Run, Target } from '../workflow/run-types.ts';
import { parsedOnce } from './parsed-once.ts';
import { effectRefRow, effectRequestRow, keysRow, runRow, targetRow } from './row-schemas.ts';

/** Enough for all instances of a large run: a row has one to three thousand characters. */
const CHARACTERS_KEPT = 8_000_000;

const parseRun = parsedOnce((text) => runRow.parse(JSON.parse(text)), CHARACTERS_KEPT);
const parseTarget = parsedOnce((text) => targetRow.parse(JSON.parse(text)), CHARACTERS_KEPT);
const parseRequest = parsedOnce((text) => effectRequestRow.parse(JSON.parse(text)), CHARACTERS_KEPT);
const parseRef = parsedOnce((text) => effectRefRow.parse(JSON.parse(text)), CHARACTERS_KEPT);
const parseKeys = parsedOnce((text) => keysRow.parse(JSON.parse(text)), CHARACTERS_KEPT);

export interface RunRow {
  id: string;
  revision: number;
  data: string;
}

export function toRun(row: RunRow): Run {
  return { ...parseRun(row.data), id: row.id, revision: row.revision };
}

/** Nothing for a row whose JSON was damaged; where rows are listed, the others still count. */
export function readable<T>(read: () => T): T[] {
  try {
    return [read()];
  } catch {
    return [];
  }
}

export interface TargetRow {
  data: string;
}

export function toTarget(row: TargetRow): Target {
  return parseTarget(row.data);
}

export interface EffectRow {
  id: number;
  run_id: string;
  kind: EffectKindName;
  wave: number;
  batch: string;
  attempt: number;
  state: EffectState;
  tag: string;
  account_id: string;
  region: string;
  landing_zone: string;
  intended_at: number;
  look_at: number;
  failures: number;
  note: string;
  request: string;
  ref: string | null;
  keys: string;
}

/** `keys` is the JSON array of the effect's targets, from effect_targets. */
export const EFFECT_COLUMNS = `e.*, (SELECT json_group_array(t.key) FROM (SELECT key FROM effect_targets WHERE effect_id = e.id ORDER BY key) t) AS keys`;

export function toEffect(row: EffectRow): Effect {
  return {
    id: row.id,
    runId: row.run_id,
    kind: row.kind,
    wave: row.wave,
    batch: row.batch,
    attempt: row.attempt,
    accountId: row.account_id,
    region: row.region,
    landingZone: row.landing_zone,
    targets: parseKeys(row.keys),
    request: parseRequest(row.request),
    tag: row.tag,
    state: row.state,
    intendedAt: row.intended_at,
    ref: row.ref === null ? null : parseRef(row.ref),
    lookAt: row.look_at,
    note: row.note,
    failures: row.failures,
  };
}
