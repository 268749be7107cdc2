import { ErrorCode, WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../sandbox/clock.ts';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { commandPayload, RawSocket } from './raw-socket.ts';
import { refusedBy } from './refused.ts';
import { clientOptions } from './support.ts';

let clock: SteppedClock;
let slack: SlackSimulator;
let client: WebClient;

beforeEach(async () => {
  clock = steppedClock(Date.parse('2026-11-21T02:00:00Z'));
  slack = await startSlackSimulator({ clock });
  client = new WebClient(slack.botToken, clientOptions(slack));
});
afterEach(() => slack.close());

const post = (channel: string = CHANNELS.prod) => client.chat.postMessage({ channel, text: 'hello' });
const delivered = () => slack.control.messages({ channel: 'patching-prod' }).length;

/** How a call failed: the error's code and, for a 429, the seconds to wait. */
async function failure(call: Promise<unknown>): Promise<object> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      return {
        code: error.code,
        ...('retryAfter' in error ? { retryAfter: error.retryAfter } : {}),
        ...('statusCode' in error ? { statusCode: error.statusCode } : {}),
      };
    }
    throw error;
  }
  throw new Error('the call went through');
}

describe('rate limits', () => {
  it('let a short burst into a channel, then one message per second', async () => {
    for (let index = 0; index < 5; index += 1) await post();

    expect(await failure(post())).toEqual({ code: ErrorCode.RateLimitedError, retryAfter: 1 });
    expect(delivered()).toBe(5);
    expect((await post(CHANNELS.nonprod)).ok).toBe(true);
    clock.step(1_000);
    expect((await post()).ok).toBe(true);
    expect(await failure(post())).toMatchObject({ code: ErrorCode.RateLimitedError });
  });

  it('count per method by tier', async () => {
    for (let index = 0; index < 20; index += 1) await client.usergroups.list();

    expect(await failure(client.usergroups.list())).toEqual({
      code: ErrorCode.RateLimitedError,
      retryAfter: 3,
    });
    expect((await client.users.info({ user: 'U0PRIYAREQ' })).ok).toBe(true);
    clock.step(3_000);
    expect((await client.usergroups.list()).ok).toBe(true);
  });

  it('are waited out by a client that obeys Retry-After', async () => {
    slack.control.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfter: 1 });
    const patient = new WebClient(slack.botToken, {
      ...clientOptions(slack),
      rejectRateLimitedCalls: false,
      retryConfig: { retries: 1, minTimeout: 1, maxTimeout: 1 },
    });
    const began = performance.now();

    await patient.chat.postMessage({ channel: CHANNELS.prod, text: 'hello' });

    expect(performance.now() - began).toBeGreaterThan(950);
    expect(delivered()).toBe(1);
  });

  it('can be switched off and on', async () => {
    slack.control.rateLimits('off');
    for (let index = 0; index < 8; index += 1) await post();
    expect(delivered()).toBe(8);
    slack.control.rateLimits('slack');
    for (let index = 0; index < 5; index += 1) await post();
    expect(await failure(post())).toMatchObject({ code: ErrorCode.RateLimitedError });
  });
});

describe('scripted faults', () => {
  it('break the connection before the work or after it', async () => {
    slack.control.fault({ method: 'chat.postMessage', kind: 'reset', when: 'before' });
    expect(await failure(post())).toMatchObject({ code: ErrorCode.RequestError });
    expect(delivered()).toBe(0);

    slack.control.fault({ method: 'chat.postMessage', kind: 'reset', when: 'after' });
    expect(await failure(post())).toMatchObject({ code: ErrorCode.RequestError });
    expect(delivered()).toBe(1);
    expect(slack.control.calls().map((call) => [call.answered, call.tookEffect])).toEqual([
      ['reset', false],
      ['reset', true],
    ]);
  });

  it('answer 5xx as often as asked, then no more', async () => {
    slack.control.fault({ method: 'chat.postMessage', kind: 'server_error', status: 502, times: 2 });

    expect(await failure(post())).toMatchObject({ code: ErrorCode.HTTPError, statusCode: 502 });
    expect(await failure(post())).toMatchObject({ code: ErrorCode.HTTPError, statusCode: 502 });
    expect((await post()).ok).toBe(true);
  });

  it('answer late', async () => {
    slack.control.fault({ method: 'chat.postMessage', kind: 'slow', delayMs: 150 });
    const began = performance.now();

    await post();

    expect(performance.now() - began).toBeGreaterThan(140);
  });

  it('answer ok:false with any of Slack’s errors', async () => {
    slack.control.fault({ method: '*', kind: 'error', error: 'fatal_error' });

    expect(await refusedBy(client.auth.test())).toMatchObject({ error: 'fatal_error' });
  });

  it('hit only requests with the arguments they name', async () => {
    slack.control.fault({
      method: 'chat.postMessage',
      kind: 'error',
      matching: { channel: CHANNELS.nonprod },
    });

    expect((await post()).ok).toBe(true);
    expect(await refusedBy(post(CHANNELS.nonprod))).toMatchObject({ error: 'internal_error' });
  });

  it('take the whole Web API down until it is back', async () => {
    slack.control.outage(true);
    expect(await failure(post())).toMatchObject({ statusCode: 503 });
    expect(await failure(client.auth.test())).toMatchObject({ statusCode: 503 });
    slack.control.outage(false);

    expect((await post()).ok).toBe(true);
    expect(delivered()).toBe(1);
  });

  it('reach uploads and response URLs too', async () => {
    const { upload_url, file_id } = await client.files.getUploadURLExternal({ filename: 'a.csv', length: 1 });
    const upload = () => fetch(String(upload_url), { method: 'POST', body: 'a' });
    slack.control.fault({ method: 'upload', kind: 'server_error', status: 500 });
    const bot = await RawSocket.open(slack);
    const { response_url } = await commandPayload(slack, bot);
    const respond = () => fetch(String(response_url), { method: 'POST', body: '{"text":"hello"}' });
    slack.control.fault({ method: 'response_url', kind: 'reset', when: 'after' });

    expect([(await upload()).status, (await upload()).status]).toEqual([500, 200]);
    await expect(respond()).rejects.toThrow();
    expect((await respond()).status).toBe(200);

    expect(String(file_id)).toMatch(/^F/);
    expect(delivered()).toBe(2);
    await bot.close();
  });

  it('are refused when they would never hit', () => {
    expect(() => slack.control.fault({ method: '*', kind: 'reset', times: 0 })).toThrow(
      /times must be above 0/,
    );
  });
});

describe('the record of calls', () => {
  it('holds method, arguments and answer, and no token', async () => {
    await client.apiCall('auth.test', { token: slack.botToken });
    await post();

    const calls = slack.control.calls();
    expect(calls.map((call) => [call.method, call.token])).toEqual([
      ['auth.test', 'bot'],
      ['chat.postMessage', 'bot'],
    ]);
    expect(calls[1]).toMatchObject({
      arguments: { channel: CHANNELS.prod, text: 'hello' },
      answered: { status: 200, body: { ok: true } },
    });
    expect(JSON.stringify(calls.map((call) => call.arguments))).not.toContain(slack.botToken);
  });
});
