/** Taking hold of a run: stop at each stage, freeze, exclude, retry, one run at a time. */
import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { startAwsSimulator } from '../../sandbox/aws/server.ts';
import { wallClock } from '../../sandbox/clock.ts';
import type { Harness } from '../support/workflow-harness.ts';
import { actor } from '../support/workflow-harness.ts';
import { effects, expectNothingTwice, mutations, outcomes, startBot, target } from './wire-support.ts';

const stop = (bot: Harness, runId: string, who = 'UREQ2') =>
  bot.service.stop(actor(who), { runId, reason: '' });

describe('stop', () => {
  it('before approval ends the run with nothing changed', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    expect(await stop(bot, runId)).toMatchObject({ ok: true });
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('stopped');
    expect(outcomes(view)).toEqual({ 'linux-1': 'stopped', 'linux-2': 'stopped' });
    expect(mutations(bot.sim)).toEqual([]);
    expect(await stop(bot, runId)).toMatchObject({ ok: false, code: 'ended' });
  });

  it('while it waits for its start ends the run with nothing changed', async () => {
    const bot = await startBot();
    const runId = await bot.scan({ now: false, at: Date.now() + 3_600_000 });
    await bot.approve(runId);
    await stop(bot, runId);
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('stopped');
    expect(mutations(bot.sim)).toEqual([]);
  });

  it('during the backups finishes them and patches nothing', async () => {
    const bot = await startBot({ linux: 3, durations: { image: 150_000 } }, { policy: { waveSize: 2 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets.filter((t) => t.imageId !== null).length === 2, 'two backups');
    await stop(bot, runId);
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('stopped');
    expect(outcomes(view)).toEqual({ 'linux-1': 'stopped', 'linux-2': 'stopped', 'linux-3': 'stopped' });
    expect(view.targets.map((t) => t.backupVerified)).toEqual([true, true, false]);
    expect(mutations(bot.sim)).toEqual(['CreateImage', 'CreateImage']);
  });

  it('during an install follows it to its end and verifies it, and opens no further wave', async () => {
    const bot = await startBot({ durations: { install: 150_000 } }, { policy: { waveSize: 1 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets.some((t) => t.invocation === 'running'), 'the install');
    await stop(bot, runId);
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('stopped');
    expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'stopped' });
    expect(bot.sim.control.instance('linux-2').counters).toMatchObject({ imagesBegun: 0, installs: 0 });
    expect(effects(bot.sim, 'CancelCommand')).toEqual([]);
    expectNothingTwice(bot.sim);
  });

  it('cancels what had not started, by its id, and leaves alone what runs', async () => {
    const slower = smallFleet({
      durations: { install: 60_000 },
      instances: { 'linux-1': { behaviour: { delivery: 'delayed', durations: { delivery: 1 } } } },
    });
    // Delayed for 60 s of life, which is 600 ms here: long enough to be seen waiting, also on a busy machine.
    const sim = await startAwsSimulator({ fleet: slower, throttle: 'off', clock: wallClock(100) });
    const bot = await startBot(slower, { sim });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(
      runId,
      (v) => target(v, 'linux-1').invocation === 'waiting' && target(v, 'linux-2').invocation === 'running',
      'one waiting, one running',
    );
    await stop(bot, runId);
    const view = await bot.ended(runId);

    for (const entry of effects(bot.sim, 'CancelCommand'))
      expect(entry.params['instanceIds']).toBe(target(view, 'linux-1').instance.instanceId);
    // Failed: it began between the look and the cancellation, which then ended it on the instance.
    expect(['stopped', 'patched', 'failed']).toContain(target(view, 'linux-1').outcome);
    expect(target(view, 'linux-2').outcome).toBe('patched');
    expectNothingTwice(bot.sim);
  });

  it('by two people at once is taken once', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    const answers = await Promise.all([stop(bot, runId, 'UREQ'), stop(bot, runId, 'UAPP')]);

    expect(answers.map((a) => a.ok)).toEqual([true, false]);
    expect(bot.view(runId).run.stopRequestedBy).toBe('UREQ');
  });

  it('by somebody of neither group is refused, and written down', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');

    expect(await stop(bot, runId, 'UGUEST')).toMatchObject({ ok: false, code: 'not_in_group' });
    expect(bot.store.auditRows(runId).map((r) => r.action)).toContain('denied.stop');
  });
});

