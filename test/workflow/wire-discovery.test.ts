/** What is found, what is not, and what changes between the plan and its wave. */
import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { actor } from '../support/workflow-harness.ts';
import { effects, expectNothingTwice, mutations, outcomes, startBot, target } from './wire-support.ts';

const scope = { name: 'test', pattern: null, tags: [], platform: null, regions: [], only: null };
const options = { fresh: false, dryRun: false, backupOnly: false, now: true, at: null, until: null };

describe('a scan', () => {
  it('as a dry run ends with a plan and changes nothing, and holds no landing zone', async () => {
    const bot = await startBot();
    const runId = await bot.scan({ dryRun: true });
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('dry_run');
    expect(view.plan?.targets).toHaveLength(2);
    expect(mutations(bot.sim)).toEqual([]);
    expect(
      await bot.service.approve(actor('UAPP'), { runId, planHash: view.run.planHash ?? '' }),
    ).toMatchObject({ ok: false });
    await bot.reaches(await bot.scan(), (v) => v.run.phase === 'await_approval', 'a real plan');
  });

  it('that matches nothing says so with the nearest names', async () => {
    const bot = await startBot();
    const answer = await bot.service.scan(actor('UREQ'), {
      scope: { ...scope, pattern: 'linus-1' },
      options,
    });
    if (!answer.ok) throw new Error(answer.text);
    const view = await bot.ended(answer.value.runId);

    expect(view.run).toMatchObject({ end: 'nothing_to_do' });
    expect(view.run.endReason).toMatch(/^No instance matches\. The nearest names are linux-1/);
  });

  it('of a name that nobody knows suggests the one that was meant', async () => {
    const bot = await startBot();
    const answer = await bot.service.scan(actor('UREQ'), { scope: { ...scope, name: 'tets' }, options });
    expect(answer).toMatchObject({ ok: false, code: 'unknown_scope' });
    expect(answer.text).toContain('Did you mean test?');
  });

  it('by somebody of neither group is refused', async () => {
    const bot = await startBot();
    await expect(bot.scan({}, 'UNOBODY')).rejects.toThrow(/not in the group/);
  });

  it('shows a landing zone that fails with its reason, and goes on with the others', async () => {
    const one = smallFleet();
    const two = smallFleet({ zone: 'second', accountId: '444400000001', linux: 1 });
    const bot = await startBot({ ...one, zones: [...one.zones, ...two.zones] });
    bot.sim.control.fault({
      operation: 'DescribeInstances',
      when: 'before',
      kind: 'denied',
      times: 'always',
      match: { account: '444400000001' },
    });
    const runId = await bot.scan();
    await bot.approve(runId);
    const view = await bot.ended(runId);

    expect(view.run.failedZones).toEqual([
      { landingZone: 'second', reason: expect.stringContaining('DescribeInstances') },
    ]);
    expect(view.run.end).toBe('completed');
    expect(view.targets).toHaveLength(2);
    expect(view.targets.every((t) => t.outcome === 'patched')).toBe(true);
  });

  it('where no landing zone can be looked at ends as a failed discovery', async () => {
    const bot = await startBot();
    bot.sim.control.fault({
      operation: 'DescribeInstances',
      when: 'before',
      kind: 'denied',
      times: 'always',
    });
    expect((await bot.ended(await bot.scan())).run.end).toBe('discovery_failed');
    bot.sim.control.clearFaults();
    await bot.reaches(
      await bot.scan(),
      (v) => v.run.phase === 'await_approval',
      'a plan: the zone is free again',
    );
  });

  it('finds an instance with somebody else’s command not ready, and does not touch it', async () => {
    const bot = await startBot();
    bot.sim.control.foreignCommand('linux-1');
    const runId = await bot.scan();
    await bot.approve(runId);
    const view = await bot.ended(runId);

    expect(target(view, 'linux-1')).toMatchObject({ eligible: false, outcome: 'skipped' });
    expect(target(view, 'linux-1').reasons.map((r) => r.code)).toEqual(['other_command']);
    expect(bot.sim.control.instance('linux-1').counters).toMatchObject({ installs: 0, imagesBegun: 0 });
  });

  it('with --fresh scans everything within reach first, and plans from that', async () => {
    const bot = await startBot({
      instances: { 'linux-1': { lastScanAgoMs: null }, 'linux-2': { state: 'stopped' } },
    });
    const runId = await bot.scan({ fresh: true });
    const view = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');

    expect(mutations(bot.sim)).toEqual(['SendCommand Scan']);
    expect(target(view, 'linux-1').instance.counts?.missing).toBe(2);
    expect(target(view, 'linux-1').eligible).toBe(true);
  });

  it('with --fresh where nothing is within reach ends, instead of scanning for ever', async () => {
    const bot = await startBot({ linux: 1, instances: { 'linux-1': { state: 'stopped' } } });
    const view = await bot.ended(await bot.scan({ fresh: true }));

    expect(view.run.end).toBe('nothing_to_do');
    expect(mutations(bot.sim)).toEqual([]);
  });

  it('with --fresh that is stopped before its command went out ends soon, with nothing sent', async () => {
    const bot = await startBot({ linux: 1 });
    bot.sim.control.fault({ operation: 'SendCommand', when: 'before', kind: 'throttle', times: 'always' });
    const runId = await bot.scan({ fresh: true });
    await bot.reaches(runId, (v) => v.run.phase === 'fresh_scan', 'the fresh scan');
    await bot.service.stop(actor('UREQ'), { runId, reason: '' });
    const view = await bot.ended(runId, 5_000);

    expect(view.run.end).toBe('stopped');
    expect(mutations(bot.sim)).toEqual([]);
  });

  it('for backups only makes them and patches nothing', async () => {
    const bot = await startBot({ instances: { 'linux-2': { behaviour: { image: 'failed' } } } });
    const runId = await bot.scan({ backupOnly: true });
    await bot.approve(runId);
    const view = await bot.ended(runId);

    expect(outcomes(view)).toEqual({ 'linux-1': 'backed_up', 'linux-2': 'failed' });
    expect(mutations(bot.sim)).toEqual(['CreateImage', 'CreateImage']);
  });
});

