/** The part of `decide` in which things are changed: the targets of the current wave, then the gate. Pure. */

import { begins } from './begin.ts';
import type { Changes, RunState, TargetChange } from './changes.ts';
import { type Action, type Decision, frozenReason } from './decide.ts';
import { isDue } from './due.ts';
import { decideGate } from './gate.ts';
import type { Reason } from './instance.ts';
import { mention } from './mention.ts';
import type { Effect, Target } from './run-types.ts';
import { STAGES, saysStage } from './runbook.ts';
import type { Settings, Timing } from './settings.ts';
import { locksOf } from './target-changes.ts';
import { count } from './words.ts';

export function decideWave(state: RunState, now: number, settings: Settings): Decision {
  const follow = followEffects(state.effects, now, settings.timing);
  const fresh = state.run.phase === 'fresh_scan';
  const onTheWay = state.targets.filter((t) => t.stage !== 'done' && !(fresh && t.stage === 'ready'));
  // A target that waits for a person's answer about its power holds up neither the wave nor its gate.
  const waveOpen = onTheWay.some((t) => (t.wave ?? 0) <= state.run.currentWave && t.power !== 'ask');
  const actions: Action[] = [...follow.actions];
  const because: Reason[] = [];
  let wakeAt = follow.wakeAt;
  const wake = (at: number | null) => {
    if (at !== null) wakeAt = wakeAt === null ? at : Math.min(wakeAt, at);
  };

  const step = begins(state, onTheWay, now, settings);
  actions.push(...step.actions);
  for (const at of step.wakeAts) wake(at);
  if (step.changes.length > 0)
    actions.push({
      do: 'advance',
      changes: {
        ...endedChanges(step.changes),
        instanceLocks: locksOf(step.changes, state.run.id),
        news: step.news,
      },
    });

  if (!waveOpen && state.effects.some((e) => e.state === 'intended')) {
    because.push({ code: 'in_doubt', text: 'Finding out what became of the last call.' });
  } else if (!waveOpen && step.changes.length === 0) {
    const gate = decideGate(state, onTheWay, now);
    actions.push(...gate.actions);
    wake(gate.wakeAt);
    because.push(...gate.because);
  } else {
    because.push({ code: 'wave', text: waveText(state, onTheWay) });
  }
  if (state.frozen) because.unshift(frozenReason(state.frozen));
  if (state.run.stopRequestedAt !== null) {
    because.unshift({
      code: 'stopping',
      text: `Stopped by ${mention(state.run.stopRequestedBy ?? '')}: nothing new begins; what was begun is followed to its end.`,
    });
  }
  for (const effect of state.effects) {
    if (effect.state === 'needs_attention')
      because.unshift({ code: 'needs_attention', text: `Needs a person. ${effect.note}` });
    else if (effect.state !== 'settled' && effect.failures > 0 && effect.note)
      because.push({ code: 'trouble', text: effect.note });
  }
  return { actions, wakeAt, because };
}

/** Looks and searches that are due, the looks grouped by kind and place so that one call serves many. */
export function followEffects(
  effects: readonly Effect[],
  now: number,
  timing: Timing,
): { actions: Action[]; wakeAt: number | null } {
  const actions: Action[] = [];
  const groups = new Map<string, Effect[]>();
  let wakeAt: number | null = null;
  for (const effect of effects) {
    const searched =
      effect.state === 'intended' || (effect.state === 'needs_attention' && effect.kind === 'install');
    if (effect.state !== 'begun' && !searched) continue;
    if (!isDue(effect.lookAt, now, timing)) {
      wakeAt = wakeAt === null ? effect.lookAt : Math.min(wakeAt, effect.lookAt);
      continue;
    }
    if (searched) {
      actions.push({ do: 'resolve', effect });
      continue;
    }
    const place = `${effect.kind} ${effect.accountId} ${effect.region}`;
    groups.set(place, [...(groups.get(place) ?? []), effect]);
  }
  for (const group of groups.values()) actions.push({ do: 'look', effects: group });
  return { actions, wakeAt };
}

function endedChanges(targets: readonly TargetChange[]): Changes {
  const ended = targets.filter((t) => t.set.outcome);
  return {
    targets,
    audit:
      ended.length === 0
        ? []
        : [
            {
              actor: 'patchday',
              action: 'targets.ended',
              text: `${count(ended.length, 'instance')} ended: nothing more is done to ${ended.length === 1 ? 'it' : 'them'}.`,
              detail: {
                targets: ended.map((t) => ({
                  key: t.key,
                  outcome: t.set.outcome,
                  reason: t.set.outcomeReason,
                })),
              },
            },
          ],
  };
}

function waveText(state: RunState, onTheWay: readonly Target[]): string {
  const parts = STAGES.flatMap(({ stage }) => {
    const n = onTheWay.filter((t) => t.stage === stage).length;
    return n > 0 && stage !== 'queued' ? [`${n} ${saysStage(stage)}`] : [];
  });
  const name =
    state.run.phase === 'fresh_scan'
      ? 'Fresh scan'
      : `Wave ${state.run.currentWave} of ${state.plan?.waves.length ?? '?'}`;
  return `${name}: ${parts.join(', ') || 'beginning'}.`;
}
