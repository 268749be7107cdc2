import {
  DescribeImagesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeRegionsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2ServiceException,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { errorCode, patcher, simulator } from './support.ts';

test.each([
  [0, 1, 0],
  [1, 1, 1],
  [5, 1, 5],
  [6, 2, 6],
  [12, 3, 12],
])('DescribeInstances of %i instances by pages of 5 takes %i pages', async (count, pages, total) => {
  const sim = await simulator({ fleet: smallFleet({ linux: count }) });
  const { ec2 } = await patcher(sim);
  const seen: string[] = [];
  let pageCount = 0;
  for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 5 }, {})) {
    pageCount += 1;
    for (const r of page.Reservations ?? []) for (const i of r.Instances ?? []) seen.push(i.InstanceId ?? '');
  }
  expect(pageCount).toBe(pages);
  expect(new Set(seen).size).toBe(total);
});

test('3000 instances come in pages of 1000 instances each', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 3_000 }) });
  const { ec2 } = await patcher(sim);
  const sizes: number[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 1000 }, {})) {
    sizes.push((page.Reservations ?? []).flatMap((r) => r.Instances ?? []).length);
  }
  expect(sizes).toEqual([1000, 1000, 1000]);
});

test('MaxResults is between 5 and 1000, and not together with ids', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ec2 } = await patcher(sim);
  const id = sim.control.instance('linux-1').id;
  const codes = await Promise.all(
    [
      { MaxResults: 1001 },
      { MaxResults: 4 },
      { MaxResults: 5, InstanceIds: [id] },
      { NextToken: 'nonsense' },
    ].map((input) => errorCode(ec2.send(new DescribeInstancesCommand(input)))),
  );
  expect(codes).toEqual([
    'InvalidParameterValue',
    'InvalidParameterValue',
    'InvalidParameterCombination',
    'InvalidNextToken',
  ]);
});

test('a token of another query is refused', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 6 }) });
  const { ec2 } = await patcher(sim);
  const { NextToken } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
  const Filters = [{ Name: 'instance-state-name', Values: ['running'] }];
  expect(await errorCode(ec2.send(new DescribeInstancesCommand({ MaxResults: 5, NextToken, Filters })))).toBe(
    'InvalidNextToken',
  );
});

test('one unknown or malformed id fails the whole call with a typed error', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ec2 } = await patcher(sim);
  const known = sim.control.instance('linux-1').id;
  const unknown = ec2.send(new DescribeInstancesCommand({ InstanceIds: [known, 'i-00000000000000000'] }));
  await expect(unknown).rejects.toBeInstanceOf(EC2ServiceException);
  await expect(unknown).rejects.toMatchObject({
    name: 'InvalidInstanceID.NotFound',
    $metadata: { httpStatusCode: 400, attempts: 1 },
  });
  expect(await errorCode(ec2.send(new DescribeInstancesCommand({ InstanceIds: ['web-1'] })))).toBe(
    'InvalidInstanceID.Malformed',
  );
});

