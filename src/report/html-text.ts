/**
 * HTML out of templates. A value of type `Html` comes only from here, and a template takes nothing else, so
 * that the compiler finds every place that forgot to escape.
 */
import { visibleLine, visibleLines } from './visible-text.ts';

declare const safe: unique symbol;
export type Html = string & { readonly [safe]: true };

type Value = Html | number | readonly Html[];

// The one place where a string becomes Html.
const trust = (text: string): Html => text as Html;

export const NOTHING: Html = trust('');

/** A template whose strings are ours; plain strings must go through `line` or `lines`. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  let out = strings[0] ?? '';
  for (const [i, value] of values.entries()) out += render(value) + (strings[i + 1] ?? '');
  return trust(out);
}

function render(value: Value): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value;
  return value.join('');
}

/** One visible line of text, escaped for content and for quoted attributes. */
export function line(text: string): Html {
  return trust(escapeHtml(visibleLine(text)));
}

/** The same with its line breaks, for <pre>. */
export function lines(text: string): Html {
  return trust(escapeHtml(visibleLines(text).trim()));
}

/** For the one style sheet and its hash only: our own constant text. */
export function ownMarkup(text: string): Html {
  return trust(text);
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
