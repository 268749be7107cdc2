import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STANDARD_ROLES } from '../../sandbox/aws/fleet/fleet.ts';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { aws, idOf, place, SCOPE, simulator, start, startSmall, stop } from './simulated.ts';

afterEach(stop);

describe('discovery', () => {
  beforeEach(() =>
    startSmall({
      linux: 4,
      windows: 1,
      instances: {
        'linux-1': { tags: { Team: 'shop', 'Patch Group': 'web' } },
        'linux-2': { lastScanAgoMs: null },
        'linux-3': { state: 'stopped' },
        'linux-4': { ping: 'ConnectionLost' },
      },
    }),
  );

  it('joins EC2, SSM and the patch state of every instance', async () => {
    const found = await aws.fleet.discover(place.landingZone, SCOPE, 'r1');

    const one = found.find((instance) => instance.name === 'linux-1');
    expect(found).toHaveLength(5);
    expect(one).toMatchObject({
      key: `${place.accountId}/${place.region}/${idOf('linux-1')}`,
      instanceType: 't3.medium',
      availabilityZone: 'eu-west-1a',
      platform: 'linux',
      platformVersion: 'Amazon Linux 2023',
      state: 'running',
      rootDevice: 'ebs',
      ssm: { ping: 'online', agentVersion: '3.3.859.0' },
      patchGroup: 'web',
      tags: { Team: 'shop', Name: 'linux-1' },
      lastPatch: { operation: 'Scan' },
      counts: { missing: 2, failed: 0, pendingReboot: 0 },
    });
    expect(Date.now() - (one?.lastPatch?.at ?? 0)).toBeGreaterThan(5 * 3_600_000);
    expect(found.find((instance) => instance.platform === 'windows')?.platformVersion).toBe(
      'Microsoft Windows Server 2022 Datacenter',
    );
  });

  it('shows never scanned as unknown, a stopped instance as not managed, a silent agent as lost', async () => {
    const found = await aws.fleet.discover(place.landingZone, SCOPE, 'r1');
    const byName = new Map(found.map((instance) => [instance.name, instance]));

    expect(byName.get('linux-2')).toMatchObject({ counts: null, lastPatch: null });
    expect(byName.get('linux-3')).toMatchObject({
      state: 'stopped',
      ssm: { ping: 'not_managed', lastPingAt: null },
      counts: { missing: 2 },
    });
    expect(byName.get('linux-4')?.ssm.ping).toBe('connection_lost');
  });

  it.each([
    ['a pattern in any case', { pattern: 'LINUX-?' }, ['linux-1', 'linux-2', 'linux-3', 'linux-4']],
    ['a tag', { tags: [{ key: 'Team', value: 'shop' }] }, ['linux-1']],
    ['a tag nobody has', { tags: [{ key: 'toString', value: 'x' }] }, []],
    ['a platform', { platform: 'windows' as const }, ['windows-1']],
    ['a region that is not theirs', { regions: ['us-east-1'] }, []],
  ])('narrowed by %s', async (_, scope, names) => {
    const found = await aws.fleet.discover(place.landingZone, { ...SCOPE, ...scope }, 'r1');

    expect(found.map((instance) => instance.name).sort()).toEqual(names);
  });

  it('narrowed by instance id and by the list of a retry', async () => {
    const id = idOf('linux-2');
    const key = `${place.accountId}/${place.region}/${id}`;

    const byId = await aws.fleet.discover(place.landingZone, { ...SCOPE, pattern: id }, 'r1');
    const byKey = await aws.fleet.discover(place.landingZone, { ...SCOPE, only: [key] }, 'r1');

    expect([byId, byKey].map((found) => found.map((one) => one.instanceId))).toEqual([[id], [id]]);
  });

  it('leaves terminated instances out; describing known ones skips those that never existed', async () => {
    simulator.control.setInstance('linux-1', { state: 'terminated' });

    const found = await aws.fleet.discover(place.landingZone, SCOPE, 'r1');
    const described = await aws.fleet.describe(place, [idOf('linux-2'), 'i-0123456789abcdef0']);

    expect(found.map((one) => one.name)).not.toContain('linux-1');
    expect(described.map((one) => one.name)).toEqual(['linux-2']);
  });

  it('names the missing patches with their CVE ids', async () => {
    const missing = await aws.fleet.missingPatches(place, idOf('linux-1'));

    expect(missing).toHaveLength(2);
    expect(missing.every((patch) => patch.cveIds.length > 0 && patch.title !== '')).toBe(true);
    expect(missing.flatMap((patch) => patch.cveIds).every((id) => /^CVE-\d{4}-\d+$/.test(id))).toBe(true);
  });

  it('suggests names', async () => {
    expect(await aws.fleet.nearestNames(place.landingZone, 'r1')).toEqual([
      'linux-1',
      'linux-2',
      'linux-3',
      'linux-4',
      'windows-1',
    ]);
  });

  it('tells a lost permission from a passing trouble', async () => {
    simulator.control.fault({ operation: 'DescribeInstances', when: 'before', kind: 'denied', times: 1 });
    await expect(aws.fleet.discover(place.landingZone, SCOPE, 'r1')).rejects.toMatchObject({
      name: 'LookFailed',
      transient: false,
    });

    simulator.control.fault({ operation: 'DescribeInstances', when: 'before', kind: 'http500', times: 1 });
    expect(await aws.fleet.discover(place.landingZone, SCOPE, 'r1')).toHaveLength(5);
    expect(simulator.control.firedFaults()).toBe(2);
  });
});

it('reads a fleet of several pages whole', async () => {
  await startSmall({ linux: 130 });

  const found = await aws.fleet.discover(place.landingZone, SCOPE, 'r1');

  expect(new Set(found.map((one) => one.key)).size).toBe(130);
  expect(found.every((one) => one.ssm.ping === 'online' && one.counts?.missing === 2)).toBe(true);
  expect(simulator.control.requests()).toMatchObject({
    'ssm:DescribeInstanceInformation': 3,
    'ssm:DescribeInstancePatchStates': 3,
  });
});

it('acts in several landing zones with the credentials of each', async () => {
  const one = smallFleet({ zone: 'one', accountId: '333300000001' });
  const two = smallFleet({ zone: 'two', accountId: '333300000002', region: 'us-east-1' });
  await start({
    ...one,
    zones: [...one.zones, ...two.zones.map((zone) => ({ ...zone, roles: STANDARD_ROLES }))],
  });

  const [first, second] = await Promise.all([
    aws.fleet.discover('one', SCOPE, 'r1'),
    aws.fleet.discover('two', SCOPE, 'r1'),
  ]);

  expect(new Set(first?.map((instance) => instance.accountId))).toEqual(new Set(['333300000001']));
  expect(new Set(second?.map((instance) => `${instance.accountId} ${instance.region}`))).toEqual(
    new Set(['333300000002 us-east-1']),
  );
  await aws.identity.confirmAccount(place);
});