test('an instance of another account or region is not found', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const elsewhere = await patcher(sim, 'ap-southeast-1');
  const InstanceIds = [sim.control.instance('linux-1').id];
  expect(await errorCode(elsewhere.ec2.send(new DescribeInstancesCommand({ InstanceIds })))).toBe(
    'InvalidInstanceID.NotFound',
  );
  expect((await elsewhere.ec2.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
});

test('filters: all must match, values may hold wildcards, unknown names are refused', async () => {
  const fleet = smallFleet({
    linux: 2,
    windows: 1,
    instances: { 'linux-2': { tags: { Application: 'pay & play' }, state: 'stopped' } },
  });
  const sim = await simulator({ fleet });
  const { ec2 } = await patcher(sim);
  const names = async (Filters: { Name: string; Values: string[] }[]) => {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap((r) => r.Instances ?? [])
      .map((i) => i.Tags?.find((t) => t.Key === 'Name')?.Value)
      .sort();
  };
  expect(await names([{ Name: 'tag:Name', Values: ['linux-*'] }])).toEqual(['linux-1', 'linux-2']);
  expect(await names([{ Name: 'tag:Application', Values: ['pay & play'] }])).toEqual(['linux-2']);
  expect(await names([{ Name: 'platform', Values: ['windows'] }])).toEqual(['windows-1']);
  expect(
    await names([
      { Name: 'tag:Name', Values: ['linux-?'] },
      { Name: 'instance-state-name', Values: ['running', 'pending'] },
    ]),
  ).toEqual(['linux-1']);
  expect(await errorCode(names([{ Name: 'colour', Values: ['red'] }]))).toBe('InvalidParameterValue');
});

test('a hostile name comes through unchanged', async () => {
  const name = `<!channel> *pwn* & <@U123> "q" 'a' é`;
  const sim = await simulator({ fleet: smallFleet({ linux: 1, instances: { 'linux-1': { name } } }) });
  const { ec2 } = await patcher(sim);
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
  expect(Reservations?.[0]?.Instances?.[0]?.Tags).toContainEqual({ Key: 'Name', Value: name });
});

test('DescribeInstanceStatus shows only running ones unless told otherwise', async () => {
  const sim = await simulator({
    fleet: smallFleet({ linux: 2, instances: { 'linux-2': { state: 'stopped' } } }),
  });
  const { ec2 } = await patcher(sim);
  const running = await ec2.send(new DescribeInstanceStatusCommand({}));
  expect(running.InstanceStatuses).toMatchObject([
    {
      InstanceId: sim.control.instance('linux-1').id,
      InstanceStatus: { Status: 'ok' },
      SystemStatus: { Status: 'ok' },
    },
  ]);
  const all = await ec2.send(new DescribeInstanceStatusCommand({ IncludeAllInstances: true }));
  expect(all.InstanceStatuses?.map((s) => s.InstanceStatus?.Status).sort()).toEqual(['not-applicable', 'ok']);
});

test('volumes and regions are described; images without Owners include strangers', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ec2 } = await patcher(sim);
  const id = sim.control.instance('linux-1').id;
  const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ Filters }));
  expect(Volumes).toMatchObject([
    { Size: 20, State: 'in-use', Attachments: [{ InstanceId: id, Device: '/dev/xvda' }] },
  ]);
  const { Regions } = await ec2.send(new DescribeRegionsCommand({ RegionNames: ['eu-west-1'] }));
  expect(Regions).toMatchObject([{ RegionName: 'eu-west-1', OptInStatus: 'opt-in-not-required' }]);
  expect((await ec2.send(new DescribeImagesCommand({}))).Images?.every((i) => i.Public)).toBe(true);
  expect((await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images).toEqual([]);
  expect((await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))).Snapshots).toEqual([]);
});

test('an operation or a parameter that does not exist gets the error of the protocol', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const ask = async (body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(sim.url, {
      method: 'POST',
      body,
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIASANDBOXHUB/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0',
        ...headers,
      },
    });
    return { status: response.status, text: await response.text() };
  };
  const unknown = await ask('Action=RunInstances&Version=2016-11-15');
  expect(unknown.status).toBe(400);
  expect(unknown.text).toContain('<Code>InvalidAction</Code>');
  expect((await ask('Action=DescribeInstances&Version=2016-11-15&Bogus=1')).text).toContain(
    'UnknownParameter',
  );
  expect((await ask('Action=DescribeInstances&MaxResults=many')).text).toContain('InvalidParameterValue');
  const ssm = await ask('{}', { 'x-amz-target': 'AmazonSSM.DeleteEverything' });
  expect(ssm).toMatchObject({ status: 400, text: expect.stringContaining('UnknownOperationException') });
  const json = await ask('{"InstanceIds":"i-1"}', {
    'x-amz-target': 'AmazonSSM.DescribeInstancePatchStates',
  });
  expect(json.text).toContain('SerializationException');
});
