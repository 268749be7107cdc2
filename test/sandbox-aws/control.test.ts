import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  DescribeInstanceInformationCommand,
  DescribeInstancePatchStatesCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { expect, onTestFinished, test } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { operationSchemas } from '../../sandbox/aws/wire/schemas.ts';
import { steppedClock } from '../../sandbox/clock.ts';
import { operationNames, patcher, simulator } from './support.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

function controlOf(url: string) {
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${url}/_sandbox/${path}`, init);
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  return {
    get: (path: string) => ask(path),
    post: (path: string, body: unknown = {}) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
  };
}

test('another process can read and script everything over HTTP', async () => {
  const sim = await simulator({ clock: steppedClock(Date.now()), fleet: smallFleet({ linux: 1 }) });
  const { ssm } = await patcher(sim);
  const { get, post } = controlOf(sim.url);
  expect((await get('health')).body).toMatchObject({ ok: true });
  expect((await get('accounts')).body).toMatchObject([
    { name: 'small-test', externalId: 'sandbox-external-id-small-test' },
  ]);

  await post('instances/linux-1', { ping: 'ConnectionLost' });
  const { InstanceInformationList } = await ssm.send(new DescribeInstanceInformationCommand({}));
  expect(InstanceInformationList?.[0]?.PingStatus).toBe('ConnectionLost');
  await post('instances/linux-1', { ping: 'Online' });

  const { body: fault } = await post('faults', {
    operation: 'SendCommand',
    when: 'before',
    kind: 'http500',
    times: 1,
  });
  const send = () =>
    ssm.send(
      new SendCommandCommand({
        DocumentName: 'AWS-RunPatchBaseline',
        InstanceIds: [sim.control.instance('linux-1').id],
        Parameters: { Operation: ['Install'] },
      }),
    );
  await expect(send()).rejects.toThrow();
  expect((await get('faults')).body).toMatchObject({ fired: 1, armed: [{ id: fault.id, fired: 1 }] });
  await post('clear-faults');
  await send();
  await post('step', { ms: 1000 });
  expect((await get('ledger')).body).toMatchObject([
    { outcome: 'refused' },
    { outcome: 'effect', answerDelivered: true },
  ]);
  expect((await get('requests')).body).toMatchObject({ 'ssm:SendCommand': 2 });
  expect((await get('instances/linux-1')).body).toMatchObject({ counters: { installs: 1 } });
  expect((await get('commands')).body).toMatchObject([{ status: 'Success' }]);
  expect((await get('images')).body).toEqual([]);
  await post('foreign-command/linux-1');
  expect((await get('commands')).body).toHaveLength(2);
  await post('expire-sessions');
  await expect(send()).rejects.toMatchObject({ name: 'ExpiredTokenException' });
});

test('mistakes at the control interface are answered with what is wrong', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { get, post } = controlOf(sim.url);
  expect(await get('instances/nobody')).toMatchObject({
    status: 400,
    body: { error: 'No instance is called nobody' },
  });
  expect((await post('faults', { operation: 'Nothing' })).body.error).toContain('Nothing');
  expect((await post('step', { ms: 1 })).body.error).toContain('stepped clock');
  expect((await get('nowhere')).status).toBe(404);
});

test('a condition that does not come true is given up with its description', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  await expect(sim.control.waitFor(() => false, 20, 'the impossible')).rejects.toThrow(
    /the impossible .* 20 ms/,
  );
});

test('with a wall clock things happen by themselves, without requests', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ssm } = await patcher(sim);
  const seen: string[] = [];
  sim.control.on('invocation', (subject) => seen.push(subject));
  await ssm.send(
    new SendCommandCommand({
      DocumentName: 'AWS-RunPatchBaseline',
      InstanceIds: [sim.control.instance('linux-1').id],
      Parameters: { Operation: ['Scan'] },
    }),
  );
  await sim.control.waitFor(() => seen.length >= 2);
});

test('the README lists exactly the operations that exist', async () => {
  const readme = await readFile(new URL('../../sandbox/aws/README.md', import.meta.url), 'utf8');
  const listed = [...readme.matchAll(/^\| `((?:ec2|ssm|sts):\w+)`/gm)].map(([, name]) => name ?? '').sort();
  expect(listed).toEqual(operationNames('ec2', 'ssm', 'sts'));
});

test('closing twice is as good as once', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  await sim.close();
  await sim.close();
});

test('patches that appear later are found by the next scan, and a terminated instance takes no command', async () => {
  const sim = await simulator({ clock: steppedClock(Date.now()), fleet: smallFleet({ linux: 1 }) });
  const { ssm } = await patcher(sim);
  const { id } = sim.control.setInstance('linux-1', {
    missing: [
      { kbId: 'new-1', title: 'new-1', classification: 'Security', severity: 'Critical', cveIds: [] },
    ],
  });
  const send = () =>
    ssm.send(
      new SendCommandCommand({
        DocumentName: 'AWS-RunPatchBaseline',
        InstanceIds: [id],
        Parameters: { Operation: ['Scan'] },
      }),
    );
  const states = async () =>
    (await ssm.send(new DescribeInstancePatchStatesCommand({ InstanceIds: [id] }))).InstancePatchStates?.[0];
  expect((await states())?.MissingCount).toBe(2);
  await send();
  sim.control.step(1000);
  expect(await states()).toMatchObject({
    MissingCount: 3,
    CriticalNonCompliantCount: 1,
    SecurityNonCompliantCount: 2,
  });
  sim.control.setInstance('linux-1', { state: 'terminated' });
  await expect(send()).rejects.toMatchObject({ name: 'InvalidInstanceId' });
});

test('a schema that the SDK no longer exports is named at start', () => {
  expect(() => operationSchemas('ec2', 'DescribeUnicorns')).toThrow(
    /DescribeUnicorns\$ from @aws-sdk\/client-ec2/,
  );
});

test('it starts on its own, prints its addresses, and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, ['sandbox/aws/main.ts', '--port', '0', '--speed', '60'], {
    cwd: root,
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
    if (url) break;
  }
  const { body } = await controlOf(url).get('instances');
  expect(body).toHaveLength(58);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
});

test('a wrong option is explained, with exit code 2', async () => {
  const child = spawn(process.execPath, ['sandbox/aws/main.ts', '--speed', 'fast'], { cwd: root });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(2);
  expect(text).toContain('--speed must be a number above 0, got fast');
});
