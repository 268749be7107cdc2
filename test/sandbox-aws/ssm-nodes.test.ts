import {
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  type DescribeInstanceInformationCommandInput,
  DescribeInstancePatchesCommand,
  DescribeInstancePatchStatesCommand,
  InvalidDocument,
  InvalidInstanceId,
  InvalidNextToken,
  ListAssociationsCommand,
  paginateDescribeInstanceInformation,
  paginateDescribeInstancePatchStates,
} from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { errorCode, patcher, simulator } from './support.ts';

test.each([
  [0, 1],
  [1, 1],
  [10, 1],
  [11, 2],
])(
  'DescribeInstanceInformation of %i nodes takes %i pages of ten without MaxResults',
  async (count, pages) => {
    const sim = await simulator({ fleet: smallFleet({ linux: count }) });
    const { ssm } = await patcher(sim);
    const sizes: number[] = [];
    for await (const page of paginateDescribeInstanceInformation({ client: ssm }, {})) {
      sizes.push(page.InstanceInformationList?.length ?? 0);
    }
    expect(sizes).toHaveLength(pages);
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(count);
  },
);

test('DescribeInstanceInformation takes 5 to 50, and refuses mixed filters', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ssm } = await patcher(sim);
  const ask = (input: DescribeInstanceInformationCommandInput) =>
    errorCode(ssm.send(new DescribeInstanceInformationCommand(input)));
  expect(await ask({ MaxResults: 4 })).toBe('ValidationException');
  expect(await ask({ MaxResults: 51 })).toBe('ValidationException');
  expect(await ask({ Filters: [{ Key: 'Colour', Values: ['red'] }] })).toBe('InvalidFilterKey');
  expect(
    await ask({
      Filters: [
        { Key: 'tag:Name', Values: ['linux-1'] },
        { Key: 'PingStatus', Values: ['Online'] },
      ],
    }),
  ).toBe('InvalidFilterKey');
  expect(
    await ask({
      Filters: [{ Key: 'PingStatus', Values: ['Online'] }],
      InstanceInformationFilterList: [{ key: 'PingStatus', valueSet: ['Online'] }],
    }),
  ).toBe('ValidationException');
});

test('stopped and unmanaged instances are not listed; one unknown id fails the whole call', async () => {
  const fleet = smallFleet({
    linux: 4,
    instances: {
      'linux-2': { state: 'stopped' },
      'linux-3': { managed: false },
      'linux-4': { ping: 'ConnectionLost', lastPingAgoMs: 9 * 24 * 3_600_000 },
    },
  });
  const sim = await simulator({ fleet });
  const { ssm } = await patcher(sim);
  const { InstanceInformationList = [] } = await ssm.send(new DescribeInstanceInformationCommand({}));
  const byId = new Map(InstanceInformationList.map((i) => [i.InstanceId, i]));
  const [online, , unmanaged, lost] = ['linux-1', 'linux-2', 'linux-3', 'linux-4'].map((n) =>
    sim.control.instance(n),
  );
  expect(byId.size).toBe(2);
  expect(byId.get(online?.id)).toMatchObject({
    PingStatus: 'Online',
    PlatformType: 'Linux',
    PlatformName: 'Amazon Linux',
  });
  expect(Date.now() - (byId.get(online?.id)?.LastPingDateTime?.getTime() ?? 0)).toBeLessThanOrEqual(
    5 * 60_000,
  );
  expect(byId.get(lost?.id)?.PingStatus).toBe('ConnectionLost');
  expect(Date.now() - (byId.get(lost?.id)?.LastPingDateTime?.getTime() ?? 0)).toBeGreaterThan(
    8 * 24 * 3_600_000,
  );
  const Filters = [{ Key: 'InstanceIds', Values: [online?.id ?? '', unmanaged?.id ?? ''] }];
  await expect(ssm.send(new DescribeInstanceInformationCommand({ Filters }))).rejects.toBeInstanceOf(
    InvalidInstanceId,
  );
});

