/** What the watch asks AWS, what it hands to the store and the log, and how it answers for itself. */
import { beforeEach, describe, expect, it } from 'vitest';
import { steppedClock } from '../../sandbox/clock.ts';
import type { AuditEntry } from '../../src/workflow/changes.ts';
import { LookFailed, type Place, type SentCommand } from '../../src/workflow/ports.ts';
import type { ZonePolicy } from '../../src/workflow/settings.ts';
import { type Alarm, alarmFor, saysForeign, type WatchedPlace } from '../../src/workflow/watch/alarm.ts';
import { CommandWatch, LOOK_BACK_MS, type WatchStore } from '../../src/workflow/watch/command-watch.ts';
import { policy } from '../support/settings.ts';
import { NOW, SETTINGS } from './build.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const EVERY = 15 * MINUTE;
const [ZONE] = SETTINGS.zones;
if (!ZONE) throw new Error('the settings have a zone');
/** Two landing zones of two environments, an account each. */
const SHOP: ZonePolicy = { ...ZONE, regions: ['eu-west-1', 'us-east-1'] };
const BANK: ZonePolicy = {
  ...ZONE,
  name: 'bank',
  accountId: '222200000002',
  environment: 'bank',
  othersPatchHere: true,
};
const SHOP_PLACE: WatchedPlace = {
  landingZone: 'shop-prod',
  accountId: '111100000001',
  region: 'eu-west-1',
};
const BANK_PLACE: WatchedPlace = { landingZone: 'bank', accountId: '222200000002', region: 'eu-west-1' };

const command = (n: number, changes: Partial<SentCommand> = {}): SentCommand => ({
  commandId: `c${n}`,
  comment: '',
  document: { name: 'AWS-RunPatchBaseline', version: '1' },
  instanceIds: ['i-00000001'],
  parameters: { Operation: ['Install'] },
  requestedAt: NOW,
  expiresAt: NOW,
  ...changes,
});
interface Report {
  commands: readonly { commandId: string; code: string; runId: string | null; audit: AuditEntry }[];
  channel: string;
  alarm: Alarm;
}

let clock: ReturnType<typeof steppedClock>;
/** By account and region. */
let atAws: Record<string, SentCommand[]>;
let failing: Record<string, Error>;
let asked: { place: Place; comment: string; since: number }[];
let reports: Report[];
let written: [WatchedPlace, number][];
let looked: { from: number; lookedUntil: number };
let askedStore: { comments: readonly string[]; runs: readonly string[] }[];
let runs: Map<string, { askingAws: boolean }>;
let logged: [string, Record<string, unknown>, string][];
let told: number;
/** While set, AWS has not answered. */
let gate: Promise<void> | null;

beforeEach(() => {
  clock = steppedClock(NOW);
  atAws = {};
  failing = {};
  asked = [];
  reports = [];
  written = [];
  looked = { from: NOW - 100 * DAY, lookedUntil: NOW };
  askedStore = [];
  runs = new Map();
  logged = [];
  told = 0;
  gate = null;
});

function start(): CommandWatch {
  const known = new Set<string>();
  const store: WatchStore = {
    watchFromNow: () => {},
    watched: () => looked,
    async lookedUntil(place, until) {
      written.push([place, until]);
    },
    reported: (ids) => new Set(ids.filter((id) => known.has(id))),
    known(comments, ofRuns) {
      askedStore.push({ comments, runs: ofRuns });
      return { effects: new Map(), runs, lost: [] };
    },
    async report(request) {
      reports.push(request);
      for (const { commandId } of request.commands) known.add(commandId);
    },
  };
  return new CommandWatch({
    commands: {
      async sentSince(place, comment, since) {
        asked.push({ place, comment, since });
        if (gate) await gate;
        const name = `${place.accountId} ${place.region}`;
        if (failing[name]) throw failing[name];
        return atAws[name] ?? [];
      },
    },
    store,
    settings: {
      ...SETTINGS,
      environments: [policy(), policy({ name: 'bank', channelId: 'CBANK' })],
      zones: [SHOP, BANK],
    },
    clock,
    log: {
      error: (details, message) => logged.push(['error', details, message]),
      warn: (details, message) => logged.push(['warn', details, message]),
    },
    every: EVERY,
    told: () => {
      told++;
    },
  });
}
const SHOP_EU = '111100000001 eu-west-1';
const SHOP_US = '111100000001 us-east-1';
const BANK_EU = '222200000002 eu-west-1';

