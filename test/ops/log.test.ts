import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger, type Logger, serializeError } from '../../src/ops/log.ts';
import { createScrubber, REMOVED } from '../../src/ops/scrub.ts';

// Put together here, so that no scanner takes this file for a leak.
const BOT = ['xoxb', '1111111111', '2222222222', 'CANARYcanaryCANARY'].join('-');
const APP = ['xapp', '1', 'A0CANARY', '123', 'canarycanary'].join('-');
const KEY_ID = `ASIA${'CANARYCANARY1234'}`;
const SECRET_KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYCANARYKEY9';
const SESSION = `IQoJb3JpZ2lu${'X2VjEGca'.repeat(30)}`;

function logger(secrets: readonly string[] = [BOT, APP, SECRET_KEY]): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger({
    level: 'trace',
    secrets,
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines };
}

function entry(lines: readonly string[], index = 0): Record<string, unknown> {
  return JSON.parse(lines[index] ?? '') as Record<string, unknown>;
}

describe('a log line', () => {
  it('is one JSON object with its time, level and run', () => {
    const { log, lines } = logger();
    log.child({ run: 'r7f3' }).info({ wave: 2 }, 'wave begins');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(entry(lines)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      run: 'r7f3',
      wave: 2,
      msg: 'wave begins',
    });
  });

  it('is not written below the level', () => {
    const lines: string[] = [];
    const log = createLogger({
      level: 'warn',
      secrets: [],
      destination: { write: (l) => void lines.push(l) },
    });
    log.info('quiet');
    log.warn('loud');
    expect(lines).toHaveLength(1);
  });
});