describe('the kill switch', () => {
  const freeze = (bot: Harness) => bot.service.freeze(actor('UREQ'), { scope: 'all', reason: 'incident 7' });
  const unfreeze = (bot: Harness) => bot.service.unfreeze(actor('UAPP'), { scope: 'all' });

  it('in the middle of a run lets nothing new begin, and the run goes on when it is lifted', async () => {
    const bot = await startBot({ linux: 2, durations: { install: 60_000 } }, { policy: { waveSize: 1 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets[0]?.stage === 'patching', 'the first install');
    expect(await freeze(bot)).toMatchObject({ ok: true });
    const waiting = await bot.reaches(
      runId,
      (v) => v.targets[0]?.stage === 'done' && v.because.some((b) => b.code === 'frozen'),
      'the frozen gate',
    );

    expect(waiting.frozen).toContain('incident 7');
    expect(outcomes(waiting)).toMatchObject({ 'linux-1': 'patched', 'linux-2': null });
    expect(bot.sim.control.instance('linux-2').counters).toMatchObject({ imagesBegun: 0, installs: 0 });
    expect(await freeze(bot)).toMatchObject({ ok: false });
    expect(await unfreeze(bot)).toMatchObject({ ok: true });
    expect(outcomes(await bot.ended(runId))).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(await unfreeze(bot)).toMatchObject({ ok: false });
  });

  it('between backup and install keeps the install back', async () => {
    const bot = await startBot({ linux: 1, durations: { image: 100_000 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets[0]?.imageId !== null, 'the backup');
    await freeze(bot);
    await bot.reaches(runId, (v) => v.targets[0]?.stage === 'ready', 'the end of the backup');
    bot.host.kick(runId);
    await bot.reaches(runId, (v) => v.because.some((b) => b.code === 'frozen'), 'the freeze on the card');

    expect(mutations(bot.sim)).toEqual(['CreateImage']);
    await unfreeze(bot);
    expect(outcomes(await bot.ended(runId))).toEqual({ 'linux-1': 'patched' });
  });

  it('while a run waits for its start keeps it waiting; a stop still ends it', async () => {
    const bot = await startBot();
    await freeze(bot);
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.because.some((b) => b.code === 'frozen'), 'the freeze');
    await stop(bot, runId);
    expect((await bot.ended(runId)).run.end).toBe('stopped');
    expect(mutations(bot.sim)).toEqual([]);
  });

  it('refuses a fresh scan, which would send a command', async () => {
    const bot = await startBot();
    await freeze(bot);
    await expect(bot.scan({ fresh: true })).rejects.toThrow(/frozen/);
  });
});

describe('excluding instances', () => {
  it('makes a new plan with a new hash; earlier approvals are void; who excluded cannot approve', async () => {
    const bot = await startBot({ linux: 3 }, { policy: { approvalsRequired: 2 } });
    bot.people.approvers.add('UAPP3');
    const runId = await bot.scan();
    await bot.approve(runId, 'UAPP');
    const before = bot.view(runId);
    const out = target(before, 'linux-2').key;
    const excluded = await bot.service.exclude(actor('UBOTH'), {
      runId,
      planHash: before.run.planHash ?? '',
      targets: [out],
      reason: 'month end',
    });
    expect(excluded).toMatchObject({ ok: true });
    const after = bot.view(runId);

    expect(after.run.planHash).not.toBe(before.run.planHash);
    expect(after.plan).toMatchObject({ version: 2, changedBy: 'UBOTH', requestedBy: 'UREQ' });
    expect(after.approvals).toEqual([]);
    expect(target(after, 'linux-2')).toMatchObject({ outcome: 'skipped', wave: null });
    expect(
      await bot.service.approve(actor('UAPP2'), { runId, planHash: before.run.planHash ?? '' }),
    ).toMatchObject({ code: 'stale_plan' });
    expect(await bot.approve(runId, 'UBOTH')).toMatchObject({ ok: false, code: 'own_request' });
    expect(await bot.approve(runId, 'UAPP')).toMatchObject({ ok: true });
    expect(await bot.approve(runId, 'UAPP2')).toMatchObject({ ok: true });
    const view = await bot.ended(runId);
    expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'skipped', 'linux-3': 'patched' });
    expect(bot.sim.control.instance('linux-2').counters).toMatchObject({ imagesBegun: 0, installs: 0 });
  });

  it('of all of them, of none of them, or too late is refused', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    const view = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    const exclude = (targets: string[]) =>
      bot.service.exclude(actor('UREQ'), { runId, planHash: view.run.planHash ?? '', targets, reason: '' });

    expect(await exclude(view.targets.map((t) => t.key))).toMatchObject({ code: 'nothing_left' });
    expect(await exclude(['333300000001/eu-west-1/i-0000'])).toMatchObject({ code: 'nothing_chosen' });
    await bot.approve(runId);
    expect(await exclude([view.targets[0]?.key ?? ''])).toMatchObject({ code: 'too_late' });
    await bot.ended(runId);
  });

  it('by two people at the same instant makes one new plan', async () => {
    const bot = await startBot({ linux: 3 });
    const runId = await bot.scan();
    const view = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    const [a, b] = view.targets.map((t) => t.key);
    const exclude = (who: string, key = '') =>
      bot.service.exclude(actor(who), {
        runId,
        planHash: view.run.planHash ?? '',
        targets: [key],
        reason: '',
      });
    const answers = await Promise.all([exclude('UREQ', a), exclude('UREQ2', b)]);

    expect(answers.map((x) => x.ok)).toEqual([true, false]);
    expect(bot.view(runId).plan).toMatchObject({ version: 2 });
    expect(bot.view(runId).plan?.targets).toHaveLength(2);
  });
});
