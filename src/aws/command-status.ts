/** SSM's words for the state of an invocation, in ours. Pure. */
import type { Invocation } from '../workflow/ports.ts';

const BY_DETAIL: Readonly<Record<string, Invocation['status']>> = {
  Pending: 'waiting',
  Delayed: 'waiting',
  InProgress: 'running',
  Cancelling: 'running',
  Success: 'success',
  Failed: 'failed',
  ExecutionTimedOut: 'timed_out',
  TimedOut: 'timed_out',
  Cancelled: 'cancelled',
  DeliveryTimedOut: 'not_delivered',
  Undeliverable: 'not_delivered',
  Terminated: 'not_delivered',
  InvalidPlatform: 'not_delivered',
  NoInstancesInTag: 'not_delivered',
  LimitExceeded: 'not_delivered',
  RateExceeded: 'not_delivered',
  Incomplete: 'not_delivered',
  AccessDenied: 'denied',
};

/**
 * The detail decides, because Status lumps delivery and execution time-outs together; it is documented with
 * spaces in one place and without in another. A word that is not known counts as running: the instance stays
 * locked and a person sees the word.
 */
export function invocationStatus(
  status: string,
  statusDetails: string | undefined,
): { status: Invocation['status']; detail: string; known: boolean } {
  const detail = (statusDetails ?? '').replace(/\s+/g, '') || status.replace(/\s+/g, '');
  const mapped = lookUp(detail) ?? lookUp(status);
  return { status: mapped ?? 'running', detail, known: mapped !== undefined };
}

function lookUp(word: string): Invocation['status'] | undefined {
  return Object.hasOwn(BY_DETAIL, word) ? BY_DETAIL[word] : undefined;
}
