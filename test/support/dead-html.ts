/** Judges a page of ours that holds foreign text: anything in it that a browser could take for more than text. */

/** An element of ours as it stands in the page: one space before each attribute, each value in double quotes. */
const TAG = /^<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z-]+(?:="[^"<>]*")?)*)(\/?)>$/;

/** Whatever looks as if a tag began, to its end or as far as it goes; or text without a single live character. */
const PIECE = /<[^<>]*>?|[^<>]+|>/g;

const ELEMENTS = new Set(
  'html head meta title body main header section footer div h1 h2 p ul li dl dt dd b small span code pre table thead tbody tr th td details summary svg rect time'.split(
    ' ',
  ),
);

const ATTRIBUTES = new Set(
  'lang charset http-equiv content name class data-label scope colspan datetime open viewBox preserveAspectRatio role aria-label x y width height'.split(
    ' ',
  ),
);

/**
 * One sentence for each thing in the page that is not plainly an element, an attribute or a text of our own; none
 * when the page is dead. Stricter than a browser: text with a quote that is not escaped is told as well, because
 * in an attribute it would end the value.
 */
export function liveMarkup(page: string): string[] {
  const body = page.replace(/^<!doctype html>/, '').replace(/<style>[^<]*<\/style>/, '');
  return [...body.matchAll(PIECE)].flatMap(([piece]) => {
    const wrong = piece.startsWith('<') || piece === '>' ? inTag(piece) : inText(piece);
    return wrong === null ? [] : [`${wrong}: ${JSON.stringify(piece.slice(0, 80))}`];
  });
}

function inText(piece: string): string | null {
  return /["']/.test(piece) ? 'a quote in the text is not escaped' : null;
}

function inTag(piece: string): string | null {
  const [, , name = '', attributes = ''] = TAG.exec(piece) ?? [];
  if (name === '') return 'this is no tag of ours';
  if (!ELEMENTS.has(name)) return `an element ${name}`;
  for (const [, attribute = '', value = ''] of attributes.matchAll(/ ([a-zA-Z-]+)(?:="([^"]*)")?/g)) {
    if (!ATTRIBUTES.has(attribute)) return `an attribute ${attribute}`;
    if (attribute === 'http-equiv' && value !== 'Content-Security-Policy') return `http-equiv ${value}`;
  }
  return null;
}
