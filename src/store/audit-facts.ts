/**
 * What a write makes true, as the audit keeps it beside its sentence: enough to build the state of every run anew
 * from the audit alone (audit-replay.ts), and to see when somebody changed a table behind its back.
 */
import { createHash } from 'node:crypto';
import type { AuditEntry, Changes, InstanceLock, TargetChange } from '../workflow/changes.ts';
import { canonicalJson } from '../workflow/plan-hash.ts';
import type { Effect, EffectRef, EffectState, Outcome, Run, Stage, Target } from '../workflow/run-types.ts';
import type { ApprovalRecord } from '../workflow/view.ts';

/** Of a run, what decides about it. */
const OF_A_RUN = [
  'kind',
  'environment',
  'phase',
  'end',
  'planVersion',
  'planHash',
  'planChangedBy',
  'currentWave',
  'expiresAt',
  'startNotBefore',
  'startedAt',
  'stopRequestedBy',
  'stopRequestedAt',
] as const;
export type RunFacts = Partial<Pick<Run, (typeof OF_A_RUN)[number]>>;

/** Of a target, what decides about it besides its place in the run; `installEnd` is only how it ended. */
type DecidesAboutATarget = Pick<
  Target,
  | 'imageId'
  | 'backupVerified'
  | 'eligible'
  | 'wasStopped'
  | 'power'
  | 'commandId'
  | 'commandMayRun'
  | 'exitCode'
> & { installEnd: NonNullable<Target['installEnd']>['status'] | null };

export type TargetFacts = Partial<DecidesAboutATarget> & {
  stage?: Stage;
  outcome?: Outcome | null;
  wave?: number | null;
};

/** What a target is when it is added, by what its run tells (see TELLS): only what differs is told. */
export const UNLESS_TOLD_SINCE_2 = { imageId: null, backupVerified: false } as const;
export const UNLESS_TOLD: DecidesAboutATarget = {
  ...UNLESS_TOLD_SINCE_2,
  eligible: true,
  wasStopped: false,
  power: 'none',
  commandId: null,
  commandMayRun: false,
  installEnd: null,
  exitCode: null,
};
export const OF_A_TARGET = Object.keys(UNLESS_TOLD) as (keyof DecidesAboutATarget)[];

/**
 * What is told of a run from its first row on. 2: also whether it is parked, and its backups. 3: also of an
 * instance whether it may take part, its power and its command.
 */
export const TELLS = 3;

/** One write. What is left out did not change. */
export interface Facts {
  /** A new run, with the landing zones that it locks. `tells`: see TELLS; left out by a release that told less. */
  created?: { by: string; zones: readonly string[]; tells?: number };
  run?: RunFacts;
  plan?: { version: number; hash: string };
  /** `insteadOf`: whom a stand-in stood in for, `until`: how long that is configured. */
  approval?: { by: string; hash: string; at?: number; insteadOf?: string; until?: number };
  /** All targets were thrown away first. */
  cleared?: true;
  added?: Readonly<Record<string, TargetFacts>>;
  /** `when`: only if it was in that stage. */
  targets?: readonly (TargetFacts & { key: string; when?: Stage })[];
  /** Every target that waited for its wave ended as stopped. */
  endQueued?: true;
  /** `is`: hash of what is fixed when it is intended (see `effectHash`); `ref`: what AWS answered. */
  effects?: readonly {
    id: number;
    state: EffectState;
    tag?: string;
    keys?: readonly string[];
    is?: string;
    ref?: EffectRef | null;
    /** When it was intended. */
    at?: number;
  }[];
  /** Null: not parked any more. */
  parked?: { mayRelease: boolean } | null;
  keepZones?: readonly string[];
  locked?: readonly string[];
  /** Of those that end by themselves, when. */
  lockedUntil?: Readonly<Record<string, number>>;
  released?: readonly string[];
  frozen?: string;
  thawed?: string;
}

export function runFacts(run: Partial<Run>): RunFacts | undefined {
  const facts = Object.fromEntries(OF_A_RUN.flatMap((name) => (name in run ? [[name, run[name]]] : [])));
  return Object.keys(facts).length > 0 ? facts : undefined;
}

/** One that is planned has no image unless it says so: that is not told. */
function targetFacts(set: Partial<Target>): TargetFacts {
  const { stage, outcome, wave, ...rest } = set;
  const unsaid = set.imageId === null && stage === 'queued';
  return {
    ...('stage' in set ? { stage } : {}),
    ...('outcome' in set ? { outcome } : {}),
    ...('wave' in set ? { wave } : {}),
    ...decides(rest, (name) => name in set && !(name === 'imageId' && unsaid)),
  };
}

