import { randomUUID } from 'node:crypto';
import {
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import {
  DescribeInstanceInformationCommand,
  DescribeInstancePatchStatesCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { patcher, simulator } from './support.ts';

test('the real SDK discovers, backs up, patches and verifies a small fleet', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 2, windows: 1 }) });
  const { ec2, ssm } = await patcher(sim);

  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const ids = Reservations.flatMap((r) => r.Instances ?? []).map((i) => i.InstanceId ?? '');
  expect(ids).toHaveLength(3);
  const nodes = await ssm.send(new DescribeInstanceInformationCommand({}));
  expect(nodes.InstanceInformationList?.map((n) => n.PingStatus)).toEqual(['Online', 'Online', 'Online']);

  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({
      InstanceId: ids[0],
      Name: 'backup/run-1',
      NoReboot: true,
      TagSpecifications: [
        { ResourceType: 'image', Tags: [{ Key: 'run', Value: '1' }] },
        { ResourceType: 'snapshot', Tags: [{ Key: 'run', Value: '1' }] },
      ],
    }),
  );
  await sim.control.waitFor(() => sim.control.images()[0]?.state === 'available');
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
  expect(Images[0]).toMatchObject({
    State: 'available',
    SourceInstanceId: ids[0],
    Tags: [{ Key: 'run', Value: '1' }],
  });
  const snapshotId = Images[0]?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [snapshotId] }));
  expect(Snapshots[0]).toMatchObject({
    State: 'completed',
    Progress: '100%',
    Tags: [{ Key: 'run', Value: '1' }],
  });

  const before = await ssm.send(new DescribeInstancePatchStatesCommand({ InstanceIds: ids }));
  expect(before.InstancePatchStates?.map((s) => s.MissingCount)).toEqual([2, 2, 2]);

  const run = async (Operation: 'Install' | 'Scan') => {
    const { Command } = await ssm.send(
      new SendCommandCommand({
        DocumentName: 'AWS-RunPatchBaseline',
        InstanceIds: ids,
        Comment: `run 1 ${Operation}`,
        Parameters: { Operation: [Operation], SnapshotId: [randomUUID()] },
        MaxConcurrency: '3',
        MaxErrors: '3',
      }),
    );
    const CommandId = Command?.CommandId ?? '';
    expect(Command?.Status).toBe('Pending');
    await sim.control.waitFor(
      () => sim.control.commands().find((c) => c.id === CommandId)?.status === 'Success',
    );
    const { CommandInvocations } = await ssm.send(
      new ListCommandInvocationsCommand({ CommandId, Details: true }),
    );
    expect(CommandInvocations?.map((i) => i.Status)).toEqual(['Success', 'Success', 'Success']);
    return CommandId;
  };
  const CommandId = await run('Install');
  const output = await ssm.send(
    new GetCommandInvocationCommand({ CommandId, InstanceId: ids[0], PluginName: 'PatchLinux' }),
  );
  expect(output.StandardOutputContent).toContain('Install');
  await run('Scan');

  const after = await ssm.send(new DescribeInstancePatchStatesCommand({ InstanceIds: ids }));
  expect(after.InstancePatchStates?.map((s) => [s.Operation, s.MissingCount, s.InstalledCount])).toEqual([
    ['Scan', 0, 4],
    ['Scan', 0, 4],
    ['Scan', 0, 4],
  ]);
  expect(sim.control.instances().map((i) => [i.counters.installs, i.counters.reboots])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  expect(sim.control.ledger().map((e) => [e.operation, e.outcome, e.answerDelivered])).toEqual([
    ['CreateImage', 'effect', true],
    ['SendCommand', 'effect', true],
    ['SendCommand', 'effect', true],
  ]);
});
