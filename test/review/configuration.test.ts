/** The configuration changes while runs are open, and one landing zone fails in the middle of a run. */
import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { actor } from '../support/workflow-harness.ts';
import { effects, mutations, restart, startBot } from '../workflow/wire-support.ts';

const fleet = smallFleet({ linux: 1 });
const scope = { name: 'test', pattern: null, tags: [], platform: null, regions: [], only: null };
const options = { fresh: false, dryRun: false, backupOnly: false, now: true, at: null, until: null };

describe('a run whose environment is not in the configuration any more', () => {
  it('ends before anything is changed, says so, and lets its landing zones go', async () => {
    const bot = await startBot(fleet);
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    const next = await restart(bot, fleet, { policy: { name: 'renamed' } });
    const view = await next.ended(runId);

    expect(view.run.end).toBe('halted');
    expect(view.run.endReason).toContain('test is not in the configuration any more');
    expect(mutations(next.sim)).toEqual([]);
    expect(next.errors).toEqual([]);
  });

  it('can still be stopped by a requester, and approved by nobody', async () => {
    const bot = await startBot(smallFleet({ linux: 1, durations: { image: 2_000_000 } }));
    const runId = await bot.scan();
    await bot.approve(runId);
    const begun = await bot.reaches(runId, (v) => v.targets[0]?.imageId !== null, 'its backup');
    const next = await restart(bot, fleet, { policy: { name: 'renamed' } });

    expect(
      await next.service.approve(actor('UAPP'), { runId, planHash: begun.run.planHash ?? '' }),
    ).toMatchObject({ ok: false });
    expect(await next.service.stop(actor('UOUT'), { runId, reason: '' })).toMatchObject({ ok: false });
    expect(await next.service.stop(actor('UREQ'), { runId, reason: '' })).toMatchObject({ ok: true });
    expect((await next.ended(runId)).run.end).toBe('stopped');
    expect(effects(next.sim, 'SendCommand')).toHaveLength(0);
  });
});

describe('a fresh scan', () => {
  it('as a dry run holds its landing zones too, so that no other run meets its commands', async () => {
    const bot = await startBot(smallFleet({ linux: 1, durations: { scan: 200_000 } }));
    await bot.scan({ fresh: true, dryRun: true });
    const second = await bot.service.scan(actor('UREQ2'), { scope, options });
    expect(second).toMatchObject({ ok: false, code: 'zone_busy' });
  });
});

describe('a landing zone whose role is lost between two waves', () => {
  it('is skipped with its reason, and the others are patched', async () => {
    const two = smallFleet({ linux: 1 });
    const other = smallFleet({ linux: 1, zone: 'other-test', accountId: '333300000002' });
    const both = { ...two, zones: [...two.zones, ...other.zones] };
    const bot = await startBot(both);
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    bot.sim.control.fault({
      operation: 'DescribeInstances',
      when: 'before',
      kind: 'denied',
      times: 'always',
      match: { account: '333300000002' },
    });
    await bot.approve(runId);
    const view = await bot.ended(runId);
    const of = (zone: string) => view.targets.find((t) => t.instance.landingZone === zone);

    expect(of('small-test')?.outcome).toBe('patched');
    expect(of('other-test')).toMatchObject({ outcome: 'skipped' });
    expect(of('other-test')?.outcomeReason).toContain('DescribeInstances');
  });

  it('hides no other when its patch document cannot be read', async () => {
    const two = smallFleet({ linux: 1 });
    const other = smallFleet({ linux: 1, zone: 'other-test', accountId: '333300000002' });
    const bot = await startBot({ ...two, zones: [...two.zones, ...other.zones] });
    bot.sim.control.fault({
      operation: 'DescribeDocument',
      when: 'before',
      kind: 'denied',
      times: 'always',
      match: { account: '333300000002' },
    });
    const runId = await bot.scan();
    const view = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');

    expect(view.run.failedZones).toMatchObject([{ landingZone: 'other-test' }]);
    expect(view.targets.filter((t) => t.wave !== null)).toHaveLength(1);
    expect(view.targets.find((t) => t.instance.landingZone === 'other-test')?.outcomeReason).toContain(
      'DescribeDocument',
    );
  });
});
