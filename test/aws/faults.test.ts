/** What goes wrong on the wire, and what the adapters make of it: one body per mutating call, whatever happens. */
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AwsCall } from '../../src/aws/options.ts';
import { type Aws, InDoubt, LookFailed, NoEffect } from '../../src/workflow/ports.ts';
import { until } from '../support/until.ts';
import { awsAt, ec2Error, PLACE, type Reply, ssmError, startWire, type Wire } from './wire.ts';

const LIMIT_MS = 400;
const ID = 'i-0aaaaaaaaaaaaaaaa';

let wire: Wire;
let aws: Aws;
let calls: { call: AwsCall; when: string }[];

beforeEach(async () => {
  wire = await startWire();
  calls = [];
  aws = awsAt(wire.url, {
    apiTimeoutMs: LIMIT_MS,
    hooks: {
      before: (call) => void calls.push({ call, when: 'before' }),
      after: (call, outcome) => void calls.push({ call, when: outcome }),
    },
  });
});
afterEach(async () => {
  delete process.env['AWS_ENDPOINT_URL_EC2'];
  delete process.env['AWS_ENDPOINT_URL_SSM'];
  await wire.close();
});

const send = () =>
  aws.commands.send(PLACE, {
    instanceIds: [ID],
    document: { name: 'AWS-RunPatchBaseline', version: '1', hash: 'abc' },
    parameters: { Operation: ['Install'] },
    comment: 'patchday r1 install 1/1 a1',
    deliveryTimeoutSeconds: 600,
  });
const mutating = [
  ['SendCommand', send, ssmError],
  ['CancelCommand', () => aws.commands.cancel(PLACE, 'c-1', [ID]), ssmError],
  [
    'CreateImage',
    () => aws.images.create(PLACE, { instanceId: ID, name: 'n', noReboot: true, tags: {} }),
    ec2Error,
  ],
  ['StartInstances', () => aws.power.start(PLACE, [ID]), ec2Error],
  ['StopInstances', () => aws.power.stop(PLACE, [ID]), ec2Error],
] as const;

/** Those that are kept under a rate, by the family that shares it; a cancellation waits for nothing. */
const families = {
  SendCommand: 'send_command',
  CreateImage: 'create_image',
  StartInstances: 'start',
  StopInstances: 'stop',
} as const;

async function failureOf(call: () => Promise<unknown>): Promise<unknown> {
  const result = await call().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in result) throw new Error(`expected a failure, got ${JSON.stringify(result.value)}`);
  return result.error;
}

describe.each(mutating)('%s', (operation, call, typedError) => {
  it.each<[string, Reply]>([
    ['a reset after the request arrived', 'reset'],
    ['HTTP 500', typedError('InternalFailure', 500)],
    ['HTTP 503', typedError('ServiceUnavailable', 503)],
    ['a gateway that answers in HTML', { status: 502, xml: '<html><body>Bad gateway</body></html>' }],
    ['an answer that never comes', 'stall'],
    ['an answer that stops in the middle', 'stall_in_body'],
  ])('sends one body and is in doubt after %s', async (_, reply) => {
    wire.on(operation, () => reply);

    expect(await failureOf(call)).toBeInstanceOf(InDoubt);

    expect(wire.count(operation)).toBe(1);
  });

  it.each<[string, Reply, string]>([
    ['a throttle', typedError('ThrottlingException'), 'later'],
    ['a throttle with HTTP 503', typedError('RequestLimitExceeded', 503), 'later'],
    ['a denied permission', typedError('AccessDeniedException'), 'never'],
  ])('sends one body and had no effect after %s', async (_, reply, retry) => {
    wire.on(operation, () => reply);

    const error = await failureOf(call);

    expect(error).toBeInstanceOf(NoEffect);
    expect(error).toMatchObject({ retry });
    expect(wire.count(operation)).toBe(1);
  });

  it('had no effect when no connection could be made', async () => {
    const closed = await closedPort();
    process.env['AWS_ENDPOINT_URL_EC2'] = closed;
    process.env['AWS_ENDPOINT_URL_SSM'] = closed;

    const error = await failureOf(call);

    expect(error).toMatchObject({ name: 'NoEffect', code: 'ECONNREFUSED', retry: 'later' });
    expect(wire.count(operation)).toBe(0);
  });

  it('is never sent when the role cannot be assumed', async () => {
    wire.on('AssumeRole', () => ({
      status: 403,
      xml: '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>',
    }));

    const error = await failureOf(call);

    expect(error).toMatchObject({ name: 'NoEffect', code: 'AccessDenied', retry: 'never' });
    expect(wire.count(operation)).toBe(0);
  });

  it('passes the choke point once before and once after', async () => {
    wire.on(operation, () => 'reset');

    await failureOf(call);

    const own = calls.filter((one) => one.call.operation === operation);
    expect(own.map((one) => one.when)).toEqual(['before', 'no_answer']);
    expect(own[0]?.call).toMatchObject({ mutating: true, place: PLACE });
  });
});

it.each(mutating.filter(([operation]) => operation in families))(
  '%s goes slower after a throttle',
  async (operation, call, typedError) => {
    const family = families[operation as keyof typeof families];
    const atOnce = () =>
      Promise.race([
        aws.pace(PLACE, family).then(() => true),
        new Promise((resolve) => setImmediate(() => resolve(false))),
      ]);
    expect(await atOnce()).toBe(true);
    wire.on(operation, () => typedError('ThrottlingException'));
    await failureOf(call);
    expect(await atOnce()).toBe(false);
  },
);

