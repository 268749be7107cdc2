import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import type { PageEvent, PageState } from '../../sandbox/slack/page-api.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { until } from '../support/until.ts';
import { RawSocket } from './raw-socket.ts';
import { clientOptions } from './support.ts';

let slack: SlackSimulator;
let client: WebClient;

beforeEach(async () => {
  slack = await startSlackSimulator({ rateLimits: 'off' });
  client = new WebClient(slack.botToken, clientOptions(slack));
});
afterEach(() => slack.close());

const send = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const response = await fetch(slack.url + path, { method: 'POST', body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
};
const stateOf = async (user: string): Promise<PageState> =>
  (await fetch(`${slack.url}/sandbox/api/state?user=${user}`)).json() as Promise<PageState>;

/** Follows the page's events of one person until the test ends. */
async function follow(user: string): Promise<{ events: PageEvent[]; stop: () => void }> {
  const stop = new AbortController();
  const response = await fetch(`${slack.url}/sandbox/api/events?user=${user}`, { signal: stop.signal });
  const events: PageEvent[] = [];
  const read = async (): Promise<void> => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) if (part.startsWith('data: ')) events.push(JSON.parse(part.slice(6)));
    }
  };
  read().catch(() => undefined);
  return { events, stop: () => stop.abort() };
}

describe('the page’s state', () => {
  it('shows a person the workspace as they see it', async () => {
    await client.chat.postMessage({ channel: CHANNELS.prod, text: 'for all' });
    await client.chat.postEphemeral({ channel: CHANNELS.prod, user: USERS.olga, text: 'for olga' });

    const olga = await stateOf(USERS.olga);
    const priya = await stateOf(USERS.priya);

    expect(olga).toMatchObject({
      team: { name: 'Northwind Platform' },
      user: { name: 'olga', role: 'outsider, in no group' },
      channels: [{ name: 'patching-prod' }, { name: 'patching-nonprod' }, { name: 'general' }],
      views: [],
      commands: [{ command: '/patch' }],
      botConnections: 0,
    });
    expect(olga.messages.map((message) => message.text)).toEqual(['for all', 'for olga']);
    expect(priya.messages.map((message) => message.text)).toEqual(['for all']);
  });

  it('is refused to somebody unknown', async () => {
    expect((await fetch(`${slack.url}/sandbox/api/state?user=U0NOBODY00`)).status).toBe(404);
  });
});

describe('the page’s events', () => {
  it('tell each person what happens as far as they may see it', async () => {
    const olga = await follow(USERS.olga);
    const priya = await follow(USERS.priya);

    const { ts } = await client.chat.postMessage({ channel: CHANNELS.prod, text: 'card' });
    await client.chat.postMessage({ channel: CHANNELS.prod, text: 'reply', thread_ts: String(ts) });
    await client.chat.postEphemeral({ channel: CHANNELS.prod, user: USERS.olga, text: 'secret' });
    await client.chat.delete({ channel: CHANNELS.prod, ts: String(ts) });

    const gone = (events: PageEvent[]) => events.some((event) => event.type === 'message_deleted');
    await until(() => gone(olga.events) && gone(priya.events), {
      within: 3_000,
      describe: 'no deletion came',
    });
    const texts = (events: PageEvent[]) =>
      events.flatMap((event) =>
        event.type === 'message' ? [`${event.message.text} ${event.message.replyCount}`] : [],
      );
    expect(texts(olga.events)).toEqual(['card 0', 'reply 0', 'card 1', 'secret 0']);
    expect(texts(priya.events)).toEqual(['card 0', 'reply 0', 'card 1']);
    olga.stop();
    priya.stop();
  });

  it('tell of modals, notices and the bot’s connections', async () => {
    const tom = await follow(USERS.tom);
    const failed = await send('/sandbox/api/command', {
      user: USERS.tom,
      channel: CHANNELS.prod,
      text: '/patch',
    });
    const bot = await RawSocket.open(slack);
    await send('/sandbox/api/command', { user: USERS.tom, channel: CHANNELS.prod, text: '/patch' });
    await client.views.open({
      trigger_id: String(bot.last('slash_commands').trigger_id),
      view: {
        type: 'modal',
        title: { type: 'plain_text', text: 'Form' },
        blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'hello' } }],
      },
    });

    await until(() => tom.events.some((event) => event.type === 'views'), {
      within: 3_000,
      describe: 'no view',
    });
    expect(failed).toEqual({ ok: false, error: '/patch failed with the error "dispatch_failed"' });
    expect(tom.events).toMatchObject([
      { type: 'notice', channel: CHANNELS.prod, text: failed['error'] },
      { type: 'connections', botConnections: 1 },
      { type: 'views', views: [{ title: 'Form', submit: null }] },
    ]);
    tom.stop();
    await bot.close();
  });
});

