/**
 * Carries out what `decide` decided: commits an intent before its call, the outcome after it, and asks again.
 * It keeps nothing in memory that a restart would miss.
 */
import type { Intent, RunState, TargetChange } from './changes.ts';
import { type Action, decide, type Task } from './decide.ts';
import { type EffectContext, placeOf } from './effects/kind.ts';
import { EFFECT_KINDS } from './effects/kinds.ts';
import { ownHostEnds } from './own-host.ts';
import { InDoubt, LookFailed, NoEffect } from './ports.ts';
import { refused } from './refused.ts';
import { type Done, NOW, resolve } from './resolve.ts';
import type { Effect, RunId } from './run-types.ts';
import { locksOf } from './target-changes.ts';
import type { Outside, TaskResult } from './tasks/context.ts';
import { discover } from './tasks/discover.ts';
import { openWave } from './tasks/open-wave.ts';
import { plan } from './tasks/plan.ts';
import { reconcile } from './tasks/reconcile.ts';
import { report } from './tasks/report.ts';
import { startRun } from './tasks/start-run.ts';
import { wrongClock } from './tasks/still-approved.ts';
import { count } from './words.ts';

/**
 * One round of a run: load, decide, act, commit. Returns when to do the next one (ms since the epoch), or
 * null when only an event can move the run. Rounds of one run must not overlap; a host sees to that.
 */
export async function round(outside: Outside, runId: RunId): Promise<number | null> {
  const state = outside.store.load(runId);
  if (state === null || state.run.phase === 'ended') return null;
  const now = outside.clock.now();
  const decision = decide(state, now, outside.settings);
  // All of them come to an end before the next round may begin, also when one fails in a way nobody thought of.
  const settled = await Promise.allSettled(
    decision.actions.map((action) => carryOut(outside, state, action, now)),
  );
  const failed = settled.find((s) => s.status === 'rejected');
  if (failed) {
    await sayUnexpected(outside, state);
    throw failed.reason;
  }
  const done = settled.flatMap((s) => (s.status === 'fulfilled' ? [s.value] : []));
  const waits = done.flatMap((d) => (d.again === 'now' ? [] : [d]));
  const moved = done.some((d) => d.again === 'now');
  const because = [
    ...waits.flatMap((w) => (w.why ? [{ code: 'waiting', text: w.why }] : [])),
    ...decision.because,
  ];
  const wakes = [
    ...(decision.wakeAt === null ? [] : [decision.wakeAt]),
    ...waits.map((w) => outside.clock.now() + w.again),
  ];
  const next = moved ? outside.clock.now() : wakes.length === 0 ? null : Math.min(...wakes);
  // A new wake-up time alone is not worth a commit: it is derived again at every start.
  if (!moved && JSON.stringify(because) !== JSON.stringify(state.run.because))
    await outside.store.commit(runId, {
      expect: { phase: state.run.phase },
      run: { because, wakeAt: next },
    });
  return next;
}

/** A mistake of ours is in the log; people must see that the run does not go on as it should. */
async function sayUnexpected({ store }: Outside, { run }: RunState): Promise<void> {
  const because = [
    {
      code: 'unexpected',
      text: `A step failed in a way that Patchday does not know; it is tried again. If this stays, look for ${run.id} in its log; /patch stop ${run.id} begins nothing new.`,
    },
  ];
  if (JSON.stringify(because) === JSON.stringify(run.because)) return;
  await store.commit(run.id, { expect: { phase: run.phase }, run: { because } }).catch(() => undefined);
}

async function carryOut(outside: Outside, state: RunState, action: Action, now: number): Promise<Done> {
  const context: EffectContext = {
    aws: outside.aws,
    checks: outside.checks,
    settings: outside.settings,
    ownInstanceIds: outside.ownInstanceIds(),
    state,
    now,
  };
  switch (action.do) {
    case 'advance':
      await outside.store.commit(state.run.id, action.changes);
      return NOW;
    case 'task':
      return afterTask(await runTask(outside, state, action.task));
    case 'look':
      return look(outside, context, action.effects);
    case 'resolve':
      return resolve(outside, context, action.effect);
    case 'ask':
      return ask(outside, state, action.intent, action.note, action.text);
    case 'begin':
      return begin(outside, context, action.intent);
  }
}

function afterTask(result: TaskResult): Done {
  return result.done ? NOW : { again: result.retryInMs, why: result.why };
}

function runTask(outside: Outside, state: RunState, task: Task): Promise<TaskResult> {
  switch (task.name) {
    case 'discover':
      return discover(outside, state);
    case 'plan':
      return plan(outside, state);
    case 'start_run':
      return startRun(outside, state);
    case 'open_wave':
      return openWave(outside, state, task.wave);
    case 'reconcile':
      return reconcile(outside, state);
    case 'report':
      return report(outside, state);
  }
}

