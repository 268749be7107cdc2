/** Text objects of Block Kit (plain_text and mrkdwn) as DOM. */
import type { Directory } from './context.ts';
import { h } from './dom.ts';
import { parseMrkdwn, parsePlain } from './mrkdwn.ts';
import { type Inline, plainText } from './nodes.ts';
import { type Json, str } from './read.ts';
import { renderBlocks, renderInline } from './render.ts';

/** A text object as block-level content. */
export function textObject(text: Json | undefined, directory: Directory): Node[] {
  if (!text) return [];
  if (str(text, 'type') !== 'mrkdwn')
    return [h('div', { class: 'p', attrs: { dir: 'auto' } }, plainObject(text, directory))];
  const nodes = parseMrkdwn(str(text, 'text'), { verbatim: text['verbatim'] === true });
  return renderBlocks(nodes, directory);
}

/** A plain_text object as inline content (buttons, labels, options). */
export function plainObject(text: Json | undefined, directory: Directory): Node[] {
  return renderInline(plainNodes(text), directory);
}

/** The words of a text object without any markup: accessible names, announcements. */
export function words(text: Json | undefined): string {
  if (str(text, 'type') !== 'mrkdwn') return plainText(plainNodes(text));
  return mrkdwnWords(str(text, 'text'));
}

/** The words of a mrkdwn text on one line. */
export function mrkdwnWords(text: string): string {
  const inline = (nodes: ReturnType<typeof parseMrkdwn>): string[] =>
    nodes.map((node) => {
      if (node.kind === 'paragraph' || node.kind === 'pre' || node.kind === 'heading')
        return plainText(node.children);
      if (node.kind === 'quote') return inline(node.children).join(' ');
      return node.kind === 'list' ? node.items.map((item) => plainText(item)).join(', ') : '';
    });
  return inline(parseMrkdwn(text)).join(' ').trim();
}

function plainNodes(text: Json | undefined): Inline[] {
  return parsePlain(str(text, 'text'), text?.['emoji'] !== false);
}
