/** Taking hold of what goes on: stop, freeze, resolve. Rows, not messages: the executor obeys them. */
import { foreign, mention } from '../mention.ts';
import type { Target } from '../run-types.ts';
import type { Actor, Answer } from '../service.ts';
import { called } from '../target-changes.ts';
import { LEFT_ON } from './answering.ts';
import { allow, no, noSuchRun, refuse, type ServiceParts, yes } from './facts.ts';

export async function stop(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; reason: string },
): Promise<Answer> {
  const known = parts.store.run(request.runId);
  if (!known) return noSuchRun(request.runId);
  const allowed = await allow(parts, actor, 'stop', known.environment, { runId: known.id });
  if (!allowed.ok) return allowed;
  // It goes on while Slack is asked and while this is written: said is what was true of it when it was stopped.
  for (let attempt = 0; attempt < MOST_PHASES; attempt++) {
    const answer = await stopNow(parts, actor, request);
    if (answer !== 'it went on') return answer;
  }
  return no('phase_changed', `Run ${known.id} went on while it was being stopped. Stop it again.`);
}

/** More often than this a run does not go from one phase to the next. */
const MOST_PHASES = 10;

async function stopNow(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; reason: string },
): Promise<Answer | 'it went on'> {
  const run = parts.store.run(request.runId);
  if (!run) return noSuchRun(request.runId);
  if (run.phase === 'ended' || run.phase === 'report') {
    return refuse(parts, actor, 'stop', run.id, {
      code: 'ended',
      text: `Run ${run.id} has already ended. Nothing was changed.`,
    });
  }
  const alreadyStopped = () =>
    refuse(parts, actor, 'stop', run.id, {
      code: 'already_stopped',
      text: `Run ${run.id} was already told to stop. Nothing more was changed.`,
    });
  if (run.stopRequestedAt !== null) return alreadyStopped();
  const reason = foreign(request.reason).trim();
  const committed = await parts.store.commit(run.id, {
    expect: { phase: run.phase, notStopped: true, once: actor.once },
    run: { stopRequestedBy: actor.userId, stopRequestedAt: parts.clock.now() },
    audit: [
      {
        actor: actor.userId,
        action: 'run.stop_requested',
        text: `Stop.${reason ? ` ${reason}` : ''}`,
        detail: { channel: actor.channelId },
      },
    ],
    news: [
      {
        kind: 'progress',
        text: `${mention(actor.userId)} stopped the run${reason ? `: ${reason}` : ''}. From now on no backup, start or patch command is begun; what was begun is followed to its end.`,
      },
    ],
  });
  if (!committed.ok) {
    if (committed.refused === 'phase_changed') return 'it went on';
    if (committed.refused === 'stopped') return alreadyStopped();
    return no(committed.refused, `Run ${run.id} was already told to stop. Nothing more was changed.`);
  }
  parts.kick(run.id);
  return yes(
    run.startedAt === null
      ? `Run ${run.id} is stopped. Nothing was changed on any instance.`
      : `Run ${run.id} is stopping: nothing new begins. What was begun is followed to its end, and its report follows.`,
    undefined,
  );
}

/** Anyone who may stop runs anywhere may freeze everything. */
async function mayFreeze(parts: ServiceParts, actor: Actor) {
  let refusal: Awaited<ReturnType<typeof allow>> = {
    ok: false,
    code: 'not_in_group',
    text: 'There is no environment. Nothing was changed.',
  };
  for (const { name } of parts.settings.environments) {
    refusal = await allow(parts, actor, 'freeze', name, { runId: null });
    if (refusal.ok) return refusal;
  }
  return refusal;
}

export async function freeze(
  parts: ServiceParts,
  actor: Actor,
  request: { scope: 'all'; reason: string },
): Promise<Answer> {
  const allowed = await mayFreeze(parts, actor);
  if (!allowed.ok) return allowed;
  const reason = foreign(request.reason).trim();
  const done = await parts.store.setFreeze(
    { scope: request.scope, by: actor.userId, at: parts.clock.now(), reason },
    actor.once,
  );
  if (!done.ok)
    return heldAsIs(parts, actor, done.refused, 'Everything is frozen already. Nothing more was changed.');
  parts.kickAll();
  return yes(
    'Everything is frozen: no backup, start or patch command is begun anywhere until /patch unfreeze all. What was begun is followed to its end.',
    undefined,
  );
}

