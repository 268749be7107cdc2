import { SlackError } from '../errors.ts';
import type { Fault } from '../faults.ts';
import type { RecordedCall } from '../journal.ts';
import type { Json } from '../json.ts';
import type { World } from '../world.ts';
import { appMethods } from './apps.ts';
import { Arguments } from './arguments.ts';
import { chatMethods } from './chat.ts';
import { conversationMethods } from './conversations.ts';
import { fileMethods } from './files.ts';
import type { Method, Methods } from './method.ts';
import { userMethods } from './users.ts';
import { viewMethods } from './views.ts';

export const METHODS: Methods = {
  ...appMethods,
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...userMethods,
  ...viewMethods,
};

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: Json;
}

/** What to send, perhaps late; `reset` breaks the connection instead. */
export type Outcome = { answer: HttpAnswer; delayMs: number } | { answer: 'reset'; delayMs: number };

/**
 * Answers one Web API request as Slack does, with scripted faults first. Never throws for anything a client sent.
 */
export function dispatch(world: World, name: string, raw: Json, token: string | null): Outcome {
  const args = new Arguments(raw);
  const kind = tokenKind(world, token);
  const { token: _secret, ...visible } = raw;
  const call = world.journal.call(name, visible, kind);
  const fault = world.faults.take(name, raw);
  const work = (): HttpAnswer => answer(world, name, args, kind, call);
  const outcome = fault ? faulty(fault, work) : { answer: work(), delayMs: 0 };
  call.answered =
    outcome.answer === 'reset' ? 'reset' : { status: outcome.answer.status, body: outcome.answer.body };
  return outcome;
}

/** A request with a fault: before its work is done, or after. */
export function faulty(fault: Fault, work: () => HttpAnswer): Outcome {
  if (fault.kind === 'slow') return { answer: work(), delayMs: fault.delayMs ?? 1_000 };
  if (fault.when === 'after') work();
  const headers: Record<string, string> = {};
  switch (fault.kind) {
    case 'reset':
      return { answer: 'reset', delayMs: 0 };
    case 'rate_limited':
      headers['retry-after'] = String(fault.retryAfter ?? 1);
      return { answer: { status: 429, headers, body: { ok: false, error: 'ratelimited' } }, delayMs: 0 };
    case 'server_error': {
      const body = { ok: false, error: 'service_unavailable' };
      return { answer: { status: fault.status ?? 503, headers, body }, delayMs: 0 };
    }
    case 'error': {
      const body = { ok: false, error: fault.error ?? 'internal_error' };
      return { answer: { status: 200, headers, body }, delayMs: 0 };
    }
  }
}

function answer(
  world: World,
  name: string,
  args: Arguments,
  token: RecordedCall['token'],
  call: RecordedCall,
): HttpAnswer {
  const headers: Record<string, string> = {};
  try {
    // 200, never 404: WebClient would repeat a 404 for half an hour.
    const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    if (!method) throw new SlackError('unknown_method', [], { req_method: name });
    if (token === 'none') throw new SlackError('not_authed');
    if (token === 'unknown') throw new SlackError('invalid_auth');
    headers['x-oauth-scopes'] = token === 'bot' ? world.scopes.join(',') : 'connections:write';
    if (method.token !== token) throw new SlackError('not_allowed_token_type');
    const wait = world.rateLimits.retryAfter(name, method.tier, args.string('channel'));
    if (wait > 0) {
      headers['retry-after'] = String(wait);
      return { status: 429, headers, body: { ok: false, error: 'ratelimited' } };
    }
    requireScope(world, method, args, headers);
    const body = { ok: true, ...method.run(args, world) };
    call.tookEffect = true;
    return { status: 200, headers, body };
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    return { status: 200, headers, body: refusal(error) };
  }
}

/** The body of an `ok:false` answer. */
export function refusal(error: SlackError): Json {
  const body: Json = { ok: false, error: error.error, ...error.extra };
  if (error.messages.length > 0) {
    body['response_metadata'] = { messages: error.messages };
    if (error.error === 'invalid_blocks') {
      body['errors'] = error.messages.map((message) => message.replace(/^\[ERROR\] /, ''));
    }
  }
  return body;
}

function requireScope(world: World, method: Method, args: Arguments, headers: Record<string, string>): void {
  const scope = typeof method.scope === 'function' ? method.scope(args, world) : method.scope;
  if (scope === null) return;
  headers['x-accepted-oauth-scopes'] = scope;
  if (!world.scopes.includes(scope)) {
    throw new SlackError('missing_scope', [], { needed: scope, provided: world.scopes.join(',') });
  }
  world.journal.scopesUsed.add(scope);
}

function tokenKind(world: World, token: string | null): RecordedCall['token'] {
  if (token === null || token === '') return 'none';
  if (token === world.botToken) return 'bot';
  return token === world.appToken ? 'app' : 'unknown';
}
