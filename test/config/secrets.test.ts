import { describe, expect, it } from 'vitest';
import { readSecrets, secretValues } from '../../src/config/secrets.ts';
import { GOOD, texts } from './support.ts';

// Put together here, so that no scanner takes this file for a leak.
const SLACK = ['xoxb', '1234567890', 'abcDEFghi'].join('-');
const APP = ['xapp', '1', 'A012', '345', 'abcdef'].join('-');
const ACCESS_KEY = `AKIA${'ABCDEFGHIJKLMNOP'}`;
const LONG = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLE09';

describe('secrets of Patchday', () => {
  it('come from the environment', () => {
    expect(readSecrets({ SLACK_BOT_TOKEN: SLACK, SLACK_APP_TOKEN: APP })).toEqual({
      ok: true,
      secrets: { slackBotToken: SLACK, slackAppToken: APP },
    });
  });

  it('are all named when they are missing or mixed up, and never shown', () => {
    const missing = readSecrets({});
    expect(missing.ok ? [] : missing.problems.map(({ text }) => text)).toEqual([
      'SLACK_BOT_TOKEN: found nothing (the environment variable is not set); allowed: the bot token of the Slack app, which begins with xoxb- (OAuth & Permissions).',
      'SLACK_APP_TOKEN: found nothing (the environment variable is not set); allowed: an app-level token of the Slack app with the scope connections:write, which begins with xapp- (Basic Information).',
    ]);
    const swapped = readSecrets({ SLACK_BOT_TOKEN: APP, SLACK_APP_TOKEN: SLACK });
    expect(swapped.ok).toBe(false);
    expect(JSON.stringify(swapped)).not.toContain(SLACK);
    expect(JSON.stringify(swapped)).not.toContain(APP);
  });

  it('are listed for the log, those of AWS too', () => {
    expect(secretValues({ SLACK_BOT_TOKEN: SLACK, AWS_SECRET_ACCESS_KEY: LONG, HOME: '/root' })).toEqual([
      SLACK,
      LONG,
    ]);
  });
});

describe('a secret in the file', () => {
  const places: readonly (readonly [string, string])[] = [
    ['as the value of an unknown key', `${GOOD}slack_token: SECRET\n`],
    ['as the value of a known key', GOOD.replace('T0123ABCD', 'SECRET')],
    ['in a comment', `${GOOD}# it was SECRET once\n`],
    ['as a key', `${GOOD}SECRET: 1\n`],
    ['in a file that YAML cannot read', `${GOOD}}{ SECRET\n`],
    ['in a list of regions', GOOD.replace('[eu-central-1]', '[SECRET]')],
    ['as the name of an environment', GOOD.replace('  prod:', '  SECRET:')],
    ['as an external id, unless it is only long', GOOD.replace('payments-prod-7f3a', 'SECRET')],
  ];
  const secrets: readonly (readonly [string, string])[] = [
    ['a Slack token', SLACK],
    ['a Slack token', APP],
    ['an AWS access key id', ACCESS_KEY],
    ['a long random text that looks like a secret', LONG],
  ];
  for (const [what, secret] of secrets)
    for (const [where, file] of places) {
      if (secret === LONG && where.startsWith('as an external id')) continue;
      it(`is refused ${where} (${what}: ${secret.slice(0, 5)}), with its line and without repeating it`, () => {
        const text = file.replace('SECRET', secret);
        const line = text.split('\n').findIndex((each) => each.includes(secret)) + 1;
        const said = texts(text);
        expect(said).toContain(
          `line ${line}: found ${what} (not repeated here); allowed: no secrets in this file; they come only from the environment (SLACK_BOT_TOKEN, SLACK_APP_TOKEN, the AWS SDK). Take it out, and if the file was ever shared or committed, replace that secret.`,
        );
        expect(said.join('\n')).not.toContain(secret);
      });
    }

  it('is refused when it is the value of a secret variable, whatever it looks like', () => {
    const plain = 'correct horse battery';
    const said = texts(`${GOOD}# ${plain}\n`, { SLACK_SIGNING_SECRET: plain });
    expect(said.join('\n')).toContain('found the value of a secret environment variable');
    expect(said.join('\n')).not.toContain(plain);
  });

  it('is not seen in ids, ARNs, paths, UUIDs and long words', () => {
    const harmless = [
      'arn:aws:iam::012345678901:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin',
      '/var/lib/patchday/a-very-long-folder-name/with/many/parts/patchday.sqlite',
      '3f1f9c4e-8f0b-4c57-9a52-0a1d2b3c4d5e',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'i-0123456789abcdef0',
      '------------------------------------------------------------',
    ];
    expect(texts(`${GOOD}${harmless.map((text) => `# ${text}\n`).join('')}`)).toEqual([]);
  });
});
