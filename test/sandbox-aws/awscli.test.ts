import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import type { AwsSimulator } from '../../sandbox/aws/server.ts';
import { steppedClock } from '../../sandbox/clock.ts';
import { HUB_KEYS, type Keys, operationNames, roleKeys, simulator } from './support.ts';

/** Debian's AWS CLI: botocore's own models and parsers, sharing no code with the SDK or the simulator. */
const CLI = ['/usr/bin/aws', '/usr/local/bin/aws'].find((path) => existsSync(path));
if (!CLI) {
  process.stderr.write(
    'left out: the AWS CLI contract test, because neither /usr/bin/aws nor /usr/local/bin/aws is there (apt-get install awscli)\n',
  );
}

const run = promisify(execFile);

/** Calls the CLI and reads its JSON answer; a refusal throws with the CLI's error text. */
async function aws(sim: AwsSimulator, keys: Keys, ...words: string[]) {
  const { stdout } = await run(CLI ?? 'aws', ['--endpoint-url', sim.url, '--output', 'json', ...words], {
    env: {
      PATH: '/usr/bin:/bin',
      HOME: '/nonexistent',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      ...(keys.sessionToken && { AWS_SESSION_TOKEN: keys.sessionToken }),
      AWS_MAX_ATTEMPTS: '1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
    },
  });
  return stdout.trim() === '' ? {} : JSON.parse(stdout);
}

const MINUTE = 60_000;

