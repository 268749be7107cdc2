/** The node tree as DOM. Each kind of node has one fixed element; addresses were checked when it was parsed. */
import type { Directory } from './context.ts';
import { userName } from './context.ts';
import { formatDateTokens, fullStamp } from './dates.ts';
import { h } from './dom.ts';
import type { BlockNode, Inline } from './nodes.ts';

export function renderBlocks(nodes: readonly BlockNode[], directory: Directory): Node[] {
  return nodes.map((node) => renderBlock(node, directory));
}

function renderBlock(node: BlockNode, directory: Directory): Node {
  const inline = (children: readonly Inline[]) => renderInline(children, directory);
  switch (node.kind) {
    case 'paragraph':
      return h('div', { class: 'p', attrs: { dir: 'auto' } }, inline(node.children));
    case 'heading':
      return h(
        node.level === 1 ? 'h3' : node.level === 2 ? 'h4' : 'h5',
        { class: 'md-heading' },
        inline(node.children),
      );
    case 'quote':
      return h('blockquote', {}, renderBlocks(node.children, directory));
    case 'pre':
      return h('pre', { attrs: { tabindex: 0 } }, inline(node.children));
    case 'list': {
      const items = node.items.map((item) => h('li', {}, inline(item)));
      const indented = `indent-${node.indent}`;
      return node.ordered
        ? h('ol', { class: indented, attrs: { start: node.start } }, items)
        : h('ul', { class: indented }, items);
    }
    case 'rule':
      return h('hr', { class: 'divider' });
    case 'grid': {
      const row = (cell: 'th' | 'td') => (cells: Inline[][]) =>
        h(
          'tr',
          {},
          cells.map((content) => h(cell, {}, inline(content))),
        );
      const head = h('thead', {}, row('th')(node.head));
      return h(
        'div',
        { class: 'table-scroll' },
        h('table', { class: 'grid' }, head, h('tbody', {}, node.rows.map(row('td')))),
      );
    }
  }
}

export function renderInline(nodes: readonly Inline[], directory: Directory): Node[] {
  return nodes.map((node) => renderOne(node, directory));
}

function renderOne(node: Inline, directory: Directory): Node {
  switch (node.kind) {
    case 'text':
      return document.createTextNode(node.text);
    case 'break':
      return h('br');
    case 'bold':
      return h('strong', {}, renderInline(node.children, directory));
    case 'italic':
      return h('em', {}, renderInline(node.children, directory));
    case 'strike':
      return h('s', {}, renderInline(node.children, directory));
    case 'code':
      return h('code', {}, renderInline(node.children, directory));
    case 'emoji':
      return h('span', { class: 'emoji', attrs: { title: `:${node.name}:` } }, node.glyph);
    case 'link':
      return anchor(node.href, renderInline(node.children, directory));
    case 'date':
      return renderDate(node);
    case 'mention':
      return renderMention(node, directory);
  }
}

/** A link that tells the other site nothing about this page. */
export function anchor(href: string, children: readonly Node[]): HTMLAnchorElement {
  return h('a', { attrs: { href, target: '_blank', rel: 'noopener noreferrer' } }, children);
}

function renderDate(node: Inline & { kind: 'date' }): Node {
  const clock = { now: Date.now() };
  const at = new Date(node.unix * 1000);
  const words = formatDateTokens(node.unix, node.format, clock);
  const attrs = { datetime: at.toISOString(), title: fullStamp(at.getTime(), clock) };
  const time = h('time', { attrs }, words);
  return node.href ? anchor(node.href, [time]) : time;
}

function renderMention(node: Inline & { kind: 'mention' }, directory: Directory): Node {
  const mine =
    node.target === 'broadcast' ||
    node.id === directory.me ||
    directory.groups.some((group) => group.id === node.id && group.members.includes(directory.me));
  const classes = `mention${mine ? ' mention-me' : ''}`;
  return h('span', { class: classes, attrs: { 'data-mention': node.target } }, mentionLabel(node, directory));
}

function mentionLabel(node: Inline & { kind: 'mention' }, directory: Directory): string {
  switch (node.target) {
    case 'user':
      return `@${userName(directory, node.id) === node.id && node.label ? node.label : userName(directory, node.id)}`;
    case 'channel': {
      const channel = directory.channels.find((candidate) => candidate.id === node.id);
      return `#${channel?.name ?? (node.label || node.id)}`;
    }
    case 'group': {
      const group = directory.groups.find((candidate) => candidate.id === node.id);
      return group ? `@${group.handle}` : node.label || node.id;
    }
    case 'broadcast':
      return `@${node.id}`;
  }
}
