/**
 * Foreign text (tags, host names, command output, what people type) made safe for Slack's mrkdwn. A value
 * of type `Mrkdwn` comes only from here, so that the compiler finds every place that forgot to escape.
 *
 * What must not happen: `<!channel>` and the like notify people, `<https://…|text>` shows a false link,
 * backticks end a code span, `:emoji:` and `*` forge a status, bidi and zero-width characters hide text.
 * Slack: escape `&`, `<`, `>` (docs.slack.dev/messaging/formatting-message-text). Text is cut before it is
 * escaped, by code points, so that no entity and no surrogate pair is torn.
 */
import { foreign, showMentions } from '../workflow/mention.ts';

declare const safe: unique symbol;
export type Mrkdwn = string & { readonly [safe]: true };

// The one place where a string becomes Mrkdwn.
const trust = (text: string): Mrkdwn => text as Mrkdwn;

const CONTROL = /(?!\n)\p{Cc}/gu;
/** Bidirectional controls, zero-width characters, variation selectors, tags, soft hyphen, byte order mark. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
/** Accents piled up so high that they cover the lines above. */
const PILED_MARKS = /(\p{M}{3})\p{M}+/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Cuts to `max` code points, the last being an ellipsis when something is missing. */
export function cut(text: string, max: number): string {
  // A code point is at most two UTF-16 units: only that much needs to be looked at.
  const points = [...text.slice(0, max * 2 + 2)];
  if (points.length <= max) return text;
  return `${points.slice(0, Math.max(0, max - 1)).join('')}…`;
}

/** One line of visible characters, at most `max` code points; still unescaped, for plain_text elements. */
export function plainLine(raw: string, max: number): string {
  return cut(visible(foreign(raw).replace(/[\s\u0085\u2028\u2029]+/g, ' ')).trim(), max);
}

/** The same with line breaks kept. */
export function plainLines(raw: string, max: number): string {
  return cut(lines(foreign(raw)), max);
}

function lines(raw: string): string {
  return visible(raw.replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')).trim();
}

function visible(raw: string): string {
  return raw
    .replace(CONTROL, '')
    .replace(INVISIBLE, '')
    .replace(PILED_MARKS, '$1')
    .replace(LONE_SURROGATE, '�');
}

function entities(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/**
 * Characters that mrkdwn gives a meaning are shown as their look-alikes: nothing in a sentence made of
 * foreign text is bold, struck out, code, an emoji or a link. Underscores inside words have no meaning.
 */
function inert(text: string): string {
  return text
    .replace(/`/g, 'ˋ')
    .replace(/\*/g, '∗')
    .replace(/~/g, '∼')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, 'ˍ')
    .replace(/:\/\//g, '꞉//')
    .replace(/:(?!\d\d:)(?=[\w+'-]+:)/g, '꞉')
    .replace(/@(?=(?:here|channel|everyone|group)\b)/gi, '＠');
}

/** A foreign text as one line, at most `max` code points before escaping. */
export function escapeText(raw: string, max = 300): Mrkdwn {
  return trust(entities(inert(plainLine(raw, max))));
}

/** A foreign text of several lines, e.g. a usage text with what was typed. */
export function escapeLines(raw: string, max = 2500): Mrkdwn {
  return trust(entities(inert(plainLines(raw, max))));
}

/**
 * Sentences of the workflow: as foreign as anything, but for the people and groups that it marked, who are
 * shown as such (see workflow/mention.ts).
 */
export function words(text: string, max = 2500): Mrkdwn {
  const whole = cut(lines(text), max).replace(/\ue000[A-Z0-9]{0,21}…?$/, '…');
  return trust(
    foreign(showMentions(entities(inert(whole)), (id) => (id.startsWith('S') ? group(id) : user(id)))),
  );
}

/** An identifier in a code span, where Slack interprets nothing but the closing backtick. */
export function code(raw: string, max = 100): Mrkdwn {
  const text = plainLine(raw, max).replace(/`/g, 'ˋ');
  return trust(`\`${entities(text === '' ? '?' : text)}\``);
}

/** A block of command output. */
export function codeBlock(raw: string, max = 2500): Mrkdwn {
  return trust(`\`\`\`\n${entities(plainLines(raw, max).replace(/`/g, 'ˋ'))}\n\`\`\``);
}

/** Puts our own words and safe values together: md`*Wave ${1}*: ${escapeText(name)}`. */
export function md(strings: TemplateStringsArray, ...values: readonly (Mrkdwn | number)[]): Mrkdwn {
  return trust(strings.reduce((all, part, i) => `${all}${part}${i < values.length ? values[i] : ''}`, ''));
}

export function join(parts: readonly Mrkdwn[], separator: ' ' | ', ' | ' · ' | '\n' | '\n\n'): Mrkdwn {
  return trust(parts.filter((part) => part !== '').join(separator));
}

/**
 * At most `max` characters of text that is safe already: no entity, mention or code span is left torn.
 * Works because every `<`, `>`, `&` and backtick in a Mrkdwn is ours.
 */
export function shorten(text: Mrkdwn, max: number): Mrkdwn {
  if (text.length <= max) return text;
  let kept = text.slice(0, Math.max(0, max - 5)).replace(/[\ud800-\udbff]$/, '');
  if (kept.lastIndexOf('<') > kept.lastIndexOf('>')) kept = kept.slice(0, kept.lastIndexOf('<'));
  if (kept.lastIndexOf('&') > kept.lastIndexOf(';')) kept = kept.slice(0, kept.lastIndexOf('&'));
  kept = kept.replace(/`+$/, '');
  const open = (kept.split('```').length - 1) % 2 === 1;
  const spans = kept.replaceAll('```', '').split('`').length - 1;
  return trust(`${kept}…${open ? '\n```' : spans % 2 === 1 ? '`' : ''}`);
}

export const NOTHING: Mrkdwn = trust('');

/** 2026-11-22 06:00 UTC */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A time that each reader sees in their own zone; UTC where the client cannot. */
export function time(at: number): Mrkdwn {
  return trust(`<!date^${Math.floor(at / 1000)}^{date_short_pretty} {time}|${utc(at)}>`);
}

/** Slack ids come from the configuration or a signed payload; anything else is shown as text. */
export function user(id: string): Mrkdwn {
  return /^[UW][A-Z0-9]{2,20}$/.test(id) ? trust(`<@${id}>`) : code(id);
}

export function group(id: string): Mrkdwn {
  return /^S[A-Z0-9]{2,20}$/.test(id) ? trust(`<!subteam^${id}>`) : code(id);
}

/** A link with our own words; an address that is not plain http(s) is shown as text. */
export function link(url: string, label: string): Mrkdwn {
  return /^https?:\/\/[\w.:/-]+$/.test(url) ? trust(`<${url}|${entities(label)}>`) : code(url);
}

/** "1 instance", "12 instances". */
export function count(n: number, one: string, many = `${one}s`): Mrkdwn {
  return trust(`${n} ${n === 1 ? one : many}`);
}

/** A length of time for people: 5400000 → "1 h 30 min". */
export function length(ms: number): Mrkdwn {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes === 0 && ms > 0) return trust(`${Math.max(1, Math.round(ms / 1000))} s`);
  if (minutes < 60) return trust(`${minutes} min`);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return trust(`${Math.floor(hours / 24)} d ${hours % 24} h`);
  return trust(minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`);
}
