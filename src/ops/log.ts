/** The log: one JSON object per line, with every secret taken out of the finished line. */
import {
  type DestinationStream,
  destination as fileDestination,
  type Logger,
  pino,
  stdTimeFunctions,
} from 'pino';
import { createScrubber } from './scrub.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** Values that must never appear, in any spelling (see `secretValues`). */
  secrets: readonly string[];
  /** Where the lines go; standard output when left out. */
  destination?: DestinationStream;
}

/**
 * A pino logger. `child({ run: id })` gives every line of a run its correlation id. Errors go under `err`,
 * or as the first argument, and are written with their whole chain of causes.
 *
 * Scrubbing is done on the serialised line, not by `redact` paths: those miss secrets in messages, stacks,
 * nested JSON and arrays. Writing is synchronous, so that the last line before a crash is there.
 */
export function createLogger({ level, secrets, destination }: LoggerOptions): Logger {
  const scrub = createScrubber(secrets);
  const sink = destination ?? fileDestination({ fd: 1, sync: true });
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError, error: serializeError, reason: serializeError },
    },
    { write: (line: string) => void sink.write(scrub(line)) },
  );
}

/** Plain data of one error. */
export interface SerializedError {
  name: string;
  message: string;
  code?: string;
  /** HTTP status and request id of an AWS error: what AWS support asks for. */
  httpStatus?: number;
  requestId?: string;
  stack?: string;
  cause?: unknown;
  errors?: unknown[];
}

/** Deep enough for any honest chain, and an end for one that bites its tail. */
const DEEPEST_CAUSE = 10;

/**
 * An error with its causes, as plain data. Only known fields are taken: errors of HTTP clients carry whole
 * requests, headers included. What is not an error is returned as it is. Never throws.
 */
export function serializeError(thrown: unknown, depth = 0): unknown {
  if (!(thrown instanceof Error)) return thrown;
  try {
    const out: SerializedError = { name: String(thrown.name), message: String(thrown.message) };
    const code = property(thrown, 'code') ?? property(thrown, 'Code');
    if (typeof code === 'string') out.code = code;
    const metadata = property(thrown, '$metadata');
    const status = property(metadata, 'httpStatusCode');
    const requestId = property(metadata, 'requestId');
    if (typeof status === 'number') out.httpStatus = status;
    if (typeof requestId === 'string') out.requestId = requestId;
    if (typeof thrown.stack === 'string') out.stack = thrown.stack;
    const deeper = (inner: unknown) =>
      depth >= DEEPEST_CAUSE ? '[more causes left out]' : serializeError(inner, depth + 1);
    if (thrown.cause !== undefined) out.cause = deeper(thrown.cause);
    if (thrown instanceof AggregateError) out.errors = thrown.errors.slice(0, 20).map(deeper);
    return out;
  } catch {
    return { name: 'Error', message: 'an error that cannot be shown' };
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
