/** Taking hold of what goes on: stop, freeze, resolve, answer. Rows, not messages: the executor obeys them. */
import type { Changes } from '../changes.ts';
import { answersFor } from '../make-view.ts';
import { foreign, mention } from '../mention.ts';
import type { Target } from '../run-types.ts';
import type { Actor, Answer } from '../service.ts';
import { called, endTarget } from '../target-changes.ts';
import type { QuestionAnswer } from '../view.ts';
import { allow, no, noSuchRun, refuse, type ServiceParts, yes } from './facts.ts';

export async function stop(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; reason: string },
): Promise<Answer> {
  const run = parts.store.run(request.runId);
  if (!run) return noSuchRun(request.runId);
  const allowed = await allow(parts, actor, 'stop', run.environment, { runId: run.id });
  if (!allowed.ok) return allowed;
  if (run.phase === 'ended' || run.phase === 'report') {
    return refuse(parts, actor, 'stop', run.id, {
      code: 'ended',
      text: `Run ${run.id} has already ended. Nothing was changed.`,
    });
  }
  if (run.stopRequestedAt !== null)
    return no('already_stopped', `Run ${run.id} was already told to stop. Nothing more was changed.`);
  const reason = foreign(request.reason).trim();
  const committed = await parts.store.commit(run.id, {
    expect: { notStopped: true, once: actor.once },
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
  if (!committed.ok)
    return no(committed.refused, `Run ${run.id} was already told to stop. Nothing more was changed.`);
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
  if (!done.ok) return no(done.refused, 'Everything is frozen already. Nothing more was changed.');
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
  if (!done.ok) return no(done.refused, 'Nothing is frozen. Nothing was changed.');
  parts.kickAll();
  return yes('The freeze is lifted: runs whose window is still open go on.', undefined);
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

const LEFT_ON = 'It was left running; stop it by hand when it is safe.';

/** Started for patching, followed to its end, and not stopped again. */
function leftOn({ wasStopped, stage, power }: Target): boolean {
  return wasStopped && stage === 'done' && power !== 'off_again';
}

export async function answer(
  parts: ServiceParts,
  actor: Actor,
  request: { effectId: number; answer: QuestionAnswer['id'] },
): Promise<Answer> {
  const effect = parts.store.effect(request.effectId);
  const run = effect ? parts.store.run(effect.runId) : null;
  const chosen = effect ? answersFor(effect).find((a) => a.id === request.answer) : undefined;
  if (!effect || !run || !chosen)
    return refuse(parts, actor, 'answer', run?.id ?? null, {
      code: 'no_such_question',
      text: 'There is no such question. Nothing was changed.',
    });
  const allowed = await allow(parts, actor, chosen.permitsSend ? 'answer_send' : 'answer', run.environment, {
    runId: run.id,
    requesters: [run.requestedBy, run.planChangedBy ?? run.requestedBy],
  });
  if (!allowed.ok) return allowed;
  const committed = await parts.store.commit(run.id, {
    ...consequences(
      chosen.id,
      parts.store.allTargets(run.id).filter((t) => effect.targets.includes(t.key)),
      run.id,
      effect.tag,
    ),
    expect: { once: actor.once },
    effects: [{ id: effect.id, from: 'needs_attention', state: 'closed', note: `answered: ${chosen.label}` }],
    audit: [
      {
        actor: actor.userId,
        action: `question.answered.${chosen.id}`,
        text: chosen.label,
        detail: { tag: effect.tag, targets: effect.targets },
      },
    ],
    news: [{ kind: 'progress', text: `${mention(actor.userId)} answered: ${chosen.label}.` }],
  });
  if (!committed.ok) {
    const text =
      'This question was already answered, or its answer was found meanwhile. Nothing more was changed.';
    return refuse(parts, actor, 'answer', run.id, { code: committed.refused, text });
  }
  parts.kick(run.id);
  return yes(`Noted: ${chosen.label}.`, undefined);
}

function consequences(
  answer: QuestionAnswer['id'],
  targets: readonly Target[],
  runId: string,
  tag: string,
): Changes {
  switch (answer) {
    case 'send_again':
      return {
        targets: targets.map(({ key }) => ({
          key,
          whenStage: 'patching',
          set: { stage: 'ready' },
        })),
      };
    case 'give_up':
      return {
        targets: targets.map((target) => ({
          ...endTarget(
            target,
            'unknown',
            'Nobody knows whether the patch command was sent, and nothing more was sent.',
            `Look at the instance, then /patch resolve ${runId} ${target.instance.instanceId} <what you found>.`,
          ),
          whenStage: 'patching',
        })),
        instanceLocks: targets.map(({ key }) => ({
          key,
          runId,
          reason: `the command "${tag}" may have been sent`,
          until: null,
        })),
      };
    case 'stop_now':
      return {
        targets: targets.map(({ key }) => ({
          key,
          whenStage: 'powering_off',
          set: { power: 'on', commandMayRun: false },
        })),
      };
    case 'leave_on':
      return {
        targets: targets.map(({ key, nextStep }) => ({
          key,
          whenStage: 'powering_off',
          set: {
            stage: 'done',
            power: 'none',
            nextStep: `${nextStep} ${LEFT_ON}`.trim(),
          },
        })),
      };
  }
}
