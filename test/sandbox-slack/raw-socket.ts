import { WebClient } from '@slack/web-api';
import { WebSocket } from 'ws';
import type { SlackSimulator } from '../../sandbox/slack/server.ts';
import { until } from '../support/until.ts';
import { clientOptions } from './support.ts';

export interface Envelope {
  type: string;
  reason?: string;
  envelope_id?: string;
  retry_attempt?: number;
  retry_reason?: string;
  payload?: Record<string, unknown> & { trigger_id?: string; response_url?: string };
}

/** A Socket Mode client without Bolt: shows what comes over the wire and acknowledges only what it is told to. */
export class RawSocket {
  readonly received: Envelope[] = [];
  readonly closed: Promise<void>;
  /** What to acknowledge an envelope with; null leaves it unacknowledged. */
  answer: (envelope: Envelope) => object | null = () => ({});
  private readonly socket: WebSocket;

  private constructor(url: string, options: { autoPong?: boolean } = {}) {
    this.socket = new WebSocket(url, options);
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve()));
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => {
      const envelope = JSON.parse(data.toString()) as Envelope;
      this.received.push(envelope);
      if (envelope.envelope_id === undefined) return;
      const payload = this.answer(envelope);
      if (payload !== null) this.socket.send(JSON.stringify({ envelope_id: envelope.envelope_id, payload }));
    });
  }

  /** Opens one more connection and waits until Slack has said hello. Without autoPong it answers no ping. */
  static async open(slack: SlackSimulator, options: { autoPong?: boolean } = {}): Promise<RawSocket> {
    const opened = new RawSocket(await RawSocket.address(slack), options);
    await until(() => opened.of('hello').length > 0, { within: 5_000, describe: 'no hello came' });
    return opened;
  }

  /** A socket on any address, e.g. with a ticket that was used before. */
  static at(url: string): RawSocket {
    return new RawSocket(url);
  }

  static async address(slack: SlackSimulator): Promise<string> {
    const { url } = await new WebClient(slack.appToken, clientOptions(slack)).apps.connections.open();
    return String(url);
  }

  /** Envelopes of a type, oldest first. */
  of(type: string): Envelope[] {
    return this.received.filter((envelope) => envelope.type === type);
  }

  /** The payload of the newest envelope of a type; fails when there is none. */
  last(type: string): NonNullable<Envelope['payload']> {
    const payload = this.of(type).at(-1)?.payload;
    if (!payload) throw new Error(`no ${type} envelope came`);
    return payload;
  }

  close(): Promise<void> {
    this.socket.close();
    return this.closed;
  }
}

/** Types /patch as that person and gives the payload that reached the bot. */
export async function commandPayload(
  slack: SlackSimulator,
  socket: RawSocket,
  user = 'priya',
  text = '/patch',
) {
  await slack.control.command({ user, channel: 'patching-prod', text });
  return socket.last('slash_commands');
}
