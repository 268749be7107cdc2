import type { RecordedMention } from './journal.ts';
import { isObject } from './json.ts';

type Mention = Pick<RecordedMention, 'kind' | 'target' | 'where'>;

const PATTERN =
  /<(?:!(channel|here|everyone)(?:\|[^>]*)?|@([UW][A-Z0-9]+)(?:\|[^>]*)?|!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?)>/g;
const BARE = /(?<![\w<!])@(channel|here|everyone)\b/g;

/** Everything in a message that Slack shows as a mention: mrkdwn text, markdown blocks and rich text. */
export function findMentions(
  message: { text: string; blocks: readonly unknown[]; attachments: readonly unknown[] },
  options: { linkNames: boolean },
): Mention[] {
  return [
    ...inText(message.text, '/text', options.linkNames),
    ...inNode(message.blocks, '/blocks'),
    ...inNode(message.attachments, '/attachments'),
  ];
}

function inNode(node: unknown, where: string): Mention[] {
  if (Array.isArray(node)) return node.flatMap((one, index) => inNode(one, `${where}/${index}`));
  if (!isObject(node)) return [];
  switch (node['type']) {
    case 'plain_text':
    case 'raw_text':
      return [];
    case 'mrkdwn':
    case 'markdown':
      return inText(String(node['text']), `${where}/text`, false);
    case 'user':
      return [{ kind: 'user', target: String(node['user_id']), where }];
    case 'usergroup':
      return [{ kind: 'usergroup', target: String(node['usergroup_id']), where }];
    case 'broadcast':
      return [{ kind: 'broadcast', target: String(node['range']), where }];
    default:
      break;
  }
  return Object.entries(node).flatMap(([key, value]) => {
    if (where.startsWith('/attachments') && typeof value === 'string' && /^(text|pretext|value)$/.test(key)) {
      return inText(value, `${where}/${key}`, false);
    }
    return inNode(value, `${where}/${key}`);
  });
}

function inText(text: string, where: string, linkNames: boolean): Mention[] {
  const found: Mention[] = [];
  for (const [, broadcast, user, group] of text.matchAll(PATTERN)) {
    if (broadcast) found.push({ kind: 'broadcast', target: broadcast, where });
    if (user) found.push({ kind: 'user', target: user, where });
    if (group) found.push({ kind: 'usergroup', target: group, where });
  }
  if (linkNames) {
    for (const [, range] of text.matchAll(BARE)) {
      if (range) found.push({ kind: 'broadcast', target: range, where });
    }
  }
  return found;
}
