import { afterEach, describe, expect, it } from 'vitest';
import {
  type SlackSimulator,
  type SlackSimulatorOptions,
  startSlackSimulator,
} from '../../sandbox/slack/server.ts';
import { MAX_CONNECTIONS } from '../../sandbox/slack/socket-mode.ts';
import { until } from '../support/until.ts';
import { RawSocket } from './raw-socket.ts';
import { type Running, startApp, stopApp } from './support.ts';

const scan = { user: 'priya', channel: 'patching-prod', text: '/patch scan' };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function simulator(options: SlackSimulatorOptions = {}): Promise<SlackSimulator> {
  const slack = await startSlackSimulator({ rateLimits: 'off', ...options });
  closing.push(() => slack.close());
  return slack;
}

async function app(sockets: number): Promise<Running & { heard: string[] }> {
  const heard: string[] = [];
  const running = await startApp(
    (bolt) =>
      bolt.command('/patch', async ({ ack, command }) => {
        await ack();
        heard.push(command.text);
      }),
    { sockets },
  );
  closing.push(() => stopApp(running));
  return { ...running, heard };
}

describe('connections', () => {
  it('say hello with the app’s id, and their number', async () => {
    const slack = await simulator();
    await RawSocket.open(slack);
    const second = await RawSocket.open(slack);

    expect(second.of('hello')).toMatchObject([
      { num_connections: 2, connection_info: { app_id: 'A0PATCHDAY' } },
    ]);
  });

  it('need a ticket, which works once', async () => {
    const slack = await simulator();
    const address = await RawSocket.address(slack);
    const first = RawSocket.at(address);
    await slack.control.waitForConnections(1);

    await RawSocket.at(address).closed;
    await RawSocket.at(`${slack.url.replace('http', 'ws')}/link/?ticket=made-up`).closed;

    expect(slack.control.connections()).toBe(1);
    await first.close();
  });

  it(`number ${MAX_CONNECTIONS} at most`, async () => {
    const slack = await simulator();
    for (let index = 0; index < MAX_CONNECTIONS; index += 1) await RawSocket.open(slack);

    const eleventh = RawSocket.at(await RawSocket.address(slack));
    await eleventh.closed;

    expect(eleventh.received).toMatchObject([{ type: 'disconnect', reason: 'too_many_websockets' }]);
    expect(slack.control.connections()).toBe(MAX_CONNECTIONS);
  });

  it('that stop answering pings are dropped', async () => {
    const slack = await simulator({ pingIntervalMs: 40 });
    const alive = await RawSocket.open(slack);
    const dead = await RawSocket.open(slack, { autoPong: false });

    await dead.closed;
    await slack.control.waitForConnections(1);
    expect(await slack.control.command(scan)).toEqual({ ok: true });
    expect(alive.of('slash_commands')).toHaveLength(1);
  });

  it('share the payloads at random, the same for the same seed', async () => {
    const spread = async (seed: number): Promise<number> => {
      const slack = await simulator({ seed });
      const first = await RawSocket.open(slack);
      const second = await RawSocket.open(slack);
      for (let index = 0; index < 20; index += 1) await slack.control.command(scan);
      expect(first.of('slash_commands').length + second.of('slash_commands').length).toBe(20);
      return first.of('slash_commands').length;
    };

    const shares = [await spread(7), await spread(7)];

    expect(shares[0]).toBe(shares[1]);
    expect(shares[0]).toBeGreaterThan(0);
    expect(shares[0]).toBeLessThan(20);
  });
});

