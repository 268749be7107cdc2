/** A person's answer to a question about an effect in doubt, and what follows from it. */
import type { Changes } from '../changes.ts';
import { answersFor } from '../make-view.ts';
import { mention } from '../mention.ts';
import type { Target } from '../run-types.ts';
import type { Actor, Answer } from '../service.ts';
import { endTarget } from '../target-changes.ts';
import type { QuestionAnswer } from '../view.ts';
import { allow, refuse, type ServiceParts, yes } from './facts.ts';

/** What is left to do about an instance that was started and not stopped again. */
export const LEFT_ON = 'It was left running; stop it by hand when it is safe.';

export async function answer(
  parts: ServiceParts,
  actor: Actor,
  request: { tag: string; answer: QuestionAnswer['id'] },
): Promise<Answer> {
  const effect = parts.store.effectTagged(request.tag);
  const run = effect ? parts.store.run(effect.runId) : null;
  const chosen = effect ? answersFor(effect).find((a) => a.id === request.answer) : undefined;
  if (!effect || !run || !chosen)
    return refuse(parts, actor, 'answer', run?.id ?? null, {
      code: 'no_such_question',
      text: 'There is no such question. Nothing was changed. Use the buttons of the newest card.',
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
