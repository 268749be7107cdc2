import { SlackError } from '../errors.ts';
import { isObject, type Json } from '../json.ts';
import { blockProblems } from './blocks.ts';
import { textLength } from './text-length.ts';

export const MESSAGE_BLOCKS_MAX = 50;
const ATTACHMENTS_MAX = 100;
/**
 * All text of one message's blocks. Slack publishes no figure; refusals with msg_blocks_too_long were reported
 * from 11,341 characters up (github.com/slackapi/bolt-js issues 2509 and 2867).
 */
export const BLOCKS_TEXT_MAX = 11_000;

/** Refuses what Slack refuses in a message's blocks: `invalid_blocks` with pointers, `msg_blocks_too_long`. */
export function checkMessageBlocks(blocks: readonly unknown[]): Json[] {
  const problems = blockProblems(blocks, 'message', '/blocks', { min: 0, max: MESSAGE_BLOCKS_MAX });
  if (problems.length > 0) throw new SlackError('invalid_blocks', problems);
  if (textLength(blocks) > BLOCKS_TEXT_MAX) throw new SlackError('msg_blocks_too_long');
  return blocks.filter(isObject);
}

/** Refuses more than 100 attachments, and in their blocks what a message refuses. */
export function checkAttachments(attachments: unknown): void {
  if (attachments === null) return;
  if (!Array.isArray(attachments) || !attachments.every(isObject))
    throw new SlackError('invalid_attachments');
  if (attachments.length > ATTACHMENTS_MAX) throw new SlackError('too_many_attachments');
  const problems = attachments.flatMap((attachment, index) =>
    blockProblems(attachment['blocks'] ?? [], 'message', `/attachments/${index}/blocks`, {
      min: 0,
      max: MESSAGE_BLOCKS_MAX,
    }),
  );
  if (problems.length > 0) throw new SlackError('invalid_blocks', problems);
}
