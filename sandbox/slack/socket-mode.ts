import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { SimClock } from '../clock.ts';
import type { Random } from './ids.ts';
import { isObject, type Json } from './json.ts';

export type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';
export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

/** What became of an envelope: acknowledged (perhaps with a payload), not in time, or nobody to give it to. */
export type Delivery = { acked: true; payload: Json } | { acked: false; why: 'timeout' | 'no_connection' };

export interface SocketModeOptions {
  appId: string;
  random: Random;
  clock: SimClock;
  /** Milliseconds an envelope may stay unacknowledged. Slack: 3,000. */
  ackTimeoutMs: number;
  /** Milliseconds between two pings to each client. */
  pingIntervalMs: number;
  /** Milliseconds between a `warning` and the close that follows it. Slack: about 10,000. */
  warningCloseMs: number;
  onConnectionsChanged: (open: number) => void;
}

interface Connection {
  socket: WebSocket;
  /** Slack has asked this client to reconnect and gives it nothing new. */
  draining: boolean;
  alive: boolean;
}

interface Pending {
  envelopeId: string;
  settle: (delivery: Delivery) => void;
}

/** Slack's limit of simultaneous Socket Mode connections of one app. */
export const MAX_CONNECTIONS = 10;
const MOST_RECORDED = 1000;
/** Seconds that Slack announces a connection will live; seen in real hello frames. */
const APPROXIMATE_CONNECTION_SECONDS = 18_060;

/** Slack's side of Socket Mode: tickets, hello, pings, random delivery, acknowledgements, refreshes. */
export class SocketMode {
  private readonly server = new WebSocketServer({ noServer: true });
  private readonly tickets = new Set<string>();
  private readonly connections = new Set<Connection>();
  private readonly pending = new Set<Pending>();
  /** The newest envelopes of commands and interactions, as they were sent. */
  readonly recorded: Json[] = [];
  private readonly closing = new Set<() => void>();
  private callOffPings: () => void = () => undefined;
  private readonly options: SocketModeOptions;
  private envelopes = 0;

  constructor(options: SocketModeOptions) {
    this.options = options;
    this.pingLater();
  }

  /** How many connections are open. */
  get open(): number {
    return this.connections.size;
  }

  /** A single-use ticket for the next connection (the answer of apps.connections.open). */
  newTicket(): string {
    const ticket = `ticket-${this.tickets.size + 1}-${Math.floor(this.options.random() * 1e9)}`;
    this.tickets.add(ticket);
    return ticket;
  }

  /** Takes over an HTTP upgrade of /link/. Unknown or used tickets are refused with 401. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const ticket = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ticket') ?? '';
    if (!this.tickets.delete(ticket)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    this.server.handleUpgrade(request, socket, head, (accepted) => this.accept(accepted));
  }

  /** Gives one envelope to one connection, chosen at random, and waits for its acknowledgement. */
  deliver(
    type: EnvelopeType,
    payload: Json,
    retry: { attempt: number; reason: string } | null = null,
  ): Promise<Delivery> {
    this.envelopes += 1;
    const envelope: Json = {
      envelope_id: `envelope-${this.envelopes}`,
      type,
      accepts_response_payload: type !== 'events_api',
      payload,
    };
    if (type === 'events_api') {
      envelope['retry_attempt'] = retry?.attempt ?? 0;
      envelope['retry_reason'] = retry?.reason ?? '';
    } else {
      this.recorded.push(structuredClone(envelope));
      if (this.recorded.length > MOST_RECORDED) this.recorded.shift();
    }
    return this.send(envelope);
  }

  /** Sends an envelope as it is, such as a recorded one once more. */
  send(envelope: Json): Promise<Delivery> {
    const envelopeId = String(envelope['envelope_id']);
    const candidates = [...this.connections].filter(
      (connection) => !connection.draining && connection.socket.readyState === 1,
    );
    const chosen = candidates[Math.floor(this.options.random() * candidates.length)];
    if (!chosen) return Promise.resolve({ acked: false, why: 'no_connection' });
    return new Promise((resolve) => {
      const settle = (delivery: Delivery): void => {
        callOff();
        if (this.pending.delete(waiting)) resolve(delivery);
      };
      const { clock, ackTimeoutMs } = this.options;
      const callOff = clock.later(ackTimeoutMs, () => settle({ acked: false, why: 'timeout' }));
      const waiting: Pending = { envelopeId, settle };
      this.pending.add(waiting);
      chosen.socket.send(JSON.stringify(envelope));
    });
  }

  /** Sends `disconnect` to the `count` oldest connections (all when left out) and closes them as Slack does. */
  disconnect(reason: DisconnectReason, count = Number.POSITIVE_INFINITY): void {
    for (const connection of [...this.connections].slice(0, count)) {
      connection.draining = reason !== 'warning';
      connection.socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'sandbox' } }));
      const callOff = this.options.clock.later(
        reason === 'warning' ? this.options.warningCloseMs : 100,
        () => {
          this.closing.delete(callOff);
          connection.socket.close(1000);
        },
      );
      this.closing.add(callOff);
    }
  }

  /** Breaks connections without a closing handshake, as a network failure does. */
  sever(count = Number.POSITIVE_INFINITY): void {
    for (const connection of [...this.connections].slice(0, count)) connection.socket.terminate();
  }

  close(): void {
    this.callOffPings();
    for (const callOff of this.closing) callOff();
    for (const waiting of [...this.pending]) waiting.settle({ acked: false, why: 'no_connection' });
    for (const connection of this.connections) connection.socket.terminate();
    this.server.close();
  }

  private accept(socket: WebSocket): void {
    if (this.connections.size >= MAX_CONNECTIONS) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }));
      socket.close(1000);
      return;
    }
    const connection: Connection = { socket, draining: false, alive: true };
    this.connections.add(connection);
    socket.on('pong', () => {
      connection.alive = true;
    });
    socket.on('message', (data) => this.acknowledge(data));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.connections.delete(connection);
      this.options.onConnectionsChanged(this.connections.size);
    });
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.connections.size,
        connection_info: { app_id: this.options.appId },
        debug_info: { host: 'sandbox', approximate_connection_time: APPROXIMATE_CONNECTION_SECONDS },
      }),
    );
    this.options.onConnectionsChanged(this.connections.size);
  }

  private acknowledge(data: RawData): void {
    const message = parse(data.toString());
    const id = message?.['envelope_id'];
    if (typeof id !== 'string') return;
    const payload = message?.['payload'];
    for (const waiting of [...this.pending])
      if (waiting.envelopeId === id)
        waiting.settle({ acked: true, payload: isObject(payload) ? payload : {} });
  }

  private pingLater(): void {
    this.callOffPings = this.options.clock.later(this.options.pingIntervalMs, () => {
      this.pingAll();
      this.pingLater();
    });
  }

  private pingAll(): void {
    for (const connection of this.connections) {
      if (!connection.alive) {
        connection.socket.terminate();
        continue;
      }
      connection.alive = false;
      connection.socket.ping('Ping from applink-sandbox');
    }
  }
}

function parse(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
