import { addActionIds } from './elements.ts';
import { SlackError } from './errors.ts';
import { asObjects, type Json } from './json.ts';
import { findMentions } from './mentions.ts';
import type { StoredMessage } from './messages.ts';
import type { PageBlock } from './page-api.ts';
import { checkAttachments, checkMessageBlocks } from './validate/message.ts';
import { withBlockIds } from './views.ts';
import type { Arguments } from './web-api/arguments.ts';
import type { World } from './world.ts';

/** Slack cuts longer text of a new message. */
export const POST_TEXT_MAX = 40_000;
/** chat.update refuses longer text with msg_too_long. */
export const UPDATE_TEXT_MAX = 4_000;

export interface Content {
  text: string;
  blocks: PageBlock[];
  attachments: Json[];
}

/** Reads and checks what a message shows; refuses with Slack's error names, and records what Slack only warns of. */
export function contentOf(world: World, method: string, args: Arguments): Content {
  const given = args.json('blocks', 'invalid_blocks_format');
  if (given !== null && !Array.isArray(given)) throw new SlackError('invalid_blocks_format');
  const attachments = args.json('attachments', 'invalid_attachments');
  checkAttachments(attachments);
  const blocks = checkMessageBlocks(given ?? []);
  let text = args.string('text') ?? '';
  if (text === '' && blocks.length === 0 && asObjects(attachments).length === 0)
    throw new SlackError('no_text');
  if (text === '') {
    world.journal.warn(method, 'no top-level text: screen readers and notifications have nothing to say');
  }
  if (text.length > POST_TEXT_MAX) {
    world.journal.warn(method, `text of ${text.length} characters was cut to ${POST_TEXT_MAX}`);
    text = text.slice(0, POST_TEXT_MAX);
  }
  const stored = withBlockIds({ blocks }, world.ids);
  addActionIds(stored, () => world.ids.next('a'));
  return { text, blocks: stored, attachments: asObjects(attachments) };
}

/** Records what in a delivered message Slack would turn into a mention. */
export function noteMentions(world: World, message: StoredMessage, args: Arguments): void {
  const linkNames = args.boolean('link_names') || args.string('parse') === 'full';
  for (const mention of findMentions(message, { linkNames })) {
    world.journal.mentions.push({
      channel: message.channel,
      ts: message.ts,
      ephemeral: message.ephemeralTo !== null,
      ...mention,
    });
  }
}
