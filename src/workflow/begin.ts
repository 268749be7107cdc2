/** Which effects the targets of a wave need next, or why a target ends without one. Pure. */
import { type BatchRequest, batchesFor } from './batches.ts';
import { givenUp, unverified } from './begin-ends.ts';
import type { Intent, RunState, TargetChange } from './changes.ts';
import type { Action } from './decide.ts';
import { isDue } from './due.ts';
import type { Effect, EffectKindName, Stage, Target } from './run-types.ts';
import type { Settings, Timing } from './settings.ts';
import { called, endWithoutInstall, moveTarget } from './target-changes.ts';
import type { News } from './view.ts';
import { asClause } from './words.ts';

export interface Begins {
  actions: Action[];
  changes: TargetChange[];
  news: News[];
  wakeAts: (number | null)[];
}

/** After this many refusals of one kind for one target, it is given up. */
const MOST_ATTEMPTS = 8;
/** Scans that AWS took. Those it never took, because it was throttling for example, are attempts. */
const MOST_SCANS = 3;

interface Context {
  state: RunState;
  timing: Timing;
  now: number;
  out: Begins;
  stopping: boolean;
  /** Past "no new wave after": no backup and no patch command is begun any more. */
  late: boolean;
  frozen: boolean;
  /** The stored plan is not the one that was approved: nothing of it is begun any more. (A fresh scan has none.) */
  corrupt: boolean;
}

/**
 * Most calls that one round begins. They are paced, a few a second: a round of a thousand backups would keep
 * the run from looking at what is going on, and a stopping process from stopping.
 */
const MOST_BEGUN_AT_ONCE = 40;

export function begins(
  state: RunState,
  onTheWay: readonly Target[],
  now: number,
  settings: Settings,
): Begins {
  const all = everythingDue(state, onTheWay, now, settings);
  let begun = 0;
  return { ...all, actions: all.actions.filter((a) => a.do !== 'begin' || ++begun <= MOST_BEGUN_AT_ONCE) };
}

function everythingDue(
  state: RunState,
  onTheWay: readonly Target[],
  now: number,
  settings: Settings,
): Begins {
  const out: Begins = { actions: [], changes: [], news: [], wakeAts: [] };
  const context: Context = {
    state,
    timing: settings.timing,
    now,
    out,
    stopping: state.run.stopRequestedAt !== null,
    late: state.plan !== null && state.run.kind === 'patch' && now > state.plan.noNewWaveAfter,
    frozen: state.frozen !== null,
    corrupt: state.planHashNow !== state.run.planHash,
  };
  const inStage = (stage: Stage) => onTheWay.filter((t) => t.stage === stage);
  if (state.run.phase === 'fresh_scan') {
    beginScans(context, inStage('queued'), false);
    return out;
  }
  beginForward(context, inStage('backing_up'), 'create_image');
  beginForward(context, inStage('powering_on'), 'start');
  const straggling = onTheWay.some(
    (t) => t.wave === state.run.currentWave && ['queued', 'backing_up', 'powering_on'].includes(t.stage),
  );
  // Patch commands go out in full batches, so they wait until no target of the wave is still on its way to "ready".
  if (!straggling || whyNotBegun(context) !== null) beginForward(context, inStage('ready'), 'install');
  if (context.stopping) beginCancels(context, inStage('patching'));
  beginScans(context, inStage('verifying'), true);
  beginPowerOff(context, inStage('powering_off'));
  return out;
}

/** Why nothing of the plan is begun any more, or null. */
function whyNotBegun({ stopping, late, corrupt }: Context): string | null {
  if (stopping) return 'The run was stopped before this instance was patched.';
  if (corrupt) return 'The stored plan does not match the approved hash any more, so it was not patched.';
  return late ? 'The window did not leave enough time to patch it.' : null;
}

/** Back-up, start and install: only while the run is wanted, not frozen, and there is time. */
function beginForward(
  context: Context,
  targets: readonly Target[],
  kind: 'create_image' | 'start' | 'install',
): void {
  const { state, now, out, timing } = context;
  const ready: BatchRequest[] = [];
  for (const target of targets) {
    const past = effectsOn(state.effects, kind, target);
    if (past.some((e) => e.state !== 'no_effect' && e.state !== 'closed')) continue;
    const end = whyNotBegun(context);
    if (end !== null) {
      out.changes.push(
        endWithoutInstall(state.effects, target, 'stopped', end, '/patch retry takes it up again.'),
      );
      continue;
    }
    if (context.frozen) {
      // A freeze is lifted by an event; only the end of the window comes by itself.
      const end = state.plan?.noNewWaveAfter ?? now;
      if (end >= now) out.wakeAts.push(end + 1);
      continue;
    }
    const last = past.at(-1);
    // AWS limits pending snapshots for hours where fleets are backed up: a backup is tried until its time is over.
    const enough =
      kind === 'create_image'
        ? now - target.stageSince > timing.backupTimeout
        : past.filter((e) => e.state === 'no_effect').length >= MOST_ATTEMPTS;
    if (last && enough) {
      out.changes.push(givenUp(state.effects, target, kind, last));
      continue;
    }
    if (last && !isDue(last.lookAt, now, timing)) {
      out.wakeAts.push(last.lookAt);
      continue;
    }
    ready.push({ target, attempt: past.length + 1, splitTo: last?.ref?.splitTo ?? null });
  }
  for (const intent of batchesFor(context.state, kind, ready, now, timing))
    out.actions.push({ do: 'begin', intent });
}

