/** The watch over foreign commands: when it looks, what it remembers, and what it does when AWS does not answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steppedClock } from '../../sandbox/clock.ts';
import { openStore } from '../../src/store/open-store.ts';
import { SqliteAlarms } from '../../src/store/sqlite-alarms.ts';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
import { SqliteWatch } from '../../src/store/sqlite-watch.ts';
import { LookFailed, type Place, type SentCommand } from '../../src/workflow/ports.ts';
import { CommandWatch, LOOK_BACK_MS } from '../../src/workflow/watch/command-watch.ts';
import { buildRun, NOW, SETTINGS } from './build.ts';

const MINUTE = 60_000;
const EVERY = 15 * MINUTE;
const [ZONE] = SETTINGS.zones;
if (!ZONE) throw new Error('the settings have a zone');
const settings = { ...SETTINGS, zones: [{ ...ZONE, regions: ['eu-west-1', 'us-east-1'] }] };

function forged(n: number, requestedAt: number, comment = ''): SentCommand {
  return {
    commandId: `foreign-${n}`,
    comment,
    document: { name: 'AWS-RunPatchBaseline', version: '1' },
    instanceIds: ['i-00000001'],
    parameters: { Operation: ['Install'] },
    requestedAt,
    expiresAt: requestedAt,
  };
}

let folder: string;
let clock: ReturnType<typeof steppedClock>;
let open: ReturnType<typeof openStore>;
let store: SqliteStore;
let logged: { level: string; message: string }[];
let asked: { region: string; since: number }[];
let atAws: SentCommand[];
let failing: Error | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchday-watch-'));
  clock = steppedClock(NOW);
  logged = [];
  asked = [];
  atAws = [];
  failing = null;
  openDatabase();
});
afterEach(() => {
  open.close();
  rmSync(folder, { recursive: true, force: true });
});

function openDatabase(): void {
  open = openStore({
    path: join(folder, 'db.sqlite'),
    now: () => clock.now(),
    anchors: join(folder, 'anchors.txt'),
  });
  store = open.store;
}

/** As after a start of the process. */
function start(): CommandWatch {
  return new CommandWatch({
    commands: {
      async sentSince(place: Place, prefix: string, since: number) {
        asked.push({ region: place.region, since });
        if (failing && place.region === 'us-east-1') throw failing;
        return place.region === 'eu-west-1'
          ? atAws.filter((c) => c.requestedAt >= since && c.comment.startsWith(prefix))
          : [];
      },
    },
    store: new SqliteWatch(store, () => clock.now()),
    settings,
    clock,
    log: {
      error: (_, message) => logged.push({ level: 'error', message }),
      warn: (_, message) => logged.push({ level: 'warn', message }),
    },
    every: EVERY,
    told: () => {},
  });
}
const alarms = () =>
  new SqliteAlarms(store).due(clock.now(), 100).map(({ channel, alarm }) => ({ channel, ...alarm }));
const audited = () => store.auditRows(null).filter((r) => r.action === 'command.foreign');

