import { WebAPIRequestError } from '@slack/web-api';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/slack/slack-errors.ts';

const socketError = (code: string, syscall: string) =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
/** As globalThis.fetch and the Web API client wrap it. */
const onTheWay = (cause: unknown) => new WebAPIRequestError(new TypeError('fetch failed', { cause }));
const addresses = (...errors: Error[]) => Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' });

describe('what a failed call to Slack means', () => {
  it.each([
    ['a refused connection', socketError('ECONNREFUSED', 'connect')],
    ['a host without a route', socketError('EHOSTUNREACH', 'connect')],
    ['a network without a route', socketError('ENETUNREACH', 'connect')],
    ['an unknown host', socketError('ENOTFOUND', 'getaddrinfo')],
    [
      'a connection that took too long to make',
      Object.assign(new Error(), { code: 'UND_ERR_CONNECT_TIMEOUT' }),
    ],
    ['a certificate of somebody else', Object.assign(new Error(), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })],
    [
      'addresses of which none could be reached',
      addresses(socketError('ECONNREFUSED', 'connect'), socketError('ETIMEDOUT', 'connect')),
    ],
  ])('%s: nothing was done', (_, cause) => {
    expect(classify(onTheWay(cause))).toMatchObject({ effect: 'not_done', again: true, retryAfter: null });
  });

  it.each([
    ['a reset', socketError('ECONNRESET', 'read')],
    ['a host that went away while it was asked', socketError('EHOSTUNREACH', 'read')],
    ['a network that went away while it was asked', socketError('ENETUNREACH', 'write')],
    ['a refusal on an open connection', socketError('ECONNREFUSED', 'read')],
    [
      'addresses of which one was reached',
      addresses(socketError('ECONNREFUSED', 'connect'), socketError('ECONNRESET', 'read')),
    ],
    ['a socket that was closed', Object.assign(new Error(), { code: 'UND_ERR_SOCKET' })],
    ['an error without a code', new Error('?')],
  ])('%s: nobody knows', (_, cause) => {
    expect(classify(onTheWay(cause))).toMatchObject({ effect: 'in_doubt' });
  });
});
