/** The secrets that AWS handed out to this process, and how they are kept out of everything that AWS says. */
import { createScrubber } from '../ops/scrub.ts';
import type { Clock } from '../workflow/ports.ts';

export interface HandedOut {
  /** A session's secrets, known until it expires: after that they open nothing. */
  remember(secrets: readonly string[], expiresAt: number): void;
  /** The text without the secrets of the process, those handed out, and whatever looks like one. */
  scrub(text: string): string;
}

/** `own` takes out the secrets that the process had from the beginning. */
export function createHandedOut(clock: Clock, own: (text: string) => string): HandedOut {
  let sessions: { secrets: readonly string[]; expiresAt: number }[] = [];
  let theirs: ((text: string) => string) | null = null;
  return {
    remember(secrets, expiresAt) {
      sessions = [...sessions.filter((one) => one.expiresAt > clock.now()), { secrets, expiresAt }];
      theirs = null;
    },
    scrub(text) {
      theirs ??= createScrubber(sessions.flatMap((one) => one.secrets));
      return theirs(own(text));
    },
  };
}

/**
 * The same error, with every text in it, in its fields and in its causes scrubbed: AWS may repeat what it was sent,
 * and a refused signature with the whole request that was signed. In place, because its class says what it proves.
 */
export function scrubError(error: unknown, scrub: (text: string) => string): unknown {
  walk(error, scrub, new Set());
  return error;
}

function walk(thing: unknown, scrub: (text: string) => string, seen: Set<object>): void {
  if (typeof thing !== 'object' || thing === null || seen.has(thing)) return;
  seen.add(thing);
  const hidden = thing instanceof Error ? ['name', 'message', 'stack', 'cause', 'errors'] : [];
  for (const key of new Set([...hidden, ...Object.keys(thing)])) {
    const value: unknown = Reflect.get(thing, key);
    const clean = typeof value === 'string' ? scrub(value) : value;
    if (clean !== value)
      Object.defineProperty(thing, key, { value: clean, configurable: true, writable: true });
    // Sockets and the like are not text of AWS.
    if (value instanceof Error || Array.isArray(value) || isPlain(value)) walk(value, scrub, seen);
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
