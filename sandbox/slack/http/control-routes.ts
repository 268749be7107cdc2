import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SlackControl } from '../control.ts';
import type { Fault } from '../faults.ts';
import { asObject, asString, asStrings, type Json } from '../json.ts';
import type { PageMessage, PageView } from '../page-api.ts';
import type { DisconnectReason } from '../socket-mode.ts';
import type { UserDefinition } from '../workspace.ts';
import { BodyError, readJson, sendJson } from './body.ts';
import * as parse from './parse.ts';

type Operation = (control: SlackControl, body: Json) => unknown;

const FAULT_KINDS: readonly Fault['kind'][] = ['rate_limited', 'server_error', 'reset', 'slow', 'error'];
const REASONS: readonly DisconnectReason[] = [
  'warning',
  'refresh_requested',
  'link_disabled',
  'too_many_websockets',
];

/** The control interface over HTTP: POST /sandbox/control/NAME with a JSON object → {ok, result}. */
export const CONTROL_OPERATIONS: Readonly<Record<string, Operation>> = {
  command: (control, body) => control.command(parse.command(body)),
  message: (control, body) => control.message(parse.message(body)),
  click: (control, body) => control.click(parse.click(body)),
  submit: (control, body) => control.submit(parse.viewSubmit(body)),
  closeView: (control, body) => control.closeView(parse.viewClose(body)),
  viewClick: (control, body) => control.viewClick(parse.viewClick(body)),
  openHome: (control, body) => control.openHome(parse.text(body, 'user')),
  event: (control, body) => control.event({ ...body, type: parse.text(body, 'type') }),
  messages: (control, body) =>
    control.messages({ channel: parse.text(body, 'channel'), ...optionalUser(body) }),
  thread: (control, body) => control.thread(parse.text(body, 'channel'), parse.text(body, 'ts')),
  views: (control, body) => control.views(parse.text(body, 'user')),
  home: (control, body) => control.home(parse.text(body, 'user')),
  file: (control, body) => ({ base64: control.file(parse.text(body, 'id')).toString('base64') }),
  transcript: (control, body) =>
    control.transcript(parse.text(body, 'channel'), asString(body['ts']) ?? undefined),
  waitForMessage: (control, body) =>
    control.waitForMessage(textMatcher(body), {
      ...optionalUser(body),
      ...optionalChannel(body),
      ...within(body),
    }),
  waitForView: (control, body) =>
    control.waitForView(parse.text(body, 'user'), titleMatcher(body), within(body)),
  waitForConnections: (control, body) => control.waitForConnections(number(body, 'count'), within(body)),
  calls: (control) => control.calls(),
  warnings: (control) => control.warnings(),
  mentions: (control) => control.mentions(),
  scopesUsed: (control) => control.scopesUsed(),
  connections: (control) => control.connections(),
  fault: (control, body) => control.fault(faultOf(body)),
  outage: (control, body) => control.outage(body['on'] === true),
  clearFaults: (control) => control.clearFaults(),
  rateLimits: (control, body) => control.rateLimits(oneOf(body, 'mode', ['slack', 'off'])),
  disconnectSockets: (control, body) =>
    control.disconnectSockets(oneOf(body, 'reason', REASONS), count(body)),
  envelopes: (control) => control.envelopes(),
  redeliver: (control, body) => control.redeliver(asObject(body['envelope'])),
  severSockets: (control, body) => control.severSockets(count(body)),
  setGroup: (control, body) => control.setGroup(parse.text(body, 'id'), asStrings(body['members'])),
  setUser: (control, body) => {
    const { id: _id, ...change } = body;
    control.setUser(parse.text(body, 'id'), userChange(change));
  },
  setScopes: (control, body) => control.setScopes(asStrings(body['scopes'])),
};

/** Returns false for any address outside /sandbox/control/. */
export async function controlRoutes(
  control: SlackControl,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const name = /^\/sandbox\/control\/(\w+)$/.exec(url.pathname)?.[1];
  if (name === undefined) return false;
  if (request.method !== 'POST') {
    sendJson(response, 405, { ok: false, error: 'the control interface takes POST' });
    return true;
  }
  const operation = Object.hasOwn(CONTROL_OPERATIONS, name) ? CONTROL_OPERATIONS[name] : undefined;
  if (!operation) {
    const known = Object.keys(CONTROL_OPERATIONS).join(', ');
    sendJson(response, 404, { ok: false, error: `there is no operation "${name}"; there are: ${known}` });
    return true;
  }
  try {
    const result = await operation(control, await readJson(request));
    sendJson(response, 200, { ok: true, result: result ?? null });
  } catch (error) {
    if (error instanceof BodyError) throw error;
    sendJson(response, 400, { ok: false, error: error instanceof Error ? error.message : String(error) });
  }
  return true;
}

/** `text`: part of the message's text; `pattern`: a regular expression on it. */
function textMatcher(body: Json): (message: PageMessage) => boolean {
  const part = asString(body['text']);
  const pattern = asString(body['pattern']);
  if (part === null && pattern === null) throw new BodyError(400, 'give "text" or "pattern" to wait for');
  const expression = pattern === null ? null : new RegExp(pattern);
  return ({ text }) =>
    (part === null || text.includes(part)) && (expression === null || expression.test(text));
}

function titleMatcher(body: Json): (view: PageView) => boolean {
  const title = asString(body['title']);
  return (view) => title === null || view.title.includes(title);
}

function faultOf(body: Json): Fault {
  const fault: Fault = { method: parse.text(body, 'method'), kind: oneOf(body, 'kind', FAULT_KINDS) };
  if (body['times'] === null) fault.times = null;
  else if (body['times'] !== undefined) fault.times = number(body, 'times');
  for (const name of ['retryAfter', 'status', 'delayMs'] as const) {
    if (body[name] !== undefined) fault[name] = number(body, name);
  }
  if (body['when'] !== undefined) fault.when = oneOf(body, 'when', ['before', 'after']);
  if (body['error'] !== undefined) fault.error = parse.text(body, 'error');
  if (body['matching'] !== undefined) fault.matching = asObject(body['matching']);
  return fault;
}

function userChange(change: Json): Partial<UserDefinition> {
  const result: Partial<UserDefinition> = {};
  for (const key of ['name', 'realName', 'role', 'teamId', 'tz'] as const) {
    const value = asString(change[key]);
    if (value !== null) result[key] = value;
  }
  for (const key of ['isBot', 'deleted', 'isRestricted', 'isUltraRestricted', 'isStranger'] as const) {
    const value = change[key];
    if (typeof value === 'boolean') result[key] = value;
  }
  return result;
}

function oneOf<T extends string>(body: Json, name: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === body[name]);
  if (found === undefined) throw new BodyError(400, `"${name}" must be one of ${allowed.join(', ')}`);
  return found;
}

function number(body: Json, name: string): number {
  const value = body[name];
  if (typeof value !== 'number') throw new BodyError(400, `"${name}" is missing or not a number`);
  return value;
}

function count(body: Json): { count?: number } {
  return body['count'] === undefined ? {} : { count: number(body, 'count') };
}
function within(body: Json): { within?: number } {
  return body['within'] === undefined ? {} : { within: number(body, 'within') };
}
function optionalUser(body: Json): { user?: string } {
  return body['user'] === undefined ? {} : { user: parse.text(body, 'user') };
}
function optionalChannel(body: Json): { channel?: string } {
  return body['channel'] === undefined ? {} : { channel: parse.text(body, 'channel') };
}
