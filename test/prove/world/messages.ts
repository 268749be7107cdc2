/** What the simulation and the simulated process say to each other, beside the wire. */

import type { Socket } from 'node:net';

/** One TCP connection as one end counts it. */
export interface Connection {
  /** Port of the bot's end and port of the simulator's; empty while it is not connected. */
  ports: string;
  written: number;
  read: number;
  /** Ended by one side, which is no byte that could be counted, and not closed yet. */
  ending: boolean;
}

export function isEnding(socket: Socket): boolean {
  return socket.writableEnded || socket.readableEnded || socket.destroyed;
}

export type Order =
  | { do: 'begin' }
  /** Let time pass up to there, timer by timer, until something can be seen from outside. */
  | { do: 'pass'; until: number }
  | { do: 'report' }
  /** SIGTERM, in so many words. */
  | { do: 'stop' };

/** The process is at rest and this is how it stands. */
export interface Report {
  now: number;
  /** When its next timer is due. */
  next: number | null;
  connections: Connection[];
  /** Commits, ends and wire traffic are seen from outside: time stopped there. */
  seen: boolean;
  /** Choke points passed so far. */
  points: number;
  lastPoint: string;
  log: string[];
}
