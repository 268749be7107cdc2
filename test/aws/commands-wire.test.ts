/** What is concluded from answers about commands and patch states that a service in good order seldom gives. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScrubber } from '../../src/ops/scrub.ts';
import type { Aws } from '../../src/workflow/ports.ts';
import { awsAt, PLACE, startWire, type Wire } from './wire.ts';

const ID = 'i-0aaaaaaaaaaaaaaaa';
const NOW = Date.UTC(2026, 10, 22, 5, 0, 0);
const MINUTE = 60_000;
const SECRET = 'hunter2-hunter2';
let wire: Wire;
let aws: Aws;

beforeEach(async () => {
  wire = await startWire();
  wire.session.now = () => NOW;
  aws = awsAt(wire.url, { clock: { now: () => NOW }, scrub: createScrubber([SECRET]) });
});
afterEach(() => wire.close());

const command = (CommandId: string, Comment: string, requestedAt = NOW) => ({
  CommandId,
  Comment,
  RequestedDateTime: requestedAt / 1_000,
});
/** As AWS: only what was requested at or after InvokedAfter, by its own clock. */
function serve(commands: readonly ReturnType<typeof command>[]) {
  wire.on('ListCommands', ({ body }) => {
    const { Filters } = JSON.parse(body) as { Filters: { key: string; value: string }[] };
    const after = Date.parse(Filters.find((one) => one.key === 'InvokedAfter')?.value ?? '') / 1_000;
    return { json: { Commands: commands.filter((one) => one.RequestedDateTime >= after) } };
  });
}

describe('a command that is looked for by its comment', () => {
  it('is the one with exactly that comment', async () => {
    serve([command('c-10', 'patchday r1 install 1/1 a10')]);
    expect(await aws.commands.find(PLACE, 'patchday r1 install 1/1 a1', NOW)).toBe('absent');
    serve([command('c-10', 'patchday r1 install 1/1 a10'), command('c-1', 'patchday r1 install 1/1 a1')]);
    expect(await aws.commands.find(PLACE, 'patchday r1 install 1/1 a1', NOW)).toMatchObject({
      found: { commandId: 'c-1' },
    });
  });

  it('is found although the clock of AWS is behind ours', async () => {
    serve([command('c-1', 'patchday r1 a1', NOW - 14 * MINUTE)]);
    expect(await aws.commands.find(PLACE, 'patchday r1 a1', NOW)).toMatchObject({
      found: { commandId: 'c-1' },
    });
    expect(await aws.commands.sentSince(PLACE, 'patchday ', NOW)).toMatchObject([{ commandId: 'c-1' }]);
  });

  it('expires, when AWS does not say, after its delivery and the two hours that it may run', async () => {
    const twoHours = 120 * MINUTE;
    serve([command('c-1', 'x')]);
    expect(await aws.commands.find(PLACE, 'x', NOW)).toEqual({
      found: { commandId: 'c-1', expiresAt: NOW + twoHours },
    });
    wire.on('SendCommand', () => ({ json: { Command: { CommandId: 'c-2' } } }));
    const sent = await aws.commands.send(PLACE, {
      instanceIds: [ID],
      document: { name: 'AWS-RunPatchBaseline', version: '1', hash: '' },
      parameters: {},
      comment: 'x',
      deliveryTimeoutSeconds: 600,
    });
    expect(sent).toEqual({ commandId: 'c-2', expiresAt: NOW + 10 * MINUTE + twoHours });
  });
});

describe('commands of the past', () => {
  it('are those whose comment begins so, not those that quote it', async () => {
    serve([
      command('c-1', 'patchday r1 install 1/1 a1'),
      command('c-2', 'Not by patchday r1'),
      command('c-3', 'Patchday r1'),
    ]);
    const found = await aws.commands.sentSince(PLACE, 'patchday ', NOW);
    expect(found.map((one) => one.commandId)).toEqual(['c-1']);
  });
});

describe('what a command printed', () => {
  it.each(['StandardOutputContent', 'StandardErrorContent'])(
    'is cut after the secrets were taken out of it: %s',
    async (stream) => {
      // The cut to the last 4,000 characters goes through the secret.
      const text = `${'a'.repeat(100)}${SECRET}${'b'.repeat(3_992)}`;
      wire.on('GetCommandInvocation', () => ({ json: { ResponseCode: 1, [stream]: text } }));
      const { stdout, stderr } = await aws.commands.output(PLACE, 'c-1', ID, 'linux');
      const shown = stdout + stderr;
      expect(shown).toHaveLength(4_000);
      expect(shown.replace(/b+$/, '')).toBe('removed]');
    },
  );
});

describe('a patch state', () => {
  const state = {
    InstanceId: ID,
    Operation: 'Scan',
    OperationEndTime: NOW / 1_000,
    PatchGroup: '',
    BaselineId: 'pb-1',
    OperationStartTime: NOW / 1_000,
    MissingCount: 0,
    FailedCount: 0,
    InstalledCount: 3,
    InstalledPendingRebootCount: 0,
  };

  it.each(['MissingCount', 'FailedCount', 'InstalledCount', 'InstalledPendingRebootCount'])(
    'without its %s is not judged',
    async (lacking) => {
      const { [lacking as keyof typeof state]: _, ...rest } = state;
      wire.on('DescribeInstancePatchStates', () => ({ json: { InstancePatchStates: [rest] } }));
      await expect(aws.patchStates.look(PLACE, [ID])).rejects.toMatchObject({
        name: 'LookFailed',
        code: 'IncompleteAnswer',
        transient: true,
        message: expect.stringContaining(`without ${lacking}, so it cannot be judged`),
      });
    },
  );

  it('with all of them is', async () => {
    wire.on('DescribeInstancePatchStates', () => ({ json: { InstancePatchStates: [state] } }));
    expect((await aws.patchStates.look(PLACE, [ID])).get(ID)).toMatchObject({
      counts: { missing: 0, installed: 3 },
    });
  });
});
