/** What follows from a call that certainly did nothing. Pure. */
import type { Changes, TargetChange } from './changes.ts';
import { MOST_DOUBLINGS } from './due.ts';
import type { EffectContext } from './effects/kind.ts';
import type { NoEffect } from './ports.ts';
import type { Effect, EffectKindName, Target } from './run-types.ts';
import { called, endTarget, endWithoutInstall, locksOf, mayHaveBeenSent } from './target-changes.ts';

/** Kinds without which a target cannot go on. */
const SUBJECT: Readonly<Partial<Record<EffectKindName, string>>> = {
  create_image: 'The backup',
  start: 'Its start',
  install: 'The patch command',
};

/**
 * Targets that AWS named are dropped, so that one bad id never fails its batch; when nobody was named, the
 * rest tries again in halves; a lone target that can never work ends. Scans, stops and cancellations end
 * nobody: they are tried again after a pause, and whoever begins them counts the attempts.
 */
export function refused(context: EffectContext, effect: Effect, error: NoEffect, now: number): Changes {
  const targets = context.state.targets.filter((t) => effect.targets.includes(t.key));
  const subject = SUBJECT[effect.kind];
  const bad = targets.filter((t) => error.badInstanceIds.includes(t.instance.instanceId));
  const alone = targets.length === 1 && error.retry === 'never';
  const dropped = subject === undefined ? [] : bad.length > 0 ? bad : alone ? targets : [];
  const back = targets.filter((t) => !dropped.includes(t));
  const ended = dropped.map((t) => end(context.state.effects, t, effect.kind, error));
  return {
    effects: [
      {
        id: effect.id,
        from: 'intended',
        state: 'no_effect',
        note: error.message,
        lookAt: now + pauseAfter(context, effect, error, dropped.length > 0),
        ref: nextSize(effect, error, bad.length),
      },
    ],
    targets: [
      ...ended,
      ...back.flatMap((t) => undo(t, effect.kind, mayHaveBeenSent(context.state.effects, t))),
    ],
    instanceLocks: locksOf(ended, effect.runId),
    audit: [
      {
        actor: 'patchday',
        action: 'effect.no_effect',
        text: error.message,
        detail: { tag: effect.tag, code: error.code, dropped: dropped.map((t) => t.key) },
      },
    ],
    news: dropped.map((t) => ({
      kind: 'failure',
      text: `${called(t)}: ${subject} was refused: ${error.message}`,
      excerpt: '',
    })),
  };
}

/** Doubles from the configured pause up to a minute's worth; none for targets whose bad neighbour was dropped. */
function pauseAfter(context: EffectContext, effect: Effect, error: NoEffect, someDropped: boolean): number {
  if (error.retry === 'never' && someDropped) return 0;
  return context.settings.timing.backOff * 2 ** Math.min(effect.attempt - 1, MOST_DOUBLINGS);
}

function nextSize(effect: Effect, error: NoEffect, named: number): { splitTo?: number } {
  if (error.retry === 'later') return {};
  if (named > 0) return effect.kind === 'scan' || effect.kind === 'stop' ? { splitTo: 1 } : {};
  return { splitTo: Math.max(1, Math.floor(effect.targets.length / 2)) };
}

function end(
  effects: readonly Effect[],
  target: Target,
  kind: EffectKindName,
  error: NoEffect,
): TargetChange {
  const reason = `${SUBJECT[kind]} was refused: ${error.message}`;
  const next = 'Mend the cause, then /patch retry.';
  // `target` is from before this intent: a refused start leaves nothing to switch off again, unless an earlier
  // attempt is in doubt and may have started it.
  const change =
    kind === 'start'
      ? endTarget(target, 'skipped', reason, next, { power: target.power })
      : endWithoutInstall(effects, target, kind === 'install' ? 'failed' : 'skipped', reason, next);
  // The intent itself moved an install's targets on, which the loaded state does not show yet.
  const { whenStage: _, ...unconditional } = change;
  return unconditional;
}

/** What the intent made true of a target is taken back. */
function undo(target: Target, kind: EffectKindName, mayRun: boolean): TargetChange[] {
  if (kind === 'install')
    return [{ key: target.key, whenStage: 'patching', set: { stage: 'ready', commandMayRun: mayRun } }];
  if (kind === 'start') return [{ key: target.key, whenStage: 'powering_on', set: { power: target.power } }];
  return [];
}
