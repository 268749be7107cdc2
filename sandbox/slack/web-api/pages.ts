import { SlackError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Arguments } from './arguments.ts';

/** Cuts a list into pages by Slack's cursor; returns the page and the members that describe it. */
export function page<T>(
  all: readonly T[],
  args: Arguments,
  sizes: { standard: number; most: number },
): { items: T[]; rest: Json } {
  const limit = args.integer('limit', sizes.standard, { min: 0, max: sizes.most }) || sizes.standard;
  const start = decode(args.string('cursor'));
  const end = start + limit;
  const next = end < all.length ? Buffer.from(`offset:${end}`).toString('base64') : '';
  return {
    items: all.slice(start, end),
    rest: { has_more: next !== '', response_metadata: { next_cursor: next } },
  };
}

function decode(cursor: string | null): number {
  if (cursor === null) return 0;
  const match = /^offset:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString());
  if (!match) throw new SlackError('invalid_cursor');
  return Number(match[1]);
}