describe('disconnect', () => {
  it('closes a connection at once after refresh_requested, and later after a warning', async () => {
    const slack = await simulator({ warningCloseMs: 60 });
    const warned = await RawSocket.open(slack);
    slack.control.disconnectSockets('warning');
    expect(await slack.control.command(scan)).toEqual({ ok: true });
    await warned.closed;

    const refreshed = await RawSocket.open(slack);
    slack.control.disconnectSockets('refresh_requested');
    expect(await slack.control.command(scan)).toMatchObject({ ok: false });
    await refreshed.closed;

    expect(warned.of('disconnect')).toMatchObject([{ reason: 'warning' }]);
    expect(refreshed.of('disconnect')).toMatchObject([{ reason: 'refresh_requested' }]);
    expect(refreshed.of('slash_commands')).toEqual([]);
  });

  it('of one of two connections loses no command of a real Bolt app', async () => {
    const { slack, heard } = await app(2);
    const answers: unknown[] = [];
    let sent = 0;
    for (const round of [1, 2]) {
      slack.control.disconnectSockets('refresh_requested', { count: 1 });
      await slack.control.waitForConnections(1);
      while (slack.control.connections() < 2) {
        sent += 1;
        answers.push(await slack.control.command({ ...scan, text: `/patch scan ${round}-${sent}` }));
      }
    }

    expect(answers.length).toBeGreaterThan(20);
    expect(answers.filter((answer) => JSON.stringify(answer) !== '{"ok":true}')).toEqual([]);
    expect(new Set(heard).size).toBe(sent);
  });

  it('of the only connection shows dispatch_failed until Bolt is back', async () => {
    const { slack } = await app(1);
    slack.control.disconnectSockets('refresh_requested');
    await slack.control.waitForConnections(0);

    expect(await slack.control.command(scan)).toEqual({
      ok: false,
      error: '/patch failed with the error "dispatch_failed"',
    });
    await slack.control.waitForConnections(1);
    expect(await slack.control.command(scan)).toEqual({ ok: true });
  });

  it('without a word is survived by a real Bolt app as well', async () => {
    const { slack } = await app(2);
    slack.control.severSockets();
    await slack.control.waitForConnections(0);

    await slack.control.waitForConnections(2);

    expect(await slack.control.command(scan)).toEqual({ ok: true });
  });
});

describe('envelopes nobody acknowledges', () => {
  it('show operation_timeout after three seconds, and are not sent again', async () => {
    const slack = await simulator();
    const silent = await RawSocket.open(slack);
    silent.answer = () => null;
    const began = performance.now();

    const answer = await slack.control.command(scan);

    expect(answer).toEqual({ ok: false, error: '/patch failed with the error "operation_timeout"' });
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(2_950);
    expect(took).toBeLessThan(10_000);
    expect(silent.of('slash_commands')).toHaveLength(1);
  });

  it('show a warning beside a button, and are not sent again', async () => {
    const slack = await simulator({ ackTimeoutMs: 100 });
    const silent = await RawSocket.open(slack);
    const post = {
      channel: 'C0PATCHPRD',
      text: 'card',
      blocks: JSON.stringify([
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' } }],
        },
      ]),
    };
    const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}` },
      body: new URLSearchParams(post),
    });
    const { ts } = (await response.json()) as { ts: string };
    silent.answer = () => null;

    const answer = await slack.control.click({ user: 'tom', channel: 'patching-prod', ts, actionId: 'go' });

    expect(answer).toMatchObject({ ok: false, error: expect.stringContaining('operation_timeout') });
    expect(silent.of('interactive')).toHaveLength(1);
  });

  it('are events: sent again three times, with the number and the reason', async () => {
    const slack = await simulator({ ackTimeoutMs: 50, eventRetryDelaysMs: [0, 30, 30] });
    const silent = await RawSocket.open(slack);
    silent.answer = () => null;

    slack.control.openHome('tom');

    const attempts = () => silent.of('events_api').map((one) => [one.retry_attempt, one.retry_reason]);
    await until(() => attempts().length >= 4, { within: 3_000, describe: 'four attempts have not come' });
    expect(attempts()).toEqual([
      [0, ''],
      [1, 'timeout'],
      [2, 'timeout'],
      [3, 'timeout'],
    ]);
  });

  it('are only events the app is subscribed to', async () => {
    const slack = await simulator({ eventSubscriptions: ['subteam_members_changed'] });
    const bot = await RawSocket.open(slack);

    slack.control.openHome('tom');
    slack.control.setGroup('patch-approvers', ['tom', 'olga']);

    await until(() => bot.of('events_api').length > 0, { within: 2_000, describe: 'no event came' });
    expect(bot.of('events_api')).toMatchObject([
      {
        payload: {
          event: {
            type: 'subteam_members_changed',
            added_users: ['U0OLGAOUTS'],
            removed_users: ['U0AISHAAPP'],
          },
        },
      },
    ]);
  });
});
