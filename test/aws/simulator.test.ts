/** The adapters against the simulated AWS, with its ledger as the witness of what really happened. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FleetDefinition, STANDARD_ROLES } from '../../sandbox/aws/fleet/fleet.ts';
import { type SmallFleetOptions, smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { wallClock } from '../../sandbox/clock.ts';
import type { ZoneAccess } from '../../src/aws/options.ts';
import type { Aws, Place } from '../../src/workflow/ports.ts';
import { BACKUP_TAGS } from '../../src/workflow/ports.ts';
import { until } from '../support/until.ts';
import { awsAt } from './wire.ts';

const SCOPE = { name: 'small-test', pattern: null, tags: [], platform: null, regions: [], only: null };
const SOON = { within: 8_000 };

let simulator: AwsSimulator;
let aws: Aws;
let place: Place;

async function start(fleet: FleetDefinition, speed = 1): Promise<void> {
  simulator = await startAwsSimulator({
    fleet,
    clock: wallClock(speed),
    throttle: 'off',
    visibilityDelayMs: 0,
  });
  const zones: ZoneAccess[] = fleet.zones.map((zone) => ({
    name: zone.name,
    accountId: zone.accountId,
    regions: zone.regions,
    readRoleArn: `arn:aws:iam::${zone.accountId}:role/PatchdayRead`,
    patchRoleArn: `arn:aws:iam::${zone.accountId}:role/PatchdayPatch`,
    externalId: zone.externalId,
    tagFilters: [],
  }));
  aws = awsAt(simulator.url, { zones });
  process.env['AWS_ACCESS_KEY_ID'] = fleet.hub.accessKeyIds[0] ?? '';
  const [zone] = zones;
  if (!zone) throw new Error('a fleet needs a landing zone');
  place = { landingZone: zone.name, accountId: zone.accountId, region: zone.regions[0] ?? '', runId: 'r1' };
}
const startSmall = (options: SmallFleetOptions, speed?: number) => start(smallFleet(options), speed);

afterEach(() => simulator.close());

const idOf = (name: string) => simulator.control.instance(name).id;
const effects = (operation: string) =>
  simulator.control.ledger().filter((one) => one.operation === operation && one.outcome === 'effect');

async function send(names: readonly string[], operation: 'Scan' | 'Install', comment = `tag ${operation}`) {
  const document = await aws.commands.document(place, 'AWS-RunPatchBaseline');
  return aws.commands.send(place, {
    instanceIds: names.map(idOf),
    document,
    parameters: { Operation: [operation] },
    comment,
    deliveryTimeoutSeconds: 600,
  });
}

async function ended(commandId: string) {
  return until(
    async () => {
      const all = await aws.commands.invocations(place, commandId);
      return all.length > 0 && all.every((one) => !['waiting', 'running'].includes(one.status)) ? all : null;
    },
    { ...SOON, describe: `command ${commandId} ended` },
  );
}

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

describe('backups', () => {
  const backUp = (name: string, imageName: string) =>
    aws.images.create(place, {
      instanceId: idOf(name),
      name: imageName,
      noReboot: true,
      tags: { [BACKUP_TAGS.instanceName]: name, [BACKUP_TAGS.expiresAt]: '2027-01-01T00:00:00.000Z' },
    });
  const lookAt = async (imageId: string) => (await aws.images.look(place, [imageId])).get(imageId);
  const settled = (imageId: string) =>
    until(
      async () => {
        const look = await lookAt(imageId);
        return look && look.state !== 'pending' ? look : null;
      },
      { ...SOON, describe: `image ${imageId} is done` },
    );

  it('are made, verified with their snapshots, tagged and listed', async () => {
    await startSmall({
      linux: 1,
      instances: {
        'linux-1': {
          volumes: [
            { device: '/dev/xvda', sizeGiB: 8 },
            { device: '/dev/sdb', sizeGiB: 8 },
          ],
        },
      },
    });

    const imageId = await backUp('linux-1', 'patchday-r1-a');
    const look = await settled(imageId);

    const [image] = simulator.control.images();
    expect(look).toEqual({ state: 'verified', snapshotIds: image?.snapshots.map((one) => one.id) });
    expect(image?.snapshots).toHaveLength(2);
    const tags = {
      'patchday:managed-by': 'patchday',
      'patchday:run': 'r1',
      'patchday:instance': idOf('linux-1'),
      'patchday:landing-zone': 'small-test',
    };
    expect(image).toMatchObject({ noReboot: true, tags });
    expect(image?.snapshots[0]).toMatchObject({ tags });
    expect(await aws.images.list('small-test')).toEqual([
      expect.objectContaining({
        imageId,
        name: 'patchday-r1-a',
        instanceId: idOf('linux-1'),
        instanceName: 'linux-1',
        state: 'available',
        runId: 'r1',
        expiresAt: Date.UTC(2027, 0, 1),
      }),
    ]);
  });

  it('of a name that exists are adopted for the same instance and refused for another', async () => {
    await startSmall({ linux: 2 });
    const imageId = await backUp('linux-1', 'patchday-r1-a');

    expect(await backUp('linux-1', 'patchday-r1-a')).toBe(imageId);
    await expect(backUp('linux-2', 'patchday-r1-a')).rejects.toMatchObject({
      name: 'NoEffect',
      code: 'InvalidAMIName.Duplicate',
      retry: 'never',
    });
    expect(effects('CreateImage')).toHaveLength(1);
  });

  it('are found by their name after an answer that was lost', async () => {
    await startSmall({ linux: 1 });
    simulator.control.fault({ operation: 'CreateImage', when: 'after', kind: 'reset' });

    await expect(backUp('linux-1', 'patchday-r1-a')).rejects.toMatchObject({ name: 'InDoubt' });

    const [image] = simulator.control.images();
    expect(await aws.images.find(place, 'patchday-r1-a')).toEqual({ found: image?.id });
    expect(await aws.images.find(place, 'patchday-r1-*')).toBe('absent');
    expect(effects('CreateImage')).toHaveLength(1);
  });

  it.each(['failed', 'error', 'invalid', 'snapshot_error'] as const)(
    'that end as %s are failed, in words',
    async (image) => {
      await startSmall({ linux: 1, instances: { 'linux-1': { behaviour: { image } } } });

      const look = await settled(await backUp('linux-1', 'patchday-r1-a'));

      expect(look).toMatchObject({ state: 'failed', text: expect.stringMatching(/\w+ \w+/) });
    },
  );

  it('that AWS does not know are absent from the look', async () => {
    await startSmall({ linux: 1 });

    expect(await aws.images.look(place, ['ami-0123456789abcdef0'])).toEqual(new Map());
  });
});

describe('commands', () => {
  it('install, are followed to their end, and leave their trace in the patch state', async () => {
    await startSmall({ linux: 2, windows: 1 });
    const before = Date.now() - 1_000;

    const { commandId, expiresAt } = await send(['linux-1', 'windows-1'], 'Install');
    const invocations = await ended(commandId);

    expect(expiresAt).toBeGreaterThan(Date.now());
    expect(invocations.map(({ status, detail }) => [status, detail])).toEqual([
      ['success', 'Success'],
      ['success', 'Success'],
    ]);
    expect(invocations.every((one) => one.startedAt !== null && one.endedAt !== null)).toBe(true);
    for (const [name, platform] of [
      ['linux-1', 'linux'],
      ['windows-1', 'windows'],
    ] as const) {
      const output = await aws.commands.output(place, commandId, idOf(name), platform);
      expect(output.exitCode).toBe(0);
      expect(output.stdout).not.toBe('');
    }
    const states = await aws.patchStates.look(place, [idOf('linux-1'), idOf('linux-2')]);
    expect(states.get(idOf('linux-1'))).toMatchObject({ operation: 'Install' });
    expect(states.get(idOf('linux-2'))).toMatchObject({ operation: 'Scan', counts: { missing: 2 } });
    expect(states.get(idOf('linux-1'))?.endedAt).toBeGreaterThanOrEqual(before);
    expect(await aws.patchStates.installedSince(place, idOf('linux-1'), before)).toHaveLength(2);
    expect(await aws.patchStates.installedSince(place, idOf('linux-2'), before)).toEqual([]);
    expect(await aws.patchStates.stillMissing(place, idOf('linux-1'))).toEqual([]);
    expect(await aws.patchStates.stillMissing(place, idOf('linux-2'))).toHaveLength(2);
  });

  it('leave instances that were never scanned out of the patch state', async () => {
    await startSmall({ linux: 1, instances: { 'linux-1': { lastScanAgoMs: null } } });

    expect(await aws.patchStates.look(place, [idOf('linux-1')])).toEqual(new Map());
  });

  it('report failures by exit code and output', async () => {
    await startSmall({
      linux: 1,
      instances: {
        'linux-1': { behaviour: { install: 'fails', failure: { exitCode: 156, stderr: 'cannot download' } } },
      },
    });
    const { commandId } = await send(['linux-1'], 'Install');

    expect(await ended(commandId)).toMatchObject([{ status: 'failed' }]);
    expect(await aws.commands.output(place, commandId, idOf('linux-1'), 'linux')).toMatchObject({
      exitCode: 156,
      stderr: expect.stringContaining('cannot download'),
    });
  });

  it.each([
    ['undeliverable', 'not_delivered', 'Undeliverable'],
    ['access_denied', 'denied', 'AccessDenied'],
    ['invalid_platform', 'not_delivered', 'InvalidPlatform'],
  ] as const)('that are %s end as %s', async (delivery, status, detail) => {
    await startSmall({ linux: 1, instances: { 'linux-1': { behaviour: { delivery } } } }, 1_000);

    const { commandId } = await send(['linux-1'], 'Install');

    expect(await ended(commandId)).toMatchObject([{ status, detail }]);
  });

  it('give no output for an invocation that does not exist', async () => {
    await startSmall({ linux: 2 });
    const { commandId } = await send(['linux-1'], 'Scan');

    expect(await aws.commands.output(place, commandId, idOf('linux-2'), 'linux')).toEqual({
      exitCode: null,
      stdout: '',
      stderr: '',
    });
  });

  it('are refused for an instance that SSM does not manage, which is named', async () => {
    await startSmall({ linux: 2, instances: { 'linux-2': { managed: false } } });

    await expect(send(['linux-1', 'linux-2'], 'Install')).rejects.toMatchObject({
      name: 'NoEffect',
      code: 'InvalidInstanceId',
      retry: 'never',
      badInstanceIds: [idOf('linux-2')],
    });
    expect(effects('SendCommand')).toEqual([]);
  });

  it('in doubt are found by their comment when they were carried out, and absent when not', async () => {
    await startSmall({ linux: 1 });
    const since = Date.now();
    simulator.control.fault({ operation: 'SendCommand', when: 'after', kind: 'reset' });
    await expect(send(['linux-1'], 'Install', 'tag 1')).rejects.toMatchObject({ name: 'InDoubt' });
    simulator.control.fault({ operation: 'SendCommand', when: 'before', kind: 'http500' });
    await expect(send(['linux-1'], 'Install', 'tag 2')).rejects.toMatchObject({ name: 'InDoubt' });

    const [command] = simulator.control.commands();
    expect(await aws.commands.find(place, 'tag 1', since)).toMatchObject({
      found: { commandId: command?.id },
    });
    expect(await aws.commands.find(place, 'tag 2', since)).toBe('absent');
    expect(effects('SendCommand')).toHaveLength(1);
  });

  it('of others in progress are seen; our own and finished ones are not', async () => {
    await startSmall({ linux: 3, instances: { 'linux-2': { behaviour: { install: 'hangs' } } } });
    const foreign = simulator.control.foreignCommand('linux-1', 'Rotate logs');
    const { commandId: own } = await send(['linux-2'], 'Install', 'own');
    const { commandId: over } = await send(['linux-3'], 'Scan', 'over');
    await ended(over);
    const ids = ['linux-1', 'linux-2', 'linux-3'].map(idOf);

    const others = await aws.commands.othersInProgress(place, ids, [own]);

    expect([...others]).toEqual([
      [idOf('linux-1'), { commandId: foreign, documentName: 'AWS-RunShellScript', comment: 'Rotate logs' }],
    ]);
    expect([...(await aws.commands.othersInProgress(place, [idOf('linux-2')], [])).keys()]).toEqual([
      idOf('linux-2'),
    ]);
  });

  it('are cancelled only for the instances named', async () => {
    const slow = { behaviour: { delivery: 'delayed' as const, durations: { delivery: 60_000 } } };
    await startSmall({ linux: 2, instances: { 'linux-1': slow, 'linux-2': slow } });
    const { commandId } = await send(['linux-1', 'linux-2'], 'Install');

    await aws.commands.cancel(place, commandId, [idOf('linux-1')]);

    const invocations = await aws.commands.invocations(place, commandId);
    const status = new Map(invocations.map((one) => [one.instanceId, one.status]));
    expect(status.get(idOf('linux-1'))).toBe('cancelled');
    expect(status.get(idOf('linux-2'))).toBe('waiting');
  });
});

describe('power', () => {
  it('starts, waits for the checks, and stops', async () => {
    await startSmall({ linux: 2, instances: { 'linux-1': { state: 'stopped' } } });
    const id = idOf('linux-1');
    expect((await aws.power.look(place, [id])).get(id)).toMatchObject({
      state: 'stopped',
      checks: { ok: false },
    });

    await aws.power.start(place, [id, idOf('linux-2')]);
    const up = await until(
      async () => {
        const look = (await aws.power.look(place, [id])).get(id);
        return look?.checks.ok ? look : null;
      },
      { ...SOON, describe: 'the instance is up' },
    );
    expect(up).toMatchObject({ state: 'running', checks: { text: expect.stringContaining('system ok') } });

    await aws.power.stop(place, [id]);
    await until(async () => (await aws.power.look(place, [id])).get(id)?.state === 'stopped', {
      ...SOON,
      describe: 'the instance is stopped',
    });
  });

  it('tells why a start fell back', async () => {
    await startSmall({
      linux: 1,
      instances: { 'linux-1': { state: 'stopped', behaviour: { start: 'falls_back' } } },
    });
    const id = idOf('linux-1');

    await aws.power.start(place, [id]);

    const look = await until(
      async () => {
        const one = (await aws.power.look(place, [id])).get(id);
        return one?.state === 'stopped' ? one : null;
      },
      { ...SOON, describe: 'it fell back' },
    );
    expect(look.stateReason).not.toBe('');
  });

  it('is refused where there is no capacity, and shows impaired checks', async () => {
    await startSmall({
      linux: 2,
      instances: { 'linux-1': { state: 'stopped', behaviour: { start: 'no_capacity' } } },
    });
    simulator.control.setInstance('linux-2', { checks: 'impaired' });

    await expect(aws.power.start(place, [idOf('linux-1')])).rejects.toMatchObject({
      name: 'NoEffect',
      code: 'InsufficientInstanceCapacity',
      retry: 'never',
    });
    const look = (await aws.power.look(place, [idOf('linux-2')])).get(idOf('linux-2'));
    expect(look?.checks).toMatchObject({ ok: false, text: expect.stringContaining('impaired') });
  });
});

it('goes on with new credentials when AWS ends the sessions early', async () => {
  await startSmall({ linux: 1 });
  await aws.fleet.discover(place.landingZone, SCOPE, 'r1');
  const document = await aws.commands.document(place, 'AWS-RunPatchBaseline');
  const request = {
    instanceIds: [idOf('linux-1')],
    document,
    parameters: { Operation: ['Scan'] },
    deliveryTimeoutSeconds: 600,
  };
  await aws.commands.send(place, { ...request, comment: 'tag 1' });
  simulator.control.expireSessions();

  const found = await aws.fleet.discover(place.landingZone, SCOPE, 'r1');
  await expect(aws.commands.send(place, { ...request, comment: 'tag 2' })).rejects.toMatchObject({
    name: 'NoEffect',
    retry: 'later',
  });
  await aws.commands.send(place, { ...request, comment: 'tag 3' });

  expect(found).toHaveLength(1);
  expect(effects('SendCommand').map((one) => one.params['comment'])).toEqual(['tag 1', 'tag 3']);
});
