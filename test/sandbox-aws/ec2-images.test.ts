import {
  CreateImageCommand,
  CreateTagsCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Behaviour, smallFleet } from '../../sandbox/aws/fleet.ts';
import type { AwsSimulatorOptions } from '../../sandbox/aws/server.ts';
import { steppedClock } from '../../sandbox/clock.ts';
import { errorCode, patcher, simulator } from './support.ts';

const MINUTE = 60_000;

/** One instance with two volumes and a clock to step; images take 10 minutes. */
async function stepped(behaviour: Partial<Behaviour> = {}, options: AwsSimulatorOptions = {}) {
  const volumes = [
    { device: '/dev/xvda', sizeGiB: 20 },
    { device: '/dev/sdf', sizeGiB: 100 },
  ];
  const sim = await simulator({
    clock: steppedClock(Date.now()),
    fleet: smallFleet({
      linux: 1,
      durations: { image: 10 * MINUTE, reboot: MINUTE },
      instances: { 'linux-1': { behaviour, volumes } },
    }),
    ...options,
  });
  const { ec2 } = await patcher(sim);
  const InstanceId = sim.control.instance('linux-1').id;
  const create = (Name: string, more: { NoReboot?: boolean } = { NoReboot: true }) =>
    ec2.send(new CreateImageCommand({ InstanceId, Name, ...more }));
  const image = async (id: string | undefined) =>
    (await ec2.send(new DescribeImagesCommand({ ImageIds: [id ?? ''] }))).Images?.[0];
  return { sim, ec2, create, image };
}

test('an image is pending for a while, its snapshots make their own progress', async () => {
  const { sim, ec2, create, image } = await stepped();
  const { ImageId } = await create('backup-1');
  expect(await image(ImageId)).toMatchObject({ State: 'pending', Name: 'backup-1' });
  sim.control.step(9 * MINUTE);
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  const progress = new Map(Snapshots.map((s) => [s.VolumeSize, [s.State, s.Progress]]));
  expect(progress.get(20)).toEqual(['completed', '100%']);
  expect(progress.get(100)?.[0]).not.toBe('error');
  expect((await image(ImageId))?.State).toBe('pending');
  sim.control.step(MINUTE);
  expect((await image(ImageId))?.State).toBe('available');
  expect((await image(ImageId))?.BlockDeviceMappings).toHaveLength(2);
});

test.each(['failed', 'error', 'invalid'] as const)('an image can end %s, with a reason', async (end) => {
  const { sim, create, image } = await stepped({ image: end });
  const { ImageId } = await create('backup-1');
  sim.control.step(10 * MINUTE);
  expect(await image(ImageId)).toMatchObject({ State: end, StateReason: { Code: 'Server.InternalError' } });
});

test('an image can be available while a snapshot is still pending, or in error', async () => {
  const lagging = await stepped({ image: 'snapshot_lags' });
  const first = await lagging.create('backup-1');
  lagging.sim.control.step(10 * MINUTE);
  expect((await lagging.image(first.ImageId))?.State).toBe('available');
  expect(lagging.sim.control.images()[0]?.snapshots.map((s) => s.state)).toContain('pending');
  lagging.sim.control.step(10 * MINUTE);
  expect(lagging.sim.control.images()[0]?.snapshots.map((s) => s.state)).toEqual(['completed', 'completed']);

  const broken = await stepped({ image: 'snapshot_error' });
  const second = await broken.create('backup-1');
  broken.sim.control.step(10 * MINUTE);
  expect((await broken.image(second.ImageId))?.State).toBe('available');
  expect(broken.sim.control.images()[0]?.snapshots.map((s) => s.state)).toEqual(['completed', 'error']);
});

test('an image can stay pending for good', async () => {
  const { sim, create, image } = await stepped({ image: 'hangs' });
  const { ImageId } = await create('backup-1');
  sim.control.step(50 * MINUTE);
  expect((await image(ImageId))?.State).toBe('pending');
  expect(sim.control.images()[0]?.snapshots.map((s) => s.state)).toEqual(['pending', 'pending']);
});

test('a name is unique, also right after it was taken and for a while after deregistration', async () => {
  const { sim, ec2, create, image } = await stepped({}, { visibilityDelayMs: 5_000 });
  const { ImageId } = await create('backup-1');
  expect(await errorCode(image(ImageId))).toBe('InvalidAMIID.NotFound');
  await expect(create('backup-1')).rejects.toMatchObject({
    name: 'InvalidAMIName.Duplicate',
    message: expect.stringContaining(ImageId ?? 'no id'),
  });
  sim.control.step(10 * MINUTE);
  await ec2.send(new DeregisterImageCommand({ ImageId }));
  expect((await image(ImageId))?.State).toBe('deregistered');
  expect(await errorCode(create('backup-1'))).toBe('InvalidAMIName.Duplicate');
  sim.control.step(2 * MINUTE);
  expect(await errorCode(image(ImageId))).toBe('InvalidAMIID.NotFound');
  sim.control.step(10 * MINUTE);
  expect((await create('backup-1')).ImageId).not.toBe(ImageId);
});

