/** What the watch hands to the store, the channel and the log. */
import { beforeEach, describe, expect, it } from 'vitest';
import { alarmFor, saysForeign } from '../../src/workflow/watch/alarm.ts';
import { NOW } from './build.ts';
import { BANK_EU, command, SHOP_EU, SHOP_PLACE, WatchRig } from './command-watch-rig.ts';

let rig: WatchRig;
beforeEach(() => {
  rig = new WatchRig();
});

describe('what is reported', () => {
  it('the commands of a place in the order of their times: audit, channel of its environment, message, log', async () => {
    rig.atAws[SHOP_EU] = [command(2, { requestedAt: NOW + 2 }), command(1, { requestedAt: NOW + 1 })];
    await rig.start().tick();
    const why = expect.stringContaining("does not carry Patchday's mark");
    const found = [1, 2].map((n) => ({
      command: command(n, { requestedAt: NOW + n }),
      judgement: { is: 'foreign' as const, code: 'unmarked_install' as const, runId: null, why },
    }));
    const says = (one: (typeof found)[number] | undefined) =>
      rig.reports[0]?.alarm.lines.find((line) => line.includes(`Command ${one?.command.commandId} `));
    expect(rig.reports).toEqual([
      {
        commands: found.map((one) => ({
          commandId: one.command.commandId,
          code: 'unmarked_install',
          runId: null,
          audit: {
            actor: 'patchday',
            action: 'command.foreign',
            text: `In shop-prod (account 111100000001, eu-west-1): ${says(one)}`,
            detail: {
              ...SHOP_PLACE,
              code: 'unmarked_install',
              commandId: one.command.commandId,
              requestedAt: one.command.requestedAt,
              document: one.command.document,
              instanceIds: one.command.instanceIds,
              parameters: one.command.parameters,
              comment: '',
            },
          },
        })),
        channel: 'CTEST',
        alarm: expect.objectContaining({ title: expect.stringContaining('2 commands at AWS') }),
      },
    ]);
    expect(rig.logged).toEqual(
      found.map((one) => [
        'error',
        { ...SHOP_PLACE, commandId: one.command.commandId, code: 'unmarked_install' },
        says(one),
      ]),
    );
    expect(rig.told).toBe(1);
  });

  it('nothing where others patch on purpose, and in their own channel what claims to be ours', async () => {
    rig.atAws[BANK_EU] = [command(1), command(2, { comment: 'patchday zzzzzz install x a1' })];
    await rig.start().tick();
    expect(rig.reports.map((r) => [r.channel, r.commands.map((c) => c.commandId)])).toEqual([
      ['CBANK', ['c2']],
    ]);
    expect(rig.askedStore.at(-1)).toEqual({
      comments: ['', 'patchday zzzzzz install x a1'],
      runs: ['zzzzzz'],
    });
  });

  it('not what another document carries: it may be a whole script with whatever is in it', async () => {
    const script = {
      comment: 'patchday zzzzzz install x a1',
      document: { name: 'AWS-RunShellScript', version: '1' },
      parameters: { commands: ['export TOKEN=secret'] },
    };
    rig.atAws[SHOP_EU] = [command(1, script)];
    await rig.start().tick();
    expect(rig.reports[0]?.commands[0]?.audit.detail).not.toHaveProperty('parameters');
    expect(JSON.stringify(rig.reports)).not.toContain('secret');
  });

  it('nothing from before the watch began, though AWS tells of it; from its first instant on, all', async () => {
    rig.looked = { from: NOW - 5, lookedUntil: NOW };
    rig.atAws[SHOP_EU] = [command(1, { requestedAt: NOW - 6 }), command(2, { requestedAt: NOW - 5 })];
    await rig.start().tick();
    expect(rig.reports.flatMap((r) => r.commands.map((c) => c.commandId))).toEqual(['c2']);
  });

  it('nothing and to nobody where all is well', async () => {
    await rig.start().tick();
    expect([rig.reports, rig.logged, rig.told]).toEqual([[], [], 0]);
  });
});

it('the message to the channel is the one of the alarm', async () => {
  rig.atAws[SHOP_EU] = [command(1)];
  await rig.start().tick();
  const [one] = rig.reports;
  const text = one?.commands[0]?.audit.text ?? '';
  const line = text.slice(text.indexOf(': ') + 2);
  expect(one?.alarm.lines).toEqual([line]);
  const judgement = {
    is: 'foreign' as const,
    code: 'unmarked_install' as const,
    runId: null,
    why: line.slice(line.indexOf('It installs')),
  };
  expect(saysForeign({ command: command(1), judgement })).toBe(line);
  expect(one?.alarm).toEqual(alarmFor(SHOP_PLACE, [{ command: command(1), judgement }]));
});
