/** Application checks after patching: a TCP connect, or an HTTP GET. What is not clearly good is not ok, in words. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { ApplicationCheck } from '../workflow/plan-types.ts';
import type { ApplicationChecks } from '../workflow/ports.ts';

type Result = { ok: boolean; text: string };

const MAX_REDIRECTS = 3;

/** Checks go to the private address; the time-out of a check covers it whole, redirects included. */
export function createApplicationChecks(): ApplicationChecks {
  return {
    async run(instance, check) {
      const host = instance.privateAddress;
      if (host === null) return bad(check, `${instance.instanceId} has no private address to connect to`);
      const signal = AbortSignal.timeout(check.timeoutMs);
      try {
        return check.type === 'tcp' ? await tcp(host, check, signal) : await http(host, check, signal);
      } catch (error) {
        if (signal.aborted)
          return bad(check, `no answer from ${host}:${check.port} within ${check.timeoutMs} ms`);
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        return bad(check, `${host}:${check.port} cannot be reached (${code})`);
      }
    },
  };
}

function tcp(host: string, check: ApplicationCheck, signal: AbortSignal): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const socket = connect({ host, port: check.port, signal });
  socket.once('connect', () =>
    resolve({ ok: true, text: `${check.name}: ${host}:${check.port} accepts connections` }),
  );
  socket.once('error', reject);
  return promise.finally(() => socket.destroy());
}

/** Follows a redirect only to the same host and port: another host's health says nothing about this one. */
async function http(host: string, check: ApplicationCheck, signal: AbortSignal): Promise<Result> {
  const origin = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${check.port}`);
  let url = new URL(check.path, origin);
  if (url.origin !== origin.origin)
    return bad(check, `its path ${check.path} leads to another host; correct it in the configuration`);
  for (let hop = 0; ; hop++) {
    const answer = await get(url, signal);
    const status = answer.statusCode ?? 0;
    if (status === check.expectStatus)
      return { ok: true, text: `${check.name}: ${url.pathname} answered ${status}` };
    const next = redirect(answer, url);
    if (next === null)
      return bad(check, `${url.pathname} answered ${status}, expected ${check.expectStatus}`);
    if (next.origin !== origin.origin)
      return bad(check, `${url.pathname} redirects to ${next.origin}, which is not followed`);
    if (hop >= MAX_REDIRECTS) return bad(check, `more than ${MAX_REDIRECTS} redirects`);
    url = next;
  }
}

function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest(
    url,
    { signal, agent: false, headers: { 'user-agent': 'patchday-check' } },
    resolve,
  );
  request.once('error', reject);
  request.end();
  // The status is all that counts; the body is not read.
  return promise.then((answer) => {
    answer.on('error', () => undefined);
    answer.destroy();
    return answer;
  });
}

function redirect(answer: IncomingMessage, from: URL): URL | null {
  const status = answer.statusCode ?? 0;
  const location = answer.headers.location;
  if (status < 300 || status > 399 || !location || !URL.canParse(location, from.href)) return null;
  return new URL(location, from);
}

function bad(check: ApplicationCheck, why: string): Result {
  return { ok: false, text: `${check.name}: ${why}` };
}