test('patch states need ids, 50 at most, come in pages of ten and leave out what was never scanned', async () => {
  const fleet = smallFleet({ linux: 21, instances: { 'linux-3': { lastScanAgoMs: null } } });
  const sim = await simulator({ fleet });
  const { ssm } = await patcher(sim);
  const InstanceIds = sim.control.instances().map((i) => i.id);
  const sizes: number[] = [];
  for await (const page of paginateDescribeInstancePatchStates({ client: ssm }, { InstanceIds })) {
    sizes.push(page.InstancePatchStates?.length ?? 0);
  }
  expect(sizes).toEqual([10, 10]);
  const never = await ssm.send(
    new DescribeInstancePatchStatesCommand({ InstanceIds: [sim.control.instance('linux-3').id] }),
  );
  expect(never.InstancePatchStates).toEqual([]);
  const tooMany = Array.from({ length: 51 }, (_, i) => `i-${String(i).padStart(17, '0')}`);
  const ask = (input: { InstanceIds: string[]; MaxResults?: number; NextToken?: string }) =>
    ssm.send(new DescribeInstancePatchStatesCommand(input));
  expect(await errorCode(ask({ InstanceIds: tooMany }))).toBe('ValidationException');
  expect(await errorCode(ask({ InstanceIds, MaxResults: 9 }))).toBe('ValidationException');
  expect(await errorCode(ask({ InstanceIds, MaxResults: 101 }))).toBe('ValidationException');
  await expect(ask({ InstanceIds, NextToken: 'nonsense' })).rejects.toBeInstanceOf(InvalidNextToken);
});

test('the patches of one instance: CVE ids only where missing or failed, filters, paging', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ssm } = await patcher(sim);
  const InstanceId = sim.control.instance('linux-1').id;
  const { Patches = [] } = await ssm.send(new DescribeInstancePatchesCommand({ InstanceId }));
  expect(Patches.map((p) => [p.State, p.CVEIds !== undefined])).toEqual([
    ['Missing', true],
    ['Missing', true],
    ['Installed', false],
    ['Installed', false],
  ]);
  const Filters = [{ Key: 'State', Values: ['Missing'] }];
  const missing = await ssm.send(new DescribeInstancePatchesCommand({ InstanceId, Filters }));
  expect(missing.Patches).toHaveLength(2);
  const unknown = new DescribeInstancePatchesCommand({ InstanceId: 'i-00000000000000000' });
  await expect(ssm.send(unknown)).rejects.toBeInstanceOf(InvalidInstanceId);
});

test('the patch document is described; any other does not exist', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ssm } = await patcher(sim);
  const { Document } = await ssm.send(new DescribeDocumentCommand({ Name: 'AWS-RunPatchBaseline' }));
  expect(Document).toMatchObject({ Name: 'AWS-RunPatchBaseline', HashType: 'Sha256', Status: 'Active' });
  expect(Document?.Parameters?.map((p) => p.Name)).toContain('RebootOption');
  await expect(ssm.send(new DescribeDocumentCommand({ Name: 'AWS-RunShellScript' }))).rejects.toBeInstanceOf(
    InvalidDocument,
  );
});

test('associations of the region are listed', async () => {
  const fleet = smallFleet({ linux: 1 });
  fleet.zones[0]?.associations.push({
    region: 'eu-west-1',
    documentName: 'AWS-RunPatchBaseline',
    associationName: 'daily-scan',
    scheduleExpression: 'rate(1 day)',
  });
  const sim = await simulator({ fleet });
  const { ssm } = await patcher(sim);
  const { Associations } = await ssm.send(new ListAssociationsCommand({}));
  expect(Associations).toMatchObject([{ Name: 'AWS-RunPatchBaseline', ScheduleExpression: 'rate(1 day)' }]);
  const elsewhere = await patcher(sim, 'us-east-1');
  expect((await elsewhere.ssm.send(new ListAssociationsCommand({}))).Associations).toEqual([]);
});
