/**
 * A loopback server that speaks just enough of AWS's protocols to misbehave on purpose: it counts the bodies
 * that arrive, and answers, stalls or resets as told. AssumeRole works by itself. What AWS does when all is
 * well is the simulator's business, not this one's.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createAws } from '../../src/aws/index.ts';
import type { AwsOptions, ZoneAccess } from '../../src/aws/options.ts';

export interface Received {
  operation: string;
  body: string;
  region: string;
  accessKey: string;
  /** Of the connection that it came by: which requests shared one. */
  port: number;
  /** The session token that it was signed with. */
  token: string;
}

export type Reply =
  | { status?: number; xml: string }
  | { status?: number; json: unknown; type?: string }
  | 'reset'
  /** Takes the request and never answers. */
  | 'stall'
  /** Sends the headers and half an answer, then nothing. */
  | 'stall_in_body';

export interface Wire {
  url: string;
  received: Received[];
  /** Requests whose connection is still open and unanswered. */
  open(): number;
  /** Requests of an operation so far. */
  count(operation: string): number;
  on(operation: string, reply: (request: Received, nth: number) => Reply): void;
  /** Life of the sessions given out, in ms by `now`. */
  session: { life: number; now: () => number; account: string | null };
  close(): Promise<void>;
}

export async function startWire(): Promise<Wire> {
  const received: Received[] = [];
  const replies = new Map<string, (request: Received, nth: number) => Reply>();
  const session: Wire['session'] = { life: 3_600_000, now: Date.now, account: null };
  const count = (operation: string) => received.filter((one) => one.operation === operation).length;

  const unanswered = new Set<ServerResponse>();

  const server: Server = createServer((request, response) => {
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined);
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      const target = request.headers['x-amz-target'];
      const form = new URLSearchParams(body);
      const operation =
        typeof target === 'string' ? (target.split('.')[1] ?? '') : (form.get('Action') ?? 'unknown');
      const [, accessKey = '', , region = ''] =
        /Credential=([^/]+)\/([^/]+)\/([^/]+)/.exec(request.headers.authorization ?? '') ?? [];
      const token = String(request.headers['x-amz-security-token'] ?? '');
      const port = request.socket.remotePort ?? 0;
      const one = { operation, body, region, accessKey, port, token };
      received.push(one);
      const own = replies.get(operation);
      const reply = own
        ? own(one, count(operation))
        : operation === 'AssumeRole'
          ? assumed(form, session, count(operation))
          : { status: 400, json: { __type: 'UnknownOperationException', message: operation } };
      answer(response, reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    open: () => unanswered.size,
    count,
    on: (operation, reply) => replies.set(operation, reply),
    session,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply === 'stall') return;
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (reply === 'stall_in_body') {
    response.writeHead(200, { 'content-type': 'text/xml', 'content-length': '1000' });
    response.write('<?xml version="1.0"?><half>');
    return;
  }
  const json = 'json' in reply;
  response.writeHead(reply.status ?? 200, {
    'content-type': json ? 'application/x-amz-json-1.1' : 'text/xml',
  });
  response.end(json ? JSON.stringify(reply.json) : reply.xml);
}

function assumed(form: URLSearchParams, session: Wire['session'], nth: number): Reply {
  const account = session.account ?? form.get('RoleArn')?.split(':')[4] ?? '';
  const expires = new Date(session.now() + session.life).toISOString();
  return {
    xml: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::${account}:assumed-role/role/${form.get('RoleSessionName')}</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIATEST${nth}</AccessKeyId><SecretAccessKey>KeyHandedOut${nth}</SecretAccessKey><SessionToken>TokenHandedOut${nth}</SessionToken><Expiration>${expires}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>`,
  };
}

export function ec2Error(code: string, status = 400, message = code): Reply {
  return {
    status,
    xml: `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`,
  };
}

export function ssmError(code: string, status = 400, message = code): Reply {
  return { status, json: { __type: code, message } };
}

export const ZONE: ZoneAccess = {
  name: 'shop-prod',
  accountId: '111111111111',
  regions: ['eu-west-1'],
  readRoleArn: 'arn:aws:iam::111111111111:role/patchday-read',
  patchRoleArn: 'arn:aws:iam::111111111111:role/patchday-patch',
  externalId: 'ext-1',
  tagFilters: [],
};

export const PLACE = {
  landingZone: 'shop-prod',
  accountId: '111111111111',
  region: 'eu-west-1',
  runId: 'r1',
};

/** Adapters against `url`, with made-up base credentials. Only for a process of its own: it sets variables. */
export function awsAt(url: string, options: Partial<AwsOptions> = {}) {
  process.env['AWS_ENDPOINT_URL'] = url;
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIATEST';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  return createAws({
    zones: [ZONE],
    apiTimeoutMs: 2_000,
    clock: { now: Date.now },
    paceScale: 100,
    ...options,
  });
}
