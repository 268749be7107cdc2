/** What can be clicked on a card. Everything is checked again by the workflow, whatever the card shows. */
import type { ActionsBlock, Button, KnownBlock } from '@slack/types';
import type { Plan } from '../workflow/plan-types.ts';
import type { Question, RunView } from '../workflow/view.ts';
import { actions, button, confirmDialog, section } from './blocks.ts';
import { ACTION, ANSWER_PREFIX, encode } from './button-value.ts';
import { code, count, join, md, NOTHING, time, words } from './mrkdwn.ts';
import { kindWord } from './run-words.ts';

/** Questions with buttons at a time; the next ones appear when these are answered. */
const QUESTIONS_SHOWN = 3;

export function runButtons(view: RunView): ActionsBlock | null {
  const { run, plan } = view;
  const value = encode({ v: 1, runId: run.id, planHash: run.planHash ?? '' });
  const name = `${kindWord(run).toLowerCase()} ${run.id} for ${run.environment}`;
  const elements: Button[] = [];
  const stopping = run.stopRequestedAt !== null;
  if (run.phase === 'await_approval' && plan !== null && !stopping) {
    elements.push(
      button({
        id: ACTION.approve,
        label: `Approve ${count(plan.targets.length, 'instance')}`,
        value,
        style: 'primary',
        says: `Approve ${name}`,
        confirm: confirmDialog({
          title: `Approve ${name}?`,
          text: approveConfirmation(plan),
          confirm: 'Approve',
          deny: 'Not yet',
        }),
      }),
      button({ id: ACTION.reject, label: 'Reject…', value, says: `Reject ${name}` }),
      button({
        id: ACTION.exclude,
        label: 'Exclude instances…',
        value,
        says: `Exclude instances from ${name}`,
      }),
    );
  }
  if (view.targets.length > 0) {
    elements.push(
      button({ id: ACTION.viewAll, label: 'View all', value, says: `View all instances of ${name}` }),
    );
  }
  if (run.phase !== 'ended' && run.phase !== 'report' && !stopping) {
    elements.push(
      button({
        id: ACTION.stop,
        label: 'Stop run',
        value,
        style: 'danger',
        says: `Stop ${name}`,
        confirm: confirmDialog({
          title: `Stop ${name}?`,
          text: 'From now on no backup, start or install is begun. What was begun is followed to its end, and instances that were started are stopped again.',
          confirm: 'Stop run',
          deny: 'Keep it going',
          danger: true,
        }),
      }),
    );
  }
  // A changed message needs new block ids, or clients may keep the old content.
  return elements.length === 0 ? null : actions(`run_${run.id}_${run.revision}`, elements);
}

/** One sentence each: where, how many, and what reboots. */
export function approveConfirmation(plan: Plan): string {
  const many = count(plan.targets.length, 'instance');
  const backupReboots = plan.backup.required && !plan.backup.noReboot;
  if (plan.kind === 'backup_only') {
    return `${many} in ${plan.environment}: backed up, not patched. ${backupReboots ? `${plan.targets.length} reboots: each for its backup.` : 'No reboots.'}`;
  }
  const reboots =
    plan.rebootOption === 'NoReboot'
      ? backupReboots
        ? 'Each reboots for its backup, none after patching.'
        : 'No reboots.'
      : backupReboots
        ? 'Each reboots for its backup, and again once something is installed.'
        : `Up to ${count(plan.targets.length, 'reboot')}: one wherever something is installed.`;
  const waves = count(plan.waves.length, 'wave');
  return `${many} in ${plan.environment}: ${plan.backup.required ? 'backed up and patched' : 'patched without backup'} in ${waves}. ${reboots}`;
}

export function questionBlocks(view: RunView): KnownBlock[] {
  const names = new Map(view.targets.map((target) => [target.key, target.instance.name]));
  const shown = view.questions.slice(0, QUESTIONS_SHOWN);
  const left = view.questions.length - shown.length;
  const blocks = shown.flatMap((question) => [
    questionSection(question, names),
    questionButtons(question, view),
  ]);
  if (left > 0) {
    blocks.push(section(md`${count(left, 'more question')} will be shown when these are answered.`));
  }
  return blocks;
}

function questionSection(question: Question, names: ReadonlyMap<string, string>): KnownBlock {
  const few = question.targets.slice(0, 5).map((key) => code(names.get(key) ?? key, 40));
  const more =
    question.targets.length > few.length ? md` and ${question.targets.length - few.length} more` : NOTHING;
  return section(
    md`*❓ A person must decide* (asked ${time(question.askedAt)})\n${words(question.text, 500)}\n*Look first:* ${words(question.whatToCheck, 500)}\n*Instances:* ${join(few, ', ')}${more}`,
    1200,
  );
}

function questionButtons(question: Question, view: RunView): KnownBlock {
  return actions(
    `question_${question.tag}_${view.run.revision}`,
    question.answers.slice(0, 5).map((answer) =>
      button({
        id: `${ANSWER_PREFIX}${answer.id}`,
        label: answer.label,
        value: encode({ v: 1, tag: question.tag, answer: answer.id }),
        ...(answer.permitsSend
          ? {
              style: 'danger' as const,
              confirm: confirmDialog({
                title: 'Are you sure that it did not happen?',
                text: `If the first attempt was carried out after all, it is done twice on ${count(question.targets.length, 'instance')}. Needs an approver who did not ask for the run.`,
                confirm: 'I looked: do it',
                deny: 'Not yet',
              }),
            }
          : {}),
      }),
    ),
  );
}
