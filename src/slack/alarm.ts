/** A message to a channel that belongs to no run. Pure. */
import type { Alarm } from '../workflow/watch/alarm.ts';
import { context, fitLines, header, LIMITS, messageText, section } from './blocks.ts';
import type { Message } from './card.ts';
import { type Mrkdwn, md, NOTHING, words } from './mrkdwn.ts';

const DOUBLED = md`Slack may have shown this before: its answer got lost.`;
/** Ten of these fit into one message. */
const LONGEST_LINE = 600;

/** The text is complete without the blocks. `mayBeDoubled`: Slack may have taken it already. */
export function renderAlarm(alarm: Alarm, mayBeDoubled: boolean): Message {
  const lines = alarm.lines.map((line) => md`• ${words(line, LONGEST_LINE)}`);
  const blocks = [
    header('🚨 A command that Patchday did not send, or cannot account for'),
    section(words(alarm.title, 500)),
    ...sections(lines),
    section(words(alarm.whatToDo, 1500)),
    ...(mayBeDoubled ? [context(DOUBLED)] : []),
  ];
  const text = messageText([
    md`🚨 ${words(alarm.title, 500)}`,
    words(alarm.whatToDo, 1200),
    mayBeDoubled ? DOUBLED : NOTHING,
    ...lines,
  ]);
  return { text, blocks };
}

/** As many sections as the lines need; a line that fits into none is left to the text. */
function sections(lines: readonly Mrkdwn[]): ReturnType<typeof section>[] {
  const all: ReturnType<typeof section>[] = [];
  for (let rest = lines; rest.length > 0; ) {
    const { text, left } = fitLines(rest, LIMITS.section - 50);
    if (text !== '') all.push(section(text));
    rest = rest.slice(Math.max(1, rest.length - left));
  }
  return all;
}
