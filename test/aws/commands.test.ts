import { afterEach, describe, expect, it } from 'vitest';
import { aws, effects, ended, idOf, place, SCOPE, send, simulator, startSmall, stop } from './simulated.ts';

afterEach(stop);

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

it('confirms the account with a new session when AWS ended the old one before its time', async () => {
  await startSmall({ linux: 1 });
  await aws.identity.confirmAccount(place);
  simulator.control.expireSessions();

  await expect(aws.identity.confirmAccount(place)).resolves.toBeUndefined();
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
