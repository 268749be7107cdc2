/**
 * The workflow's sentences name people and groups by their Slack ids. Only ids that are known to be people
 * or groups of ours are shown as such; the same id inside markup that somebody put into a tag is not.
 */
import { escapeLines, group, type Mrkdwn, user } from './mrkdwn.ts';

export function wordsWith(known: ReadonlySet<string>, text: string, max?: number): Mrkdwn {
  const escaped = escapeLines(text, max);
  // Built from a Mrkdwn and mentions, so it is one.
  return escaped.replace(/(?<![\w@^!|#/&.;:-])[SUW][A-Z0-9]{5,20}(?![\w|/.-])/g, (id) =>
    known.has(id) ? (id.startsWith('S') ? group(id) : user(id)) : id,
  ) as Mrkdwn;
}