/**
 * Scans look, they do not change: the verifying ones go on while a run is stopped or frozen. A fresh scan is
 * what a person asked for, so a stop ends it, and a freeze keeps it waiting.
 */
function beginScans(context: Context, targets: readonly Target[], verification: boolean): void {
  const { state, now, out, timing } = context;
  const ready: BatchRequest[] = [];
  for (const target of targets) {
    const past = effectsOn(state.effects, 'scan', target).filter((e) => (e.wave === 0) !== verification);
    const last = past.at(-1);
    if (last && (last.state === 'intended' || last.state === 'begun')) continue;
    if (last && !isDue(last.lookAt, now, timing)) {
      out.wakeAts.push(last.lookAt);
      continue;
    }
    if (!verification && context.stopping) {
      out.changes.push(moveTarget(target, { stage: 'ready' }));
      continue;
    }
    if (!verification && context.frozen) continue;
    const tooLong = now - target.stageSince > timing.verifyTimeout;
    const refusals = past.filter((e) => e.state === 'no_effect').length;
    if (past.length - refusals >= MOST_SCANS || refusals >= MOST_ATTEMPTS || tooLong) {
      out.changes.push(
        verification
          ? unverified(target, last?.note || 'the SSM agent did not come back online in time')
          : moveTarget(target, { stage: 'ready' }),
      );
      continue;
    }
    ready.push({ target, attempt: past.length + 1, splitTo: last?.ref?.splitTo ?? null });
    if (verification) out.wakeAts.push(target.stageSince + timing.verifyTimeout + 1);
  }
  for (const intent of batchesFor(state, 'scan', ready, now, timing))
    out.actions.push({ do: 'begin', intent });
}

/** Only what had not started at the last look is cancelled, one instance at a time by its id. */
function beginCancels(context: Context, targets: readonly Target[]): void {
  const { state, now, out, timing } = context;
  const waiting = targets.filter((t) => t.invocation === 'waiting' && t.commandId !== null);
  const ready = waiting
    .map((target) => ({ target, past: effectsOn(state.effects, 'cancel', target) }))
    .filter(
      ({ past }) =>
        past.length < MOST_SCANS &&
        !past.some((e) => e.state === 'intended' || e.state === 'begun' || e.state === 'settled'),
    )
    .map(({ target, past }) => ({ target, attempt: past.length + 1, splitTo: null }));
  for (const intent of batchesFor(state, 'cancel', ready, now, timing))
    out.actions.push({ do: 'begin', intent });
}

function beginPowerOff(context: Context, targets: readonly Target[]): void {
  const { state, now, out, timing } = context;
  const asked: BatchRequest[] = [];
  const ready: BatchRequest[] = [];
  for (const target of targets) {
    const past = effectsOn(state.effects, 'stop', target);
    const last = past.at(-1);
    if (last && ['intended', 'begun', 'needs_attention'].includes(last.state)) continue;
    if (last && last.state === 'no_effect') {
      if (past.filter((e) => e.state === 'no_effect').length >= MOST_ATTEMPTS) {
        leaveOn(context, target, last);
        continue;
      }
      if (!isDue(last.lookAt, now, timing)) {
        out.wakeAts.push(last.lookAt);
        continue;
      }
    }
    (target.commandMayRun ? asked : ready).push({
      target,
      attempt: past.length + 1,
      splitTo: last?.ref?.splitTo ?? null,
    });
  }
  const questions: Intent[] = [];
  for (const request of asked) {
    const name = called(request.target);
    for (const intent of batchesFor(state, 'stop', [request], now, timing, questions)) {
      questions.push(intent);
      out.actions.push({
        do: 'ask',
        intent,
        note: `${name} was started for patching and a command may still be running on it: it is not switched off without a person's word.`,
        text: `${name} was stopped before and was started for patching. A command may still be running on it, and switching it off in the middle of a package transaction can break it. Stop it now, or leave it on?`,
      });
    }
  }
  for (const intent of batchesFor(state, 'stop', ready, now, timing, questions))
    out.actions.push({ do: 'begin', intent });
}

/** AWS refused to stop it again so often that a person must. */
function leaveOn({ out }: Context, target: Target, last: Effect): void {
  const byHand = `It was started for patching and could not be stopped again (${asClause(last.note)}): stop it by hand.`;
  out.changes.push(moveTarget(target, { stage: 'done', nextStep: `${target.nextStep} ${byHand}`.trim() }));
  out.news.push({ kind: 'failure', text: `${called(target)}: ${byHand}`, excerpt: '' });
}

/** Effects of a loaded state by kind and target, worked out once: waves may have thousands of targets. */
const byTarget = new WeakMap<readonly Effect[], Map<string, Effect[]>>();

function effectsOn(effects: readonly Effect[], kind: EffectKindName, target: Target): Effect[] {
  let index = byTarget.get(effects);
  if (!index) {
    index = new Map();
    for (const effect of effects) {
      for (const key of effect.targets) {
        const name = `${effect.kind} ${key}`;
        const known = index.get(name);
        if (known) known.push(effect);
        else index.set(name, [effect]);
      }
    }
    byTarget.set(effects, index);
  }
  return index.get(`${kind} ${target.key}`) ?? [];
}
