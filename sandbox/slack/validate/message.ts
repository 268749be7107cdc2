import { SlackError } from '../errors.ts';
import { isObject, type Json } from '../json.ts';
import { checkBlocks } from './blocks.ts';

export const MESSAGE_BLOCKS_MAX = 50;
const ATTACHMENTS_MAX = 100;

/** Refuses what Slack refuses in a message's blocks: `invalid_blocks` with pointers, `msg_blocks_too_long`. */
export function checkMessageBlocks(blocks: readonly unknown[]): Json[] {
  checkBlocks(blocks, 'message');
  return blocks.filter(isObject);
}

export function checkAttachments(attachments: unknown): void {
  if (attachments === null) return;
  if (!Array.isArray(attachments) || !attachments.every(isObject))
    throw new SlackError('invalid_attachments');
  if (attachments.length > ATTACHMENTS_MAX) throw new SlackError('too_many_attachments');
}
