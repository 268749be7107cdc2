/** Table blocks: `table` as sent, `data_table` sortable by a click on a column and drawn page by page. */
import type { Directory, Surface } from './context.ts';
import { fill, h } from './dom.ts';
import { parsePlain } from './mrkdwn.ts';
import { type BlockNode, type Inline, plainText } from './nodes.ts';
import { isJson, type Json, json, num, str } from './read.ts';
import { renderBlocks, renderInline } from './render.ts';
import { parseRichText } from './richtext.ts';

function rowsOf(block: Json): Json[][] {
  const rows = block['rows'];
  return Array.isArray(rows) ? rows.filter(Array.isArray).map((row: unknown[]) => row.filter(isJson)) : [];
}

function cellContent(cell: Json, directory: Directory): Node[] {
  switch (str(cell, 'type')) {
    case 'rich_text':
      return renderBlocks(parseRichText(cell), directory);
    case 'raw_number':
      return [document.createTextNode(numberText(cell))];
    default:
      return renderInline(parsePlain(str(cell, 'text')), directory);
  }
}

function numberText(cell: Json): string {
  const text = str(cell, 'text');
  const value = cellNumber(cell);
  return text || (value === null ? '' : String(value));
}

function cellNumber(cell: Json): number | null {
  const value = num(cell, 'value') ?? num(cell, 'number');
  if (value !== null) return value;
  const text = str(cell, 'text') || str(cell, 'value');
  return text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text);
}

/** A `table` block. Its first row is drawn as the header, as Slack does. */
export function table(block: Json, directory: Directory): HTMLElement {
  const settings = Array.isArray(block['column_settings']) ? block['column_settings'] : [];
  const cell = (tag: 'th' | 'td') => (of: Json, column: number) => {
    const set: unknown = settings[column];
    const align = isJson(set) ? str(set, 'align') : '';
    const wrapped = isJson(set) && set['is_wrapped'] === true;
    const classes = `${align === 'right' || align === 'center' ? `align-${align}` : ''}${wrapped ? ' wrapped' : ''}`;
    return h(
      tag,
      { class: classes, attrs: tag === 'th' ? { scope: 'col' } : {} },
      cellContent(of, directory),
    );
  };
  const [head = [], ...rows] = rowsOf(block);
  return h(
    'div',
    { class: 'table-scroll', attrs: { tabindex: 0, role: 'region', 'aria-label': 'Table' } },
    h(
      'table',
      { class: 'grid' },
      h('thead', {}, h('tr', {}, head.map(cell('th')))),
      h(
        'tbody',
        {},
        rows.map((row) => h('tr', {}, row.map(cell('td')))),
      ),
    ),
  );
}

/** How a cell sorts: as its number if it has one, else as its words. */
export function sortKey(cell: Json): number | string {
  if (str(cell, 'type') === 'rich_text') return richWords(parseRichText(cell)).toLowerCase();
  return cellNumber(cell) ?? str(cell, 'text').toLowerCase();
}

function richWords(nodes: readonly BlockNode[]): string {
  const words = (inline: readonly Inline[]) => plainText(inline);
  return nodes
    .map((node) =>
      'children' in node && node.kind !== 'quote'
        ? words(node.children)
        : node.kind === 'list'
          ? node.items.map(words).join(' ')
          : '',
    )
    .join(' ');
}

/** Numbers before words, words as people order them ("web-2" before "web-10"). */
export function compareCells(a: Json, b: Json): number {
  const [left, right] = [sortKey(a), sortKey(b)];
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'number') return -1;
  if (typeof right === 'number') return 1;
  return left.localeCompare(right, 'en', { numeric: true });
}

/** A `data_table` block; the chosen column, direction and page survive an update of the message. */
export function dataTable(block: Json, surface: Surface): HTMLElement {
  const { values, directory } = surface;
  const blockId = str(block, 'block_id');
  const [head = [], ...rows] = rowsOf(block);
  const caption = str(block, 'caption') || str(json(block, 'caption'), 'text');
  const size = Math.max(1, num(block, 'page_size') ?? 5);
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const rowHeader = num(block, 'row_header_column_index');
  const recall = (key: string) => Number(values.get(blockId, `table ${key}`) ?? Number.NaN);
  let column = Number.isNaN(recall('column')) ? -1 : recall('column');
  let down = recall('down') === 1;
  let page = Math.min(pages - 1, Number.isNaN(recall('page')) ? 0 : recall('page'));
  const box = h('div', { class: 'data-table' });

  const draw = (focus?: string) => {
    values.set(blockId, 'table column', String(column));
    values.set(blockId, 'table down', down ? '1' : '0');
    values.set(blockId, 'table page', String(page));
    const sorted =
      column < 0
        ? rows
        : rows.toSorted((a, b) => compareCells(a[column] ?? {}, b[column] ?? {}) * (down ? -1 : 1));
    const visible = sorted.slice(page * size, (page + 1) * size);
    const first = page * size + 1;
    fill(
      box,
      h(
        'div',
        { class: 'table-scroll', attrs: { tabindex: 0, role: 'region', 'aria-label': caption } },
        h(
          'table',
          { class: 'grid' },
          h('caption', {}, caption),
          h('thead', {}, h('tr', {}, head.map(title))),
          h('tbody', {}, visible.map(line)),
        ),
      ),
      pages > 1 &&
        h(
          'div',
          { class: 'pager' },
          turn('Previous page', '‹', page > 0, -1),
          h(
            'span',
            { attrs: { 'aria-live': 'polite' } },
            `${first}–${Math.min(rows.length, first + size - 1)} of ${rows.length}`,
          ),
          turn('Next page', '›', page < pages - 1, 1),
        ),
    );
    if (focus) box.querySelector<HTMLElement>(`[data-focus="${focus}"]`)?.focus();
  };
  const title = (cell: Json, index: number) => {
    const sort = index !== column ? 'none' : down ? 'descending' : 'ascending';
    const press = () => {
      down = index === column && !down;
      column = index;
      page = 0;
      draw(`column-${index}`);
    };
    const arrow = h(
      'span',
      { class: 'sort-sign', attrs: { 'aria-hidden': 'true' } },
      sort === 'none' ? '↕' : down ? '↓' : '↑',
    );
    const attrs = { type: 'button', 'data-focus': `column-${index}` };
    return h(
      'th',
      { attrs: { scope: 'col', 'aria-sort': sort } },
      h('button', { class: 'sort', attrs, on: { click: press } }, cellContent(cell, directory), arrow),
    );
  };
  const line = (cells: Json[]) =>
    h(
      'tr',
      {},
      cells.map((cell, index) => {
        const numeric = str(cell, 'type') === 'raw_number' ? 'align-right' : '';
        return index === rowHeader
          ? h('th', { attrs: { scope: 'row' } }, cellContent(cell, directory))
          : h('td', { class: numeric }, cellContent(cell, directory));
      }),
    );
  const turn = (label: string, sign: string, enabled: boolean, step: number) => {
    const press = () => {
      page += step;
      draw(`turn-${step}`);
    };
    const attrs = { type: 'button', 'aria-label': label, disabled: !enabled, 'data-focus': `turn-${step}` };
    return h('button', { class: 'btn quiet', attrs, on: { click: press } }, sign);
  };
  draw();
  return box;
}