describe('the page’s actions', () => {
  it('type, click, submit and close', async () => {
    const bot = await RawSocket.open(slack);
    const person = { user: USERS.tom, channel: CHANNELS.prod };
    expect(await send('/sandbox/api/message', { ...person, text: 'hello <all>' })).toEqual({ ok: true });
    const { ts } = await client.chat.postMessage({
      channel: CHANNELS.prod,
      text: 'card',
      blocks: [
        {
          type: 'actions',
          block_id: 'b',
          elements: [{ type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' } }],
        },
      ],
    });
    const click = { ...person, ts, blockId: 'b', actionId: 'go' };
    expect(await send('/sandbox/api/click', click)).toEqual({ ok: true });
    const { view } = await client.views.open({
      trigger_id: String(bot.last('interactive').trigger_id),
      view: {
        type: 'modal',
        title: { type: 'plain_text', text: 'Form' },
        submit: { type: 'plain_text', text: 'Send' },
        blocks: [
          {
            type: 'input',
            block_id: 'why',
            label: { type: 'plain_text', text: 'Why' },
            element: { type: 'plain_text_input', action_id: 'text' },
          },
        ],
      },
    });
    const values = { why: { text: 'because' } };
    const submitted = await send('/sandbox/api/view/submit', { user: USERS.tom, viewId: view?.id, values });

    expect(submitted).toEqual({ ok: true });
    expect(bot.last('interactive')).toMatchObject({
      type: 'view_submission',
      view: { state: { values: { why: { text: { value: 'because' } } } } },
    });
    expect(await send('/sandbox/api/view/close', { user: USERS.tom, viewId: view?.id })).toMatchObject({
      ok: false,
    });
    expect(slack.control.messages({ channel: 'patching-prod' })[0]?.text).toBe('hello &lt;all&gt;');
    await bot.close();
  });

  it('say which member is missing', async () => {
    const response = await fetch(`${slack.url}/sandbox/api/click`, { method: 'POST', body: '{"user":"U1"}' });

    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ ok: false, error: '"channel" is missing or not a string' });
  });
});

describe('static files', () => {
  it('are the page, its modules without their types, and nothing outside its folder', async () => {
    const page = await fetch(`${slack.url}/`);
    expect(page.headers.get('content-type')).toContain('text/html');
    const module = await fetch(`${slack.url}/page/main.ts`);
    expect(module.headers.get('content-type')).toContain('text/javascript');
    expect(await module.text()).not.toMatch(/^import type/m);
    for (const path of ['/page/..%2Fserver.ts', '/page/%2e%2e/server.ts', '/page/nothing.ts', '/nothing']) {
      expect((await fetch(slack.url + path)).status, path).toBe(404);
    }
  });
});

describe('the control interface over HTTP', () => {
  it('acts, looks, waits and breaks things', async () => {
    const control = async (name: string, body: object = {}) =>
      (await send(`/sandbox/control/${name}`, body))['result'];
    await client.chat.postMessage({ channel: CHANNELS.prod, text: 'Run 42 done' });

    expect(await control('waitForMessage', { pattern: '^Run \\d+ done$' })).toMatchObject({
      text: 'Run 42 done',
    });
    expect(await control('transcript', { channel: 'patching-prod' })).toBe(
      '#patching-prod\npatchday: Run 42 done\n',
    );
    expect(await control('scopesUsed')).toEqual(['chat:write']);
    await control('setGroup', { id: 'patch-approvers', members: ['olga'] });
    expect((await stateOf('olga')).userGroups[1]?.members).toEqual([USERS.olga]);
    await control('fault', { method: 'auth.test', kind: 'error', error: 'fatal_error' });
    await expect(client.auth.test()).rejects.toThrow('fatal_error');
    expect(await control('calls')).toMatchObject([{ method: 'chat.postMessage' }, { method: 'auth.test' }]);
  });

  it('says what is wrong with a request', async () => {
    expect(await send('/sandbox/control/fly', {})).toMatchObject({ ok: false });
    expect(await send('/sandbox/control/fault', { method: 'auth.test', kind: 'explode' })).toEqual({
      ok: false,
      error: '"kind" must be one of rate_limited, server_error, reset, slow, error',
    });
    expect(await send('/sandbox/control/transcript', { channel: 'moon' })).toEqual({
      ok: false,
      error: 'there is no channel moon',
    });
    expect(await send('/sandbox/control/waitForMessage', { text: 'never', within: 20 })).toMatchObject({
      ok: false,
      error: expect.stringContaining('waited 20 ms'),
    });
  });
});

describe('npm run sandbox:slack', () => {
  it('prints the page’s address and the tokens, and stops when told to', async () => {
    const main = new URL('../../sandbox/slack/main.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [main, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
    });
    await until(() => printed.includes('Ctrl-C'), { within: 20_000, describe: 'nothing was printed' });
    const address = /Slack page +(\S+)/.exec(printed)?.[1] ?? '';

    expect((await fetch(`${address}sandbox/api/state?user=priya`)).status).toBe(200);
    expect(printed).toMatch(/SLACK_BOT_TOKEN +xoxb-sandbox-/);
    expect(printed).toMatch(/SLACK_APP_TOKEN +xapp-sandbox-/);

    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });
});
