/**
 * Slack's mrkdwn (docs.slack.dev/messaging/formatting-message-text) parsed into a tree of nodes.
 * Pure: no DOM. Unknown or unclosed markup stays visible as the text that was sent.
 */
import { emojiGlyph } from './emoji.ts';
import { type BlockNode, decodeEntities, type Inline, safeHref } from './nodes.ts';

const fence = '```';

/** Parses a whole mrkdwn text. `verbatim` leaves bare addresses unlinked, as the text object's field asks. */
export function parseMrkdwn(text: string, options: { verbatim?: boolean } = {}): BlockNode[] {
  const blocks: BlockNode[] = [];
  let rest = text.replace(/\r\n?/g, '\n');
  for (;;) {
    const open = rest.indexOf(fence);
    const close = open < 0 ? -1 : rest.indexOf(fence, open + fence.length);
    if (close < 0) break;
    const inside = rest.slice(open + fence.length, close);
    if (inside.trim() === '') break;
    blocks.push(...parseLines(rest.slice(0, open).replace(/\n$/, ''), options));
    blocks.push({ kind: 'pre', children: parseVerbatim(inside.replace(/^\n/, '').replace(/\n$/, '')) });
    rest = rest.slice(close + fence.length).replace(/^\n/, '');
  }
  blocks.push(...parseLines(rest, options));
  return blocks;
}

/** A plain_text object: entities and, unless switched off, emoji short codes; nothing else is markup. */
export function parsePlain(text: string, emoji = true): Inline[] {
  return withBreaks(text, (line) => (emoji ? splitEmoji(line) : textNode(decodeEntities(line))));
}

function parseLines(text: string, options: { verbatim?: boolean }): BlockNode[] {
  if (text === '') return [];
  const blocks: BlockNode[] = [];
  const lines = text.split('\n');
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.some((line) => line.trim() !== '')) {
      const children = joinLines(paragraph.map((line) => parseInline(line, options)));
      blocks.push({ kind: 'paragraph', children });
    }
    paragraph = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const all = /^(?:>>>|&gt;&gt;&gt;) ?/.exec(line);
    if (all) {
      flush();
      const quoted = [line.slice(all[0].length), ...lines.slice(at + 1)].join('\n');
      blocks.push({ kind: 'quote', children: parseLines(quoted.replace(/^(?:>|&gt;)+/, ''), options) });
      return blocks;
    }
    const run = takeWhile(lines, at, (candidate) => quotedLine(candidate) !== null);
    if (run > 0) {
      flush();
      const inner = lines.slice(at, at + run).map((quoted) => parseInline(quotedLine(quoted) ?? '', options));
      blocks.push({ kind: 'quote', children: [{ kind: 'paragraph', children: joinLines(inner) }] });
      at += run - 1;
      continue;
    }
    const bullets = takeWhile(lines, at, (candidate) => bulletLine(candidate) !== null);
    if (bullets > 0) {
      flush();
      blocks.push(...bulletLists(lines.slice(at, at + bullets), options));
      at += bullets - 1;
      continue;
    }
    paragraph.push(line);
  }
  flush();
  return blocks;
}

function takeWhile(lines: string[], from: number, holds: (line: string) => boolean): number {
  let count = 0;
  while (from + count < lines.length && holds(lines[from + count] ?? '')) count += 1;
  return count;
}

function quotedLine(line: string): string | null {
  const match = /^(?:>|&gt;)(?!>|&gt;) ?(.*)$/.exec(line);
  return match ? (match[1] ?? '') : null;
}

/** mrkdwn has no list syntax; lines that begin with a bullet are what apps send, and Slack indents them. */
function bulletLine(line: string): { indent: number; text: string } | null {
  const match = /^( *)([•◦▪]) +(.*)$/.exec(line);
  if (!match) return null;
  const deeper = match[2] === '◦' ? 1 : match[2] === '▪' ? 2 : 0;
  return {
    indent: Math.max(deeper, Math.min(2, Math.floor((match[1] ?? '').length / 4))),
    text: match[3] ?? '',
  };
}

function bulletLists(lines: string[], options: { verbatim?: boolean }): BlockNode[] {
  const lists: (BlockNode & { kind: 'list' })[] = [];
  for (const line of lines) {
    const bullet = bulletLine(line);
    if (!bullet) continue;
    const last = lists.at(-1);
    const item = parseInline(bullet.text, options);
    if (last && last.indent === bullet.indent) last.items.push(item);
    else lists.push({ kind: 'list', ordered: false, start: 1, indent: bullet.indent, items: [item] });
  }
  return lists;
}

function joinLines(lines: Inline[][]): Inline[] {
  return lines.flatMap((line, at) => (at === 0 ? line : [{ kind: 'break' } as const, ...line]));
}

function withBreaks(text: string, parse: (line: string) => Inline[]): Inline[] {
  return joinLines(text.split('\n').map(parse));
}

function textNode(text: string): Inline[] {
  return text === '' ? [] : [{ kind: 'text', text }];
}

/** Inside code nothing is markup but Slack's own angle brackets (links keep working there). */
function parseVerbatim(text: string): Inline[] {
  const nodes: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(/<([^<>\n]+)>/g)) {
    const control = parseControl(match[1] ?? '');
    if (!control) continue;
    nodes.push(...textNode(decodeEntities(text.slice(from, match.index))), control);
    from = match.index + match[0].length;
  }
  return [...nodes, ...textNode(decodeEntities(text.slice(from)))];
}

