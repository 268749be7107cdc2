/**
 * What an error of the SDK proves. The rule of the house: a typed 4xx, a throttle or a connection that was
 * never made had no effect; a reset, a 5xx, a time-out and everything unknown is doubt.
 *
 * Codes: public API models, the EC2 error-code page and the SDK's retry code. EC2 answers throttling with
 * HTTP 503 and lack of capacity with 500, so the code is read before the status.
 */
import { InDoubt, LookFailed, NoEffect, type Place } from '../workflow/ports.ts';
import { awsSays, where } from './words.ts';

/** A role could not be assumed, so the request itself was never sent. */
export class NoCredentials extends Error {
  override readonly name = 'NoCredentials';
  readonly code: string;
  readonly transient: boolean;
  constructor(code: string, message: string, transient: boolean, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.transient = transient;
  }
}

export type Verdict =
  /** Nothing was carried out, and the same request may work later. */
  | { kind: 'refused_for_now'; code: string; because: Because }
  /** Nothing was carried out, and the same request will not work for these targets. */
  | { kind: 'refused'; code: string; because: Because }
  /** Carried out or not: nobody knows. */
  | { kind: 'doubt'; code: string };

type Because = 'throttled' | 'not_connected' | 'credentials' | 'not_allowed' | 'busy' | 'clock' | 'request';

const THROTTLES = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TooManyUpdates',
]);
/** Wait, then look again. */
const BUSY = new Set([
  'PendingSnapshotLimitExceeded',
  'ConcurrentSnapshotLimitExceeded',
  'SnapshotCreationPerVolumeRateExceeded',
  'IncorrectInstanceState',
  'IncorrectState',
  'InvalidAMIID.NotFound',
  'InvocationDoesNotExist',
]);
const NOT_ALLOWED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'OptInRequired',
  'RegionDisabledException',
  'AuthFailure',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
]);
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'ExpiredTokenId']);
const CLOCK = new Set(['RequestTimeTooSkewed', 'RequestInTheFuture']);
/** EC2 answers these with HTTP 500 although the request was refused. */
const NO_CAPACITY = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientCapacity',
]);
/** Of the name service and of certificates. Those of sockets say nothing by themselves: an open connection can end with EHOSTUNREACH. */
const NEVER_CONNECTED = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** What an error thrown by `client.send` proves about the request. Pure. */
export function classify(error: unknown): Verdict {
  if (error instanceof NoCredentials) {
    return {
      kind: error.transient ? 'refused_for_now' : 'refused',
      code: error.code,
      because: 'credentials',
    };
  }
  if (!(error instanceof Error)) return { kind: 'doubt', code: 'Unknown' };
  const status = httpStatus(error);
  if (status === null) return withoutAnswer(error);
  const code = error.name;
  if (THROTTLES.has(code) || status === 429) return { kind: 'refused_for_now', code, because: 'throttled' };
  if (NO_CAPACITY.has(code)) return { kind: 'refused', code, because: 'request' };
  const typed = status >= 400 && status < 500 && status !== 408 && isCode(code);
  if (!typed) return { kind: 'doubt', code: isCode(code) ? code : `HTTP ${status}` };
  if (BUSY.has(code)) return { kind: 'refused_for_now', code, because: 'busy' };
  if (EXPIRED.has(code)) return { kind: 'refused_for_now', code, because: 'credentials' };
  if (CLOCK.has(code)) return { kind: 'refused_for_now', code, because: 'clock' };
  if (NOT_ALLOWED.has(code)) return { kind: 'refused', code, because: 'not_allowed' };
  return { kind: 'refused', code, because: 'request' };
}

function withoutAnswer(error: Error): Verdict {
  const code = codeOf(error);
  if (NEVER_CONNECTED.has(code) || wasConnecting(error)) {
    return { kind: 'refused_for_now', code: code || 'ConnectTimeout', because: 'not_connected' };
  }
  if (error.name === 'CredentialsProviderError') {
    return { kind: 'refused_for_now', code: error.name, because: 'credentials' };
  }
  return { kind: 'doubt', code: code || error.name };
}

/**
 * A connection attempt that failed on all addresses, or in the TLS handshake (Node's sentence; the code is
 * ECONNRESET), or the SDK's connect time-out (it has no code, only its sentence).
 */
