/** One life of the bot: a child process, told by messages, watched on the wire. */
import { type ChildProcess, fork } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Connection, isEnding, type Order, type Report } from './messages.ts';

const BOT = fileURLToPath(new URL('./child/bot.ts', import.meta.url));
/** Real ms; nothing in here takes seconds. A bound so that a defect of the simulation itself is told. */
const REST_WITHIN = 60_000;

export interface LifeOptions {
  configFile: string;
  now: number;
  seed: string;
  fatalPoint: number;
  paces: 'fast' | 'default';
  env: Record<string, string>;
}

export class BotLife {
  readonly #child: ChildProcess;
  readonly #wire: ServerWire;
  #waiting: PromiseWithResolvers<Report | null> | null = null;
  #errors = '';
  #ended: Promise<{ code: number | null; signal: string | null }>;
  alive = true;
  /** How the process ended, once it has. */
  how: { code: number | null; signal: string | null } | null = null;
  last: Report | null = null;

  private constructor(options: LifeOptions, wire: ServerWire) {
    this.#wire = wire;
    this.#child = fork(
      BOT,
      [options.configFile, String(options.now), options.seed, String(options.fatalPoint), options.paces],
      { env: options.env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [], serialization: 'json' },
    );
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += chunk;
    });
    this.#ended = new Promise((resolve) =>
      this.#child.once('close', (code, signal) => {
        this.alive = false;
        this.how = { code, signal };
        resolve(this.how);
        this.#waiting?.resolve(null);
      }),
    );
    this.#child.on('message', (report: Report) => {
      this.last = report;
      this.#waiting?.resolve(report);
    });
  }

  /** Resolves when everything is loaded and nothing has begun. */
  static async load(options: LifeOptions, wire: ServerWire): Promise<BotLife> {
    const life = new BotLife(options, wire);
    await life.#report();
    return life;
  }

  /** Gives an order and waits until the process is at rest again; null when it died of it. */
  tell(order: Order): Promise<Report | null> {
    const report = this.#report();
    this.#child.send(order, () => undefined);
    return report;
  }

  async #report(): Promise<Report | null> {
    if (!this.alive) return null;
    this.#waiting = Promise.withResolvers();
    const timer = setTimeout(
      () => this.#waiting?.reject(new Error(`the bot does not come to rest: ${this.#errors}`)),
      REST_WITHIN,
    );
    try {
      return await this.#waiting.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Until nothing is on its way between the two, in either direction. Null when the process is gone. */
  async rest(): Promise<Report | null> {
    const until = performance.now() + REST_WITHIN;
    for (;;) {
      const report = this.last;
      if (!this.alive) return null;
      await this.#wire.settled();
      if (report && this.#wire.agrees(report.connections)) return report;
      await this.tell({ do: 'report' });
      if (performance.now() > until)
        throw new Error(
          `the wire does not come to rest: ${JSON.stringify(this.last?.connections)} here ${JSON.stringify(this.#wire.connections())}`,
        );
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  ended(): Promise<{ code: number | null; signal: string | null }> {
    return this.#ended;
  }

  get errors(): string {
    return this.#errors;
  }
}

/** The simulators' ends of all connections. */
export class ServerWire {
  readonly #ports: ReadonlySet<number>;
  readonly #sockets = new Map<Socket, string>();
  readonly #watch = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (!this.#ports.has(socket.localPort ?? 0)) return;
    this.#sockets.set(socket, `${socket.remotePort}>${socket.localPort}`);
    socket.once('close', () => this.#sockets.delete(socket));
  };

  /** Watches connections to these ports from now on. */
  constructor(ports: readonly number[]) {
    this.#ports = new Set(ports);
    subscribe('net.server.socket', this.#watch);
  }

  connections(): Connection[] {
    return [...this.#sockets].map(([socket, ports]) => ({
      ports,
      written: socket.bytesWritten,
      read: socket.bytesRead,
      ending: isEnding(socket),
    }));
  }

  /** Everything that came in here has been looked at. */
  async settled(): Promise<void> {
    let before = JSON.stringify(this.connections());
    for (;;) {
      await turn();
      await turn();
      await turn();
      const after = JSON.stringify(this.connections());
      if (after === before) return;
      before = after;
    }
  }

  /** Every byte that one end wrote was read at the other, and no connection is open at one end only, or ending. */
  agrees(theirs: readonly Connection[]): boolean {
    const ours = this.connections();
    if (ours.length !== theirs.length) return false;
    if ([...ours, ...theirs].some((one) => one.ending)) return false;
    const byPorts = new Map(ours.map((one) => [one.ports, one]));
    return theirs.every((one) => {
      const other = byPorts.get(one.ports);
      return other !== undefined && other.read === one.written && other.written === one.read;
    });
  }

  async allClosed(): Promise<void> {
    const until = performance.now() + REST_WITHIN;
    while (this.#sockets.size > 0) {
      await turn();
      if (performance.now() > until) throw new Error('connections of a dead process stay open');
    }
    await this.settled();
  }

  close(): void {
    unsubscribe('net.server.socket', this.#watch);
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