describe('the watch', () => {
  it('looks at every account and region at the start, and again only when its time has come', async () => {
    const watch = start();
    await watch.tick();
    expect(asked.map((a) => a.region)).toEqual(['eu-west-1', 'us-east-1']);
    clock.step(EVERY - 1);
    await watch.tick();
    expect(asked).toHaveLength(2);
    clock.step(1);
    await watch.tick();
    expect(asked).toHaveLength(4);
  });

  it('looks at once when a run of the environment has ended, and not for another one', async () => {
    const watch = start();
    await watch.tick();
    watch.soon('another');
    await watch.tick();
    expect(asked).toHaveLength(2);
    watch.soon(ZONE.environment);
    await watch.tick();
    expect(asked).toHaveLength(4);
  });

  it('says a foreign command once: in the channel, the audit and the log', async () => {
    const watch = start();
    atAws.push(forged(1, NOW + 1));
    for (let i = 0; i < 4; i++) {
      await watch.tick();
      clock.step(EVERY);
    }
    expect(alarms()).toHaveLength(1);
    expect(alarms()[0]).toMatchObject({ channel: 'CTEST' });
    expect(audited()).toHaveLength(1);
    expect(audited()[0]?.text).toContain('foreign-1');
    expect(logged.filter((l) => l.level === 'error').map((l) => l.message)).toEqual([
      expect.stringContaining('foreign-1'),
    ]);
  });

  it('says it once also after a restart', async () => {
    atAws.push(forged(1, NOW + 1));
    await start().tick();
    open.close();
    openDatabase();
    atAws.push(forged(2, NOW + 2));
    await start().tick();
    expect(audited().map((r) => /foreign-\d/.exec(r.text)?.[0])).toEqual(['foreign-1', 'foreign-2']);
  });

  it('sees what was sent while the process was away, and what the list shows late', async () => {
    const watch = start();
    await watch.tick();
    const late = NOW + MINUTE;
    clock.step(LOOK_BACK_MS - MINUTE);
    await watch.tick();
    atAws.push(forged(1, late));
    clock.step(EVERY);
    await watch.tick();
    expect(audited()).toHaveLength(1);
    clock.step(3 * 86_400_000);
    atAws.push(forged(2, clock.now() - 2 * 86_400_000));
    await start().tick();
    expect(audited()).toHaveLength(2);
  });

  it('does not judge what was sent before this installation looked at the place', async () => {
    atAws.push(forged(1, NOW - MINUTE, 'patchday zzz install w1/x#1 a1'));
    await start().tick();
    expect(audited()).toEqual([]);
  });

  it('does not judge a parked run before AWS was asked, and then says that it cannot tell', async () => {
    const run = buildRun({ id: 'r1' });
    await store.createRun({
      run,
      lockZones: [],
      once: 'x',
      audit: [{ actor: 'UREQ', action: 'a', text: 't' }],
    });
    clock.step(30 * MINUTE);
    const watch = start();
    store.db
      .prepare("INSERT INTO parked_runs (run_id, at, why) VALUES ('r1', ?, 'restored')")
      .run(clock.now());
    await store.audit(null, { actor: 'patchday', action: 'database.restored', text: 'restored' });
    atAws.push(forged(1, clock.now() + MINUTE, 'patchday r1 install w1/1/eu-west-1/linux#1 a1'));
    for (let i = 0; i < 8; i++) {
      clock.step(EVERY);
      await watch.tick();
    }
    expect(audited()).toEqual([]);
    store.db.prepare("UPDATE parked_runs SET finding = 'asked'").run();
    clock.step(EVERY);
    await watch.tick();
    expect(audited().map((r) => r.text)).toEqual([expect.stringContaining('and cannot tell any more')]);
    expect(alarms()[0]?.whatToDo).toContain('look into the threads of that time');
    clock.step(30 * MINUTE);
    atAws.push(forged(2, clock.now(), 'patchday r1 install w1/1/eu-west-1/linux#1 a2'));
    clock.step(EVERY);
    await watch.tick();
    expect(audited()[1]?.text).toContain('in which Patchday never decided on it');
  });

  it('does not go back to the beginning at every start', async () => {
    const watch = start();
    for (let i = 0; i < 40; i++) {
      await watch.tick();
      clock.step(EVERY);
    }
    asked = [];
    await start().tick();
    expect(clock.now() - (asked[0]?.since ?? 0)).toBeLessThan(8 * 3_600_000);
  });

  it('that is not answered says so once and in the readiness, asks again, and is well again', async () => {
    const watch = start();
    failing = new LookFailed('AccessDenied', 'Allow ListCommands in the role.', false);
    for (let i = 0; i < 8; i++) {
      await watch.tick();
      clock.step(5 * MINUTE);
    }
    expect(logged).toHaveLength(1);
    expect(logged[0]?.message).toContain('would not be noticed here for now: Allow ListCommands');
    expect(asked.filter((a) => a.region === 'us-east-1').length).toBeGreaterThan(3);
    expect(watch.readiness()).toMatchObject({ ok: true, reason: expect.stringContaining('us-east-1') });
    clock.step(30 * MINUTE);
    await watch.tick();
    expect(watch.readiness()).toMatchObject({ ok: false });
    failing = null;
    clock.step(EVERY);
    await watch.tick();
    expect(watch.readiness().ok).toBe(true);
    expect(logged.at(-1)?.message).toContain('can be compared again');
  });

  it('never throws, whatever the answer is', async () => {
    failing = new TypeError('a defect');
    await expect(start().tick()).resolves.toBeUndefined();
    expect(logged).toHaveLength(1);
  });

  it('looks at nothing any more once it is told to end', async () => {
    const watch = start();
    await watch.drain();
    await watch.tick();
    expect(asked).toEqual([]);
  });
});
