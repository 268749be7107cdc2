/** One whole request as it reached a simulator. */
export interface Arrival {
  at: 'aws' | 'slack';
  /** "ssm SendCommand", "chat.postMessage", "socket". */
  what: string;
  /** Who asks and all that is asked: requests that differ in nothing here are interchangeable. */
  content: string;
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

/** Nothing is held back. */
export const AT_ONCE: Arrivals = { arrived: async () => true, answered: () => undefined };
