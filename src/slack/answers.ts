/** Answers that only the asking person sees. */
import type { KnownBlock } from '@slack/types';
import type { Answer } from '../workflow/service.ts';
import { button, actions as buttonRow, fitLines, LIMITS, messageText, section } from './blocks.ts';
import { ACTION, encode } from './button-value.ts';
import type { Message } from './card.ts';
import { join, type Mrkdwn, md, shorten, words } from './mrkdwn.ts';

/** Paragraphs of lines, cut to what one message holds. */
export function paragraphs(lines: readonly Mrkdwn[]): Message {
  const blocks: KnownBlock[] = [];
  let rest = [...lines];
  let used = 0;
  while (rest.length > 0 && used < LIMITS.messageCharacters - 1000) {
    const { text, left } = fitLines(rest, LIMITS.section - 50);
    const taken = rest.length - left;
    // A single line that is too long by itself is shortened.
    const block = taken === 0 ? section(rest[0] ?? md``) : section(text);
    blocks.push(block);
    used += taken === 0 ? LIMITS.section : text.length;
    rest = rest.slice(Math.max(1, taken));
  }
  if (rest.length > 0) blocks.push(section(md`…and ${rest.length} more lines.`));
  return { text: shorten(join(lines.slice(0, 60), '\n'), LIMITS.messageText), blocks };
}

export function say(text: Mrkdwn): Message {
  return paragraphs([text]);
}

/** The workflow's answer as it is; what failed is marked. */
export function answerMessage(answer: Answer, extra: readonly Mrkdwn[] = []): Message {
  const text = words(answer.text);
  return paragraphs([answer.ok ? text : md`🚫 ${text}`, ...extra]);
}

/** A large run: the click alone is not enough. */
export function askSecondConfirmation(answer: Answer, run: { runId: string; planHash: string }): Message {
  const text = words(answer.text);
  return {
    text: messageText([text]),
    blocks: [
      section(text),
      buttonRow(`second_${run.runId}`, [
        button({
          id: ACTION.secondConfirmation,
          label: 'Confirm the size…',
          value: encode({ v: 1, ...run }),
          style: 'primary',
          says: `Confirm the size of run ${run.runId}`,
        }),
      ]),
    ],
  };
}

export const STALE_BUTTON = md`This button is from an earlier release of Patchday or from another message. Nothing was changed. Use the newest card of the run; \`/patch status\` links to it.`;
export const NO_SUCH_RUN = md`That run is not known any more. Nothing was changed. \`/patch runs\` lists the runs.`;
