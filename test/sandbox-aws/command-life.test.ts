import { DescribeInstancePatchStatesCommand, ListCommandsCommand } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { commandStage, MINUTE, SECOND } from './command-stage.ts';
import { errorCode } from './support.ts';

test('an invocation goes from Pending over InProgress to Success, over the reboot', async () => {
  const stage = await commandStage({ linux: 1 });
  const command = await stage.send('Install');
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'Pending/Pending' });
  stage.sim.control.step(SECOND);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'InProgress/InProgress' });
  stage.sim.control.step(11 * MINUTE);
  expect(stage.sim.control.instance('linux-1').rebooting).toBe(true);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'InProgress/InProgress' });
  const { InstancePatchStates } = await stage.ssm.send(
    new DescribeInstancePatchStatesCommand({ InstanceIds: stage.ids }),
  );
  expect(InstancePatchStates?.[0], 'written before the reboot').toMatchObject({
    Operation: 'Install',
    InstalledCount: 4,
    MissingCount: 0,
    InstalledPendingRebootCount: 0,
    RebootOption: 'RebootIfNeeded',
  });
  stage.sim.control.step(2 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'Success/Success' });
});

test('NoReboot leaves installed patches waiting for a reboot', async () => {
  const stage = await commandStage({ linux: 1 });
  await stage.send('Install', { Parameters: { Operation: ['Install'], RebootOption: ['NoReboot'] } });
  stage.sim.control.step(12 * MINUTE);
  expect(stage.sim.control.instance('linux-1').counters.reboots).toBe(0);
  const { InstancePatchStates } = await stage.ssm.send(
    new DescribeInstancePatchStatesCommand({ InstanceIds: stage.ids }),
  );
  expect(InstancePatchStates?.[0]).toMatchObject({ InstalledPendingRebootCount: 2, InstalledCount: 2 });
  expect(InstancePatchStates?.[0]?.LastNoRebootInstallOperationTime).toBeInstanceOf(Date);
});

test('a failing installation exits 1, reports nothing as missing, and a scan finds it all again', async () => {
  const stage = await commandStage({
    windows: 1,
    linux: 0,
    instances: { 'windows-1': { behaviour: { install: 'fails' } } },
  });
  const command = await stage.send('Install');
  stage.sim.control.step(15 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'windows-1': 'Failed/Failed' });
  const counts = async () =>
    (await stage.ssm.send(new DescribeInstancePatchStatesCommand({ InstanceIds: stage.ids })))
      .InstancePatchStates?.[0];
  expect(await counts()).toMatchObject({ FailedCount: 2, MissingCount: 0 });
  const result = await stage.result(command, 'windows-1', 'PatchWindows');
  expect(result).toMatchObject({
    ResponseCode: 1,
    StandardErrorContent: expect.stringContaining('exit status 1'),
  });
  expect((await stage.result(command, 'windows-1')).StandardErrorContent, 'without PluginName').toBe('');
  expect(
    await stage.result(command, 'windows-1', 'PatchLinux'),
    'the step of another platform',
  ).toMatchObject({
    Status: 'Success',
    ResponseCode: 0,
  });
  expect(await errorCode(stage.result(command, 'windows-1', 'PatchAmiga'))).toBe('InvalidPluginName');
  await stage.send('Scan');
  stage.sim.control.step(5 * MINUTE);
  expect(await counts()).toMatchObject({ Operation: 'Scan', FailedCount: 0, MissingCount: 2 });
});

test('a partly failing installation installs some, reboots and exits 1', async () => {
  const stage = await commandStage({
    linux: 1,
    instances: { 'linux-1': { behaviour: { install: 'partly' } } },
  });
  const command = await stage.send('Install');
  stage.sim.control.step(15 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'Failed/Failed' });
  const { patches, counters } = stage.sim.control.instance('linux-1');
  expect([patches.installed.length, patches.failed.length, counters.reboots]).toEqual([3, 1, 1]);
});

test('an agent that never comes back leaves the command InProgress until it expires', async () => {
  const stage = await commandStage({
    linux: 1,
    instances: { 'linux-1': { behaviour: { install: 'agent_lost_after_reboot' } } },
  });
  const command = await stage.send('Install', { TimeoutSeconds: 600 });
  stage.sim.control.step(60 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'InProgress/InProgress' });
  expect(stage.sim.control.instance('linux-1')).toMatchObject({
    ping: 'ConnectionLost',
    state: 'running',
    checks: 'ok',
  });
  stage.sim.control.step(70 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'TimedOut/DeliveryTimedOut' });
});

