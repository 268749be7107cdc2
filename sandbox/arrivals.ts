import type { IncomingMessage } from 'node:http';

/** One whole request as it reached a simulator. */
export interface Arrival {
  at: 'aws' | 'slack';
  /** "ssm SendCommand", "chat.postMessage", "socket". */
  what: string;
  /** Who asks and all that is asked: what simulators tell apart is in it. */
  content: string;
  /** The caller's own number of it (the header below), for requests that are alike. 0 when it has none. */
  order: number;
}

/**
 * Stands between the network and the simulators, for tests that decide themselves what arrives when. Without it
 * every request is looked at as it comes in.
 */
export interface Arrivals {
  /** Resolves when the request is to be looked at; with false it never arrived, and its connection is broken. */
  arrived(arrival: Arrival): Promise<boolean>;
  /** What it is told, or how its connection is broken instead. */
  answered(arrival: Arrival, answer: string): void;
}

/** Where a caller that numbers its requests says so; a header that neither AWS nor Slack knows. */
export const ORDER_HEADER = 'x-sandbox-order';

export function orderOf(request: IncomingMessage): number {
  return Number(request.headers[ORDER_HEADER] ?? 0);
}

/** Nothing is held back. */
export const AT_ONCE: Arrivals = { arrived: async () => true, answered: () => undefined };
