/** Lists of 0, 1 and several pages, and lists that never end or that AWS breaks off. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Aws } from '../../src/workflow/ports.ts';
import { awsAt, ec2Error, PLACE, startWire, type Wire, ZONE } from './wire.ts';

const SCOPE = { name: 'shop-prod', pattern: null, tags: [], platform: null, regions: [], only: null };
let wire: Wire;
let aws: Aws;

beforeEach(async () => {
  wire = await startWire();
  aws = awsAt(wire.url, { zones: [{ ...ZONE, regions: ['eu-west-1', 'us-east-1'] }] });
});
afterEach(() => wire.close());

const invocation = (n: number) => ({
  CommandId: 'c-1',
  InstanceId: `i-${n}`,
  Status: 'InProgress',
  StatusDetails: 'InProgress',
});
/** Answers with `sizes` entries on each page; the token is the number of the next page. */
function servePages(
  operation: string,
  list: string,
  sizes: readonly number[],
  entry: (n: number) => unknown,
) {
  wire.on(operation, ({ body }) => {
    const request: unknown = JSON.parse(body);
    const token =
      typeof request === 'object' && request && 'NextToken' in request ? Number(request.NextToken) : 0;
    const before = sizes.slice(0, token).reduce((sum, size) => sum + size, 0);
    const entries = Array.from({ length: sizes[token] ?? 0 }, (_, n) => entry(before + n));
    return {
      json: { [list]: entries, ...(token + 1 < sizes.length ? { NextToken: String(token + 1) } : {}) },
    };
  });
}

describe('a list', () => {
  it.each([
    ['no entries', [0]],
    ['one page', [50]],
    ['a full page and one more', [50, 1]],
    ['an empty page with a token', [50, 0, 3]],
  ])('of %s is read whole', async (_, sizes) => {
    servePages('ListCommandInvocations', 'CommandInvocations', sizes, invocation);

    const found = await aws.commands.invocations(PLACE, 'c-1');

    expect(new Set(found.map((one) => one.instanceId)).size).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(wire.count('ListCommandInvocations')).toBe(sizes.length);
  });

  it('that gives the same token again fails, and is not used', async () => {
    wire.on('ListCommandInvocations', () => ({
      json: { CommandInvocations: [invocation(1)], NextToken: 'again' },
    }));

    const error: unknown = await aws.commands.invocations(PLACE, 'c-1').catch((one: unknown) => one);

    expect(error).toMatchObject({ name: 'LookFailed', code: 'EndlessList', transient: true });
    expect(wire.count('ListCommandInvocations')).toBe(2);
  });

  it('whose second page fails is an error, never half a list', async () => {
    wire.on('ListCommandInvocations', ({ body }) =>
      body.includes('NextToken')
        ? { status: 400, json: { __type: 'InvalidNextToken', message: 'expired' } }
        : { json: { CommandInvocations: [invocation(1)], NextToken: 'two' } },
    );

    const error: unknown = await aws.commands.invocations(PLACE, 'c-1').catch((one: unknown) => one);

    expect(error).toMatchObject({ name: 'LookFailed', code: 'InvalidNextToken' });
  });
});

describe('looking for a command by its comment', () => {
  const command = (n: number) => ({ CommandId: `c-${n}`, Comment: `tag ${n}`, ExpiresAfter: 1_800_000_000 });

  it('finds it on the last page, and takes only the exact comment', async () => {
    servePages('ListCommands', 'Commands', [50, 12], command);

    expect(await aws.commands.find(PLACE, 'tag 61', Date.now())).toEqual({
      found: { commandId: 'c-61', expiresAt: 1_800_000_000_000 },
    });
    expect(await aws.commands.find(PLACE, 'tag 6 ', Date.now())).toBe('absent');
  });

  it('looks back further than asked, for clocks that differ', async () => {
    servePages('ListCommands', 'Commands', [0], command);

    await aws.commands.find(PLACE, 'x', Date.UTC(2026, 0, 1, 12));

    expect(JSON.parse(wire.received.at(-1)?.body ?? '')).toMatchObject({
      Filters: [{ key: 'InvokedAfter', value: '2026-01-01T11:45:00Z' }],
    });
  });

  it('is unsure when two commands carry the comment', async () => {
    servePages('ListCommands', 'Commands', [2], (n) => ({ ...command(n), Comment: 'same' }));

    expect(await aws.commands.find(PLACE, 'same', Date.now())).toBe('unsure');
  });

  it('fails, and is not "absent", when a page cannot be read', async () => {
    wire.on('ListCommands', ({ body }) =>
      body.includes('NextToken') ? 'reset' : { json: { Commands: [command(1)], NextToken: 'two' } },
    );

    await expect(aws.commands.find(PLACE, 'tag 9', Date.now())).rejects.toMatchObject({ name: 'LookFailed' });
  });
});

