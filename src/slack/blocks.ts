/**
 * Block Kit builders that stay inside Slack's limits whatever they are given. Limits: docs.slack.dev/reference/
 * block-kit. The sum over one message is not documented; messages of about 11,000 characters were refused
 * with `msg_blocks_too_long` (github.com/slackapi/bolt-js issues 2509, 2867), so we stay under 9,000.
 */
import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  MrkdwnElement,
  PlainTextElement,
  SectionBlock,
} from '@slack/types';
import { join, type Mrkdwn, md, NOTHING, plainLine, shorten } from './mrkdwn.ts';

export const LIMITS = {
  messageBlocks: 50,
  messageCharacters: 9000,
  /** chat.update refuses more; chat.postMessage cuts at 40,000. */
  messageText: 3900,
  viewBlocks: 100,
  section: 3000,
  header: 150,
  button: 75,
  optionText: 75,
  optionsPerGroup: 100,
  groups: 100,
} as const;

export function plain(text: string, max: number): PlainTextElement {
  // An empty plain_text is refused.
  return { type: 'plain_text', text: fitted(text, max) || '–', emoji: false };
}

/** Slack's limits count UTF-16 units, of which an emoji has two: cut to whole characters that stay below. */
function fitted(text: string, max: number): string {
  let line = plainLine(text, max);
  for (let points = max; line.length > max; line = plainLine(text, points))
    points -= Math.max(1, Math.floor((line.length - max) / 2));
  return line;
}

/** `verbatim`: Slack makes no links and mentions of its own out of plain words. */
export function mrkdwn(text: Mrkdwn, max: number = LIMITS.section): MrkdwnElement {
  return { type: 'mrkdwn', text: shorten(text, max), verbatim: true };
}

export function header(text: string): HeaderBlock {
  return { type: 'header', text: plain(text, LIMITS.header) };
}

/** `max`: most characters, for a part that may not crowd out the others. */
export function section(text: Mrkdwn, max: number = LIMITS.section): SectionBlock {
  return { type: 'section', text: mrkdwn(text, max) };
}

/** Titles and values side by side; at most 10. */
export function fields(texts: readonly Mrkdwn[], max: number): SectionBlock {
  return { type: 'section', fields: texts.slice(0, 10).map((text) => mrkdwn(text, Math.min(max, 2000))) };
}

export function context(text: Mrkdwn): ContextBlock {
  return { type: 'context', elements: [mrkdwn(text)] };
}

export function actions(blockId: string, elements: ActionsBlock['elements']): ActionsBlock {
  return { type: 'actions', block_id: blockId, elements };
}

export interface ButtonSpec {
  id: string;
  label: string;
  value: string;
  style?: 'primary' | 'danger';
  confirm?: ConfirmationDialog;
  /** What a screen reader says where the label alone is ambiguous. */
  says?: string;
}

export function button(spec: ButtonSpec): Button {
  return {
    type: 'button',
    action_id: spec.id,
    text: plain(spec.label, LIMITS.button),
    value: spec.value,
    ...(spec.style ? { style: spec.style } : {}),
    ...(spec.confirm ? { confirm: spec.confirm } : {}),
    ...(spec.says ? { accessibility_label: fitted(spec.says, LIMITS.button) } : {}),
  };
}

export function confirmDialog(spec: {
  title: string;
  text: string;
  confirm: string;
  deny: string;
  danger?: boolean;
}): ConfirmationDialog {
  return {
    title: plain(spec.title, 100),
    text: plain(spec.text, 300),
    confirm: plain(spec.confirm, 30),
    deny: plain(spec.deny, 30),
    ...(spec.danger ? { style: 'danger' } : {}),
  };
}

/**
 * As many whole lines as fit into `max` characters, and how many did not. A line is never torn, because
 * that could tear a mention or an entity; one that is too long by itself is left out.
 */
export function fitLines(lines: readonly Mrkdwn[], max: number): { text: Mrkdwn; left: number } {
  const kept: Mrkdwn[] = [];
  let used = 0;
  for (const line of lines) {
    if (used + line.length + 1 > max) break;
    kept.push(line);
    used += line.length + 1;
  }
  return { text: join(kept, '\n'), left: lines.length - kept.length };
}

/** A titled list as one section, with "and n more" where it was too long; null when there is nothing. */
export function list(
  title: Mrkdwn,
  lines: readonly Mrkdwn[],
  max: number,
  more = NOTHING,
): SectionBlock | null {
  if (lines.length === 0) return null;
  const { text, left } = fitLines(lines, Math.min(max, LIMITS.section) - title.length - more.length - 40);
  const rest = left > 0 ? md`\n…and ${left} more${more}` : NOTHING;
  return section(md`${title}\n${text}${rest}`);
}

/** Characters that count towards the limit of a whole message. */
export function charactersOf(blocks: readonly KnownBlock[]): number {
  let total = 0;
  const walk = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'text' && typeof inner === 'string') total += inner.length;
        else walk(inner);
      }
    }
  };
  walk(blocks);
  return total;
}

/**
 * The blocks that fit into one message. `optional` ones are dropped, the last first, until they do; then the
 * longest texts are shortened.
 */
export function withinBudget(blocks: readonly { block: KnownBlock; optional: boolean }[]): KnownBlock[] {
  let kept = [...blocks];
  const tooMuch = () =>
    kept.length > LIMITS.messageBlocks || charactersOf(kept.map((k) => k.block)) > LIMITS.messageCharacters;
  while (tooMuch()) {
    const last = kept.findLastIndex((k) => k.optional);
    if (last >= 0) {
      kept = kept.filter((_, i) => i !== last);
      continue;
    }
    const longest = kept.reduce(
      (best, k, i) => (sectionLength(k.block) > sectionLength(kept[best]?.block) ? i : best),
      0,
    );
    const block = kept[longest]?.block;
    const size = sectionLength(block);
    if (block?.type !== 'section' || block.text?.type !== 'mrkdwn' || size < 200) break;
    // Sections are only built here, out of Mrkdwn.
    const shorter = section(block.text.text as Mrkdwn, Math.floor(size * 0.7));
    kept = kept.map((k, i) => (i === longest ? { ...k, block: shorter } : k));
  }
  return kept.slice(0, LIMITS.messageBlocks).map((k) => k.block);
}

function sectionLength(block: KnownBlock | undefined): number {
  return block?.type === 'section' ? (block.text?.text.length ?? 0) : 0;
}

/** The text that notifications and screen readers use instead of the blocks: whole sentences that fit. */
export function messageText(sentences: readonly Mrkdwn[]): Mrkdwn {
  const kept: Mrkdwn[] = [];
  let used = 0;
  for (const sentence of sentences) {
    if (sentence === '' || used + sentence.length + 1 > LIMITS.messageText) continue;
    kept.push(sentence);
    used += sentence.length + 1;
  }
  return join(kept, ' ');
}
