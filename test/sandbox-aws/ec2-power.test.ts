import { DescribeInstancesCommand, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { type InstanceDefinition, smallFleet } from '../../sandbox/aws/fleet.ts';
import { steppedClock } from '../../sandbox/clock.ts';
import { errorCode, patcher, simulator } from './support.ts';

const MINUTE = 60_000;

async function stepped(change: Partial<InstanceDefinition>) {
  const sim = await simulator({
    clock: steppedClock(Date.now()),
    fleet: smallFleet({
      linux: 1,
      durations: {
        start: MINUTE,
        stop: MINUTE,
        agent: MINUTE,
        checks: 2 * MINUTE,
        install: 5 * MINUTE,
        delivery: 1,
      },
      instances: { 'linux-1': change },
    }),
  });
  const { ec2, ssm } = await patcher(sim);
  const InstanceIds = [sim.control.instance('linux-1').id];
  return {
    sim,
    ssm,
    start: () => ec2.send(new StartInstancesCommand({ InstanceIds })),
    stop: () => ec2.send(new StopInstancesCommand({ InstanceIds })),
    nodes: async () =>
      (await ssm.send(new DescribeInstanceInformationCommand({}))).InstanceInformationList ?? [],
    described: async () =>
      (await ec2.send(new DescribeInstancesCommand({ InstanceIds }))).Reservations?.[0]?.Instances?.[0],
    send: (Operation: string) =>
      ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunPatchBaseline',
          InstanceIds,
          Parameters: { Operation: [Operation] },
        }),
      ),
  };
}

test('a stopped instance starts over pending, then its checks and its agent follow', async () => {
  const { sim, start, nodes } = await stepped({ state: 'stopped' });
  expect(await nodes()).toEqual([]);
  const { StartingInstances } = await start();
  expect(StartingInstances?.[0]).toMatchObject({
    PreviousState: { Name: 'stopped' },
    CurrentState: { Name: 'pending' },
  });
  sim.control.step(MINUTE);
  expect(sim.control.instance('linux-1')).toMatchObject({ state: 'running', checks: 'initializing' });
  sim.control.step(2 * MINUTE);
  expect(sim.control.instance('linux-1')).toMatchObject({ state: 'running', checks: 'ok' });
  expect(await nodes()).toMatchObject([{ PingStatus: 'Online' }]);
  const again = await start();
  expect(again.StartingInstances?.[0]?.CurrentState?.Name).toBe('running');
  expect(sim.control.instance('linux-1').counters.starts).toBe(1);
});

test('a start can fall back to stopped, explained by StateReason', async () => {
  const { sim, start, described } = await stepped({ state: 'stopped', behaviour: { start: 'falls_back' } });
  await start();
  sim.control.step(MINUTE);
  expect(await described()).toMatchObject({
    State: { Name: 'stopped' },
    StateReason: { Code: 'Client.InternalError' },
  });
});

test('a start can be refused for want of capacity', async () => {
  const { sim, start } = await stepped({
    state: 'stopped',
    behaviour: { start: ['no_capacity', 'running'] },
  });
  expect(await errorCode(start())).toBe('InsufficientInstanceCapacity');
  expect(sim.control.instance('linux-1').state).toBe('stopped');
  await start();
  expect(sim.control.instance('linux-1').state).toBe('pending');
});

test('a started instance whose agent stays away is running and not Online', async () => {
  const { sim, start, nodes } = await stepped({
    state: 'stopped',
    behaviour: { start: 'agent_stays_offline' },
  });
  await start();
  sim.control.step(20 * MINUTE);
  expect(sim.control.instance('linux-1')).toMatchObject({ state: 'running', checks: 'ok' });
  expect((await nodes()).map((n) => n.PingStatus)).toEqual(['ConnectionLost']);
});

test('stopping takes time, and starting meanwhile is refused', async () => {
  const { sim, start, stop } = await stepped({});
  const { StoppingInstances } = await stop();
  expect(StoppingInstances?.[0]).toMatchObject({
    PreviousState: { Name: 'running' },
    CurrentState: { Name: 'stopping' },
  });
  expect(await errorCode(start())).toBe('IncorrectInstanceState');
  sim.control.step(MINUTE);
  expect(sim.control.instance('linux-1').state).toBe('stopped');
});

test('a stop in the middle of an installation cuts it off and the command never reports', async () => {
  const { sim, stop, send } = await stepped({});
  await send('Install');
  sim.control.step(MINUTE);
  expect(sim.control.instance('linux-1').patching).toBe(true);
  await stop();
  sim.control.step(10 * MINUTE);
  expect(sim.control.instance('linux-1')).toMatchObject({
    patching: false,
    patches: { installed: [expect.any(String), expect.any(String)] },
    counters: { installs: 1, interruptedInstalls: 1 },
  });
  expect(sim.control.commands()[0]?.invocations[0]?.status).toBe('InProgress');
});

test('a command sent to a stopped instance is accepted, waits, and runs when it is started', async () => {
  const { sim, start, send } = await stepped({ state: 'stopped' });
  await send('Install');
  sim.control.step(30 * MINUTE);
  expect(sim.control.commands()[0]?.status).toBe('Pending');
  await start();
  sim.control.step(15 * MINUTE);
  expect(sim.control.commands()[0]?.status).toBe('Success');
  expect(sim.control.instance('linux-1').counters.installs).toBe(1);
});
