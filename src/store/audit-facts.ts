/**
 * What a write makes true, as the audit keeps it beside its sentence: enough to build the state of every run anew
 * from the audit alone (audit-replay.ts), and to see when somebody changed a table behind its back.
 */
import type { AuditEntry, Changes, TargetChange } from '../workflow/changes.ts';
import type { EffectState, Outcome, Run, Stage, Target } from '../workflow/run-types.ts';
import type { ApprovalRecord } from '../workflow/view.ts';

/** Of a run, what decides about it. */
const OF_A_RUN = [
  'phase',
  'end',
  'planVersion',
  'planHash',
  'planChangedBy',
  'currentWave',
  'stopRequestedBy',
] as const;
export type RunFacts = Partial<Pick<Run, (typeof OF_A_RUN)[number]>>;

export type TargetFacts = { stage?: Stage; outcome?: Outcome | null; wave?: number | null };

/** One write. What is left out did not change. */
export interface Facts {
  /** A new run, with the landing zones that it locks. */
  created?: { by: string; zones: readonly string[] };
  run?: RunFacts;
  plan?: { version: number; hash: string };
  /** `insteadOf`: whom a stand-in stood in for. */
  approval?: { by: string; hash: string; insteadOf?: string };
  /** All targets were thrown away first. */
  cleared?: true;
  added?: Readonly<Record<string, TargetFacts>>;
  /** `when`: only if it was in that stage. */
  targets?: readonly (TargetFacts & { key: string; when?: Stage })[];
  /** Every target that waited for its wave ended as stopped. */
  endQueued?: true;
  effects?: readonly { id: number; state: EffectState; tag?: string; keys?: readonly string[] }[];
  keepZones?: readonly string[];
  locked?: readonly string[];
  released?: readonly string[];
  frozen?: string;
  thawed?: string;
}

export function runFacts(run: Partial<Run>): RunFacts | undefined {
  const facts = Object.fromEntries(OF_A_RUN.flatMap((name) => (name in run ? [[name, run[name]]] : [])));
  return Object.keys(facts).length > 0 ? facts : undefined;
}

const targetFacts = (set: Partial<Target>): TargetFacts => ({
  ...('stage' in set ? { stage: set.stage } : {}),
  ...('outcome' in set ? { outcome: set.outcome } : {}),
  ...('wave' in set ? { wave: set.wave } : {}),
});

function changedTargets(targets: readonly TargetChange[]): Facts['targets'] {
  const changed = targets.flatMap(({ key, set, whenStage }) => {
    const facts = targetFacts(set);
    return Object.keys(facts).length > 0
      ? [{ key, ...facts, ...(whenStage ? { when: whenStage } : {}) }]
      : [];
  });
  return changed.length > 0 ? changed : undefined;
}

function approvalFacts({ userId, planHash, standingIn }: ApprovalRecord): NonNullable<Facts['approval']> {
  return { by: userId, hash: planHash, ...(standingIn ? { insteadOf: standingIn.for } : {}) };
}

/** `idOf` finds the row of an effect that was adopted in this write, by its tag. */
export function factsOf(changes: Changes, idOf: (tag: string) => number): Facts {
  const { plan, addApproval, addTargets = [], effects = [], adopt = [] } = changes;
  const moved = [
    ...effects.filter((e) => e.state !== e.from).map(({ id, state }) => ({ id, state })),
    ...adopt.map(({ tag, state, targets }) => ({ id: idOf(tag), state, tag, keys: targets })),
  ];
  const run = changes.run && runFacts(changes.run);
  const targets = changedTargets(changes.targets ?? []);
  return {
    ...(run ? { run } : {}),
    ...(plan ? { plan: { version: plan.plan.version, hash: plan.hash } } : {}),
    ...(addApproval ? { approval: approvalFacts(addApproval) } : {}),
    ...(changes.replaceTargets ? { cleared: true } : {}),
    ...(addTargets.length > 0
      ? { added: Object.fromEntries(addTargets.map((t) => [t.key, targetFacts(t)])) }
      : {}),
    ...(targets ? { targets } : {}),
    ...(changes.endQueued ? { endQueued: true } : {}),
    ...(moved.length > 0 ? { effects: moved } : {}),
    ...(changes.keepZones ? { keepZones: changes.keepZones } : {}),
    ...(changes.instanceLocks?.length ? { locked: changes.instanceLocks.map((l) => l.key) } : {}),
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