test('an agent lost in the middle of the installation: the machine is patched, and nobody is told', async () => {
  const stage = await commandStage({
    linux: 1,
    instances: { 'linux-1': { behaviour: { install: 'agent_lost' } } },
  });
  const command = await stage.send('Install');
  stage.sim.control.step(30 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'InProgress/InProgress' });
  expect(stage.sim.control.instance('linux-1')).toMatchObject({
    ping: 'ConnectionLost',
    patches: { missing: [] },
  });
  const { InstancePatchStates } = await stage.ssm.send(
    new DescribeInstancePatchStatesCommand({ InstanceIds: stage.ids }),
  );
  expect(InstancePatchStates?.[0]).toMatchObject({ Operation: 'Scan', MissingCount: 2 });
});

test('a behaviour can differ each time: the installation fails first and succeeds on the retry', async () => {
  const behaviour = {
    install: ['fails', 'succeeds'] as const,
    failure: { exitCode: 156, stderr: 'no payload' },
  };
  const stage = await commandStage({ linux: 1, instances: { 'linux-1': { behaviour } } });
  const first = await stage.send('Install');
  stage.sim.control.step(15 * MINUTE);
  expect(await stage.result(first, 'linux-1', 'PatchLinux')).toMatchObject({
    ResponseCode: 156,
    StandardErrorContent: 'no payload',
  });
  const second = await stage.send('Install');
  stage.sim.control.step(15 * MINUTE);
  expect(await stage.statuses(second)).toEqual({ 'linux-1': 'Success/Success' });
});

test('a report made while the agent was away arrives when it is back', async () => {
  const stage = await commandStage({ linux: 1 });
  const command = await stage.send('Scan');
  stage.sim.control.step(2 * SECOND);
  stage.sim.control.setInstance('linux-1', { ping: 'ConnectionLost' });
  stage.sim.control.step(10 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'InProgress/InProgress' });
  stage.sim.control.setInstance('linux-1', { ping: 'Online' });
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'Success/Success' });
});

test('a hanging command is ended by the document after two hours', async () => {
  const stage = await commandStage({
    linux: 1,
    instances: { 'linux-1': { behaviour: { install: 'hangs' } } },
  });
  const command = await stage.send('Install');
  stage.sim.control.step(119 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'InProgress/InProgress' });
  stage.sim.control.step(2 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'TimedOut/ExecutionTimedOut' });
});

test('an offline agent keeps it Pending until ExpiresAfter, then Delivery Timed Out', async () => {
  const stage = await commandStage({ linux: 1, instances: { 'linux-1': { ping: 'ConnectionLost' } } });
  const command = await stage.send('Install', { TimeoutSeconds: 600 });
  const { Commands } = await stage.ssm.send(new ListCommandsCommand({ CommandId: command }));
  const expires = (Commands?.[0]?.ExpiresAfter?.getTime() ?? 0) - stage.sim.control.now();
  expect(Math.round(expires / SECOND)).toBe(600 + 7200);
  stage.sim.control.step(129 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'Pending/Pending' });
  expect((await stage.result(command, 'linux-1', 'PatchLinux')).ResponseCode).toBe(-1);
  stage.sim.control.step(2 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'TimedOut/DeliveryTimedOut' });
  expect(stage.sim.control.instance('linux-1').counters.installs).toBe(0);
});

test('a waiting command starts late when the agent comes back in time', async () => {
  const stage = await commandStage({ linux: 1, instances: { 'linux-1': { ping: 'ConnectionLost' } } });
  const command = await stage.send('Install', { TimeoutSeconds: 600 });
  stage.sim.control.step(100 * MINUTE);
  stage.sim.control.setInstance('linux-1', { ping: 'Online' });
  stage.sim.control.step(20 * MINUTE);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'Success/Success' });
});

test('the parent can say Success over undeliverable invocations', async () => {
  const stage = await commandStage({
    linux: 3,
    instances: {
      'linux-2': { behaviour: { delivery: 'undeliverable' } },
      'linux-3': { behaviour: { delivery: 'undeliverable' } },
    },
  });
  const command = await stage.send('Scan', { MaxErrors: '0' });
  stage.sim.control.step(5 * MINUTE);
  expect(await stage.statuses(command)).toEqual({
    'linux-1': 'Success/Success',
    'linux-2': 'Failed/Undeliverable',
    'linux-3': 'Failed/Undeliverable',
  });
  expect(stage.parent(command)).toBe('Success');
});

test('access denied, invalid platform and delayed deliveries show as such', async () => {
  const stage = await commandStage(
    {
      linux: 3,
      instances: {
        'linux-1': { behaviour: { delivery: 'access_denied' } },
        'linux-2': { behaviour: { delivery: 'invalid_platform' } },
        'linux-3': { behaviour: { delivery: 'delayed' } },
      },
    },
    { statusDetails: 'spaced' },
  );
  const command = await stage.send('Scan');
  stage.sim.control.step(2 * SECOND);
  expect(await stage.statuses(command)).toEqual({
    'linux-1': 'Failed/Access Denied',
    'linux-2': 'Failed/Invalid Platform',
    'linux-3': 'Delayed/Delayed',
  });
  stage.sim.control.step(5 * MINUTE);
  expect((await stage.statuses(command))['linux-3']).toBe('Success/Success');
});