/** Last look, place under the rate limit, intent, call, outcome: in this order, always. */
async function begin(outside: Outside, context: EffectContext, wanted: Intent): Promise<Done> {
  const { store, aws } = outside;
  const { run, targets } = context.state;
  const kind = EFFECT_KINDS[wanted.kind];
  const wantedTargets = targets.filter((t) => wanted.targets.includes(t.key));
  const own = ownHostEnds(wanted, wantedTargets, context.state.effects, context.ownInstanceIds);
  if (own.length > 0) {
    await drop(outside, run.id, own);
    return NOW;
  }
  const held = heldBack(outside, wanted);
  if (held) return held;
  let intent = wanted;
  if (kind.precheck) {
    try {
      const check = await kind.precheck(context, wanted, wantedTargets);
      if (check.drop.length > 0) await drop(outside, run.id, check.drop);
      const gone = new Set([...check.drop.map((d) => d.key), ...check.defer]);
      const narrowed = narrow(wanted, gone);
      if (narrowed === null)
        return check.drop.length > 0 ? NOW : { again: outside.settings.timing.pollCommands };
      intent = narrowed;
    } catch (error) {
      if (!(error instanceof LookFailed)) throw error;
      return { again: outside.settings.timing.pollCommands, why: error.message };
    }
  }
  const place = placeOf({ ...intent, runId: run.id });
  await aws.pace(place, kind.family);
  // Waiting for a place under the rate limit may have taken a while.
  const heldMeanwhile = heldBack(outside, intent);
  if (heldMeanwhile) return heldMeanwhile;
  const intended = await store.intend(run.id, { ...intent, at: outside.clock.now() });
  // No later load shows it otherwise: a row was damaged or changed by somebody, and people must see that.
  if (!intended.ok && intended.refused === 'other_instances')
    throw new Error(`${intent.tag} was not begun: ${intended.text}`);
  // Refused: something was decided meanwhile that the next load will show.
  if (!intended.ok) return { again: 250 };
  return act(outside, context, intended.value);
}

/** Why nothing may begin in this process now: it is about to end, or nobody can tell whether the window is open. */
function heldBack(outside: Outside, { forward, planHash }: Intent): Done | null {
  if (outside.draining?.()) return { again: 60_000 };
  // What goes back or looks after something has no window, and must stay possible.
  const clock = forward && planHash !== null ? wrongClock(outside) : null;
  return clock === null ? null : { again: 10_000, why: clock };
}

async function drop({ store }: Outside, runId: RunId, drop: readonly TargetChange[]): Promise<void> {
  await store.commit(runId, {
    targets: drop,
    instanceLocks: locksOf(drop, runId),
    audit: [
      {
        actor: 'patchday',
        action: 'targets.dropped',
        text: `${count(drop.length, 'instance was', 'instances were')} not touched after the last look.`,
        detail: { targets: drop.map((d) => ({ key: d.key, reason: d.set.outcomeReason })) },
      },
    ],
  });
}

async function act(outside: Outside, context: EffectContext, effect: Effect): Promise<Done> {
  const kind = EFFECT_KINDS[effect.kind];
  const { timing } = outside.settings;
  try {
    const ref = await kind.act(context, effect);
    await outside.store.commit(
      effect.runId,
      kind.begun({ ...context, now: outside.clock.now() }, effect, ref),
    );
  } catch (error) {
    const now = outside.clock.now();
    if (error instanceof NoEffect) {
      await outside.store.commit(effect.runId, refused(context, effect, error, now));
    } else if (error instanceof InDoubt) {
      await outside.store.commit(effect.runId, {
        effects: [
          {
            id: effect.id,
            from: 'intended',
            state: 'intended',
            lookAt: now + Math.min(timing.pollCommands, timing.effectGrace),
            note: error.message,
            failures: 1,
          },
        ],
        audit: [
          { actor: 'patchday', action: 'effect.in_doubt', text: error.message, detail: { tag: effect.tag } },
        ],
      });
    } else throw error;
  }
  return NOW;
}

async function look(outside: Outside, context: EffectContext, effects: readonly Effect[]): Promise<Done> {
  const first = effects[0];
  if (!first) return NOW;
  try {
    const results = await EFFECT_KINDS[first.kind].look(context, effects);
    const answers = await Promise.all(
      results.map(({ effect, changes }) => outside.store.commit(effect.runId, changes)),
    );
    return answers.every((a) => a.ok) ? NOW : { again: 50 };
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    const pause = outside.settings.timing.pollCommands;
    const now = outside.clock.now();
    let blind = false;
    await Promise.all(
      effects.map((e) => {
        const end = EFFECT_KINDS[e.kind].blind?.({ ...context, now }, e, error.message) ?? null;
        if (end) blind = true;
        return outside.store.commit(
          e.runId,
          end ?? {
            effects: [
              {
                id: e.id,
                from: 'begun',
                state: 'begun',
                lookAt: now + pause,
                note: error.message,
                failures: e.failures + 1,
              },
            ],
          },
        );
      }),
    );
    return blind ? NOW : { again: pause, why: error.message };
  }
}

async function ask(
  outside: Outside,
  state: RunState,
  intent: Intent,
  note: string,
  text: string,
): Promise<Done> {
  const intended = await outside.store.intend(state.run.id, intent);
  if (!intended.ok) return { again: 250 };
  await outside.store.commit(state.run.id, {
    effects: [{ id: intended.value.id, from: 'intended', state: 'needs_attention', note }],
    targets: intent.targets.map((key) => ({ key, set: { power: 'ask' } })),
    news: [{ kind: 'question', effectId: intended.value.id, text }],
    audit: [{ actor: 'patchday', action: 'question.asked', text, detail: { tag: intent.tag } }],
  });
  return NOW;
}

/** The same batch without some of its targets; null when none is left. */
function narrow(intent: Intent, gone: ReadonlySet<string>): Intent | null {
  const targets = intent.targets.filter((key) => !gone.has(key));
  if (targets.length === 0) return null;
  if (!('instanceIds' in intent.request)) return intent;
  const ids = targets.map((key) => key.split('/')[2] ?? '');
  return { ...intent, targets, request: { ...intent.request, instanceIds: ids } };
}