describe('a stalled answer', () => {
  it.each<[string, Reply]>([
    ['before the headers', 'stall'],
    ['in the middle of the body', 'stall_in_body'],
  ])('%s ends within the limit and a tenth', async (_, reply) => {
    const limit = 800;
    let sentAt = 0;
    let took = Number.POSITIVE_INFINITY;
    aws = awsAt(wire.url, {
      apiTimeoutMs: limit,
      hooks: {
        before: () => {
          sentAt = performance.now();
        },
        after: (_, outcome) => {
          if (outcome === 'no_answer') took = Math.min(took, performance.now() - sentAt);
        },
      },
    });
    wire.on('SendCommand', () => reply);

    // The best of three: a busy machine wakes late, but not three times.
    for (let attempt = 0; attempt < 3 && took >= limit * 1.1; attempt++) {
      expect(await failureOf(send)).toBeInstanceOf(InDoubt);
    }

    expect(took).toBeGreaterThanOrEqual(limit * 0.95);
    expect(took).toBeLessThan(limit * 1.1);
    await until(() => wire.open() === 0, { within: 3 * limit, describe: 'the connection is closed too' });
  });
});

describe('an answer without what is needed', () => {
  it('leaves SendCommand and CreateImage in doubt', async () => {
    wire.on('SendCommand', () => ({ json: {} }));
    wire.on('CreateImage', () => ({
      xml: '<CreateImageResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"/>',
    }));

    expect(await failureOf(send)).toBeInstanceOf(InDoubt);
    expect(await failureOf(mutating[2][1])).toBeInstanceOf(InDoubt);
  });

  it('fails a look and names the field', async () => {
    wire.on('ListCommands', () => ({ json: {} }));

    const error = await failureOf(() => aws.commands.find(PLACE, 'x', 0));

    expect(error).toBeInstanceOf(LookFailed);
    expect(error).toMatchObject({ code: 'IncompleteAnswer' });
    expect(String(error)).toContain('without a usable Commands');
  });
});

describe('SendCommand', () => {
  it('pins document, hash and limits, and keeps what AWS says about the expiry', async () => {
    wire.on('SendCommand', () => ({ json: { Command: { CommandId: 'c-1', ExpiresAfter: 1_800_000_000 } } }));

    expect(await send()).toEqual({ commandId: 'c-1', expiresAt: 1_800_000_000_000 });

    expect(JSON.parse(wire.received.at(-1)?.body ?? '')).toEqual({
      InstanceIds: [ID],
      DocumentName: 'AWS-RunPatchBaseline',
      DocumentVersion: '1',
      DocumentHash: 'abc',
      DocumentHashType: 'Sha256',
      Parameters: { Operation: ['Install'] },
      Comment: 'patchday r1 install 1/1 a1',
      TimeoutSeconds: 600,
      MaxConcurrency: '1',
      MaxErrors: '1',
    });
  });

  it('refuses here what AWS would misread', async () => {
    const many = Array.from({ length: 51 }, (_, n) => `i-${n.toString(16).padStart(17, '0')}`);
    const request = {
      document: { name: 'd', version: '1', hash: '' },
      parameters: {},
      deliveryTimeoutSeconds: 600,
    };
    for (const wrong of [
      { instanceIds: [], comment: 'x' },
      { instanceIds: many, comment: 'x' },
      { instanceIds: [ID, ID], comment: 'x' },
      { instanceIds: [ID], comment: 'x'.repeat(101) },
    ]) {
      expect(await failureOf(() => aws.commands.send(PLACE, { ...request, ...wrong }))).toBeInstanceOf(
        NoEffect,
      );
    }
    expect(await failureOf(() => aws.commands.cancel(PLACE, 'c-1', []))).toBeInstanceOf(NoEffect);
    expect(wire.received).toEqual([]);
  });
});

describe('connections', () => {
  it('are new for each change, and kept for reads: one that the server closes would leave a change in doubt', async () => {
    wire.on('CancelCommand', () => ({ json: {} }));
    wire.on('ListCommands', () => ({ json: { Commands: [] } }));
    for (let turn = 0; turn < 3; turn++) {
      await aws.commands.cancel(PLACE, 'c-1', [ID]);
      await aws.commands.find(PLACE, 'x', 0);
    }

    const used = (operation: string) =>
      new Set(wire.received.filter((one) => one.operation === operation).map((one) => one.port)).size;
    expect([used('CancelCommand'), used('ListCommands')]).toEqual([3, 1]);
  });
});

describe('a read', () => {
  it('is repeated by the SDK, and succeeds', async () => {
    wire.on('ListCommands', (_, nth) =>
      nth < 3 ? ssmError('ThrottlingException') : { json: { Commands: [] } },
    );

    expect(await aws.commands.find(PLACE, 'x', Date.now())).toBe('absent');

    expect(wire.count('ListCommands')).toBe(3);
  });

  it('ends as LookFailed, transient, when it goes on failing', async () => {
    wire.on('DescribeDocument', () => 'reset');

    const error = await failureOf(() => aws.commands.document(PLACE, 'AWS-RunPatchBaseline'));

    expect(error).toMatchObject({ name: 'LookFailed', code: 'ECONNRESET', transient: true });
    expect(wire.count('DescribeDocument')).toBe(4);
  });
});

/** An address where nothing listens: a port that was open a moment ago. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return `http://127.0.0.1:${address.port}`;
}
