import { App, SocketModeReceiver } from '@slack/bolt';
import { LogLevel, type WebClient } from '@slack/web-api';
import {
  type SlackSimulator,
  type SlackSimulatorOptions,
  startSlackSimulator,
} from '../../sandbox/slack/server.ts';
import { until } from '../support/until.ts';

/** A Bolt receiver made of several Socket Mode connections, as the bot in production has two. */
class SeveralSockets {
  private readonly sockets: SocketModeReceiver[];
  constructor(sockets: SocketModeReceiver[]) {
    this.sockets = sockets;
  }
  init(app: App): void {
    for (const one of this.sockets) one.init(app);
  }
  start(): Promise<unknown> {
    return Promise.all(this.sockets.map((one) => one.start()));
  }
  async stop(): Promise<void> {
    await Promise.all(this.sockets.map((one) => one.stop()));
  }
}

export interface Running {
  slack: SlackSimulator;
  app: App;
  client: WebClient;
  /** Whether every socket of the app is connected, as the app itself sees it. */
  settled: () => boolean;
}

/** Options that keep a test's failures quick: no retries, a short time-out. */
export function clientOptions(slack: SlackSimulator) {
  return {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    timeout: 10_000,
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
    logger: silent,
  };
}

const ignore = (): void => undefined;
export const silent = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  setLevel: ignore,
  getLevel: () => LogLevel.ERROR,
  setName: ignore,
};

/** The real Bolt app on `sockets` connections to a new simulator. `register` adds its listeners. */
export async function startApp(
  register: (app: App) => void,
  options: SlackSimulatorOptions & { sockets?: number; clientPingTimeout?: number } = {},
): Promise<Running> {
  const { sockets = 2, clientPingTimeout = 1_000, ...simulator } = options;
  const slack = await startSlackSimulator({ rateLimits: 'off', ...simulator });
  const receivers = Array.from(
    { length: sockets },
    () =>
      new SocketModeReceiver({
        appToken: slack.appToken,
        installerOptions: { clientOptions: clientOptions(slack) },
        clientPingTimeout,
        logger: silent,
      }),
  );
  const connected = new Set<SocketModeReceiver>();
  for (const receiver of receivers) {
    receiver.client.on('connected', () => connected.add(receiver));
    receiver.client.on('close', () => connected.delete(receiver));
  }
  const app = new App({
    token: slack.botToken,
    receiver: new SeveralSockets(receivers),
    clientOptions: clientOptions(slack),
    logger: silent,
  });
  register(app);
  await app.start();
  await slack.control.waitForConnections(sockets);
  return { slack, app, client: app.client, settled: () => connected.size === sockets };
}

/**
 * Stops the app first, so that it does not try to reconnect to a port that is gone; and only when its sockets have
 * come to rest: stopping in mid-reconnect is an unhandled rejection in socket-mode 3.1 (node-slack-sdk issue 2656).
 */
export async function stopApp(running: Running): Promise<void> {
  await until(running.settled, { within: 10_000, describe: 'the sockets are still reconnecting' });
  await running.app.stop();
  await running.slack.control.waitForConnections(0);
  await running.slack.close();
}