const spans = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
type Marker = keyof typeof spans;
const isMarker = (char: string): char is Marker => char in spans;
const isWord = (char: string | undefined) => char !== undefined && /[\p{L}\p{N}]/u.test(char);
const isBlank = (char: string | undefined) => char === undefined || /\s/.test(char);

/** One line of inline markup. `open` holds the markers already open: none nests in itself, so depth is bounded. */
function parseInline(line: string, options: { verbatim?: boolean }, open: readonly Marker[] = []): Inline[] {
  const nodes: Inline[] = [];
  let plain = '';
  let at = 0;
  const flush = () => {
    if (plain !== '') nodes.push(...splitEmoji(plain));
    plain = '';
  };
  while (at < line.length) {
    const char = line[at] ?? '';
    const found =
      char === '<'
        ? controlAt(line, at)
        : char === '`'
          ? codeAt(line, at)
          : isMarker(char) && !open.includes(char)
            ? spanAt(line, at, char, options, open)
            : char === 'h' && !options.verbatim
              ? bareLinkAt(line, at)
              : null;
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else {
      plain += char;
      at += 1;
    }
  }
  flush();
  return nodes;
}

type Found = { node: Inline; end: number } | null;

function controlAt(line: string, at: number): Found {
  const close = line.indexOf('>', at);
  const inside = close < 0 ? '' : line.slice(at + 1, close);
  const node = inside === '' || inside.includes('<') ? null : parseControl(inside);
  return node && { node, end: close + 1 };
}

function codeAt(line: string, at: number): Found {
  const close = line.indexOf('`', at + 1);
  const inside = close < 0 ? '' : line.slice(at + 1, close);
  if (inside.trim() === '') return null;
  return { node: { kind: 'code', children: parseVerbatim(inside) }, end: close + 1 };
}

function spanAt(
  line: string,
  at: number,
  marker: Marker,
  options: { verbatim?: boolean },
  open: readonly Marker[],
): Found {
  if (isWord(line[at - 1]) || isBlank(line[at + 1]) || line[at + 1] === marker) return null;
  let inCode = false;
  let inControl = false;
  for (let end = at + 1; end < line.length; end += 1) {
    const char = line[end];
    if (char === '`') inCode = !inCode;
    else if (char === '<') inControl = true;
    else if (char === '>') inControl = false;
    if (char !== marker || inCode || inControl) continue;
    if (isBlank(line[end - 1]) || isWord(line[end + 1]) || line[end + 1] === marker) continue;
    const children = parseInline(line.slice(at + 1, end), options, [...open, marker]);
    return { node: { kind: spans[marker], children }, end: end + 1 };
  }
  return null;
}

function bareLinkAt(line: string, at: number): Found {
  if (isWord(line[at - 1])) return null;
  const match = /^https?:\/\/[^\s<>|"`*~]+/.exec(line.slice(at, at + 3000));
  const source = match?.[0].replace(/[.,;:!?)\]'_]+$/, '');
  const href = source ? safeHref(decodeEntities(source)) : null;
  if (!source || !href) return null;
  return {
    node: { kind: 'link', href, children: textNode(decodeEntities(source)) },
    end: at + source.length,
  };
}

/** What stands between angle brackets: mention, date, broadcast or link; null when it is none of these. */
function parseControl(inside: string): Inline | null {
  const bar = inside.indexOf('|');
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? '' : inside.slice(bar + 1);
  const word = decodeEntities(label);
  const mention = /^([@#])([A-Z][A-Z0-9]{1,30})$/.exec(target);
  if (mention) {
    return {
      kind: 'mention',
      target: mention[1] === '@' ? 'user' : 'channel',
      id: mention[2] ?? '',
      label: word,
    };
  }
  if (target.startsWith('!')) return parseSpecial(target.slice(1), word);
  const address = decodeEntities(target);
  const href = safeHref(address);
  if (!href) return null;
  const shown = label === '' ? textNode(address.replace(/^mailto:/, '')) : splitEmoji(label);
  return { kind: 'link', href, children: shown };
}

function parseSpecial(target: string, label: string): Inline | null {
  if (target === 'here' || target === 'channel' || target === 'everyone') {
    return { kind: 'mention', target: 'broadcast', id: target, label: `@${target}` };
  }
  const group = /^subteam\^([A-Z][A-Z0-9]{1,30})$/.exec(target);
  if (group) return { kind: 'mention', target: 'group', id: group[1] ?? '', label };
  if (!target.startsWith('date^')) return label === '' ? null : { kind: 'text', text: label };
  const [, stamp = '', format = '', link = ''] = target.split('^');
  const unix = Number(stamp);
  // Beyond this Date has no answer (and the fallback is what Slack shows as well).
  if (!/^\d{1,12}$/.test(stamp) || unix > 8.64e12 || format === '')
    return label === '' ? null : { kind: 'text', text: label };
  return {
    kind: 'date',
    unix,
    format: decodeEntities(format),
    href: safeHref(decodeEntities(link)),
    fallback: label,
  };
}

/** Text with its emoji short codes replaced; unknown codes stay as they are. */
function splitEmoji(text: string): Inline[] {
  const nodes: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(/:([a-z0-9_+'-]{1,60}):(?::skin-tone-[2-6]:)?/g)) {
    const name = match[1] ?? '';
    const glyph = emojiGlyph(name);
    if (glyph === null || match.index < from) continue;
    nodes.push(...textNode(decodeEntities(text.slice(from, match.index))), { kind: 'emoji', name, glyph });
    from = match.index + match[0].length;
  }
  return [...nodes, ...textNode(decodeEntities(text.slice(from)))];
}
