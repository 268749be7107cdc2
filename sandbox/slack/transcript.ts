import { asObject, asObjects, asString, isObject, type Json } from './json.ts';
import type { PageMessage } from './page-api.ts';
import type { World } from './world.ts';

/**
 * A channel as plain text, the same for the same conversation: people and channels by name, replies under
 * their message, no ids of messages and no times. With `ts`, that message alone, times in it included.
 */
export function transcript(world: World, channelId: string, ts?: string): string {
  const channel = world.workspace.channel(channelId);
  if (!channel) throw new RangeError(`there is no channel ${channelId}`);
  const all = world.messages.visibleTo(null).filter((message) => message.channel === channel.id);
  if (ts !== undefined) {
    const only = all.find((message) => message.ts === ts);
    if (!only) throw new RangeError(`there is no message ${ts} in #${channel.name}`);
    return `${render(world, only, '', true).join('\n')}\n`;
  }
  const isReply = (message: PageMessage): boolean =>
    message.threadTs !== null && message.threadTs !== message.ts;
  const lines = [`#${channel.name}`];
  for (const message of all.filter((one) => !isReply(one))) {
    lines.push(...render(world, message, ''));
    const replies = all.filter((one) => isReply(one) && one.threadTs === message.ts);
    for (const reply of replies) lines.push(...render(world, reply, '    '));
  }
  return `${lines.join('\n')}\n`;
}

function render(world: World, message: PageMessage, indent: string, times = false): string[] {
  const name = (id: string): string => world.workspace.user(id)?.name ?? id;
  const only = message.ephemeralTo === null ? '' : ` (only ${name(message.ephemeralTo)} sees this)`;
  const [first = '', ...more] = plain(world, message.text, times).split('\n');
  const blocks = message.blocks
    .flatMap((block) => renderBlock(block))
    .map((line) => plain(world, line, times));
  return [
    `${indent}${name(message.user)}${only}: ${first}`,
    ...more.map((line) => `${indent}  ${line}`),
    ...blocks.flatMap((line) => line.split('\n')).map((line) => `${indent}  | ${line}`),
    ...message.files.map((file) => `${indent}  [file ${file.name}]`),
  ];
}

function renderBlock(block: Json): string[] {
  const text =
    asString(asObject(block['text'])['text']) ?? asString(block['text']) ?? asString(block['title']);
  const parts = [
    ...(text === null ? [] : [block['type'] === 'header' ? `# ${text}` : text]),
    ...asObjects(block['fields']).map((field) => String(field['text'])),
  ];
  const elements = [
    ...asObjects(block['elements']),
    ...[block['accessory'], block['element']].filter(isObject),
  ];
  const words = elements.map(renderElement).filter((word) => word !== '');
  if (block['type'] === 'divider') parts.push('---');
  if (Array.isArray(block['rows'])) {
    for (const row of block['rows']) parts.push(asObjects(row).map(cell).join(' | '));
  }
  if (words.length > 0) parts.push(words.join(' '));
  return [...parts, ...asObjects(block['child_blocks']).flatMap(renderBlock)];
}

function renderElement(element: Json): string {
  const label = asString(asObject(element['text'])['text']) ?? asString(element['text']);
  switch (element['type']) {
    case 'button':
      return `[${label ?? ''}]`;
    case 'overflow':
      return `[... ${asObjects(element['options'])
        .map((option) => asString(asObject(option['text'])['text']) ?? '')
        .join(', ')}]`;
    case 'image':
      return `(${asString(element['alt_text']) ?? 'image'})`;
    case 'mrkdwn':
    case 'plain_text':
      return label ?? '';
    default:
      return richText(element) || `<${String(element['type'])}>`;
  }
}

function cell(one: Json): string {
  return asString(one['text']) ?? richText(one);
}

function richText(node: Json): string {
  if (typeof node['text'] === 'string') return node['text'];
  if (node['type'] === 'user') return `<@${String(node['user_id'])}>`;
  if (node['type'] === 'link') return String(node['url']);
  return asObjects(node['elements']).map(richText).join('');
}

function plain(world: World, text: string, times: boolean): string {
  return text
    .replace(/<!date\^[^|>]*(?:\|([^>]*))?>/g, (_all, fallback: string | undefined) =>
      times ? (fallback ?? '(time)') : '(time)',
    )
    .replace(
      /<@([UW][A-Z0-9]+)(?:\|[^>]*)?>/g,
      (_all, id: string) => `@${world.workspace.user(id)?.name ?? id}`,
    )
    .replace(
      /<#(C[A-Z0-9]+)(?:\|[^>]*)?>/g,
      (_all, id: string) => `#${world.workspace.channel(id)?.name ?? id}`,
    )
    .replace(
      /<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>/g,
      (_all, id: string) => `@${world.workspace.userGroup(id)?.handle ?? id}`,
    )
    .replace(/<https?:\/\/[^|>]*\|([^>]*)>/g, '$1')
    .replace(/<(https?:\/\/[^|>]*)>/g, '(link)');
}
