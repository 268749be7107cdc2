import {
  DuplicateInstanceId,
  InvalidDocument,
  InvalidInstanceId,
  InvalidParameters,
  ListCommandInvocationsCommand,
  paginateListCommandInvocations,
  paginateListCommands,
} from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { commandStage, MINUTE } from './command-stage.ts';
import { errorCode } from './support.ts';

test('only AWS-RunPatchBaseline exists, by name or ARN', async () => {
  const stage = await commandStage({ linux: 1 });
  await expect(stage.send('Scan', { DocumentName: 'AWS-RunShellScript' })).rejects.toBeInstanceOf(
    InvalidDocument,
  );
  await stage.send('Scan', { DocumentName: 'arn:aws:ssm:eu-west-1::document/AWS-RunPatchBaseline' });
  expect(await errorCode(stage.send('Scan', { DocumentVersion: '99' }))).toBe('InvalidDocumentVersion');
  expect(await errorCode(stage.send('Scan', { DocumentHash: 'abc' }))).toBe('InvalidDocument');
});

test.each([
  [{ Operation: ['Uninstall'] }],
  [{ Operation: ['Scan', 'Install'] }],
  [{ RebootOption: ['NoReboot'] }],
  [{ Operation: ['Scan'], 'Snapshot ID': [''] }],
  [{ Operation: ['Scan'], SnapshotId: ['not-a-guid'] }],
  [{ Operation: ['Scan'], RebootOption: ['Maybe'] }],
])('the parameters %j are refused', async (Parameters: Record<string, string[]>) => {
  const stage = await commandStage({ linux: 1 });
  await expect(stage.send('Scan', { Parameters })).rejects.toBeInstanceOf(InvalidParameters);
  expect(stage.sim.control.commands()).toEqual([]);
});

test('one unusable id refuses the whole command', async () => {
  const stage = await commandStage({ linux: 2, instances: { 'linux-2': { managed: false } } });
  await expect(stage.send('Scan')).rejects.toBeInstanceOf(InvalidInstanceId);
  expect(stage.sim.control.commands()).toEqual([]);
  expect(stage.sim.control.ledger()).toMatchObject([{ outcome: 'refused', error: 'InvalidInstanceId' }]);
});

test('fifty ids at most, none twice, not with targets', async () => {
  const stage = await commandStage({ linux: 51 });
  expect(await errorCode(stage.send('Scan'))).toBe('ValidationException');
  const [first = ''] = stage.ids;
  await expect(stage.send('Scan', { InstanceIds: [first, first] })).rejects.toBeInstanceOf(
    DuplicateInstanceId,
  );
  await stage.send('Scan', { InstanceIds: stage.ids.slice(0, 50) });
  const targets = await stage.send('Scan', { Targets: [{ Key: 'InstanceIds', Values: [first] }] });
  expect(Object.keys(await stage.statuses(targets))).toHaveLength(1);
  expect(await errorCode(stage.send('Scan', { Targets: [{ Key: 'tag:Name', Values: ['linux-1'] }] }))).toBe(
    'ValidationException',
  );
});

test.each([
  [{ Comment: 'x'.repeat(101) }],
  [{ TimeoutSeconds: 29 }],
  [{ TimeoutSeconds: 2_592_001 }],
  [{ MaxConcurrency: '0' }],
  [{ MaxErrors: '101%' }],
])('%j is out of range', async (more) => {
  const stage = await commandStage({ linux: 1 });
  expect(await errorCode(stage.send('Scan', more))).toBe('ValidationException');
});

test('both override lists together fail on the machine; a baseline override uploads no compliance', async () => {
  const stage = await commandStage({ linux: 1 });
  const list = 's3://bucket/list.yaml';
  const both = await stage.send('Install', {
    Parameters: { Operation: ['Install'], InstallOverrideList: [list], BaselineOverride: [list] },
  });
  stage.sim.control.step(MINUTE);
  expect((await stage.result(both, 'linux-1', 'PatchLinux')).ResponseCode).toBe(167);
  await stage.send('Install', { Parameters: { Operation: ['Install'], BaselineOverride: [list] } });
  stage.sim.control.step(20 * MINUTE);
  expect(stage.sim.control.instance('linux-1').patches.missing).toEqual([]);
  const { CommandInvocations } = await stage.ssm.send(new ListCommandInvocationsCommand({}));
  expect(CommandInvocations).toHaveLength(2);
});

test('too many unfinished invocations end a command as RateExceeded', async () => {
  const stage = await commandStage({ linux: 2 }, { pendingInvocationLimit: 3 });
  const first = await stage.send('Scan');
  const second = await stage.send('Scan');
  expect([stage.parent(first), stage.parent(second)]).toEqual(['Pending', 'Failed']);
});

test.each([
  [0, 1],
  [1, 1],
  [2, 1],
  [3, 2],
])('%i commands of one instance by pages of 2 take %i pages', async (count, pages) => {
  const stage = await commandStage({ linux: 1 });
  for (let n = 0; n < count; n += 1) await stage.send('Scan');
  const [InstanceId = ''] = stage.ids;
  const commands: number[] = [];
  for await (const page of paginateListCommands({ client: stage.ssm, pageSize: 2 }, { InstanceId })) {
    commands.push(page.Commands?.length ?? 0);
  }
  const invocations: number[] = [];
  for await (const page of paginateListCommandInvocations(
    { client: stage.ssm, pageSize: 2 },
    { InstanceId },
  )) {
    invocations.push(page.CommandInvocations?.length ?? 0);
  }
  expect([commands.length, invocations.length]).toEqual([pages, pages]);
  expect(commands.reduce((a, b) => a + b, 0)).toBe(count);
});

test("someone else's command is seen as in progress and changes nothing", async () => {
  const stage = await commandStage({ linux: 1 });
  stage.sim.control.foreignCommand('linux-1');
  stage.sim.control.step(24 * 60 * MINUTE);
  const [InstanceId = ''] = stage.ids;
  expect(stage.sim.control.commands()).toMatchObject([
    { foreign: true, status: 'InProgress', invocations: [{ instanceId: InstanceId, status: 'InProgress' }] },
  ]);
});
