/** Files shared in a message: card, download, and previews of CSV, JSON, HTML, text and pictures. */
import type { PageFile } from '../page-api.ts';
import { parseCsv } from './csv.ts';
import { fill, h, icon, uid } from './dom.ts';

const shortRows = 6;
const shortChars = 700;
/** More would make the page slow; the download has everything. */
const mostRows = 1000;
const mostChars = 300_000;
const mostInlineBytes = 2_000_000;
const downloadSign = 'M10 3v9M6 9l4 4 4-4M4 16h12';
const closeSign = 'M5 5l10 10M15 5L5 15';

/** Files the person opened, so that a message drawn again keeps its previews. */
const contents = new Map<string, Promise<string>>();

function contentOf(file: PageFile): Promise<string> {
  let loading = contents.get(file.url);
  if (!loading) {
    loading = fetch(file.url).then((answer) => {
      if (!answer.ok) throw new Error(`the file could not be read (HTTP ${answer.status})`);
      return answer.text();
    });
    loading.catch(() => contents.delete(file.url));
    contents.set(file.url, loading);
  }
  return loading;
}

type Kind = 'csv' | 'json' | 'html' | 'image' | 'text' | 'binary';

function kindOf(file: PageFile): Kind {
  const ending = /\.([a-z0-9]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? '';
  if (ending === 'csv' || file.mimetype.startsWith('text/csv')) return 'csv';
  if (ending === 'json' || file.mimetype.startsWith('application/json')) return 'json';
  if (ending === 'html' || ending === 'htm' || file.mimetype.startsWith('text/html')) return 'html';
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.mimetype)) return 'image';
  return file.mimetype.startsWith('text/') || ['txt', 'log', 'md', 'yaml', 'yml'].includes(ending)
    ? 'text'
    : 'binary';
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The card of one file with the beginning of its content. */
export function fileCard(file: PageFile): HTMLElement {
  const kind = kindOf(file);
  const title = file.title || file.name;
  const preview = h('div', { class: 'file-preview' });
  const view = () => openViewer(file, kind);
  const inline = kind !== 'binary' && kind !== 'html' && file.size <= mostInlineBytes;
  if (inline) void showContent(preview, file, kind, true);
  const attrs = { class: 'file-badge', attrs: { 'aria-hidden': 'true' } };
  return h(
    'div',
    { class: 'file', attrs: { 'data-file-id': file.id, role: 'group', 'aria-label': `File ${file.name}` } },
    h(
      'div',
      { class: 'file-head' },
      h(
        'span',
        { ...attrs, class: `file-badge kind-${kind}` },
        kind === 'binary' ? 'FILE' : kind.toUpperCase(),
      ),
      h(
        'div',
        { class: 'file-words' },
        h('div', { class: 'file-title' }, title),
        h('div', { class: 'muted' }, title === file.name ? '' : `${file.name} · `, sizeText(file.size)),
      ),
      kind !== 'binary' &&
        h(
          'button',
          {
            class: 'btn small',
            attrs: { type: 'button', 'aria-label': `View ${file.name}` },
            on: { click: view },
          },
          'View',
        ),
      h(
        'a',
        {
          class: 'btn small',
          attrs: { href: file.url, download: file.name, 'aria-label': `Download ${file.name}` },
        },
        icon(downloadSign, 16),
      ),
    ),
    inline && preview,
  );
}

function openViewer(file: PageFile, kind: Kind): void {
  const title = uid('file-title');
  const body = h('div', { class: 'viewer-body' }, h('p', { class: 'muted' }, 'Loading…'));
  const close = h(
    'button',
    { class: 'btn quiet', attrs: { type: 'button', 'aria-label': 'Close' } },
    icon(closeSign),
  );
  const download = h('a', { class: 'btn small', attrs: { href: file.url, download: file.name } }, 'Download');
  const head = h(
    'div',
    { class: 'dialog-head' },
    h('h2', { class: 'dialog-title', attrs: { id: title } }, file.title || file.name),
    download,
    close,
  );
  const dialog = h('dialog', { class: 'dialog viewer', attrs: { 'aria-labelledby': title } }, head, body);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.appendChild(dialog);
  dialog.showModal();
  void showContent(body, file, kind, false);
}

async function showContent(into: HTMLElement, file: PageFile, kind: Kind, short: boolean): Promise<void> {
  if (kind === 'image')
    return fill(
      into,
      h('img', { class: 'picture large', attrs: { src: file.url, alt: file.title || file.name } }),
    );
  try {
    const text = await contentOf(file);
    fill(
      into,
      kind === 'csv'
        ? csvTable(text, short)
        : kind === 'html'
          ? htmlFrame(text, file)
          : textBody(kind === 'json' ? prettyJson(text) : text, short),
    );
  } catch (error) {
    fill(
      into,
      h(
        'p',
        { class: 'action-error' },
        `No preview: ${error instanceof Error ? error.message : String(error)}`,
      ),
    );
  }
}

function csvTable(text: string, short: boolean): HTMLElement {
  const all = parseCsv(text);
  const [head = [], ...rows] = all;
  const shown = rows.slice(0, short ? shortRows : mostRows);
  const more = rows.length - shown.length;
  const line = (cells: string[]) =>
    h(
      'tr',
      {},
      cells.map((cell) => h('td', {}, cell)),
    );
  return h(
    'div',
    {},
    h(
      'div',
      { class: 'table-scroll' },
      h(
        'table',
        { class: 'grid compact' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            head.map((cell) => h('th', { attrs: { scope: 'col' } }, cell)),
          ),
        ),
        h('tbody', {}, shown.map(line)),
      ),
    ),
    more > 0 && h('div', { class: 'file-more muted' }, `${more} more ${more === 1 ? 'row' : 'rows'}`),
  );
}

function textBody(text: string, short: boolean): HTMLElement {
  const shown = text.slice(0, short ? shortChars : mostChars);
  return h('pre', { class: 'file-text', attrs: { tabindex: 0 } }, shown, shown.length < text.length && '\n…');
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** An uploaded page runs no script, has no origin and reaches nothing: the sandbox attribute grants nothing. */
function htmlFrame(text: string, file: PageFile): HTMLElement {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/html;charset=utf-8' }));
  const frame = h('iframe', {
    class: 'html-frame',
    attrs: { sandbox: '', title: file.title || file.name, src: address, referrerpolicy: 'no-referrer' },
  });
  frame.addEventListener('load', () => URL.revokeObjectURL(address), { once: true });
  return frame;
}
