import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Arrival, orderOf } from '../../arrivals.ts';
import type { Json } from '../json.ts';
import { answerResponseUrl } from '../response-url.ts';
import { dispatch, faulty, type HttpAnswer, type Outcome } from '../web-api/dispatch.ts';
import type { World } from '../world.ts';
import { readFields, readJson, readUpload, sendJson, sendText } from './body.ts';

/** Slack's own addresses: /api/METHOD, /upload/v1/TICKET, /response/…. Returns false for any other. */
export async function slackRoutes(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const { pathname } = url;
  // Slack's answers carry Slack's time.
  response.setHeader('Date', new Date(world.now()).toUTCString());
  if (pathname.startsWith('/api/')) {
    const fields = { ...Object.fromEntries(url.searchParams), ...(await readFields(request)) };
    const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const token = bearer ?? (typeof fields['token'] === 'string' ? fields['token'] : null);
    const method = pathname.slice('/api/'.length);
    const arrival = { what: method, content: JSON.stringify(fields) };
    await serve(world, arrival, request, response, () => dispatch(world, method, fields, token));
    return true;
  }
  if (pathname.startsWith('/upload/v1/') && request.method === 'POST') {
    const bytes = await readUpload(request);
    const work = (): HttpAnswer => store(world, pathname.slice('/upload/v1/'.length), bytes);
    const arrival = {
      what: 'upload',
      content: `${pathname} ${bytes.toString('latin1')}`,
    };
    await serve(world, arrival, request, response, () => withFault(world, 'upload', work));
    return true;
  }
  if (pathname.startsWith('/response/') && request.method === 'POST') {
    const body = await readJson(request);
    const arrival = {
      what: 'response_url',
      content: `${pathname} ${JSON.stringify(body)}`,
    };
    await serve(world, arrival, request, response, () => respond(world, pathname, body));
    return true;
  }
  const permalink = /^\/archives\/([CD]\w+)\/p(\d{10})(\d{6})$/.exec(pathname);
  if (permalink) {
    response.writeHead(302, { location: `/?channel=${permalink[1]}&ts=${permalink[2]}.${permalink[3]}` });
    response.end();
    return true;
  }
  return false;
}

function respond(world: World, pathname: string, body: Json): Outcome {
  const call = world.journal.call('response_url', body, 'none');
  const outcome = withFault(world, 'response_url', () => {
    const answer = answerResponseUrl(world, pathname, body);
    call.tookEffect = answer.status === 200;
    return answer;
  });
  call.answered =
    outcome.answer === 'reset' ? 'reset' : { status: outcome.answer.status, body: outcome.answer.body };
  return outcome;
}

function withFault(world: World, name: string, work: () => HttpAnswer): Outcome {
  const fault = world.faults.take(name, {});
  return fault ? faulty(fault, work) : { answer: work(), delayMs: 0 };
}

function store(world: World, ticket: string, bytes: Buffer): HttpAnswer {
  const headers: Record<string, string> = {};
  const file = world.files.byTicket(ticket);
  if (!file || file.completed) return { status: 404, headers, body: { ok: false, error: 'file_not_found' } };
  if (bytes.length !== file.declaredSize) {
    const error = `declared ${file.declaredSize} bytes, got ${bytes.length}`;
    return { status: 400, headers, body: { ok: false, error } };
  }
  file.bytes = bytes;
  return { status: 200, headers, body: { ok: true, size: bytes.length } };
}

async function serve(
  world: World,
  what: Pick<Arrival, 'what' | 'content'>,
  request: IncomingMessage,
  response: ServerResponse,
  work: () => Outcome,
): Promise<void> {
  const arrival: Arrival = { at: 'slack', ...what, order: orderOf(request) };
  if (!(await world.arrivals.arrived(arrival))) {
    request.socket.destroy();
    return;
  }
  const outcome = work();
  if (outcome.delayMs > 0) await new Promise<void>((resolve) => world.clock.later(outcome.delayMs, resolve));
  world.arrivals.answered(
    arrival,
    outcome.answer === 'reset' ? 'reset' : `${outcome.answer.status} ${JSON.stringify(outcome.answer.body)}`,
  );
  if (outcome.answer === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const { status, headers, body } = outcome.answer;
  if (request.url?.startsWith('/upload/') && status === 200) {
    sendText(response, 200, `OK - ${String(body['size'])}`);
    return;
  }
  sendJson(response, status, body, headers);
}