describe('a secret', () => {
  const secrets = { BOT, APP, KEY_ID, SECRET_KEY, SESSION };
  const places: Record<string, (log: Logger, secret: string) => void> = {
    'the message': (log, s) => log.info(`token is ${s} now`),
    'the message after a line break': (log, s) => log.info(`token:\n${s}\tend`),
    'a format argument': (log, s) => log.info('token %s', s),
    'a field': (log, s) => log.info({ token: s }),
    'a field name': (log, s) => log.info({ [s]: 1 }),
    'a deep field of another case': (log, s) => log.info({ a: { B: { Cc: { SLACKTOKEN: s } } } }),
    'an array': (log, s) => log.info({ list: [1, [s]] }),
    'JSON inside a string': (log, s) =>
      log.info({ body: JSON.stringify({ inner: JSON.stringify({ t: s }) }) }),
    'the message of an error': (log, s) => log.error(new Error(`invalid_auth for ${s}`)),
    'a cause of a cause': (log, s) =>
      log.error({ err: new Error('a', { cause: new Error('b', { cause: new Error(s) }) }) }),
    'a thrown string': (log, s) => log.error({ err: s }),
    'the bindings of a child': (log, s) => log.child({ token: s }).info('hello'),
    'a URL': (log, s) => log.info(`https://example.test/?a=${encodeURIComponent(s)}&b=1`),
    'an HTTP header': (log, s) => log.info({ headers: { authorization: `Bearer ${s}` } }),
  };
  for (const [place, write] of Object.entries(places))
    it(`never leaves the process from ${place}`, () => {
      for (const [name, secret] of Object.entries(secrets)) {
        // What only a list of known values can catch is in that list.
        const { log, lines } = logger();
        write(log, secret);
        expect(lines, name).toHaveLength(1);
        expect(lines[0], name).not.toContain(secret);
        expect(lines[0], name).not.toContain(encodeURIComponent(secret));
        expect(lines[0], name).toContain(REMOVED);
        expect(() => entry(lines), name).not.toThrow();
      }
    });

  it('is recognised by its form alone, when nobody told us about it', () => {
    const { log, lines } = logger([]);
    log.info(`${BOT} ${APP} ${KEY_ID} ${SESSION} xoxe.xoxp-1-abcdefghi`);
    expect(entry(lines)['msg']).toBe(Array(5).fill(REMOVED).join(' '));
  });

  it.each([
    ['a session token', `IQoJb3JpZ2lu${'X2Vj/GE+'.repeat(8)}==`],
    ['a session token of an older form', `FwoGZXIvYXdz${'EBYaDHk1'.repeat(8)}`],
    ['a session token of the oldest form', `FQoGZXIvYXdz${'EBYaDHk1'.repeat(8)}`],
    ['a session token in a URL', `FwoGZXIvYXdz${'EBYa%2FHk1'.repeat(8)}%3D`],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----'],
  ])('is recognised by its form: %s', (_, secret) => {
    expect(createScrubber([])(`before ${secret} after`)).toBe(`before ${REMOVED} after`);
  });

  it('is recognised when it is a private key that was cut off, to the end of the text', () => {
    expect(createScrubber([])('before -----BEGIN PRIVATE KEY-----\nMIIEabc\nMIIEdef')).toBe(
      `before ${REMOVED}`,
    );
  });

  it('is gone in base64, as it stands in an authorization header', () => {
    for (const secret of ['a secret of 19 chars', 'a secret of 20 chars.', 'a secret of 21 chars..']) {
      const text = createScrubber([secret])(`Basic ${Buffer.from(secret).toString('base64')}`);
      expect(text).toMatch(/^Basic \[secret removed\]=*$/);
    }
  });

  it('that begins like a shorter one leaves no rest behind', () => {
    for (const secrets of [
      ['hunter', 'hunter-two'],
      ['hunter-two', 'hunter'],
    ])
      expect(createScrubber(secrets)('it is hunter-two, not hunter')).toBe(
        `it is ${REMOVED}, not ${REMOVED}`,
      );
  });

  it('with quotes and backslashes is gone in JSON and in JSON within JSON', () => {
    const secret = 'pa"ss\\wo\nrd';
    const once = JSON.stringify({ a: secret });
    const scrub = createScrubber([secret]);
    expect(scrub(once)).toBe(`{"a":"${REMOVED}"}`);
    expect(scrub(JSON.stringify({ b: once }))).toBe(`{"b":"{\\"a\\":\\"${REMOVED}\\"}"}`);
  });

  it('is recognised by its name in JSON, XML and query strings', () => {
    const scrub = createScrubber([]);
    expect(scrub('{"SecretAccessKey":"abc/def","x":1}')).toBe(`{"SecretAccessKey":"${REMOVED}","x":1}`);
    expect(scrub('{\\"sessionToken\\":\\"abc\\"}')).toBe(`{\\"sessionToken\\":\\"${REMOVED}\\"}`);
    expect(scrub('<SecretAccessKey>abc</SecretAccessKey>')).toBe(
      `<SecretAccessKey>${REMOVED}</SecretAccessKey>`,
    );
    expect(scrub('?X-Amz-Signature=abc&X-Amz-Date=1')).toBe(`?X-Amz-Signature=${REMOVED}&X-Amz-Date=1`);
  });

  it('of any characters is gone in any place, and the line stays JSON', () => {
    const secret = fc
      .string({ minLength: 8, maxLength: 40, unit: 'binary' })
      .filter((s) => s.trim().length >= 8);
    fc.assert(
      fc.property(secret, fc.string(), (value, around) => {
        fc.pre(!around.includes(value) && !REMOVED.includes(value));
        const { log, lines } = logger([value]);
        log.info({ [`k${around}`]: `${around} ${value} ${around}` }, value);
        expect(JSON.stringify(lines[0])).not.toContain(JSON.stringify(value).slice(1, -1));
        // Undecodable only if the scrubber cut through the syntax of the line.
        expect(() => entry(lines)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('that is too short to be one does not shred ordinary words', () => {
    expect(createScrubber(['a', '', 'prod'])('a prod plan')).toBe('a prod plan');
  });

  it('is not seen in ordinary words, ids and ARNs', () => {
    const text =
      'run r7f3 of payments-prod: i-0123456789abcdef0 ami-0123456789abcdef0 arn:aws:iam::012345678901:role/x xapp xoxb- AKIA';
    expect(createScrubber([])(text)).toBe(text);
  });
});

describe('an error in the log', () => {
  it('shows its whole chain of causes, with AWS request ids', () => {
    const aws = Object.assign(new Error('Rate exceeded'), {
      name: 'ThrottlingException',
      code: 'ThrottlingException',
      $metadata: { httpStatusCode: 400, requestId: 'req-1', attempts: 1 },
      $response: { headers: { authorization: 'never shown' } },
    });
    const { log, lines } = logger();
    log.error({ err: new Error('cannot patch', { cause: aws }) }, 'failed');
    expect(entry(lines)).toMatchObject({
      level: 'error',
      msg: 'failed',
      err: {
        name: 'Error',
        message: 'cannot patch',
        stack: expect.stringContaining('log.test.ts'),
        cause: {
          name: 'ThrottlingException',
          code: 'ThrottlingException',
          httpStatus: 400,
          requestId: 'req-1',
        },
      },
    });
    expect(lines[0]).not.toContain('never shown');
  });

  it('takes its message when nothing else is said', () => {
    const { log, lines } = logger();
    log.error(new Error('boom'));
    expect(entry(lines)).toMatchObject({ msg: 'boom', err: { message: 'boom' } });
  });

  it('shows the errors within an AggregateError', () => {
    const all = new AggregateError([new Error('one'), 'two'], 'both');
    expect(serializeError(all)).toMatchObject({ message: 'both', errors: [{ message: 'one' }, 'two'] });
  });

  it('that is its own cause, or breaks when it is read, is logged all the same', () => {
    const { log, lines } = logger();
    const circle: Error & { cause?: unknown } = new Error('circle');
    circle.cause = circle;
    log.error(circle);
    const broken = new Error('broken');
    Object.defineProperty(broken, 'message', {
      get() {
        throw new Error('no message');
      },
    });
    log.error({ err: broken }, 'second');
    expect(lines[0]).toContain('[more causes left out]');
    expect(entry(lines, 1)['err']).toEqual({ name: 'Error', message: 'an error that cannot be shown' });
  });
});
