/** Secrets: read from the environment, and kept out of the file. */
import { SECRET_PATTERNS } from '../ops/scrub.ts';
import { type Problem, problem } from './problem.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Secrets {
  /** xoxb-…: what the bot does in Slack. */
  slackBotToken: string;
  /** xapp-…: the Socket Mode connection. */
  slackAppToken: string;
}

const SLACK_TOKENS = [
  {
    name: 'SLACK_BOT_TOKEN',
    form: /^xoxb-[A-Za-z0-9-]{6,}$/,
    allowed: 'the bot token of the Slack app, which begins with xoxb- (OAuth & Permissions)',
  },
  {
    name: 'SLACK_APP_TOKEN',
    form: /^xapp-[A-Za-z0-9-]{6,}$/,
    allowed:
      'an app-level token of the Slack app with the scope connections:write, which begins with xapp- (Basic Information)',
  },
] as const;

/** The secrets of Patchday itself. Every missing or malformed one is a problem; no value is ever shown. */
export function readSecrets(env: Env): { ok: true; secrets: Secrets } | { ok: false; problems: Problem[] } {
  const problems = SLACK_TOKENS.flatMap(({ name, form, allowed }) => {
    const value = env[name] ?? '';
    if (form.test(value)) return [];
    const found = value === '' ? 'nothing (the environment variable is not set)' : 'something else';
    return [problem({ path: name, line: null, found, allowed })];
  });
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    secrets: {
      slackBotToken: env['SLACK_BOT_TOKEN'] ?? '',
      slackAppToken: env['SLACK_APP_TOKEN'] ?? '',
    },
  };
}

const SECRET_VARIABLES = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
];

/** The values of all secret environment variables that are set, for the scrubber of the log. */
export function secretValues(env: Env): string[] {
  return SECRET_VARIABLES.map((name) => env[name] ?? '').filter((value) => value !== '');
}

/** Secrets in the text of the file, comments included: one problem per line. The secret is not repeated. */
export function findSecretsInFile(text: string, env: Env): Problem[] {
  const known = secretValues(env).filter((value) => value.length >= 8);
  const problems: Problem[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const what =
      SECRET_PATTERNS.find(({ pattern }) => line.search(pattern) >= 0)?.what ??
      (known.some((value) => line.includes(value)) ? 'the value of a secret environment variable' : null) ??
      (hasLongSecret(line) ? 'a long random text that looks like a secret' : null);
    if (what === null) continue;
    problems.push(
      problem({
        path: '',
        line: index + 1,
        found: `${what} (not repeated here)`,
        allowed:
          'no secrets in this file; they come only from the environment (SLACK_BOT_TOKEN, SLACK_APP_TOKEN, the AWS SDK)',
        hint: 'Take it out, and if the file was ever shared or committed, replace that secret',
      }),
    );
  }
  return problems;
}

/**
 * AWS secret access keys are 40 characters of base64; other secrets are similar or longer. Such a run has
 * capitals, small letters and digits, and far more variety than a path, a name or a UUID.
 */
function hasLongSecret(line: string): boolean {
  if (/^\s*-?\s*external_id\s*:/.test(line)) return false;
  for (const [run] of line.matchAll(/[A-Za-z0-9+/=_]{40,}/g)) {
    const mixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && (run.match(/\d/g)?.length ?? 0) >= 3;
    if (mixed && bitsPerCharacter(run) > 4.2) return true;
  }
  return false;
}

/** Shannon entropy. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
