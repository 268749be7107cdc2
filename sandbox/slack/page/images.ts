/** Images of blocks. Pictures from other hosts are not fetched: this page never leaves the machine. */
import { h } from './dom.ts';
import { safeHref } from './nodes.ts';
import { type Json, json, str } from './read.ts';
import { anchor } from './render.ts';

/** An image element ("small") or image block ("large") with its alternative text. */
export function picture(of: Json, size: 'small' | 'large'): HTMLElement {
  const alt = str(of, 'alt_text');
  const address = str(of, 'image_url') || str(json(of, 'slack_file'), 'url');
  const local =
    address.startsWith('/sandbox/') ||
    address.startsWith(`${location.origin}/`) ||
    address.startsWith('data:image/');
  if (local) return h('img', { class: `picture ${size}`, attrs: { src: address, alt, loading: 'lazy' } });
  const attrs = { role: 'img', 'aria-label': alt, title: `${alt} (not fetched: ${address || 'no address'})` };
  const stand = h(
    'span',
    { class: `picture stand-in ${size}`, attrs },
    size === 'small' ? initials(alt) : alt,
  );
  const href = safeHref(address);
  return size === 'large' && href ? h('span', {}, anchor(href, [stand])) : stand;
}

function initials(alt: string): string {
  return alt.trim().slice(0, 1).toUpperCase() || '▢';
}