/** Of most targets nothing but the stage is worth a word. */
const addedFacts = (target: Target): TargetFacts => ({
  stage: target.stage,
  outcome: target.outcome,
  wave: target.wave,
  ...decides(target, (name, value) => value !== UNLESS_TOLD[name]),
});

function decides(
  target: Partial<Target>,
  told: (name: keyof DecidesAboutATarget, value: unknown) => boolean,
): Partial<DecidesAboutATarget> {
  return Object.fromEntries(
    OF_A_TARGET.map(
      (name) => [name, name === 'installEnd' ? (target.installEnd?.status ?? null) : target[name]] as const,
    ).filter(([name, value]) => told(name, value)),
  );
}

/** Over what is fixed when an effect is intended. `request` is the JSON as it is stored. */
export function effectHash(
  effect: Pick<Effect, 'kind' | 'wave' | 'batch' | 'attempt' | 'accountId' | 'region' | 'landingZone'>,
  request: string,
): string {
  const { kind, wave, batch, attempt, accountId, region, landingZone } = effect;
  return createHash('sha256')
    .update(canonicalJson({ kind, wave, batch, attempt, accountId, region, landingZone, request }))
    .digest('hex');
}

function changedTargets(targets: readonly TargetChange[]): Facts['targets'] {
  const changed = targets.flatMap(({ key, set, whenStage }) => {
    const facts = targetFacts(set);
    return Object.keys(facts).length > 0
      ? [{ key, ...facts, ...(whenStage ? { when: whenStage } : {}) }]
      : [];
  });
  return changed.length > 0 ? changed : undefined;
}

function approvalFacts({ userId, planHash, at, standingIn }: ApprovalRecord): NonNullable<Facts['approval']> {
  const instead = standingIn ? { insteadOf: standingIn.for, until: standingIn.until } : {};
  return { by: userId, hash: planHash, at, ...instead };
}

function lockFacts(locks: readonly InstanceLock[]): Pick<Facts, 'locked' | 'lockedUntil'> {
  const until = locks.flatMap((l) => (l.until === null ? [] : [[l.key, l.until] as const]));
  return {
    ...(locks.length > 0 ? { locked: locks.map((l) => l.key) } : {}),
    ...(until.length > 0 ? { lockedUntil: Object.fromEntries(until) } : {}),
  };
}

/** `idOf` finds the row of an effect that was adopted in this write, by its tag. */
export function factsOf(changes: Changes, idOf: (tag: string) => number): Facts {
  const { plan, addApproval, addTargets = [], effects = [], adopt = [] } = changes;
  const moved = [
    ...effects
      .filter((e) => e.state !== e.from || e.ref)
      .map(({ id, state, ref }) => ({ id, state, ...(ref ? { ref } : {}) })),
    ...adopt.map((effect) => {
      const { tag, state, targets, request, ref } = effect;
      const is = effectHash(effect, JSON.stringify(request));
      return { id: idOf(tag), state, tag, keys: targets, is, ref, at: effect.intendedAt };
    }),
  ];
  const run = changes.run && runFacts(changes.run);
  const targets = changedTargets(changes.targets ?? []);
  return {
    ...(run ? { run } : {}),
    ...(plan ? { plan: { version: plan.plan.version, hash: plan.hash } } : {}),
    ...(addApproval ? { approval: approvalFacts(addApproval) } : {}),
    ...(changes.replaceTargets ? { cleared: true } : {}),
    ...(addTargets.length > 0
      ? { added: Object.fromEntries(addTargets.map((t) => [t.key, addedFacts(t)])) }
      : {}),
    ...(targets ? { targets } : {}),
    ...(changes.endQueued ? { endQueued: true } : {}),
    ...(moved.length > 0 ? { effects: moved } : {}),
    ...(changes.parked ? { parked: { mayRelease: changes.parked.mayRelease } } : {}),
    ...(changes.unpark ? { parked: null } : {}),
    ...(changes.keepZones ? { keepZones: changes.keepZones } : {}),
    ...lockFacts(changes.instanceLocks ?? []),
    ...(changes.releaseInstanceLocks?.length ? { released: changes.releaseInstanceLocks } : {}),
  };
}

/** Where the facts of a row are in its detail. */
export const FACTS = 'makesTrue';

/** The entries with the facts on the last of them; one of its own when a write changed something and says nothing. */
export function withFacts(entries: readonly AuditEntry[], facts: Facts): readonly AuditEntry[] {
  if (Object.keys(facts).length === 0) return entries;
  const last = entries.at(-1) ?? { actor: 'patchday', action: 'state.changed', text: 'Went on.' };
  return [...entries.slice(0, -1), { ...last, detail: { ...last.detail, [FACTS]: facts } }];
}
