/** Small pieces that several sections of the HTML report share. Pure. */
import { type Html, html, line, NOTHING, ownMarkup } from './html-text.ts';
import { iso, zonedText } from './times.ts';
import type { OutcomeWords } from './words.ts';

export function badge(words: OutcomeWords, text: Html = line(words.label)): Html {
  return html`<span class="badge ${ownMarkup(words.tone)}">${line(words.sign)} ${text}</span>`;
}

/** A time in the environment's zone, with UTC beneath; "–" for none. */
export function timeCell(at: number | null, timeZone: string): Html {
  if (at === null) return html`–`;
  const utc = line(iso(Math.floor(at / 1000) * 1000));
  return html`<time datetime="${utc}">${line(zonedText(at, timeZone))}</time><small>${utc}</small>`;
}

/** `<dt>what</dt><dd>value</dd>` for each pair that has a value. */
export function facts(pairs: readonly (readonly [string, Html | null])[]): Html {
  const rows = pairs.map(([what, value]) =>
    value === null ? NOTHING : html`<dt>${line(what)}</dt><dd>${value}</dd>`,
  );
  return html`<dl>${rows}</dl>`;
}

export function section(title: string, body: Html): Html {
  return html`<section><h2>${line(title)}</h2>${body}</section>\n`;
}

/** A horizontal bar from `from` to `to` (0–1), as SVG: presentation attributes need no inline style. */
export function bar(
  kind: 'meter' | 'timeline',
  from: number,
  to: number,
  label: string,
  mark?: number,
): Html {
  const x = Math.round(Math.min(1, Math.max(0, from)) * 1000);
  const width = Math.max(kind === 'timeline' ? 8 : 0, Math.round(Math.min(1, Math.max(0, to)) * 1000) - x);
  const target =
    mark === undefined
      ? NOTHING
      : html`<rect class="mark" x="${Math.round(mark * 1000)}" width="4" height="10"/>`;
  return html`<svg class="${ownMarkup(kind)}" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="${line(label)}"><rect class="track" width="1000" height="10"/><rect class="fill" x="${x}" width="${width}" height="10"/>${target}</svg>`;
}
