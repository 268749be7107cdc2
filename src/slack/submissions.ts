/** What sending each modal does. `check` runs before the acknowledgement, on the payload alone. */
import { answerMessage, STALE_BUTTON, say } from './answers.ts';
import { readViewMeta, VIEW, type ViewMeta } from './button-value.ts';
import { allChosen, PLAN_CHANGED } from './clicks.ts';
import type { Asked, Edge } from './edge.ts';
import { INPUT } from './modals.ts';
import { type StateValues, typedText } from './payloads.ts';

export interface Submission {
  meta: ViewMeta;
  values: StateValues;
}

export interface SubmissionHandler {
  /** Mistakes by block id, shown in the modal, which then stays open; null when there are none. */
  check(edge: Edge, submission: Submission): Record<string, string> | null;
  submit(edge: Edge, asked: Asked, submission: Submission): Promise<void>;
}

export const SUBMISSION_HANDLERS: ReadonlyMap<string, SubmissionHandler> = new Map<string, SubmissionHandler>(
  [
    [VIEW.reject, { check: checkReason, submit: reject }],
    [VIEW.exclude, { check: checkExclude, submit: exclude }],
    [VIEW.secondConfirmation, { check: checkEnvironment, submit: approveConfirmed }],
  ],
);

export function readSubmission(metadata: string, values: StateValues): Submission | null {
  const meta = readViewMeta(metadata);
  return meta && { meta, values };
}

function reasonOf({ values }: Submission): string {
  return typedText(values, INPUT.reason.block, INPUT.reason.action).trim();
}

function checkReason(_edge: Edge, submission: Submission): Record<string, string> | null {
  return reasonOf(submission).length >= 3 ? null : { [INPUT.reason.block]: 'Say why, in a few words.' };
}

async function reject(edge: Edge, asked: Asked, submission: Submission): Promise<void> {
  const { runId, planHash } = submission.meta;
  const answer = await edge.service.reject(asked.actor, { runId, planHash, reason: reasonOf(submission) });
  await asked.reply(answerMessage(answer));
}

function checkExclude(edge: Edge, submission: Submission): Record<string, string> | null {
  if (allChosen(submission.meta, submission.values).length === 0) {
    return { [`${INPUT.targets.block}${submission.meta.page}`]: 'Choose at least one instance.' };
  }
  return checkReason(edge, submission);
}

async function exclude(edge: Edge, asked: Asked, submission: Submission): Promise<void> {
  const { runId, planHash } = submission.meta;
  const view = edge.service.view(runId);
  // The positions mean something in exactly this plan only.
  if (!view?.plan || view.run.planHash !== planHash) return asked.reply(say(PLAN_CHANGED));
  const planTargets = view.plan.targets;
  const targets = allChosen(submission.meta, submission.values).flatMap(
    (position) => planTargets[position]?.key ?? [],
  );
  if (targets.length === 0) return asked.reply(say(STALE_BUTTON));
  const answer = await edge.service.exclude(asked.actor, {
    runId,
    planHash,
    targets,
    reason: reasonOf(submission),
  });
  await asked.reply(answerMessage(answer));
}

function checkEnvironment(edge: Edge, { meta, values }: Submission): Record<string, string> | null {
  const environment = edge.service.view(meta.runId)?.run.environment;
  const typed = typedText(values, INPUT.environment.block, INPUT.environment.action).trim().toLowerCase();
  return environment !== undefined && typed === environment.toLowerCase()
    ? null
    : {
        [INPUT.environment.block]:
          `That is not the name of the environment${environment === undefined ? '' : ` (${environment})`}.`,
      };
}

async function approveConfirmed(edge: Edge, asked: Asked, { meta }: Submission): Promise<void> {
  const { runId, planHash } = meta;
  await asked.reply(
    answerMessage(await edge.service.approve(asked.actor, { runId, planHash, confirmed: true })),
  );
}
