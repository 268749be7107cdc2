/**
 * The one status card of a run: everything an operator must know now, rendered from the run as it is. Pure,
 * and inside Slack's limits for a run of any size.
 */
import type { KnownBlock, SectionBlock } from '@slack/types';
import type { RunView } from '../workflow/view.ts';
import { context, fields, header, messageText, section, withinBudget } from './blocks.ts';
import { questionBlocks, runButtons } from './card-buttons.ts';
import {
  approvalSection,
  becauseLines,
  nextStepsSection,
  outcomesSection,
  policySection,
  timesSection,
  wavesSection,
} from './card-plan.ts';
import {
  failedZonesSection,
  notReadySection,
  scopeWords,
  severitySection,
  topSection,
  zonesSection,
} from './card-scope.ts';
import { code, count, escapeText, join, type Mrkdwn, md, NOTHING, time, user, words } from './mrkdwn.ts';
import { kindWord, phaseWords, progressOf, progressWords } from './run-words.ts';

export interface Message {
  /** Complete by itself: screen readers and notifications use it instead of the blocks. */
  text: Mrkdwn;
  blocks: KnownBlock[];
}

export interface CardOptions {
  now: number;
  /** Slack may have another card of this run that does not change any more. */
  mayBeDoubled?: boolean;
}

export function renderCard(view: RunView, { now, mayBeDoubled = false }: CardOptions): Message {
  const { run, plan } = view;
  const ended = run.phase === 'ended';
  const started = run.startedAt !== null;
  const parts: { block: KnownBlock; optional: boolean }[] = [];
  const need = (...blocks: (KnownBlock | null)[]) => {
    for (const block of blocks) if (block) parts.push({ block, optional: false });
  };
  const want = (...blocks: (KnownBlock | null)[]) => {
    for (const block of blocks) if (block) parts.push({ block, optional: true });
  };

  need(header(`${kindWord(run)} ${run.id} · ${run.environment}`), stateSection(view));
  need(...questionBlocks(view));
  need(factsSection(view));
  if (ended || started) need(outcomesSection(view));
  want(nextStepsSection(view), failedZonesSection(view));
  // What was decided on is told until the start; from then on, what came of it.
  if (!started && !ended) want(zonesSection(view), severitySection(view, now));
  want(notReadySection(view), wavesSection(view));
  if (plan && !ended) need(timesSection(plan));
  if (plan && !started && !ended) want(policySection(plan));
  if (plan) need(approvalSection(view, plan));
  if (!started && !ended) want(topSection(view));
  need(runButtons(view));
  need(context(footer(view, now, mayBeDoubled)));
  return { text: summary(view), blocks: withinBudget(parts) };
}

/** State, progress, freeze and why, at the top. */
function stateSection(view: RunView): SectionBlock {
  const { run } = view;
  const progress = progressOf(view);
  const lines = [
    md`*${phaseWords(view)}*${run.startedAt !== null && progress.planned > 0 ? md` · ${progressWords(progress)}` : NOTHING}`,
    run.endReason === '' ? NOTHING : words(run.endReason, 400),
    run.stopRequestedAt !== null && run.end === null
      ? md`🛑 ${run.stopRequestedBy === null ? md`Stop was asked for` : md`${user(run.stopRequestedBy)} asked to stop`} ${time(run.stopRequestedAt)}: nothing new is begun, what was begun is followed to its end.`
      : NOTHING,
    view.frozen === null ? NOTHING : md`🧊 Frozen: ${words(view.frozen, 300)}`,
    becauseLines(view),
  ];
  return section(join(lines, '\n'), 1800);
}

function factsSection(view: RunView): SectionBlock {
  const { run } = view;
  const inPlan = progressOf(view).planned;
  const found = view.targets.length;
  return fields(
    [
      md`*Asked by*\n${user(run.requestedBy)} ${time(run.createdAt)}`,
      md`*Scope*\n${scopeWords(view)}`,
      md`*Instances*\n${run.phase === 'discover' ? md`looking…` : md`${found} found, ${inPlan} in the plan`}`,
      run.retryOf === null
        ? md`*Environment*\n${escapeText(run.environment, 60)}`
        : md`*Retry of*\n${code(run.retryOf, 40)}`,
    ],
    500,
  );
}

function footer(view: RunView, now: number, mayBeDoubled: boolean): Mrkdwn {
  const { run } = view;
  return join(
    [
      md`Run ${code(run.id, 40)}`,
      run.endedAt === null ? md`as of ${time(now)}` : md`ended ${time(run.endedAt)}`,
      mayBeDoubled
        ? md`Slack did not confirm an earlier card of this run: if there is one, this one counts.`
        : NOTHING,
    ],
    ' · ',
  );
}

/** The same in sentences: which run, what state, and what to do. */
function summary(view: RunView): Mrkdwn {
  const { run, plan } = view;
  const progress = progressOf(view);
  const todo: Mrkdwn[] = [];
  if (view.questions.length > 0) {
    todo.push(
      md`${count(view.questions.length, 'question')} must be answered by a person, with the buttons on the card.`,
    );
  }
  if (run.phase === 'await_approval' && plan) {
    todo.push(
      md`Approve or reject with the buttons on the card before ${time(plan.approval.expiresAt)}; ${view.approvals.filter((a) => a.planHash === run.planHash).length} of ${plan.approval.required} approvals are given.`,
    );
  }
  if (run.failedZones.length > 0)
    todo.push(md`${count(run.failedZones.length, 'landing zone')} could not be looked at.`);
  if (run.phase === 'ended' && run.startedAt !== null) todo.push(md`The report is in the thread.`);
  const size = progress.planned > 0 ? md`, ${count(progress.planned, 'instance')}` : NOTHING;
  const done = run.startedAt === null ? NOTHING : md`, ${progressWords(progress)}`;
  return messageText([
    md`${escapeText(kindWord(run), 20)} ${escapeText(run.id, 40)} for ${escapeText(run.environment, 60)}${size}, asked for by ${user(run.requestedBy)}: ${phaseWords(view)}${done}.`,
    run.endReason === '' ? NOTHING : words(run.endReason, 300),
    view.frozen === null ? NOTHING : md`Frozen: ${words(view.frozen, 200)}`,
    ...todo,
  ]);
}
