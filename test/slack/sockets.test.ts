import { createServer } from 'node:http';
import { App } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { SocketsReceiver } from '../../src/slack/sockets.ts';
import { until } from '../support/until.ts';
import { recordingLog } from './support/bench.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Just enough of Slack to send frames that the simulator has no reason to send. */
async function startPeer() {
  const sockets: WebSocket[] = [];
  const acks: unknown[] = [];
  const frames = new WebSocketServer({ noServer: true });
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, url: `${url.replace('http', 'ws')}/link` }));
  });
  server.on('upgrade', (request, socket, head) => {
    frames.handleUpgrade(request, socket, head, (accepted) => {
      sockets.push(accepted);
      accepted.on('message', (data) => acks.push(JSON.parse(String(data))));
      accepted.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  closing.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.terminate();
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return { apiUrl: `${url}/api/`, sockets, acks };
}

async function startReceiver(apiUrl: string) {
  const log = recordingLog();
  const pause = (ms: number) =>
    new Promise<void>((resolve) => void setTimeout(resolve, Math.min(ms, 20)).unref());
  const receiver = new SocketsReceiver({
    appToken: 'xapp-test',
    apiUrl,
    connections: 1,
    log,
    pause,
    warningGrace: 50,
  });
  const seen: string[] = [];
  const app = new App({
    receiver,
    authorize: async () => ({ botToken: 'xoxb-test', botId: 'B1', botUserId: 'U1' }),
    convoStore: false,
  });
  app.command(/.*/, async ({ ack, command }) => {
    await ack();
    seen.push(command.text);
  });
  closing.push(() => receiver.stop());
  await receiver.start();
  return { receiver, log, seen };
}

const command = (id: string, text: string) =>
  JSON.stringify({
    envelope_id: id,
    type: 'slash_commands',
    accepts_response_payload: true,
    payload: {
      command: '/patch',
      text,
      user_id: 'U2',
      team_id: 'T1',
      channel_id: 'C1',
      trigger_id: 't',
      response_url: 'http://127.0.0.1:9/none',
    },
  });

describe('a Socket Mode connection', () => {
  it('survives frames that the client library cannot read, and goes on taking commands', async () => {
    const peer = await startPeer();
    const { log, seen } = await startReceiver(peer.apiUrl);
    const [socket] = peer.sockets;
    // Slack's notice has no inner event; socket-mode 3.1 throws on it in an async handler.
    socket?.send(
      JSON.stringify({
        envelope_id: 'e1',
        type: 'events_api',
        payload: { type: 'app_rate_limited', team_id: 'T1' },
      }),
    );
    socket?.send('not json');
    socket?.send(command('e2', 'after'));
    await until(() => seen.includes('after'), { within: 5000, describe: 'the command after the notice' });
    expect(log.lines.some((l) => l.level === 'error' && l.message.includes('could not be read'))).toBe(true);
    await until(() => peer.acks.some((a) => JSON.stringify(a).includes('"e2"')), {
      within: 5000,
      describe: 'the acknowledgement',
    });
  });

  it('is opened again after every way of losing it', async () => {
    const peer = await startPeer();
    const { receiver, seen } = await startReceiver(peer.apiUrl);
    const losses: ((socket: WebSocket) => void)[] = [
      (socket) => socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' })),
      (socket) => socket.send(JSON.stringify({ type: 'disconnect', reason: 'warning' })),
      (socket) => socket.close(),
      (socket) => socket.terminate(),
    ];
    for (const [i, lose] of losses.entries()) {
      const last = peer.sockets.at(-1);
      if (last) lose(last);
      await until(() => peer.sockets.length === i + 2 && receiver.connected() === 1, {
        within: 5000,
        describe: `loss ${i}`,
      });
      peer.sockets.at(-1)?.send(command(`c${i}`, `after ${i}`));
      await until(() => seen.includes(`after ${i}`), { within: 5000, describe: `a command after loss ${i}` });
    }
    await receiver.stop();
    expect(receiver.connected()).toBe(0);
    expect(peer.sockets).toHaveLength(losses.length + 1);
  });

  it('takes commands after Slack warned that it will close, until it does', async () => {
    const peer = await startPeer();
    const { receiver, seen } = await startReceiver(peer.apiUrl);
    const [socket] = peer.sockets;
    socket?.send(JSON.stringify({ type: 'disconnect', reason: 'warning', debug_info: { host: 'h' } }));
    socket?.send(command('w1', 'on its way'));
    await until(() => peer.acks.some((a) => JSON.stringify(a).includes('w1')), {
      within: 5000,
      describe: 'the acknowledgement',
    });
    await until(() => seen.includes('on its way'), { within: 5000, describe: 'the command' });
    socket?.close();
    await until(() => peer.sockets.length === 2 && receiver.connected() === 1, {
      within: 5000,
      describe: 'the next connection',
    });
    await receiver.stop();
  });

  it('can be stopped while it is trying to connect', async () => {
    const peer = await startPeer();
    const { receiver } = await startReceiver(peer.apiUrl);
    peer.sockets.at(-1)?.terminate();
    await receiver.stop();
    const opened = peer.sockets.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(peer.sockets.length - opened).toBe(0);
    expect(receiver.connected()).toBe(0);
  });
});
