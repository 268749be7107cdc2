import {
  InvocationDoesNotExist,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
} from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { commandStage, MINUTE, SECOND } from './command-stage.ts';
import { errorCode } from './support.ts';

test('MaxConcurrency limits how many run at once', async () => {
  const stage = await commandStage({ linux: 4 });
  const command = await stage.send('Scan', { MaxConcurrency: '50%' });
  stage.sim.control.step(30 * SECOND);
  const values = Object.values(await stage.statuses(command)).sort();
  expect(values).toEqual([
    'InProgress/InProgress',
    'InProgress/InProgress',
    'Pending/Pending',
    'Pending/Pending',
  ]);
  stage.sim.control.step(3 * MINUTE);
  expect(stage.parent(command)).toBe('Success');
});

test('beyond MaxErrors the rest is never sent and ends Terminated', async () => {
  const behaviour = { scan: 'fails' } as const;
  const names = ['linux-1', 'linux-2', 'linux-3'];
  const stage = await commandStage({
    linux: 3,
    instances: Object.fromEntries(names.map((n) => [n, { behaviour }])),
  });
  const command = await stage.send('Scan', { MaxConcurrency: '1', MaxErrors: '0' });
  stage.sim.control.step(10 * MINUTE);
  expect(Object.values(await stage.statuses(command)).sort()).toEqual([
    'Cancelled/Terminated',
    'Cancelled/Terminated',
    'Failed/Failed',
  ]);
  expect(stage.parent(command)).toBe('Failed');
  expect(stage.sim.control.instances().reduce((sum, i) => sum + i.counters.scans, 0)).toBe(1);
});

test('a second patch command on a busy machine races and fails, and both are counted', async () => {
  const stage = await commandStage({ linux: 1 });
  const first = await stage.send('Install');
  stage.sim.control.step(MINUTE);
  const second = await stage.send('Install');
  stage.sim.control.step(MINUTE);
  expect(await stage.statuses(second)).toEqual({ 'linux-1': 'Failed/Failed' });
  expect((await stage.result(second, 'linux-1', 'PatchLinux')).ResponseCode).toBe(152);
  stage.sim.control.step(15 * MINUTE);
  expect(await stage.statuses(first)).toEqual({ 'linux-1': 'Success/Success' });
  expect(stage.sim.control.instance('linux-1').counters).toMatchObject({ installs: 2, patchRaces: 1 });
});

test('cancelling ends a pending invocation at once and kills one in progress', async () => {
  const stage = await commandStage({ linux: 3, instances: { 'linux-2': { ping: 'ConnectionLost' } } });
  const command = await stage.send('Install');
  stage.sim.control.step(MINUTE);
  await stage.cancel(command, [stage.id('linux-1'), stage.id('linux-2')]);
  expect(await stage.statuses(command)).toEqual({
    'linux-1': 'Cancelling/Cancelling',
    'linux-2': 'Cancelled/Cancelled',
    'linux-3': 'InProgress/InProgress',
  });
  stage.sim.control.step(2 * SECOND);
  expect((await stage.statuses(command))['linux-1']).toBe('Cancelled/Cancelled');
  expect(stage.sim.control.instance('linux-1').counters.interruptedInstalls).toBe(1);
  await stage.cancel(command);
  stage.sim.control.step(2 * SECOND);
  expect((await stage.statuses(command))['linux-3'], 'without ids it hits the whole command').toBe(
    'Cancelled/Cancelled',
  );
  expect(await errorCode(stage.cancel('00000000-0000-4000-a000-000000000000'))).toBe('InvalidCommandId');
});

test('a new command is invisible for a while, then found by comment and time', async () => {
  const stage = await commandStage({ linux: 1 }, { visibilityDelayMs: 5 * SECOND });
  const InvokedAfter = new Date(stage.sim.control.now() - SECOND).toISOString();
  const command = await stage.send('Scan', { Comment: 'run-7 wave-1' });
  const find = async () =>
    (
      await stage.ssm.send(
        new ListCommandsCommand({ Filters: [{ key: 'InvokedAfter', value: InvokedAfter }] }),
      )
    ).Commands;
  expect(await find()).toEqual([]);
  expect(await stage.statuses(command)).toEqual({});
  await expect(stage.result(command, 'linux-1')).rejects.toBeInstanceOf(InvocationDoesNotExist);
  stage.sim.control.step(5 * SECOND);
  expect(await find()).toMatchObject([{ CommandId: command, Comment: 'run-7 wave-1' }]);
  expect(await stage.statuses(command)).toEqual({ 'linux-1': 'InProgress/InProgress' });
});

test('with Details the steps of all platforms are shown, the skipped ones as successful', async () => {
  const stage = await commandStage({ linux: 1 });
  const CommandId = await stage.send('Scan');
  stage.sim.control.step(5 * MINUTE);
  const { CommandInvocations } = await stage.ssm.send(
    new ListCommandInvocationsCommand({ CommandId, Details: true }),
  );
  expect(CommandInvocations?.[0]?.CommandPlugins?.map((p) => [p.Name, p.Status])).toEqual([
    ['PatchWindows', 'Success'],
    ['PatchLinux', 'Success'],
    ['PatchMacOS', 'Success'],
  ]);
  expect(CommandInvocations?.[0]?.CommandPlugins?.[1]?.Output).toContain('2 missing');
});