function wasConnecting(error: Error): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every(
      (one) => one instanceof Error && (NEVER_CONNECTED.has(codeOf(one)) || wasConnecting(one)),
    );
  }
  if ('syscall' in error && error.syscall === 'connect') return true;
  if (error.message.includes('disconnected before secure TLS connection')) return true;
  return error.name === 'TimeoutError' && error.message.includes('did not establish a connection');
}

/** AWS says that the session is over. The request was refused. */
export function hasExpired(error: unknown): boolean {
  return error instanceof Error && httpStatus(error) !== null && EXPIRED.has(error.name);
}

/** For a mutating call: the error to throw to the workflow. `instanceIds` are those in the request. */
export function changeError(
  operation: string,
  place: Place,
  error: unknown,
  instanceIds: readonly string[],
): NoEffect | InDoubt {
  if (error instanceof NoEffect || error instanceof InDoubt) return error;
  const verdict = classify(error);
  const said = saidBy(error);
  if (verdict.kind === 'doubt') {
    return new InDoubt(
      `${operation} in ${where(place)} got no clear answer (${verdict.code}). It may or may not have been carried out; look before repeating it.`,
      { cause: error },
    );
  }
  const text = `${operation} in ${where(place)} was not carried out: ${explain(verdict, operation, said)} Nothing was changed.`;
  return new NoEffect(verdict.code, text, verdict.kind === 'refused' ? 'never' : 'later', {
    badInstanceIds: verdict.because === 'request' ? idsIn(error, instanceIds) : [],
    cause: error,
  });
}

/** For a read: the error to throw to the workflow. */
export function lookError(operation: string, place: Place, error: unknown): LookFailed {
  if (error instanceof LookFailed) return error;
  const verdict = classify(error);
  const said = saidBy(error);
  const transient = verdict.kind !== 'refused';
  const why =
    verdict.kind === 'doubt'
      ? `AWS gave no usable answer (${verdict.code}${said ? `: ${said}` : ''}). Ask again in a minute; if it stays so, check the AWS health page and the network.`
      : explain(verdict, operation, said);
  return new LookFailed(
    verdict.code,
    `Could not read ${operation} in ${where(place)}: ${why} Nothing was changed.`,
    transient,
    { cause: error },
  );
}

/** Our own sentence about credentials ends with what to do, so it is kept whole; foreign ones are cut. */
function saidBy(error: unknown): string {
  if (error instanceof NoCredentials) return error.message;
  return error instanceof Error ? awsSays(error.message) : '';
}

function explain(verdict: Exclude<Verdict, { kind: 'doubt' }>, operation: string, said: string): string {
  const quote = `AWS says ${verdict.code}${said && said !== verdict.code ? ` (${said})` : ''}.`;
  switch (verdict.because) {
    case 'throttled':
      return `AWS limits the rate of these calls (${verdict.code}). It works again after a pause.`;
    case 'not_connected':
      return `no connection to AWS (${verdict.code}). Check network, DNS, proxy and the AWS_ENDPOINT_URL variables.`;
    case 'credentials':
      return said || `the credentials could not be used (${verdict.code}).`;
    case 'not_allowed':
      return `${quote} Allow ${operation} in the role of this landing zone, or check that the region is enabled.`;
    case 'busy':
      return `${quote} It can work once that has passed.`;
    case 'clock':
      return `${quote} Check the clock of this machine.`;
    case 'request':
      return quote;
  }
}

/** Those of the requested ids that AWS names in its message. */
export function idsIn(error: unknown, requested: readonly string[]): string[] {
  if (!(error instanceof Error)) return [];
  const named = new Set(error.message.match(/\bm?i-[0-9a-f]{8,17}\b/g) ?? []);
  return requested.filter((id) => named.has(id));
}

function httpStatus(error: Error): number | null {
  if (!('$metadata' in error)) return null;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The SDK names an error it could not read "Error", "Unknown" or "UnknownError": that is not a typed answer. */
function isCode(name: string): boolean {
  return (
    name !== '' &&
    !['Error', 'Unknown', 'UnknownError', 'SyntaxError', 'TypeError', 'TimeoutError'].includes(name)
  );
}
