/**
 * The `markdown` block: standard Markdown as Slack accepts it (headings, emphasis, code, quotes, lists, links,
 * tables, rules). HTML in it is shown as text. Pure: no DOM.
 */
import { emojiGlyph } from './emoji.ts';
import { type BlockNode, type Inline, safeHref } from './nodes.ts';

/** Parses a markdown block's text. */
export function parseMarkdown(text: string): BlockNode[] {
  return parseLines(text.replace(/\r\n?/g, '\n').split('\n'), 0);
}

const item = /^( *)(?:([-*+])|(\d{1,9})[.)]) +(?:\[([ xX])\] +)?(.*)$/;
const fenceOpen = /^ {0,3}(```+|~~~+)/;
const rule = /^ {0,3}([-*_])(?: *\1){2,} *$/;
const heading = /^ {0,3}(#{1,6}) +(.*?)(?: +#+)? *$/;
const divider = /^ *\|? *:?-+:? *(\| *:?-+:? *)*\|? *$/;

function parseLines(lines: string[], depth: number): BlockNode[] {
  const blocks: BlockNode[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.length > 0) blocks.push({ kind: 'paragraph', children: joined(paragraph) });
    paragraph = [];
  };
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const open = fenceOpen.exec(line)?.[1];
    const title = heading.exec(line);
    if (open) {
      flush();
      const close = lines.findIndex((candidate, index) => index > at && candidate.trim().startsWith(open));
      const end = close < 0 ? lines.length : close;
      blocks.push({ kind: 'pre', children: [{ kind: 'text', text: lines.slice(at + 1, end).join('\n') }] });
      at = end + 1;
    } else if (line.trim() === '') {
      flush();
      at += 1;
    } else if (title) {
      flush();
      const level = Math.min(3, title[1]?.length ?? 1);
      blocks.push({
        kind: 'heading',
        level: level === 1 ? 1 : level === 2 ? 2 : 3,
        children: inline(title[2] ?? ''),
      });
      at += 1;
    } else if (rule.test(line)) {
      flush();
      blocks.push({ kind: 'rule' });
      at += 1;
    } else if (/^ {0,3}>/.test(line) && depth < 3) {
      flush();
      const end = runEnd(lines, at, (candidate) => /^ {0,3}>/.test(candidate));
      const inner = lines.slice(at, end).map((quoted) => quoted.replace(/^ {0,3}> ?/, ''));
      blocks.push({ kind: 'quote', children: parseLines(inner, depth + 1) });
      at = end;
    } else if (item.test(line)) {
      flush();
      const end = runEnd(lines, at, (candidate) => item.test(candidate) || /^ {2,}\S/.test(candidate));
      blocks.push(...lists(lines.slice(at, end)));
      at = end;
    } else if (line.includes('|') && divider.test(lines[at + 1] ?? '')) {
      flush();
      const end = runEnd(lines, at + 2, (candidate) => candidate.includes('|'));
      const rows = lines.slice(at + 2, end).map(cells);
      blocks.push({ kind: 'grid', head: cells(line), rows });
      at = end;
    } else {
      paragraph.push(line);
      at += 1;
    }
  }
  flush();
  return blocks;
}

function runEnd(lines: string[], from: number, holds: (line: string) => boolean): number {
  let end = from;
  while (end < lines.length && holds(lines[end] ?? '')) end += 1;
  return end;
}

function joined(lines: string[]): Inline[] {
  return lines.flatMap((line, at) =>
    at === 0 ? inline(line) : [{ kind: 'break' } as const, ...inline(line)],
  );
}

function cells(line: string): Inline[][] {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split('|').map((cell) => inline(cell.trim()));
}

function lists(lines: string[]): BlockNode[] {
  const found: (BlockNode & { kind: 'list' })[] = [];
  for (const line of lines) {
    const match = item.exec(line);
    const last = found.at(-1);
    if (!match) {
      last?.items.at(-1)?.push({ kind: 'break' }, ...inline(line.trim()));
      continue;
    }
    const indent = Math.min(5, Math.floor((match[1] ?? '').length / 2));
    const ordered = match[3] !== undefined;
    const box: Inline[] =
      match[4] === undefined ? [] : [{ kind: 'text', text: match[4] === ' ' ? '☐ ' : '☑ ' }];
    const content = [...box, ...inline(match[5] ?? '')];
    const sibling = found.findLast((list) => list.indent <= indent);
    if (last && sibling === last && last.indent === indent && last.ordered === ordered)
      last.items.push(content);
    else {
      const continued = found.findLast((list) => list.indent === indent && list.ordered === ordered);
      const start =
        ordered && continued && sibling === continued
          ? continued.start + continued.items.length
          : Number(match[3] ?? 1);
      found.push({ kind: 'list', ordered, start, indent, items: [content] });
    }
  }
  return found;
}

const wraps: readonly [RegExp, 'bold' | 'italic' | 'strike'][] = [
  [/^\*\*(?=\S)(\S|.+?\S)\*\*(?!\*)/, 'bold'],
  [/^__(?=\S)(\S|.+?\S)__(?![\p{L}\p{N}])/u, 'bold'],
  [/^~~(?=\S)(\S|.+?\S)~~/, 'strike'],
  [/^\*(?=[^\s*])(.*?[^\s*])\*(?!\*)/, 'italic'],
  [/^_(?=[^\s_])(.*?[^\s_])_(?![\p{L}\p{N}])/u, 'italic'],
];

function inline(text: string, depth = 0): Inline[] {
  const nodes: Inline[] = [];
  let plain = '';
  let rest = text;
  const flush = () => {
    if (plain !== '') nodes.push({ kind: 'text', text: plain });
    plain = '';
  };
  while (rest !== '') {
    const found = inlineAt(rest, plain.at(-1), depth);
    if (found) {
      flush();
      nodes.push(...found.nodes);
      rest = rest.slice(found.length);
      continue;
    }
    const escaped = /^\\([\\`*_{}[\]()#+\-.!|~<>])/.exec(rest);
    const entity = /^&(amp|lt|gt);/.exec(rest);
    if (escaped) plain += escaped[1];
    else if (entity) plain += entity[1] === 'amp' ? '&' : entity[1] === 'lt' ? '<' : '>';
    else plain += rest[0];
    rest = rest.slice(escaped ? 2 : (entity?.[0].length ?? 1));
  }
  flush();
  return nodes;
}

