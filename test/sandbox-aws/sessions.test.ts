import {
  CreateImageCommand,
  DescribeInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { defaultFleet, smallFleet } from '../../sandbox/aws/fleet.ts';
import { steppedClock } from '../../sandbox/clock.ts';
import { clients, errorCode, HUB_KEYS, patcher, roleKeys, simulator } from './support.ts';

const GOOD: AssumeRoleCommandInput = {
  RoleArn: 'arn:aws:iam::333300000001:role/PatchdayPatch',
  RoleSessionName: 'run-7.U123',
  ExternalId: 'sandbox-external-id-small-test',
};

test('the keys that AssumeRole issues select the account and the role', async () => {
  const sim = await simulator({ fleet: defaultFleet(1) });
  for (const account of sim.control.accounts) {
    const { sts, ec2 } = clients(sim, await roleKeys(sim, 'PatchdayRead', account.name), account.regions[0]);
    const identity = await sts.send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({
      Account: account.accountId,
      Arn: `arn:aws:sts::${account.accountId}:assumed-role/PatchdayRead/test-session`,
    });
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    expect(new Set(Reservations.map((r) => r.OwnerId))).toEqual(new Set([account.accountId]));
  }
  const hub = await clients(sim, HUB_KEYS).sts.send(new GetCallerIdentityCommand({}));
  expect(hub.Account).toBe('999900000001');
});

test('AssumeRole answers credentials for as long as asked', async () => {
  const sim = await simulator({ fleet: smallFleet() });
  const { sts } = clients(sim, HUB_KEYS);
  const { Credentials } = await sts.send(new AssumeRoleCommand({ ...GOOD, DurationSeconds: 900 }));
  const seconds = ((Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 1000;
  expect(Math.abs(seconds - 900)).toBeLessThan(10);
});

test.each<[string, Partial<AssumeRoleCommandInput>, string]>([
  ['a role that does not exist', { RoleArn: 'arn:aws:iam::333300000001:role/Nobody' }, 'AccessDenied'],
  [
    'an account that does not exist',
    { RoleArn: 'arn:aws:iam::123456789012:role/PatchdayRead' },
    'AccessDenied',
  ],
  ['a wrong external id', { ExternalId: 'guess' }, 'AccessDenied'],
  ['no external id', { ExternalId: undefined }, 'AccessDenied'],
  ['something that is no role', { RoleArn: 'PatchdayRead' }, 'ValidationError'],
  ['more than the hour of a chained role', { DurationSeconds: 3601 }, 'ValidationError'],
  ['less than 15 minutes', { DurationSeconds: 899 }, 'ValidationError'],
  ['a session name with spaces', { RoleSessionName: 'run 7' }, 'ValidationError'],
])('AssumeRole refuses %s', async (_what, change, code) => {
  const sim = await simulator({ fleet: smallFleet() });
  expect(
    await errorCode(clients(sim, HUB_KEYS).sts.send(new AssumeRoleCommand({ ...GOOD, ...change }))),
  ).toBe(code);
});

test('an expired session is refused in the words of each service', async () => {
  const clock = steppedClock(Date.now());
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }), clock });
  const { ec2, ssm, sts } = await patcher(sim);
  await ec2.send(new DescribeInstancesCommand({}));
  sim.control.step(3_601_000);
  expect(await errorCode(ec2.send(new DescribeInstancesCommand({})))).toBe('RequestExpired');
  expect(await errorCode(ssm.send(new DescribeInstanceInformationCommand({})))).toBe('ExpiredTokenException');
  expect(await errorCode(sts.send(new GetCallerIdentityCommand({})))).toMatch(/^ExpiredToken/);
});

test('unknown keys and a wrong session token are refused', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const good = await roleKeys(sim, 'PatchdayRead');
  for (const keys of [
    { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' },
    { ...good, sessionToken: 'another' },
  ]) {
    const { ec2, ssm, sts } = clients(sim, keys);
    expect(await errorCode(ec2.send(new DescribeInstancesCommand({})))).toBe('AuthFailure');
    expect(await errorCode(ssm.send(new DescribeInstanceInformationCommand({})))).toBe(
      'UnrecognizedClientException',
    );
    expect(await errorCode(sts.send(new GetCallerIdentityCommand({})))).toBe('InvalidClientTokenId');
  }
  const unsigned = await fetch(sim.url, {
    method: 'POST',
    body: 'Action=DescribeInstances&Version=2016-11-15',
  });
  expect([unsigned.status, (await unsigned.text()).includes('AuthFailure')]).toEqual([401, true]);
});

test('the read role may look and change nothing; the hub may only assume roles', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const InstanceIds = [sim.control.instance('linux-1').id];
  const { ec2, ssm } = clients(sim, await roleKeys(sim, 'PatchdayRead'));
  await ec2.send(new DescribeInstancesCommand({}));
  const codes = await Promise.all(
    [
      ec2.send(new CreateImageCommand({ InstanceId: InstanceIds[0], Name: 'no-way' })),
      ec2.send(new CreateImageCommand({ InstanceId: InstanceIds[0], Name: 'no-way', DryRun: true })),
      ec2.send(new StartInstancesCommand({ InstanceIds })),
      ec2.send(new StopInstancesCommand({ InstanceIds })),
      ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunPatchBaseline',
          InstanceIds,
          Parameters: { Operation: ['Scan'] },
        }),
      ),
      ssm.send(new CancelCommandCommand({ CommandId: '00000000-0000-4000-a000-000000000000' })),
    ].map(errorCode),
  );
  expect(codes).toEqual([
    ...Array(4).fill('UnauthorizedOperation'),
    'AccessDeniedException',
    'AccessDeniedException',
  ]);
  const hub = clients(sim, HUB_KEYS);
  expect(await errorCode(hub.ec2.send(new DescribeInstancesCommand({})))).toBe('UnauthorizedOperation');
  expect(sim.control.ledger().every((e) => e.outcome === 'refused')).toBe(true);
});