describe('between plan and wave', () => {
  it('an instance that is gone, was stopped, or got a command of somebody else is left out', async () => {
    const bot = await startBot({ linux: 4 });
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    bot.sim.control.setInstance('linux-1', { state: 'terminated' });
    bot.sim.control.setInstance('linux-2', { state: 'stopped' });
    bot.sim.control.foreignCommand('linux-3');
    await bot.approve(runId);
    const view = await bot.ended(runId);

    expect(outcomes(view)).toEqual({
      'linux-1': 'skipped',
      'linux-2': 'skipped',
      'linux-3': 'skipped',
      'linux-4': 'patched',
    });
    expect(target(view, 'linux-2').outcomeReason).toContain('was running when planned and is stopped now');
    expect(target(view, 'linux-3').outcomeReason).toContain('another command is in progress');
    for (const name of ['linux-1', 'linux-2', 'linux-3'])
      expect(bot.sim.control.instance(name).counters).toMatchObject({ installs: 0, imagesBegun: 0 });
  });

  it('an instance that became protected is left out', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    bot.sim.control.setInstance('linux-1', { tags: { 'aws:autoscaling:groupName': 'web' } });
    await bot.approve(runId);
    const view = await bot.ended(runId);
    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'patched' });
  });

  it('a new instance does not get into the wave', async () => {
    const bot = await startBot({ instances: { 'linux-2': { lastScanAgoMs: 1000, missing: [] } } });
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    bot.sim.control.setInstance('linux-2', {
      missing: [{ kbId: 'x', title: 'x', classification: 'Security', severity: 'Critical', cveIds: [] }],
    });
    await bot.approve(runId);
    const view = await bot.ended(runId);

    expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'up_to_date' });
    expect(bot.sim.control.instance('linux-2').counters.installs).toBe(0);
  });
});

describe('between backup and install', () => {
  it('an instance that got a command of somebody else is left out, and its neighbours go on', async () => {
    const bot = await startBot({ durations: { image: 100_000 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets.every((t) => t.imageId !== null), 'the backups');
    bot.sim.control.foreignCommand('linux-1');
    const view = await bot.ended(runId);

    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'patched' });
    expect(effects(bot.sim, 'SendCommand', 'Install').map((e) => e.params['instanceIds'])).toEqual([
      target(view, 'linux-2').instance.instanceId,
    ]);
    expectNothingTwice(bot.sim);
  });

  it('an instance that is terminated in the middle of its install ends as unknown, soon', async () => {
    const bot = await startBot({ durations: { install: 200_000 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets.every((t) => t.invocation === 'running'), 'the installs');
    bot.sim.control.setInstance('linux-1', { state: 'terminated' });
    const view = await bot.ended(runId, 6_000);

    expect(outcomes(view)).toEqual({ 'linux-1': 'unknown', 'linux-2': 'patched' });
  });

  it('an instance that somebody stops in the middle of its install ends as unknown, soon', async () => {
    const bot = await startBot({ durations: { install: 200_000 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets.every((t) => t.invocation === 'running'), 'the installs');
    bot.sim.control.setInstance('linux-1', { state: 'stopped' });
    const view = await bot.ended(runId, 6_000);

    expect(outcomes(view)).toEqual({ 'linux-1': 'unknown', 'linux-2': 'patched' });
    expect(target(view, 'linux-1').outcomeReason).toContain('stopped');
  });
});
