/**
 * Several Socket Mode connections as one Bolt receiver. Slack renews a connection every few hours and closes
 * the old one at once; with a second one open, no command falls into the gap.
 *
 * The client's own reconnecting is off, and done here: in socket-mode 3.1 it waits 5 s, gives up for good when
 * asking for a new address fails once, and some of its failures surface only as unhandled rejections.
 */
import { type App, type Receiver, SocketModeReceiver } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import { clientOptions } from './clients.ts';
import { type Log, slackLogger } from './log.ts';
import { classify, isHopelessLogin } from './slack-errors.ts';

export interface SocketsOptions {
  appToken: string;
  apiUrl?: string | undefined;
  connections: number;
  log: Log;
  pause: (ms: number) => Promise<void>;
  /** How long Slack has for closing a connection after its warning, ms; 15 s when left out. */
  warningGrace?: number;
}

const OPEN_TIMEOUT = 10_000;
const RECONNECT_AFTER = 100;
const LONGEST_PAUSE = 30_000;
const WARNING_GRACE = 15_000;

export class SocketsReceiver implements Receiver {
  readonly #sockets: readonly Socket[];

  constructor(options: SocketsOptions) {
    this.#sockets = Array.from({ length: options.connections }, (_, i) => new Socket(options, i + 1));
  }

  init(app: App): void {
    for (const socket of this.#sockets) socket.receiver.init(app);
  }

  /** Resolves once one connection is up; all are kept up until `stop`. Rejects when Slack refuses the app token. */
  async start(): Promise<void> {
    await Promise.any(this.#sockets.map((socket) => socket.start())).catch((error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    });
  }

  /** Resolves when the connections are closed or have been told to. */
  async stop(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => socket.stop()));
  }

  connected(): number {
    return this.#sockets.filter((socket) => socket.up).length;
  }
}

class Socket {
  readonly receiver: SocketModeReceiver;
  up = false;
  readonly #options: SocketsOptions;
  readonly #number: number;
  #stopped = false;
  #running: Promise<void> | null = null;
  /** Closes a connection that Slack announced to close and did not. */
  #closing: NodeJS.Timeout | undefined;

  constructor(options: SocketsOptions, number: number) {
    this.#options = options;
    this.#number = number;
    this.receiver = new SocketModeReceiver({
      appToken: options.appToken,
      autoReconnectEnabled: false,
      logger: slackLogger(options.log, `slack-socket-${number}`),
      installerOptions: { clientOptions: clientOptions(options, `slack-socket-${number}`, OPEN_TIMEOUT) },
    });
    this.#guardMessages();
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stopped = false;
      this.#running = this.#keepUp(resolve, reject);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    // Not awaited for long: a peer that is gone never answers the close.
    await Promise.race([this.receiver.client.disconnect().catch(() => undefined), this.#options.pause(2000)]);
    this.up = false;
    await Promise.race([this.#running, this.#options.pause(500)]);
  }

  async #keepUp(onUp: () => void, onRefused: (error: unknown) => void): Promise<void> {
    const { client } = this.receiver;
    const { log, pause } = this.#options;
    let failures = 0;
    while (!this.#stopped) {
      let wait = RECONNECT_AFTER;
      const gone = Promise.withResolvers<void>();
      const onGone = () => gone.resolve();
      client.once('disconnected', onGone);
      try {
        await client.start();
        if (this.#stopped) {
          // Stopped while the address was asked for: the connection came up after all.
          void client.disconnect().catch(() => undefined);
          break;
        }
        failures = 0;
        this.up = true;
        log.info({ socket: this.#number }, 'Slack connection is up');
        onUp();
        await gone.promise;
        log.info({ socket: this.#number }, 'Slack connection closed');
      } catch (error) {
        if (this.#stopped) break;
        const failure = classify(error);
        const hopeless = error instanceof WebAPIPlatformError && isHopelessLogin(failure.code);
        wait =
          failure.retryAfter ??
          (hopeless ? LONGEST_PAUSE : Math.min(LONGEST_PAUSE, 500 * 2 ** Math.min(failures, 10)));
        failures += 1;
        log.warn({ socket: this.#number, slack: failure.code, wait }, 'Slack connection could not be opened');
        // Only heard while starting; later the connection is tried again for as long as it takes.
        if (hopeless) onRefused(error);
      } finally {
        client.off('disconnected', onGone);
        clearTimeout(this.#closing);
        this.#closing = undefined;
        this.up = false;
      }
      if (!this.#stopped) await pause(wait);
    }
  }

  /**
   * socket-mode 3.1 throws on an `app_rate_limited` envelope, which has no event, and the rejection of its
   * handler ends the process. Whatever it cannot read is logged instead. And it closes a connection as soon as
   * Slack warns that it will: a command on its way at that moment could not be acknowledged any more. Slack
   * closes it itself some 10 s later (docs.slack.dev, Socket Mode, "disconnect"), so that is waited for.
   */
  #guardMessages(): void {
    const { client } = this.receiver;
    const handlers = client.listeners('ws_message');
    client.removeAllListeners('ws_message');
    const pass = (message: unknown[]) => {
      for (const handler of handlers) {
        Promise.resolve()
          .then(() => handler.apply(client, message))
          .catch((error: unknown) => {
            this.#options.log.error(
              { socket: this.#number, err: error },
              'a message from Slack could not be read',
            );
          });
      }
    };
    client.on('ws_message', (...message: unknown[]) => {
      if (isWarning(message[0])) {
        this.#options.log.info({ socket: this.#number }, 'Slack will close this connection soon');
        this.#closing ??= setTimeout(
          () => pass(message),
          this.#options.warningGrace ?? WARNING_GRACE,
        ).unref();
        return;
      }
      pass(message);
    });
  }
}

/** The `disconnect` envelope that only announces the end: until then commands still come. */
function isWarning(data: unknown): boolean {
  if (data === undefined || data === null) return false;
  const text = typeof data === 'string' ? data : String(data);
  // Cheap before exact: nearly every message is something else.
  if (text.length > 1000 || !text.includes('"disconnect"')) return false;
  try {
    const { type, reason } = JSON.parse(text);
    return type === 'disconnect' && reason === 'warning';
  } catch {
    return false;
  }
}