function inlineAt(
  rest: string,
  before: string | undefined,
  depth: number,
): { nodes: Inline[]; length: number } | null {
  const code = /^(`+)(.+?)\1(?!`)/.exec(rest);
  if (code) {
    return {
      nodes: [{ kind: 'code', children: [{ kind: 'text', text: (code[2] ?? '').trim() }] }],
      length: code[0].length,
    };
  }
  const link = /^!?\[([^\]\n]{0,2000})\]\(([^()\s]{1,3000})(?: +"[^"]*")?\)/.exec(rest);
  if (link) {
    const href = safeHref(link[2] ?? '');
    const label = depth < 4 ? inline(link[1] || (link[2] ?? ''), depth + 1) : [];
    return href ? { nodes: [{ kind: 'link', href, children: label }], length: link[0].length } : null;
  }
  const bare = /^<?(https?:\/\/[^\s<>|"`]+?)(?:>|(?=[.,;:!?)\]]*(?:[\s<>|"`]|$)))/.exec(rest);
  const href = bare && !/[\p{L}\p{N}]/u.test(before ?? '') ? safeHref(bare[1] ?? '') : null;
  if (bare && href) {
    return {
      nodes: [{ kind: 'link', href, children: [{ kind: 'text', text: bare[1] ?? '' }] }],
      length: bare[0].length,
    };
  }
  const emoji = /^:([a-z0-9_+'-]{1,60}):/.exec(rest);
  const glyph = emoji ? emojiGlyph(emoji[1] ?? '') : null;
  if (emoji && glyph !== null) {
    return { nodes: [{ kind: 'emoji', name: emoji[1] ?? '', glyph }], length: emoji[0].length };
  }
  if (depth > 4) return null;
  for (const [pattern, kind] of wraps) {
    if (rest.startsWith('_') && /[\p{L}\p{N}]/u.test(before ?? '')) continue;
    const match = pattern.exec(rest);
    if (match)
      return { nodes: [{ kind, children: inline(match[1] ?? '', depth + 1) }], length: match[0].length };
  }
  return null;
}
