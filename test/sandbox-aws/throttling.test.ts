import {
  CreateImageCommand,
  DescribeInstancesCommand,
  EC2Client,
  StartInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { Throttle, type ThrottleOptions } from '../../sandbox/aws/throttle.ts';
import { steppedClock, wallClock } from '../../sandbox/clock.ts';
import { errorCode, patcher, roleKeys, simulator } from './support.ts';

test('an empty bucket answers 503 RequestLimitExceeded and refills with time', async () => {
  const sim = await simulator({
    clock: steppedClock(Date.now()),
    fleet: smallFleet({ linux: 1 }),
    throttle: 'published',
  });
  const { ec2 } = await patcher(sim);
  const InstanceId = sim.control.instance('linux-1').id;
  const tries = Array.from({ length: 51 }, () =>
    errorCode(ec2.send(new CreateImageCommand({ InstanceId, Name: 'x' }))),
  );
  const codes = await Promise.all(tries);
  expect(codes.filter((c) => c === 'InvalidAMIName.Malformed')).toHaveLength(50);
  expect(codes.filter((c) => c === 'RequestLimitExceeded')).toHaveLength(1);
  expect(sim.control.ledger().filter((e) => e.outcome === 'throttled')).toHaveLength(1);
  await expect(ec2.send(new CreateImageCommand({ InstanceId, Name: 'x' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 503 },
  });
  await ec2.send(new DescribeInstancesCommand({}));
  sim.control.step(1000);
  const refilled = await Promise.all(
    Array.from({ length: 6 }, () => errorCode(ec2.send(new CreateImageCommand({ InstanceId, Name: 'x' })))),
  );
  expect(refilled.filter((c) => c === 'RequestLimitExceeded')).toHaveLength(1);
});

test('the SDK retries a throttled read by itself', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const keys = await roleKeys(sim, 'PatchdayRead');
  const client = new EC2Client({ endpoint: sim.url, region: 'eu-west-1', credentials: keys });
  sim.control.fault({ operation: 'DescribeInstances', when: 'before', kind: 'throttle' });
  const { Reservations, $metadata } = await client.send(new DescribeInstancesCommand({}));
  expect([Reservations?.length, $metadata.attempts]).toEqual([1, 2]);
  expect(sim.control.requests()).toMatchObject({ 'ec2:DescribeInstances': 2 });
  client.destroy();
});

test('unpaginated, unfiltered calls use the smaller bucket; buckets belong to account and region', async () => {
  const sim = await simulator({
    clock: steppedClock(Date.now()),
    fleet: smallFleet({ linux: 1 }),
    throttle: { 'ec2:describe-everything': { capacity: 1, refillPerSecond: 1 } },
  });
  const { ec2 } = await patcher(sim);
  const elsewhere = await patcher(sim, 'us-east-1');
  await ec2.send(new DescribeInstancesCommand({}));
  expect(await errorCode(ec2.send(new DescribeInstancesCommand({})))).toBe('RequestLimitExceeded');
  await ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
  await elsewhere.ec2.send(new DescribeInstancesCommand({}));
});

test('starting many instances takes a token for each of them', async () => {
  const sim = await simulator({
    clock: steppedClock(Date.now()),
    fleet: smallFleet({ linux: 3 }),
    throttle: { 'ec2:start-instances': { capacity: 2, refillPerSecond: 1 } },
  });
  const { ec2 } = await patcher(sim);
  const InstanceIds = sim.control.instances().map((i) => i.id);
  expect(await errorCode(ec2.send(new StartInstancesCommand({ InstanceIds })))).toBe('RequestLimitExceeded');
  await ec2.send(new StartInstancesCommand({ InstanceIds: InstanceIds.slice(0, 2) }));
});

test('a faster clock refills faster, and a bucket that does not exist is named', () => {
  let now = 0;
  const throttle = new Throttle(
    { 'ssm:send': { capacity: 1, refillPerSecond: 1 } },
    { ...wallClock(100), now: () => now },
  );
  expect(throttle.take('ssm:send', '1', 'r')).toBe(true);
  expect(throttle.take('ssm:send', '1', 'r')).toBe(false);
  now = 10;
  expect(throttle.take('ssm:send', '1', 'r')).toBe(true);
  const misspelt: ThrottleOptions = JSON.parse('{"ssm:sned":{"capacity":1,"refillPerSecond":1}}');
  expect(() => new Throttle(misspelt, steppedClock(0))).toThrow(/ssm:sned/);
});
