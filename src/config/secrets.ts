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

/**
 * Secrets in the text of the file, comments included: one problem per line, and the text without them (with
 * the same lines), so that nothing that is said later about the file can repeat one.
 */
export function findSecretsInFile(text: string, env: Env): { problems: Problem[]; clean: string } {
  const known = secretValues(env).filter((value) => value.length >= 8);
  const problems: Problem[] = [];
  const lines = text.split('\n').map((line, index) => {
    const { clean, what } = withoutSecrets(line, known);
    if (what !== null)
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
    return clean;
  });
  return { problems, clean: lines.join('\n') };
}

/** Plain letters: a YAML parser takes it wherever the secret stood. */
const PLACEHOLDER = 'secret-removed';

function withoutSecrets(line: string, known: readonly string[]): { clean: string; what: string | null } {
  let clean = line;
  let what: string | null = null;
  const remove = (description: string, without: string) => {
    if (without !== clean) what ??= description;
    clean = without;
  };
  for (const { what: description, pattern } of SECRET_PATTERNS)
    remove(description, clean.replace(pattern, PLACEHOLDER));
  for (const value of known)
    remove('the value of a secret environment variable', clean.replaceAll(value, PLACEHOLDER));
  if (!/^\s*-?\s*external_id\s*:/.test(line))
    remove(
      'a long random text that looks like a secret',
      clean.replace(/[A-Za-z0-9+/=_]{40,}/g, (run) => (looksRandom(run) ? PLACEHOLDER : run)),
    );
  return { clean, what };
}

/**
 * AWS secret access keys are 40 characters of base64; other secrets are similar or longer. Such a run has
 * capitals, small letters and digits, and far more variety than a path, a name or a UUID.
 */
function looksRandom(run: string): boolean {
  const mixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && (run.match(/\d/g)?.length ?? 0) >= 3;
  return mixed && bitsPerCharacter(run) > 4.2;
}

/** Shannon entropy. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