describe('what AWS is asked', () => {
  it('all commands of each place, whatever their comment, since an hour before the last look', async () => {
    await start().tick();
    const since = NOW - LOOK_BACK_MS;
    const place = { ...SHOP_PLACE, runId: 'watch' };
    expect(asked).toEqual([
      { place, comment: '', since },
      { place: { ...place, region: 'us-east-1' }, comment: '', since },
      { place: { ...BANK_PLACE, runId: 'watch' }, comment: '', since },
    ]);
  });

  it('no further back than the watch began, nor than Systems Manager remembers', async () => {
    looked = { from: NOW - 5, lookedUntil: NOW };
    await start().tick();
    looked = { from: NOW - 100 * DAY, lookedUntil: NOW - 99 * DAY };
    await start().tick();
    expect(asked.map((a) => a.since)).toEqual([
      ...[1, 2, 3].map(() => NOW - 5),
      ...[1, 2, 3].map(() => NOW - 29 * DAY),
    ]);
  });

  it('at once where a run of the environment has ended, and nowhere else', async () => {
    const watch = start();
    await watch.tick();
    asked = [];
    clock.step(1);
    watch.soon('bank');
    await watch.tick();
    expect(asked.map((a) => a.place.landingZone)).toEqual(['bank']);
  });

  it('again after a minute, two, four and at most the usual time, where it did not answer', async () => {
    failing[BANK_EU] = new LookFailed('AccessDenied', 'Not allowed.', false);
    const watch = start();
    const pauses: number[] = [];
    let last = clock.now();
    for (let i = 0; i < 60; i++) {
      asked = [];
      await watch.tick();
      if (asked.some((a) => a.place.landingZone === 'bank')) {
        pauses.push((clock.now() - last) / MINUTE);
        last = clock.now();
      }
      clock.step(MINUTE);
    }
    expect(pauses).toEqual([0, 1, 2, 4, 8, 15, 15]);
  });

  it('once more after a round in which it was wanted again, and no more once the watch is to end', async () => {
    let open = () => {};
    const hold = () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    };
    hold();
    const watch = start();
    const round = watch.tick();
    expect(asked).toHaveLength(3);
    watch.soon('test');
    open();
    await round;
    expect(asked).toHaveLength(3 + 2);
    hold();
    watch.soon('test');
    watch.soon('test');
    const end = watch.drain();
    open();
    await end;
    expect(asked).toHaveLength(3 + 2 + 2);
    watch.soon('test');
    expect(asked).toHaveLength(3 + 2 + 2);
  });
});

