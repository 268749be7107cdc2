/** What the workflow writes, as plain data: the store applies one of these in one transaction, or refuses it. */
import type { TargetKey } from './instance.ts';
import type { Plan } from './plan-types.ts';
import type {
  Effect,
  EffectKindName,
  EffectRef,
  EffectRequest,
  EffectState,
  Freeze,
  Run,
  RunId,
  Stage,
  Target,
} from './run-types.ts';
import type { ApprovalRecord, News } from './view.ts';

export interface AuditEntry {
  /** Slack user id, or 'patchday' for what the bot decided by itself. */
  actor: string;
  /** Closed vocabulary, e.g. 'run.requested', 'approval.denied', 'effect.begun'. */
  action: string;
  /** One sentence. */
  text: string;
  detail?: Readonly<Record<string, unknown>>;
}

export interface TargetChange {
  key: TargetKey;
  set: Partial<Omit<Target, 'key' | 'instance'>>;
  /** Applied only while the target is in this stage: a late look never overrides a person's decision. */
  whenStage?: Stage;
}

export interface EffectChange {
  id: number;
  /** Compare-and-set: applied only from this state, else the whole write is refused. */
  from: EffectState;
  state: EffectState;
  ref?: EffectRef;
  lookAt?: number;
  note?: string;
  failures?: number;
}

export interface InstanceLock {
  key: TargetKey;
  runId: RunId;
  reason: string;
  /** ms; null = until a person resolves it. */
  until: number | null;
}

/** Conditions checked inside the transaction; the first that does not hold refuses the write. */
export interface Expectation {
  phase?: Run['phase'];
  planHash?: string | null;
  notStopped?: true;
  /** How many approvals the current plan has: two at the same instant must not both count as the first. */
  approvals?: number;
  /** This unknown instance was not closed meanwhile: a patch command may run on it, or the run keeps it locked. */
  notClosed?: TargetKey;
  /** A single-use key; refused when seen before. */
  once?: string;
}

export interface Changes {
  expect?: Expectation;
  run?: Partial<Omit<Run, 'id' | 'revision'>>;
  plan?: { plan: Plan; hash: string };
  addTargets?: readonly Target[];
  /** Removes all targets of the run first (a discovery that is done again). */
  replaceTargets?: true;
  targets?: readonly TargetChange[];
  /** Ends every queued target of the plan, and every one that was only scanned afresh, as 'stopped', for this reason. */
  endQueued?: { reason: string; nextStep: string };
  effects?: readonly EffectChange[];
  addApproval?: ApprovalRecord;
  instanceLocks?: readonly InstanceLock[];
  releaseInstanceLocks?: readonly TargetKey[];
  /** Landing zones that this run keeps locked; all others of it are released. Empty = all. */
  keepZones?: readonly string[];
  /** What was found at AWS about a parked run, and whether a person may let it go on. */
  parked?: { finding: string; mayRelease: boolean };
  /** The run is not parked any more; refused unless it may be released, or was told to stop. */
  unpark?: true;
  /** Effects found at AWS that the rows do not know: they were made after the restored copy. */
  adopt?: readonly AdoptedEffect[];
  audit?: readonly AuditEntry[];
  news?: readonly News[];
}

export type AdoptedEffect = Omit<Effect, 'id' | 'runId'>;

/** A run of a database that was restored from a copy, and so may be behind AWS. */
export interface Parked {
  /** When the restored database was first opened, ms. */
  at: number;
  why: string;
  /** What AWS was found to have; null = not asked yet. */
  finding: string | null;
  mayRelease: boolean;
}

/** An effect about to be begun. The store gives it its id, and refuses a target that has a live one of this kind. */
export interface Intent {
  kind: EffectKindName;
  wave: number;
  batch: string;
  attempt: number;
  /** Finds the effect again at AWS: unique per run, batch and attempt. */
  tag: string;
  accountId: string;
  region: string;
  landingZone: string;
  targets: readonly TargetKey[];
  request: EffectRequest;
  /** The stage in which each target must (still) be. */
  fromStage: Stage;
  targetSet?: Partial<Omit<Target, 'key' | 'instance'>>;
  at: number;
  /** Forward effects are refused once the run is stopped or a freeze is on; undo and looks are not. */
  forward: boolean;
  /** The approved plan's hash, compared again in the transaction; null for a fresh scan, which has no plan yet. */
  planHash: string | null;
  audit: readonly AuditEntry[];
}

export type Refusal =
  | 'stopped'
  | 'frozen'
  | 'plan_changed'
  | 'approvals_changed'
  | 'not_approved'
  | 'late'
  | 'target_moved'
  | 'other_instances'
  | 'already_done'
  | 'already_closed'
  | 'phase_changed'
  | 'effect_moved'
  | 'seen_before'
  | 'no_such_run'
  | 'parked'
  | 'not_parked'
  | 'ended';

export type Committed<T = undefined> = { ok: true; value: T } | { ok: false; refused: Refusal; text: string };

export interface NewRun {
  run: Run;
  /** Landing zones to lock; empty for a dry run. */
  lockZones: readonly string[];
  once: string;
  audit: readonly AuditEntry[];
}

/** What the executor and the service need of the store. */
export interface WorkflowStore {
  /** The run with its current wave (see RunState), or null. */
  load(runId: RunId): RunState | null;
  /** Commits with other writes of the same turn of the event loop; resolves when it is durable. */
  commit(runId: RunId, changes: Changes): Promise<Committed>;
  /** Commits the intent of an effect, or refuses. */
  intend(runId: RunId, intent: Intent): Promise<Committed<Effect>>;
  /** `value` is the run that holds one of the zones, when refused for that. */
  createRun(
    request: NewRun,
  ): Promise<{ ok: true } | { ok: false; heldBy: RunId; zone: string } | { ok: false; seenBefore: true }>;
  /** Runs that have not ended. */
  openRuns(): { id: RunId; wakeAt: number | null }[];
  instanceLocks(keys: readonly TargetKey[]): InstanceLock[];
  allTargets(runId: RunId): Target[];
}

export interface RunState {
  run: Run;
  plan: Plan | null;
  /** Hash recomputed from the stored plan at load. */
  planHashNow: string | null;
  /** Targets of the current wave and any other target on its way. In discovery and planning: none. */
  targets: readonly Target[];
  /** Open effects, and all effects of the current wave and of any wave that has a target on its way; of a parked run every one. */
  effects: readonly Effect[];
  approvals: readonly ApprovalRecord[];
  /** Of all targets of the plan, so far. */
  failedSoFar: number;
  /** Targets not yet reached, by wave. */
  queuedWaves: readonly number[];
  frozen: { by: string; reason: string } | null;
  /** Left out = not parked. */
  parked?: Parked | null;
}

/** What the service and the views read besides. */
export interface QueryStore extends WorkflowStore {
  run(runId: RunId): Run | null;
  /** Open runs first, then the newest ended ones. */
  runs(limit: number): Run[];
  plan(runId: RunId, version: number): Plan | null;
  approvals(runId: RunId): ApprovalRecord[];
  effectTagged(tag: string): Effect | null;
  effectsNeedingAttention(runId: RunId): Effect[];
  freezes(): Freeze[];
  setFreeze(freeze: Freeze | { lift: string; by: string; reason: string }, once: string): Promise<Committed>;
  audit(runId: RunId | null, entry: AuditEntry): Promise<void>;
}
