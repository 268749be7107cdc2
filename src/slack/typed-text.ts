/**
 * What arrives after `/patch` is not what was typed: Apple keyboards make `--` a dash and quotes curly, word
 * processors add non-breaking spaces, and Slack replaces mentions and host names by `<…|…>` and escapes
 * `&`, `<` and `>` (docs.slack.dev/interactivity/implementing-slash-commands). This undoes all of it.
 */
const DASHES = /[\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d]/g;
const DOUBLE_QUOTES = /[\u201c-\u201f\u00ab\u00bb\u2033\u2036\uff02]/g;
const SINGLE_QUOTES = /[\u2018-\u201b\u2032\u2035\u0060\u00b4\uff07]/g;
const SPACES = /[\s\u0085\u180e\u2800]+/g;
const INVISIBLE = /(?!\s)[\p{Cc}\p{Cf}]/gu;

/** The look-alikes by which mrkdwn.ts shows foreign text: what was read on a card is typed again. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  ˋ: "'",
  '∗': '*',
  '∼': '~',
  ˍ: '_',
  '꞉': ':',
  '＠': '@',
};

/** Longer than any sensible command; the rest is dropped. */
const LONGEST = 4000;

/** The text as a person meant it: ASCII dashes and quotes, single spaces, no markup. Never throws. */
export function normaliseTyped(text: string): string {
  return unlink(text.slice(0, LONGEST))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/[ˋ∗∼ˍ꞉＠]/g, (shown) => LOOK_ALIKES[shown] ?? shown)
    .replace(INVISIBLE, '')
    .replace(DASHES, '-')
    .replace(DOUBLE_QUOTES, '"')
    .replace(SINGLE_QUOTES, "'")
    .replace(SPACES, ' ')
    .trim();
}

/** `<http://web-01|web-01>` → web-01, `<@U1|ann>` → @ann, `<#C1|ops>` → #ops, `<!here>` → @here. */
function unlink(text: string): string {
  return text.replace(
    /<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>/g,
    (_all, sigil: string, target: string, label?: string) => {
      if (sigil === '@') return `@${label || target}`;
      if (sigil === '#') return `#${label || target}`;
      if (sigil === '!') return label || `@${target.replace(/^subteam\^/, '')}`;
      return label || target;
    },
  );
}

/**
 * Splits at spaces; quotes keep spaces together, at the start of a word or after `=` or `:`
 * (`tag:Role="web front"`). A quote that is never closed is an ordinary character, as in `don't`.
 */
export function words(text: string): string[] {
  const found: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    const opens: boolean = (char === '"' || char === "'") && (word === null || /[=:]$/.test(word));
    const close: number = opens ? text.indexOf(char, i + 1) : -1;
    if (close > 0) {
      word = (word ?? '') + text.slice(i + 1, close);
      i = close;
    } else if (char === ' ') {
      if (word !== null) found.push(word);
      word = null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== null) found.push(word);
  return found;
}