describe('what is reported', () => {
  it('the commands of a place in the order of their times: audit, channel of its environment, message, log', async () => {
    atAws[SHOP_EU] = [command(2, { requestedAt: NOW + 2 }), command(1, { requestedAt: NOW + 1 })];
    await start().tick();
    const why = expect.stringContaining("does not carry Patchday's mark");
    const found = [1, 2].map((n) => ({
      command: command(n, { requestedAt: NOW + n }),
      judgement: { is: 'foreign' as const, code: 'unmarked_install' as const, runId: null, why },
    }));
    const says = (one: (typeof found)[number] | undefined) =>
      reports[0]?.alarm.lines.find((line) => line.includes(`Command ${one?.command.commandId} `));
    expect(reports).toEqual([
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
    expect(logged).toEqual(
      found.map((one) => [
        'error',
        { ...SHOP_PLACE, commandId: one.command.commandId, code: 'unmarked_install' },
        says(one),
      ]),
    );
    expect(told).toBe(1);
  });

  it('nothing where others patch on purpose, and in their own channel what claims to be ours', async () => {
    atAws[BANK_EU] = [command(1), command(2, { comment: 'patchday zzzzzz install x a1' })];
    await start().tick();
    expect(reports.map((r) => [r.channel, r.commands.map((c) => c.commandId)])).toEqual([['CBANK', ['c2']]]);
    expect(askedStore.at(-1)).toEqual({
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
    atAws[SHOP_EU] = [command(1, script)];
    await start().tick();
    expect(reports[0]?.commands[0]?.audit.detail).not.toHaveProperty('parameters');
    expect(JSON.stringify(reports)).not.toContain('secret');
  });

  it('nothing from before the watch began, though AWS tells of it; from its first instant on, all', async () => {
    looked = { from: NOW - 5, lookedUntil: NOW };
    atAws[SHOP_EU] = [command(1, { requestedAt: NOW - 6 }), command(2, { requestedAt: NOW - 5 })];
    await start().tick();
    expect(reports.flatMap((r) => r.commands.map((c) => c.commandId))).toEqual(['c2']);
  });

  it('nothing and to nobody where all is well', async () => {
    await start().tick();
    expect([reports, logged, told]).toEqual([[], [], 0]);
  });
});

describe('how far a place was looked at', () => {
  it('is written down every six hours', async () => {
    const watch = start();
    await watch.tick();
    expect(written).toEqual([]);
    clock.step(6 * HOUR - 1);
    await watch.tick();
    expect(written).toEqual([]);
    clock.step(EVERY);
    await watch.tick();
    const at = clock.now();
    expect(written.map(([place, until]) => [place.landingZone, place.region, until])).toEqual([
      ['shop-prod', 'eu-west-1', at],
      ['shop-prod', 'us-east-1', at],
      ['bank', 'eu-west-1', at],
    ]);
    clock.step(6 * HOUR);
    await watch.tick();
    expect(written).toHaveLength(6);
  });

  it('ends before the first command that nobody can judge yet', async () => {
    runs.set('k7m2qp', { askingAws: true });
    const comment = 'patchday k7m2qp install x a1';
    atAws[SHOP_EU] = [command(1, { comment, requestedAt: NOW + 7 }), command(2, { requestedAt: NOW + 3 })];
    const watch = start();
    clock.step(EVERY);
    await watch.tick();
    asked = [];
    clock.step(2 * HOUR);
    await watch.tick();
    expect(asked.map((a) => a.since)).toEqual([
      NOW + 7 - LOOK_BACK_MS,
      NOW + EVERY - LOOK_BACK_MS,
      NOW + EVERY - LOOK_BACK_MS,
    ]);
    expect(reports.flatMap((r) => r.commands.map((c) => c.commandId))).toEqual(['c2']);
  });
});

describe('how it answers for itself', () => {
  it('by the places that were compared', async () => {
    const watch = start();
    const says = (n: number) => ({
      ok: true,
      reason: `the commands of ${n} of 3 accounts and regions were compared`,
    });
    expect(watch.readiness()).toEqual(says(0));
    await watch.tick();
    expect(watch.readiness()).toEqual(says(3));
  });

  it('by those that were not: in doubt at first, and not ready after an hour', async () => {
    failing = { [SHOP_US]: new LookFailed('AccessDenied', 'Not allowed.', false) };
    const watch = start();
    await watch.tick();
    const blind = (more: string) =>
      `commands that somebody else sends would not be noticed in shop-prod (account 111100000001, us-east-1) since ${new Date(NOW).toISOString()}${more}: Not allowed.`;
    expect(watch.readiness()).toEqual({ ok: true, reason: blind('') });
    clock.step(HOUR - 1);
    failing[BANK_EU] = new LookFailed('Throttled', 'Too many.', true);
    await watch.tick();
    expect(watch.readiness()).toEqual({ ok: true, reason: blind(' (and 1 more)') });
    clock.step(1);
    expect(watch.readiness()).toEqual({ ok: false, reason: blind(' (and 1 more)') });
  });

  it('in the log once for each trouble, with the error only when it is not one of AWS, and when it is over', async () => {
    const denied = new LookFailed('AccessDenied', 'Not allowed.', false);
    failing[BANK_EU] = denied;
    const watch = start();
    const says = (why: string) =>
      `Commands that somebody else sends would not be noticed here for now: ${why}`;
    const next = async () => {
      clock.step(EVERY);
      await watch.tick();
    };
    await next();
    await next();
    expect(logged).toEqual([['error', BANK_PLACE, says('Not allowed.')]]);
    const defect = new TypeError('x is not a function');
    failing[BANK_EU] = defect;
    await next();
    expect(logged.slice(1)).toEqual([['error', { ...BANK_PLACE, err: defect }, says('x is not a function')]]);
    failing = {};
    await next();
    await next();
    expect(logged.slice(2)).toEqual([
      ['warn', BANK_PLACE, 'the commands of this place can be compared again'],
    ]);
  });
});

it('the message to the channel is the one of the alarm', async () => {
  atAws[SHOP_EU] = [command(1)];
  await start().tick();
  const [one] = reports;
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
