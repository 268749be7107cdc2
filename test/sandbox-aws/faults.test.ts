import { CreateImageCommand, DescribeImagesCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { ListCommandsCommand, SendCommandCommand, SSMServiceException } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import type { FaultKind, FaultSpec } from '../../sandbox/aws/faults.ts';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { until } from '../support/until.ts';
import { clients, errorCode, patcher, roleKeys, simulator } from './support.ts';

async function stage() {
  const sim = await simulator({ fleet: smallFleet({ linux: 2 }) });
  const { ec2, ssm } = await patcher(sim);
  const [first = '', second = ''] = ['linux-1', 'linux-2'].map((name) => sim.control.instance(name).id);
  return {
    sim,
    ec2,
    ssm,
    first,
    second,
    image: (Name = 'backup-1', InstanceId = first, abortSignal?: AbortSignal) =>
      ec2.send(
        new CreateImageCommand({ InstanceId, Name, NoReboot: true }),
        abortSignal ? { abortSignal } : {},
      ),
    command: (Operation = 'Install', abortSignal?: AbortSignal) =>
      ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunPatchBaseline',
          InstanceIds: [first],
          Parameters: { Operation: [Operation] },
        }),
        abortSignal ? { abortSignal } : {},
      ),
    /** Makes a request and goes away as soon as the ledger has it. */
    async goAway(request: (signal: AbortSignal) => Promise<unknown>): Promise<string> {
      const before = sim.control.ledger().length;
      const controller = new AbortController();
      const code = errorCode(request(controller.signal));
      const isThere = () => sim.control.ledger().length > before;
      await until(isThere, { within: 10_000, describe: 'the request in the ledger' });
      controller.abort();
      return code;
    },
  };
}

type Row = [kind: FaultKind, imageError: RegExp, commandError: RegExp];
const ROWS: Row[] = [
  ['reset', /ECONNRESET|Error/, /ECONNRESET|Error/],
  ['stall', /AbortError|TimeoutError/, /AbortError|TimeoutError/],
  ['http500', /^InternalError$/, /^InternalServerError$/],
  ['http503', /^Unavailable$/, /^ServiceUnavailable$/],
  ['throttle', /^RequestLimitExceeded$/, /^ThrottlingException$/],
];

test.each(ROWS)(
  '%s before the effect leaves no trace but the ledger; after it the effect stands',
  async (kind, imageError, commandError) => {
    for (const when of ['before', 'after'] as const) {
      const { sim, image, command, first, goAway } = await stage();
      sim.control.fault({ operation: 'CreateImage', when, kind });
      sim.control.fault({ operation: 'SendCommand', when, kind });
      const send = (request: (signal?: AbortSignal) => Promise<unknown>) =>
        kind === 'stall' ? goAway(request) : errorCode(request());
      expect(await send((signal) => image('backup-1', first, signal))).toMatch(imageError);
      expect(await send((signal) => command('Install', signal))).toMatch(commandError);
      const happened = when === 'after' ? 1 : 0;
      expect([sim.control.images().length, sim.control.commands().length]).toEqual([happened, happened]);
      const outcome = when === 'after' ? 'effect' : kind === 'throttle' ? 'throttled' : 'refused';
      const isAnswered = kind !== 'reset' && kind !== 'stall';
      expect(sim.control.ledger().map((e) => [e.operation, e.outcome, e.answerDelivered])).toEqual([
        ['CreateImage', outcome, isAnswered],
        ['SendCommand', outcome, isAnswered],
      ]);
      expect(sim.control.firedFaults()).toBe(2);
      sim.control.clearFaults();
      expect(sim.control.firedFaults(), 'stays counted').toBe(2);
      await image('backup-2');
    }
  },
);

test('the default SDK repeats a lost SendCommand, and the ledger shows it', async () => {
  const { sim, first } = await stage();
  const { ssm } = clients(sim, await roleKeys(sim, 'PatchdayPatch'), 'eu-west-1', 3);
  sim.control.fault({ operation: 'SendCommand', when: 'after', kind: 'reset', times: 2 });
  await ssm.send(
    new SendCommandCommand({
      DocumentName: 'AWS-RunPatchBaseline',
      InstanceIds: [first],
      Parameters: { Operation: ['Install'] },
    }),
  );
  expect(sim.control.ledger().filter((e) => e.outcome === 'effect')).toHaveLength(3);
  await sim.control.waitFor(() =>
    sim.control.commands().every((c) => c.status !== 'Pending' && c.status !== 'InProgress'),
  );
  const { installs, patchRaces } = sim.control.instance('linux-1').counters;
  expect(installs).toBe(3);
  expect(patchRaces).toBeLessThanOrEqual(2);
});

