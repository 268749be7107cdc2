import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../sandbox/clock.ts';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { commandPayload, RawSocket } from './raw-socket.ts';
import { clientOptions } from './support.ts';

const START = Date.parse('2026-11-21T02:00:00Z');
const text = (words: string) => ({ type: 'plain_text' as const, text: words });
let clock: SteppedClock;
let slack: SlackSimulator;
let client: WebClient;
let bot: RawSocket;

beforeEach(async () => {
  clock = steppedClock(START);
  slack = await startSlackSimulator({ clock, rateLimits: 'off', ackTimeoutMs: 150 });
  client = new WebClient(slack.botToken, clientOptions(slack));
  bot = await RawSocket.open(slack);
});
afterEach(async () => {
  await bot.close();
  await slack.close();
});

describe('response_url', () => {
  const respond = (url: unknown, body: object) =>
    fetch(String(url), { method: 'POST', body: JSON.stringify(body) });

  async function cardWithButton(): Promise<string> {
    const { ts } = await client.chat.postMessage({
      channel: CHANNELS.prod,
      text: 'card',
      blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'go', text: text('Go') }] }],
    });
    await slack.control.click({ user: 'tom', channel: 'patching-prod', ts: String(ts), actionId: 'go' });
    return String(ts);
  }

  it('answers a command to its person alone, or to the channel', async () => {
    const { response_url } = await commandPayload(slack, bot);
    await respond(response_url, { text: 'only you' });
    await respond(response_url, { text: 'everyone', response_type: 'in_channel' });

    const texts = (user: string) =>
      slack.control.messages({ channel: 'patching-prod', user }).map((one) => one.text);
    expect(texts('priya')).toEqual(['only you', 'everyone']);
    expect(texts('tom')).toEqual(['everyone']);
  });

  it('takes five answers', async () => {
    const { response_url } = await commandPayload(slack, bot);
    const statuses: number[] = [];
    for (const index of [1, 2, 3, 4, 5, 6]) {
      statuses.push((await respond(response_url, { text: `answer ${index}` })).status);
    }

    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    expect(await (await respond(response_url, { text: 'x' })).json()).toMatchObject({ error: 'used_url' });
  });

  it('takes none after thirty minutes', async () => {
    const { response_url } = await commandPayload(slack, bot);
    clock.step(30 * 60_000);

    const response = await respond(response_url, { text: 'late' });

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'expired_url' });
  });

  it('of a click replaces or deletes the message it came from, or adds one', async () => {
    const ts = await cardWithButton();
    const { response_url } = bot.last('interactive');
    await respond(response_url, { text: 'beside', replace_original: false });
    await respond(response_url, { text: 'instead', replace_original: true });

    expect(slack.control.messages({ channel: 'patching-prod' })).toMatchObject([
      { ts, text: 'instead', blocks: [], ephemeralTo: null },
      { text: 'beside', ephemeralTo: USERS.tom },
    ]);
    await respond(response_url, { delete_original: true });
    expect(slack.control.messages({ channel: 'patching-prod' }).map((one) => one.text)).toEqual(['beside']);
  });

  it('warns when an answer to a click leaves open whether it replaces the message', async () => {
    await cardWithButton();
    await respond(bot.last('interactive').response_url, { text: 'instead' });

    expect(slack.control.warnings()).toMatchObject([{ method: 'response_url' }]);
  });

  it('refuses blocks that Slack refuses', async () => {
    const { response_url } = await commandPayload(slack, bot);

    const response = await respond(response_url, { text: 'x', blocks: [{ type: 'sektion' }] });

    expect(response.ok).toBe(false);
    expect(await response.json()).toMatchObject({ error: 'invalid_blocks' });
  });
});
