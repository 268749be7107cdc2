/** What a failed Web API call means for what Slack did: nothing, or nobody knows. */
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';

export type SlackFailure = {
  /**
   * not_done: Slack certainly did nothing. in_doubt: it may have.
   * A limit is `not_done` with `retryAfter` (ms).
   */
  effect: 'not_done' | 'in_doubt';
  /** Slack's error name, an errno name or `http_503`. */
  code: string;
  /** False where the same call can never work: the message itself is refused. */
  again: boolean;
  retryAfter: number | null;
};

/** docs.slack.dev, errors of every method: "It's possible some aspect of the operation succeeded". */
const UNSURE = new Set(['internal_error', 'fatal_error']);

/** Slack refuses the content; sending it again changes nothing. */
const REFUSED_CONTENT = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'too_many_attachments',
  'invalid_arguments',
  'invalid_arg_name',
  'metadata_too_large',
  'block_mismatch',
]);

/** The message or its channel is gone, or cannot be edited any more. */
const LOST = new Set([
  'message_not_found',
  'channel_not_found',
  'cant_update_message',
  'edit_window_closed',
  'thread_not_found',
]);

/**
 * The connection was never made: nothing can have reached Slack. The codes of sockets are not among them: an open
 * connection can end with EHOSTUNREACH. What counts with those is that it was the connecting that failed.
 */
const NEVER_CONNECTED = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

export function classify(error: unknown): SlackFailure {
  if (error instanceof WebAPIRateLimitedError) {
    return { effect: 'not_done', code: 'ratelimited', again: true, retryAfter: error.retryAfter * 1000 };
  }
  if (error instanceof WebAPIPlatformError) {
    const code = error.data.error;
    if (UNSURE.has(code)) return { effect: 'in_doubt', code, again: true, retryAfter: null };
    const retryAfter = code === 'ratelimited' || code === 'rate_limited' ? 1000 : null;
    return { effect: 'not_done', code, again: !REFUSED_CONTENT.has(code), retryAfter };
  }
  if (error instanceof WebAPIHTTPError) {
    const code = `http_${error.statusCode}`;
    // A 4xx comes from something in front of Slack that did not let the call through.
    return error.statusCode < 500
      ? { effect: 'not_done', code, again: true, retryAfter: null }
      : { effect: 'in_doubt', code, again: true, retryAfter: null };
  }
  const causes = causesOf(error instanceof WebAPIRequestError ? error.original : error);
  const refused = causes.find(({ code, connecting }) => connecting || NEVER_CONNECTED.has(code));
  return refused
    ? { effect: 'not_done', code: refused.code, again: true, retryAfter: null }
    : { effect: 'in_doubt', code: causes[0]?.code ?? 'unknown', again: true, retryAfter: null };
}

export function isLost(failure: SlackFailure): boolean {
  return LOST.has(failure.code);
}

interface Cause {
  code: string;
  connecting: boolean;
}

/** Codes and names along the chain of causes, outermost last. */
function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    const connecting = 'syscall' in current && current.syscall === 'connect';
    if ('code' in current && typeof current.code === 'string')
      causes.unshift({ code: current.code, connecting });
    else if (current.name !== 'Error' && current.name !== 'TypeError')
      causes.push({ code: current.name, connecting });
    if (current instanceof AggregateError) {
      // Of the addresses of a name: one that was reached may have taken the call.
      const each = current.errors.flatMap(causesOf);
      const none = each.every((one) => one.connecting);
      causes.unshift(...each.map((one) => ({ ...one, connecting: none })));
    }
    current = current.cause;
  }
  return causes;
}

/** Slack will not let us in until a person changes something: there is no use in trying again. */
export function isHopelessLogin(code: string): boolean {
  return [
    'invalid_auth',
    'not_authed',
    'account_inactive',
    'token_revoked',
    'token_expired',
    'no_permission',
    'missing_scope',
    'not_allowed_token_type',
    'org_login_required',
    'ekm_access_denied',
    'team_access_not_granted',
  ].includes(code);
}
