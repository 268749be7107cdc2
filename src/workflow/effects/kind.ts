/**
 * What every mutating call must be able to do. One file per kind, always in this order: act, find, begun,
 * look. Decisions about repeating are made in the executor, from `repeatable`.
 */
import type { Changes, Intent, RunState, TargetChange } from '../changes.ts';
import type { TargetKey } from '../instance.ts';
import type { ApplicationChecks, Aws, Found, Place } from '../ports.ts';
import type { Effect, EffectRef, EffectRequest, Target } from '../run-types.ts';
import type { Settings } from '../settings.ts';

export interface EffectContext {
  aws: Aws;
  checks: ApplicationChecks;
  settings: Settings;
  /** Instances that Patchday itself runs on, as far as known now. */
  ownInstanceIds: readonly string[];
  state: RunState;
  now: number;
}

/** What a look before an intent found: targets that end, and targets that must wait for a later try. */
export interface Precheck {
  drop: readonly TargetChange[];
  defer: readonly TargetKey[];
}

export interface EffectKind {
  /** May be done again when it was looked for and not found. */
  readonly repeatable: boolean;
  readonly family: 'create_image' | 'start' | 'stop' | 'send_command';
  /** The last look before the intent is committed. Throws LookFailed. */
  precheck?(context: EffectContext, intent: Intent, targets: readonly Target[]): Promise<Precheck>;
  /** Makes the call once. Throws NoEffect or InDoubt. */
  act(context: EffectContext, effect: Effect): Promise<EffectRef>;
  /** Looks for the effect by its tag. Throws LookFailed. */
  find(context: EffectContext, effect: Effect): Promise<Found<EffectRef>>;
  /** What follows from the call having been accepted. */
  begun(context: EffectContext, effect: Effect, ref: EffectRef): Changes;
  /**
   * What follows when AWS could not be read for too long (`why`), so that a lost permission keeps no run open
   * for ever; null while there is still time.
   */
  blind?(context: EffectContext, effect: Effect, why: string): Changes | null;
  /** Follows effects of one place; one Changes per effect that has news. Throws LookFailed. */
  look(context: EffectContext, effects: readonly Effect[]): Promise<{ effect: Effect; changes: Changes }[]>;
}

export function placeOf(effect: Pick<Effect, 'landingZone' | 'accountId' | 'region' | 'runId'>): Place {
  return {
    landingZone: effect.landingZone,
    accountId: effect.accountId,
    region: effect.region,
    runId: effect.runId,
  };
}

/** The request of an effect or intent that is of one of these kinds; throws when its row says otherwise. */
export function requestOf<K extends EffectRequest['kind']>(
  { request }: Pick<Effect, 'request'>,
  ...kinds: readonly K[]
): Extract<EffectRequest, { kind: K }> {
  if (!kinds.some((kind) => kind === request.kind))
    throw new Error(`a request to ${request.kind} where one to ${kinds.join(' or ')} was promised`);
  return request as Extract<EffectRequest, { kind: K }>;
}

/** The targets of an effect that are loaded, in its order. */
export function targetsOf(context: EffectContext, effect: Effect): Target[] {
  return effect.targets.flatMap((key) => context.state.targets.find((t) => t.key === key) ?? []);
}

/** Looking failed again and again for as long as a verification may take. */
export function blindForLong({ settings: { timing } }: EffectContext, effect: Effect): boolean {
  return (effect.failures + 1) * timing.pollCommands >= timing.verifyTimeout;
}

/** Look again after `ms`. */
export function lookAgain(effect: Effect, at: number, note = effect.note): Changes {
  return { effects: [{ id: effect.id, from: 'begun', state: 'begun', lookAt: at, note, failures: 0 }] };
}

export function settle(effect: Effect, note = ''): NonNullable<Changes['effects']> {
  return [{ id: effect.id, from: 'begun', state: 'settled', note }];
}

export function firstOf<T>(items: readonly T[]): T {
  const first = items[0];
  if (first === undefined) throw new Error('an empty list where one item was promised');
  return first;
}