test('deregistering keeps the snapshots, deletes them, or leaves some behind and says so', async () => {
  const { sim, ec2, create } = await stepped();
  const [first, second] = [await create('backup-1'), await create('backup-2')];
  sim.control.step(10 * MINUTE);
  const kept = await ec2.send(new DeregisterImageCommand({ ImageId: first.ImageId }));
  expect(kept.DeleteSnapshotResults ?? []).toEqual([]);
  expect(sim.control.images()[0]?.snapshots.map((s) => s.deleted)).toEqual([false, false]);
  const input = { DeleteAssociatedSnapshots: true };
  const gone = await ec2.send(new DeregisterImageCommand({ ImageId: second.ImageId, ...input }));
  expect(gone.DeleteSnapshotResults?.map((r) => r.ReturnCode)).toEqual(['success', 'success']);
  sim.control.setInstance('linux-1', { behaviour: { snapshotsStay: true } });
  const third = await create('backup-3');
  const left = await ec2.send(new DeregisterImageCommand({ ImageId: third.ImageId, ...input }));
  expect(left.DeleteSnapshotResults?.map((r) => r.ReturnCode)).toEqual([
    'missing-permissions',
    'missing-permissions',
  ]);
  expect(await errorCode(ec2.send(new DeregisterImageCommand({ ImageId: third.ImageId })))).toBe(
    'InvalidAMIID.Unavailable',
  );
});

test('without NoReboot the instance is rebooted', async () => {
  const { sim, create } = await stepped();
  await create('cold', {});
  expect(sim.control.instance('linux-1')).toMatchObject({ rebooting: true, counters: { reboots: 1 } });
  sim.control.step(5 * MINUTE);
  expect(sim.control.instance('linux-1')).toMatchObject({ rebooting: false, checks: 'ok', state: 'running' });
  await create('warm');
  expect(sim.control.instance('linux-1').counters.reboots).toBe(1);
});

test('five snapshots of a volume at a time, no more', async () => {
  const { create } = await stepped();
  for (let n = 1; n <= 5; n += 1) await create(`backup-${n}`);
  expect(await errorCode(create('backup-6'))).toBe('ConcurrentSnapshotLimitExceeded');
});

test('CreateImage refuses bad names, bad tags, other resource types and unknown instances', async () => {
  const { sim, ec2, create } = await stepped();
  expect(await errorCode(create('no:colon'))).toBe('InvalidAMIName.Malformed');
  expect(await errorCode(create('ab'))).toBe('InvalidAMIName.Malformed');
  const InstanceId = sim.control.instance('linux-1').id;
  const tagged = (ResourceType: 'image' | 'volume', Key: string) =>
    errorCode(
      ec2.send(
        new CreateImageCommand({
          InstanceId,
          Name: 'tagged',
          TagSpecifications: [{ ResourceType, Tags: [{ Key }] }],
        }),
      ),
    );
  expect(await tagged('volume', 'run')).toBe('InvalidParameterValue');
  expect(await tagged('image', 'aws:run')).toBe('InvalidParameterValue');
  expect(
    await errorCode(ec2.send(new CreateImageCommand({ InstanceId: 'i-00000000000000000', Name: 'lost' }))),
  ).toBe('InvalidInstanceID.NotFound');
  expect(sim.control.images()).toEqual([]);
  expect(sim.control.ledger().map((e) => e.outcome)).toEqual(Array(5).fill('refused'));
});

test('DryRun says what would be, changes nothing and leaves no trace in the ledger', async () => {
  const { sim, ec2 } = await stepped();
  const InstanceId = sim.control.instance('linux-1').id;
  const dry = ec2.send(new CreateImageCommand({ InstanceId, Name: 'dry', DryRun: true }));
  await expect(dry).rejects.toMatchObject({ name: 'DryRunOperation', $metadata: { httpStatusCode: 412 } });
  expect(sim.control.images()).toEqual([]);
  expect(sim.control.ledger()).toEqual([]);
});

test('tags are added and changed; an unknown resource fails the call', async () => {
  const { sim, ec2, create, image } = await stepped();
  const { ImageId = '' } = await create('backup-1');
  await ec2.send(new CreateTagsCommand({ Resources: [ImageId], Tags: [{ Key: 'a', Value: '1' }] }));
  await ec2.send(new CreateTagsCommand({ Resources: [ImageId], Tags: [{ Key: 'a', Value: '2' }] }));
  expect((await image(ImageId))?.Tags).toEqual([{ Key: 'a', Value: '2' }]);
  const unknown = new CreateTagsCommand({
    Resources: ['ami-00000000000000000'],
    Tags: [{ Key: 'a', Value: '1' }],
  });
  expect(await errorCode(ec2.send(unknown))).toBe('InvalidAMIID.NotFound');
  expect(sim.control.images()[0]?.tags).toEqual({ a: '2' });
});
