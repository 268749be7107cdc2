/** What the watch asks AWS and when, how far it remembers, and how it answers for itself. */
import { beforeEach, describe, expect, it } from 'vitest';
import { LookFailed } from '../../src/workflow/ports.ts';
import { LOOK_BACK_MS } from '../../src/workflow/watch/command-watch.ts';
import { NOW } from './build.ts';
import {
  BANK_EU,
  BANK_PLACE,
  command,
  DAY,
  EVERY,
  HOUR,
  MINUTE,
  SHOP_EU,
  SHOP_PLACE,
  SHOP_US,
  WatchRig,
} from './command-watch-rig.ts';

let rig: WatchRig;
beforeEach(() => {
  rig = new WatchRig();
});

describe('what AWS is asked', () => {
  it('all commands of each place, whatever their comment, since an hour before the last look', async () => {
    await rig.start().tick();
    const since = NOW - LOOK_BACK_MS;
    const place = { ...SHOP_PLACE, runId: 'watch' };
    expect(rig.asked).toEqual([
      { place, comment: '', since },
      { place: { ...place, region: 'us-east-1' }, comment: '', since },
      { place: { ...BANK_PLACE, runId: 'watch' }, comment: '', since },
    ]);
  });

  it('no further back than the watch began, nor than Systems Manager remembers', async () => {
    rig.looked = { from: NOW - 5, lookedUntil: NOW };
    await rig.start().tick();
    rig.looked = { from: NOW - 100 * DAY, lookedUntil: NOW - 99 * DAY };
    await rig.start().tick();
    expect(rig.asked.map((a) => a.since)).toEqual([
      ...[1, 2, 3].map(() => NOW - 5),
      ...[1, 2, 3].map(() => NOW - 29 * DAY),
    ]);
  });

  it('at once where a run of the environment has ended, and nowhere else', async () => {
    const watch = rig.start();
    await watch.tick();
    rig.asked = [];
    rig.clock.step(1);
    watch.soon('bank');
    await watch.tick();
    expect(rig.asked.map((a) => a.place.landingZone)).toEqual(['bank']);
  });

  it('again after a minute, two, four and at most the usual time, where it did not answer', async () => {
    rig.failing[BANK_EU] = new LookFailed('AccessDenied', 'Not allowed.', false);
    const watch = rig.start();
    const pauses: number[] = [];
    let last = rig.clock.now();
    for (let i = 0; i < 60; i++) {
      rig.asked = [];
      await watch.tick();
      if (rig.asked.some((a) => a.place.landingZone === 'bank')) {
        pauses.push((rig.clock.now() - last) / MINUTE);
        last = rig.clock.now();
      }
      rig.clock.step(MINUTE);
    }
    expect(pauses).toEqual([0, 1, 2, 4, 8, 15, 15]);
  });

  it('once more after a round in which it was wanted again, and no more once the watch is to end', async () => {
    let open = () => {};
    const hold = () => {
      rig.gate = new Promise((resolve) => {
        open = resolve;
      });
    };
    hold();
    const watch = rig.start();
    const round = watch.tick();
    expect(rig.asked).toHaveLength(3);
    watch.soon('test');
    open();
    await round;
    expect(rig.asked).toHaveLength(3 + 2);
    hold();
    watch.soon('test');
    watch.soon('test');
    const end = watch.drain();
    open();
    await end;
    expect(rig.asked).toHaveLength(3 + 2 + 2);
    watch.soon('test');
    expect(rig.asked).toHaveLength(3 + 2 + 2);
  });
});

describe('how far a place was looked at', () => {
  it('is written down every six hours', async () => {
    const watch = rig.start();
    await watch.tick();
    expect(rig.written).toEqual([]);
    rig.clock.step(6 * HOUR - 1);
    await watch.tick();
    expect(rig.written).toEqual([]);
    rig.clock.step(EVERY);
    await watch.tick();
    const at = rig.clock.now();
    expect(rig.written.map(([place, until]) => [place.landingZone, place.region, until])).toEqual([
      ['shop-prod', 'eu-west-1', at],
      ['shop-prod', 'us-east-1', at],
      ['bank', 'eu-west-1', at],
    ]);
    rig.clock.step(6 * HOUR);
    await watch.tick();
    expect(rig.written).toHaveLength(6);
  });

  it('ends before the first command that nobody can judge yet', async () => {
    rig.runs.set('k7m2qp', { askingAws: true });
    const comment = 'patchday k7m2qp install x a1';
    rig.atAws[SHOP_EU] = [
      command(1, { comment, requestedAt: NOW + 7 }),
      command(2, { requestedAt: NOW + 3 }),
    ];
    const watch = rig.start();
    rig.clock.step(EVERY);
    await watch.tick();
    rig.asked = [];
    rig.clock.step(2 * HOUR);
    await watch.tick();
    expect(rig.asked.map((a) => a.since)).toEqual([
      NOW + 7 - LOOK_BACK_MS,
      NOW + EVERY - LOOK_BACK_MS,
      NOW + EVERY - LOOK_BACK_MS,
    ]);
    expect(rig.reports.flatMap((r) => r.commands.map((c) => c.commandId))).toEqual(['c2']);
  });
});

describe('how it answers for itself', () => {
  it('by the places that were compared', async () => {
    const watch = rig.start();
    const says = (n: number) => ({
      ok: true,
      reason: `the commands of ${n} of 3 accounts and regions were compared`,
    });
    expect(watch.readiness()).toEqual(says(0));
    await watch.tick();
    expect(watch.readiness()).toEqual(says(3));
  });

  it('by those that were not: in doubt at first, and not ready after an hour', async () => {
    rig.failing = { [SHOP_US]: new LookFailed('AccessDenied', 'Not allowed.', false) };
    const watch = rig.start();
    await watch.tick();
    const blind = (more: string) =>
      `commands that somebody else sends would not be noticed in shop-prod (account 111100000001, us-east-1) since ${new Date(NOW).toISOString()}${more}: Not allowed.`;
    expect(watch.readiness()).toEqual({ ok: true, reason: blind('') });
    rig.clock.step(HOUR - 1);
    rig.failing[BANK_EU] = new LookFailed('Throttled', 'Too many.', true);
    await watch.tick();
    expect(watch.readiness()).toEqual({ ok: true, reason: blind(' (and 1 more)') });
    rig.clock.step(1);
    expect(watch.readiness()).toEqual({ ok: false, reason: blind(' (and 1 more)') });
  });

  it('in the log once for each trouble, with the error only when it is not one of AWS, and when it is over', async () => {
    const denied = new LookFailed('AccessDenied', 'Not allowed.', false);
    rig.failing[BANK_EU] = denied;
    const watch = rig.start();
    const says = (why: string) =>
      `Commands that somebody else sends would not be noticed here for now: ${why}`;
    const next = async () => {
      rig.clock.step(EVERY);
      await watch.tick();
    };
    await next();
    await next();
    expect(rig.logged).toEqual([['error', BANK_PLACE, says('Not allowed.')]]);
    const defect = new TypeError('x is not a function');
    rig.failing[BANK_EU] = defect;
    await next();
    expect(rig.logged.slice(1)).toEqual([
      ['error', { ...BANK_PLACE, err: defect }, says('x is not a function')],
    ]);
    rig.failing = {};
    await next();
    await next();
    expect(rig.logged.slice(2)).toEqual([
      ['warn', BANK_PLACE, 'the commands of this place can be compared again'],
    ]);
  });
});
