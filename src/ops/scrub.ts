/**
 * Takes secrets out of text that leaves the process. It works on the finished text, because secrets hide
 * where no list of field names reaches: in messages, stacks, nested JSON and command output.
 */

interface SecretPattern {
  what: string;
  pattern: RegExp;
}

/**
 * What secrets look like. No \b in front: in serialised JSON a token after a line break follows the letter
 * of `\n`. Forms: Slack tokens xoxb-, xoxp-, xapp- and so on; AWS access key ids AKIA/ASIA + 16; AWS session
 * tokens are base64 with one of a few beginnings.
 */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  { what: 'a Slack token', pattern: /x(?:ox[a-z](?:\.xox[a-z])?|app)-[A-Za-z0-9-]{6,}/g },
  { what: 'an AWS access key id', pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g },
  {
    what: 'an AWS session token',
    pattern: /(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[A-Za-z0-9+/=_%-]{16,}/g,
  },
  {
    what: 'a private key',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  },
];

/** Values that are secret because of what they are called, in JSON (also JSON within a string), XML and query strings. */
const NAMED: readonly RegExp[] = [
  /((?:secret_?access_?key|session_?token|x-amz-security-token|x-slack-signature|authorization|password)\\*"\s*:\s*\\*")[^"\\]+/gi,
  /(<(?:SecretAccessKey|SessionToken)>)[^<]+/gi,
  /((?:X-Amz-Security-Token|X-Amz-Signature|SessionToken)=)[^&\s"\\]+/gi,
];

const SHORTEST_KNOWN_SECRET = 6;

/**
 * A function that replaces the given values, in every spelling in which they may appear, and everything
 * that looks like a secret with `[secret removed]`. Values shorter than six characters are not replaced: they
 * would shred ordinary words.
 */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const spellings = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST_KNOWN_SECRET) continue;
    const json = JSON.stringify(secret).slice(1, -1);
    for (const spelling of [secret, json, JSON.stringify(json).slice(1, -1), encodeLoosely(secret)])
      spellings.add(spelling);
    spellings.add(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
  }
  // The longest first, so that a spelling inside another one leaves no rest behind.
  const known = [...spellings].sort((a, b) => b.length - a.length);
  return (text) => {
    let out = text;
    for (const value of known) out = out.replaceAll(value, REMOVED);
    for (const { pattern } of SECRET_PATTERNS) out = out.replace(pattern, REMOVED);
    for (const pattern of NAMED) out = out.replace(pattern, `$1${REMOVED}`);
    return out;
  };
}

export const REMOVED = '[secret removed]';

/** encodeURIComponent throws on half a surrogate pair; such a value has no URL spelling. */
function encodeLoosely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}