describe('looking for the commands of others', () => {
  it('asks for the states that AWS documents, without instances', async () => {
    servePages('ListCommandInvocations', 'CommandInvocations', [1], invocation);

    expect([...(await aws.commands.othersInProgress(PLACE, ['i-0', 'i-1'], [])).keys()]).toEqual(['i-0']);

    expect(wire.received.slice(-3).map((one) => JSON.parse(one.body))).toEqual(
      ['Pending', 'InProgress', 'Delayed'].map((value) => ({
        Filters: [{ key: 'Status', value }],
        MaxResults: 50,
      })),
    );
  });
});

describe('discovery', () => {
  const emptyList = {
    xml: '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet/></DescribeInstancesResponse>',
  };

  beforeEach(() => {
    wire.on('DescribeInstanceInformation', () => ({ json: { InstanceInformationList: [] } }));
  });

  it('with one failing region fails and names it', async () => {
    wire.on('DescribeInstances', ({ region }) =>
      region === 'us-east-1' ? ec2Error('UnauthorizedOperation', 403) : emptyList,
    );

    const error: unknown = await aws.fleet.discover('shop-prod', SCOPE, 'r1').catch((one: unknown) => one);

    expect(error).toMatchObject({ name: 'LookFailed', code: 'UnauthorizedOperation', transient: false });
    expect(String(error)).toContain('us-east-1');
    expect(String(error)).not.toContain('eu-west-1');
  });

  it('with several failing regions names them all', async () => {
    wire.on('DescribeInstances', () => ec2Error('UnauthorizedOperation', 403));

    const error: unknown = await aws.fleet.discover('shop-prod', SCOPE, 'r1').catch((one: unknown) => one);

    expect(String(error)).toMatch(/eu-west-1.*us-east-1/);
  });

  it('asks only in the regions of the scope, and passes the tag filters of the landing zone on', async () => {
    wire.on('DescribeInstances', () => emptyList);
    aws = awsAt(wire.url, {
      zones: [
        { ...ZONE, regions: ['eu-west-1', 'us-east-1'], tagFilters: [{ key: 'Team', values: ['a', 'b'] }] },
      ],
    });

    expect(await aws.fleet.discover('shop-prod', { ...SCOPE, regions: ['us-east-1'] }, 'r1')).toEqual([]);

    const asked = wire.received.filter((one) => one.operation === 'DescribeInstances');
    expect(asked.map((one) => one.region)).toEqual(['us-east-1']);
    const form = Object.fromEntries(new URLSearchParams(asked[0]?.body));
    expect(form).toMatchObject({
      'Filter.2.Name': 'tag:Team',
      'Filter.2.Value.1': 'a',
      'Filter.2.Value.2': 'b',
    });
    expect(form).toMatchObject({ MaxResults: '1000' });
  });

  it('of names to suggest never throws', async () => {
    wire.on('DescribeInstances', () => ec2Error('UnauthorizedOperation', 403));

    expect(await aws.fleet.nearestNames('shop-prod', 'r1')).toEqual([]);
    expect(await aws.fleet.nearestNames('unknown', 'r1')).toEqual([]);
  });

  it('of an unknown landing zone says which ones there are', async () => {
    await expect(aws.fleet.discover('unknown', SCOPE, 'r1')).rejects.toThrow('Known: shop-prod');
  });
});