test('a fault strikes as often as it says and only where it matches', async () => {
  const { sim, image, first, second, command } = await stage();
  sim.control.fault({
    operation: 'CreateImage',
    when: 'before',
    kind: 'http500',
    times: 2,
    match: { instanceId: second },
  });
  sim.control.fault({ operation: '*', when: 'before', kind: 'http500', match: { region: 'us-east-1' } });
  sim.control.fault({
    operation: 'SendCommand',
    when: 'before',
    kind: 'http500',
    match: { parameter: { Operation: 'Scan' } },
  });
  await image('a', first).catch((e: Error) => expect(e.name).toBe('InvalidAMIName.Malformed'));
  await image('image-a', first);
  expect(await errorCode(image('image-b', second))).toBe('InternalError');
  expect(await errorCode(image('image-c', second))).toBe('InternalError');
  await image('image-d', second);
  await command('Install');
  await expect(command('Scan')).rejects.toBeInstanceOf(SSMServiceException);
  expect(sim.control.faults().map((f) => f.fired)).toEqual([2, 0, 1]);
});

test('faults by chance are the same for the same seed', async () => {
  const strikes = async (seed: number) => {
    const sim = await simulator({ fleet: smallFleet({ linux: 1 }), seed });
    const { ec2 } = await patcher(sim);
    sim.control.fault({
      operation: 'DescribeInstances',
      when: 'before',
      kind: 'http500',
      times: 'always',
      chance: 0.5,
    });
    const pattern: boolean[] = [];
    for (let n = 0; n < 20; n += 1) {
      pattern.push(
        await ec2.send(new DescribeInstancesCommand({})).then(
          () => false,
          () => true,
        ),
      );
    }
    expect(sim.control.firedFaults()).toBe(pattern.filter(Boolean).length);
    return pattern;
  };
  const first = await strikes(1);
  expect(await strikes(1)).toEqual(first);
  expect(await strikes(2)).not.toEqual(first);
});

test('a hidden result is found by nobody until faults are cleared', async () => {
  const { sim, ssm, ec2, image, command } = await stage();
  sim.control.fault({ operation: '*', when: 'after', kind: 'hide', times: 2 });
  sim.control.fault({ operation: '*', when: 'after', kind: 'reset', times: 2 });
  await errorCode(image());
  await errorCode(command());
  const look = async () => [
    (await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images?.length,
    (await ssm.send(new ListCommandsCommand({}))).Commands?.length,
  ];
  expect(await look()).toEqual([0, 0]);
  expect(await errorCode(image())).toBe('InvalidAMIName.Duplicate');
  sim.control.clearFaults();
  expect(await look()).toEqual([1, 1]);
});

test('a lost permission and a region that is down are faults that stay', async () => {
  const { sim, ec2, image } = await stage();
  sim.control.fault({ operation: 'CreateImage', when: 'before', kind: 'denied', times: 'always' });
  expect(await errorCode(image('image-1'))).toBe('UnauthorizedOperation');
  expect(await errorCode(image('image-2'))).toBe('UnauthorizedOperation');
  sim.control.clearFaults();
  sim.control.fault({
    operation: '*',
    when: 'before',
    kind: 'http503',
    times: 'always',
    match: { region: 'eu-west-1' },
  });
  expect(await errorCode(ec2.send(new DescribeInstancesCommand({})))).toBe('Unavailable');
});

test('a slow answer comes late but comes', async () => {
  const { sim, ec2 } = await stage();
  sim.control.fault({ operation: 'DescribeInstances', when: 'before', kind: 'slow', delayMs: 60 });
  const start = performance.now();
  await ec2.send(new DescribeInstancesCommand({}));
  expect(performance.now() - start).toBeGreaterThanOrEqual(55);
});

test.each<[Partial<FaultSpec>]>([
  [{ operation: 'RunInstances' }],
  [{ times: 0 }],
  [{ kind: 'hide', when: 'before' }],
  [{ kind: 'denied', when: 'after' }],
  [{ kind: 'echo', when: 'after' }],
])('a fault that could never strike is refused: %j', async (change) => {
  const { sim } = await stage();
  const spec: FaultSpec = { operation: 'SendCommand', when: 'before', kind: 'reset', ...change };
  expect(() => sim.control.fault(spec)).toThrow(RangeError);
});

test('a caller that goes away before the answer is seen in the ledger', async () => {
  const { sim, ec2, image, first, goAway } = await stage();
  const slow = { when: 'after', kind: 'slow', delayMs: 200 } as const;
  sim.control.fault({ operation: 'CreateImage', ...slow });
  sim.control.fault({ operation: 'DescribeInstances', ...slow });
  expect(await goAway((signal) => image('backup-1', first, signal))).toMatch(/AbortError|TimeoutError/);
  // As slow as the first and begun later: once it is answered, the first was answered into the void.
  await ec2.send(new DescribeInstancesCommand({}));
  expect(sim.control.ledger()).toMatchObject([{ outcome: 'effect', answerDelivered: false }]);
});
