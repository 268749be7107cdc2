/** rich_text blocks as the same node tree as mrkdwn. */
import { emojiGlyph } from './emoji.ts';
import { type BlockNode, type Inline, safeHref } from './nodes.ts';
import { flag, type Json, json, jsons, num, str } from './read.ts';

/** The nodes of a rich_text block: sections, lists, quotes and preformatted text in order. */
export function parseRichText(block: Json): BlockNode[] {
  return jsons(block, 'elements').flatMap(parsePart);
}

function parsePart(part: Json): BlockNode[] {
  const inline = () => jsons(part, 'elements').flatMap(parseElement);
  switch (str(part, 'type')) {
    case 'rich_text_section':
      return [{ kind: 'paragraph', children: inline() }];
    case 'rich_text_quote':
      return [{ kind: 'quote', children: [{ kind: 'paragraph', children: inline() }] }];
    case 'rich_text_preformatted':
      return [{ kind: 'pre', children: inline() }];
    case 'rich_text_list': {
      const items = jsons(part, 'elements').map((item) => jsons(item, 'elements').flatMap(parseElement));
      const start = (num(part, 'offset') ?? 0) + 1;
      const indent = Math.min(8, Math.max(0, num(part, 'indent') ?? 0));
      return [{ kind: 'list', ordered: str(part, 'style') === 'ordered', start, indent, items }];
    }
    default:
      return [];
  }
}

function parseElement(element: Json): Inline[] {
  const style = json(element, 'style');
  return styled(bare(element), style);
}

function styled(nodes: Inline[], style: Json | undefined): Inline[] {
  if (!style || nodes.length === 0) return nodes;
  let result = nodes;
  if (flag(style, 'code')) result = [{ kind: 'code', children: result }];
  if (flag(style, 'strike')) result = [{ kind: 'strike', children: result }];
  if (flag(style, 'italic')) result = [{ kind: 'italic', children: result }];
  if (flag(style, 'bold')) result = [{ kind: 'bold', children: result }];
  return result;
}

function lines(text: string): Inline[] {
  return text
    .split('\n')
    .flatMap((line, at): Inline[] => [
      ...(at > 0 ? [{ kind: 'break' } as const] : []),
      ...(line === '' ? [] : [{ kind: 'text', text: line } as const]),
    ]);
}

function bare(element: Json): Inline[] {
  switch (str(element, 'type')) {
    case 'text':
      return lines(str(element, 'text'));
    case 'link': {
      const url = str(element, 'url');
      const href = safeHref(url);
      const text = lines(str(element, 'text') || url);
      return href ? [{ kind: 'link', href, children: text }] : text;
    }
    case 'emoji': {
      const name = str(element, 'name');
      const glyph = emojiGlyph(name) ?? fromCodePoints(str(element, 'unicode'));
      return glyph === null ? [{ kind: 'text', text: `:${name}:` }] : [{ kind: 'emoji', name, glyph }];
    }
    case 'user':
      return [{ kind: 'mention', target: 'user', id: str(element, 'user_id'), label: '' }];
    case 'channel':
      return [{ kind: 'mention', target: 'channel', id: str(element, 'channel_id'), label: '' }];
    case 'usergroup':
      return [{ kind: 'mention', target: 'group', id: str(element, 'usergroup_id'), label: '' }];
    case 'broadcast':
      return [
        {
          kind: 'mention',
          target: 'broadcast',
          id: str(element, 'range'),
          label: `@${str(element, 'range')}`,
        },
      ];
    case 'color':
      return [{ kind: 'code', children: [{ kind: 'text', text: str(element, 'value') }] }];
    case 'date': {
      const unix = num(element, 'timestamp');
      const fallback = str(element, 'fallback');
      if (unix === null || Math.abs(unix) > 8.64e12) return lines(fallback);
      return [
        { kind: 'date', unix, format: str(element, 'format'), href: safeHref(str(element, 'url')), fallback },
      ];
    }
    default:
      return [];
  }
}

function fromCodePoints(unicode: string): string | null {
  if (!/^[0-9a-f]{2,6}(-[0-9a-f]{2,6}){0,9}$/i.test(unicode)) return null;
  const points = unicode.split('-').map((point) => Number.parseInt(point, 16));
  return points.every((point) => point <= 0x10ffff) ? String.fromCodePoint(...points) : null;
}