export async function unfreeze(
  parts: ServiceParts,
  actor: Actor,
  request: { scope: 'all' },
): Promise<Answer> {
  const allowed = await mayFreeze(parts, actor);
  if (!allowed.ok) return allowed;
  const done = await parts.store.setFreeze({ lift: request.scope, by: actor.userId, reason: '' }, actor.once);
  if (!done.ok) return heldAsIs(parts, actor, done.refused, 'Nothing is frozen. Nothing was changed.');
  parts.kickAll();
  return yes('The freeze is lifted: runs whose window is still open go on.', undefined);
}

/** It is frozen, or not, as was asked for: refused, unless this very click was delivered before. */
async function heldAsIs(parts: ServiceParts, actor: Actor, code: string, text: string): Promise<Answer> {
  if (code === 'seen_before') return no(code, 'This was already handled. Nothing more was changed.');
  return refuse(parts, actor, 'freeze', null, { code, text });
}

export async function resolve(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; instance: string; reason: string },
): Promise<Answer> {
  const run = parts.store.run(request.runId);
  if (!run) return noSuchRun(request.runId);
  const allowed = await allow(parts, actor, 'resolve', run.environment, { runId: run.id });
  if (!allowed.ok) return allowed;
  const reason = foreign(request.reason).trim();
  if (reason === '')
    return no(
      'no_reason',
      'Closing an unknown instance needs a reason: what did you find? Nothing was changed.',
    );
  const matches = parts.store
    .allTargets(run.id)
    .filter(
      (t) =>
        t.instance.instanceId === request.instance ||
        t.instance.name === request.instance ||
        t.key === request.instance,
    );
  const unknown = matches.filter((t) => t.outcome === 'unknown');
  if (unknown.length > 1) {
    const ids = unknown.map((t) => t.instance.instanceId).join(', ');
    return no(
      'several_instances',
      `${unknown.length} unknown instances of run ${run.id} are called ${foreign(request.instance)}: say which by its id (${ids}). Nothing was changed.`,
    );
  }
  const target = unknown[0] ?? matches[0];
  if (!target)
    return no(
      'no_such_instance',
      `Run ${run.id} has no instance ${foreign(request.instance)}. Nothing was changed.`,
    );
  if (target.outcome !== 'unknown') {
    return refuse(parts, actor, 'resolve', run.id, {
      code: 'not_unknown',
      text: `${called(target)} is not unknown in run ${run.id}. Nothing was changed.`,
    });
  }
  // A later run may hold a lock of its own on the same instance: that one is not this run's to give back.
  const locked = parts.store.instanceLocks([target.key]).some((lock) => lock.runId === run.id);
  const alreadyClosed = () =>
    refuse(parts, actor, 'resolve', run.id, {
      code: 'already_closed',
      text: `${called(target)} was already closed. Nothing more was changed.`,
    });
  if (!target.commandMayRun && !locked) return alreadyClosed();
  const committed = await parts.store.commit(run.id, {
    expect: { notClosed: target.key, once: actor.once },
    targets: [
      {
        key: target.key,
        set: {
          commandMayRun: false,
          outcomeReason: `${target.outcomeReason} Closed by ${mention(actor.userId)}: ${reason}`,
          nextStep: leftOn(target) ? LEFT_ON : '',
        },
      },
    ],
    releaseInstanceLocks: [target.key],
    audit: [
      {
        actor: actor.userId,
        action: 'target.resolved',
        text: `${called(target)}: ${reason}`,
        detail: { key: target.key },
      },
    ],
    news: [{ kind: 'progress', text: `${mention(actor.userId)} closed ${called(target)}: ${reason}` }],
  });
  if (!committed.ok) {
    if (committed.refused === 'already_closed') return alreadyClosed();
    return no(committed.refused, 'This was already handled. Nothing more was changed.');
  }
  parts.kick(run.id);
  return yes(`${called(target)} is closed and may be patched again.`, undefined);
}

/** Started for patching, followed to its end, and not stopped again. */
function leftOn({ wasStopped, stage, power }: Target): boolean {
  return wasStopped && stage === 'done' && power !== 'off_again';
}