describe.skipIf(!CLI)('the AWS CLI understands every operation', () => {
  test('STS and EC2', { timeout: 60_000 }, async () => {
    const sim = await simulator({
      clock: steppedClock(Date.now()),
      fleet: smallFleet({ linux: 2, windows: 1, durations: { image: MINUTE, start: MINUTE, stop: MINUTE } }),
    });
    const role = [
      '--role-arn',
      'arn:aws:iam::333300000001:role/PatchdayPatch',
      '--role-session-name',
      'cli-test',
    ];
    const external = ['--external-id', 'sandbox-external-id-small-test'];
    const [assumed, refused] = await Promise.all([
      aws(sim, HUB_KEYS, 'sts', 'assume-role', ...role, ...external),
      aws(sim, HUB_KEYS, 'sts', 'assume-role', ...role).catch((error: Error) => error.message),
    ]);
    expect(refused).toContain('(AccessDenied) when calling the AssumeRole operation');
    const keys = {
      accessKeyId: assumed.Credentials.AccessKeyId,
      secretAccessKey: assumed.Credentials.SecretAccessKey,
      sessionToken: assumed.Credentials.SessionToken,
    };
    const ec2 = (...words: string[]) => aws(sim, keys, 'ec2', ...words);
    const id = sim.control.instance('linux-1').id;

    const [identity, instances, status, regions, volumes, missing, dry] = await Promise.all([
      aws(sim, keys, 'sts', 'get-caller-identity'),
      ec2('describe-instances', '--filters', 'Name=tag:Name,Values=linux-*'),
      ec2('describe-instance-status', '--instance-ids', id),
      ec2('describe-regions', '--region-names', 'eu-west-1'),
      ec2('describe-volumes', '--filters', `Name=attachment.instance-id,Values=${id}`),
      ec2('describe-instances', '--instance-ids', 'i-00000000000000000').catch((e: Error) => e.message),
      ec2('stop-instances', '--instance-ids', id, '--dry-run').catch((e: Error) => e.message),
    ]);
    expect(identity.Account).toBe('333300000001');
    expect(instances.Reservations).toHaveLength(2);
    expect(instances.Reservations[0].Instances[0]).toMatchObject({
      State: { Code: 16, Name: 'running' },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Status: 'attached' } }],
    });
    expect(status.InstanceStatuses).toMatchObject([{ InstanceId: id, InstanceStatus: { Status: 'ok' } }]);
    expect(regions.Regions).toMatchObject([{ RegionName: 'eu-west-1' }]);
    expect(volumes.Volumes).toMatchObject([{ Size: 20, Attachments: [{ InstanceId: id }] }]);
    expect(missing).toContain('(InvalidInstanceID.NotFound) when calling the DescribeInstances operation');
    expect(dry).toContain('(DryRunOperation)');

    const tags = 'Tags=[{Key=run,Value=7}]';
    const { ImageId } = await ec2(
      ...['create-image', '--instance-id', id, '--name', 'backup-1', '--no-reboot', '--tag-specifications'],
      ...[`ResourceType=image,${tags}`, `ResourceType=snapshot,${tags}`],
    );
    sim.control.step(MINUTE);
    await ec2('create-tags', '--resources', ImageId, '--tags', 'Key=kept,Value=yes');
    const [images, snapshots] = await Promise.all([
      ec2('describe-images', '--owners', 'self'),
      ec2('describe-snapshots', '--owner-ids', 'self'),
    ]);
    expect(images.Images).toMatchObject([
      {
        ImageId,
        State: 'available',
        Tags: [
          { Key: 'run', Value: '7' },
          { Key: 'kept', Value: 'yes' },
        ],
      },
    ]);
    expect(snapshots.Snapshots).toMatchObject([{ State: 'completed', Tags: [{ Key: 'run', Value: '7' }] }]);
    await ec2('deregister-image', '--image-id', ImageId);
    expect(sim.control.images()[0]?.state).toBe('deregistered');

    const stopped = await ec2('stop-instances', '--instance-ids', id);
    expect(stopped.StoppingInstances[0].CurrentState).toEqual({ Code: 64, Name: 'stopping' });
    sim.control.step(MINUTE);
    const started = await ec2('start-instances', '--instance-ids', id);
    expect(started.StartingInstances[0].CurrentState).toEqual({ Code: 0, Name: 'pending' });
    expect(Object.keys(sim.control.requests())).toEqual(operationNames('ec2', 'sts'));
  });

  test('SSM', { timeout: 60_000 }, async () => {
    const sim = await simulator({ clock: steppedClock(Date.now()), fleet: smallFleet({ linux: 12 }) });
    const keys = await roleKeys(sim, 'PatchdayPatch');
    const ssm = (...words: string[]) => aws(sim, keys, 'ssm', ...words);
    const ids = sim.control.instances().map((i) => i.id);
    const [id = ''] = ids;
    const [nodes, states, patches, document, associations, unknown, refused] = await Promise.all([
      ssm('describe-instance-information'),
      ssm('describe-instance-patch-states', '--instance-ids', ...ids),
      ssm('describe-instance-patches', '--instance-id', id, '--filters', 'Key=State,Values=Missing'),
      ssm('describe-document', '--name', 'AWS-RunPatchBaseline'),
      ssm('list-associations'),
      ssm('describe-instance-patches', '--instance-id', 'i-00000000000000000').catch((e: Error) => e.message),
      ssm('send-command', '--document-name', 'AWS-RunShellScript', '--instance-ids', id).catch(
        (e: Error) => e.message,
      ),
    ]);
    expect(nodes.InstanceInformationList, 'two pages').toHaveLength(12);
    expect(states.InstancePatchStates).toHaveLength(12);
    expect(states.InstancePatchStates[0]).toMatchObject({ MissingCount: 2, Operation: 'Scan' });
    expect(patches.Patches).toMatchObject([{ State: 'Missing' }, { State: 'Missing' }]);
    expect(document.Document.Name).toBe('AWS-RunPatchBaseline');
    expect(associations.Associations).toEqual([]);
    expect(unknown).toContain('(InvalidInstanceId)');
    expect(refused).toContain('(InvalidDocument)');

    const send = ['send-command', '--document-name', 'AWS-RunPatchBaseline', '--comment', 'by the CLI'];
    const { Command } = await ssm(...send, '--instance-ids', id, '--parameters', 'Operation=Install');
    expect(Command).toMatchObject({ Status: 'Pending', TargetCount: 1, Comment: 'by the CLI' });
    sim.control.step(MINUTE);
    const [commands, invocations, result] = await Promise.all([
      ssm('list-commands', '--command-id', Command.CommandId),
      ssm('list-command-invocations', '--command-id', Command.CommandId, '--details'),
      ssm(
        ...['get-command-invocation', '--command-id', Command.CommandId],
        ...['--instance-id', id, '--plugin-name', 'PatchLinux'],
      ),
    ]);
    expect(commands.Commands).toMatchObject([{ Status: 'Success' }]);
    expect(invocations.CommandInvocations[0].CommandPlugins).toHaveLength(3);
    expect(result).toMatchObject({ Status: 'Success', ResponseCode: 0 });
    expect(await ssm('cancel-command', '--command-id', Command.CommandId)).toEqual({});
    const asked = Object.keys(sim.control.requests()).filter((name) => name.startsWith('ssm:'));
    expect(asked).toEqual(operationNames('ssm'));
  });
});
