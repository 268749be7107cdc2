/** How an instance may end, each by the real adapters against the simulated AWS. */
import { describe, expect, it } from 'vitest';
import { actor } from '../support/workflow-harness.ts';
import { effects, expectNothingTwice, outcomes, startBot, target, wholeRun } from './wire-support.ts';

describe('an install that does not go well', () => {
  it('that fails is scanned, then shown as failed with its exit code and the end of its output', async () => {
    const bot = await startBot({
      instances: {
        'linux-1': { behaviour: { install: 'fails', failure: { exitCode: 1, stderr: 'E: disk full' } } },
      },
    });
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'failed', 'linux-2': 'patched' });
    expect(target(view, 'linux-1')).toMatchObject({
      exitCode: 1,
      commandMayRun: false,
      installEnd: { status: 'failed' },
    });
    expect(target(view, 'linux-1').excerpt).toContain('E: disk full');
    expect(target(view, 'linux-1').nextStep).not.toBe('');
    expectNothingTwice(bot.sim);
    expect(bot.errors).toEqual([]);
  });

  it('that installs a part is partly patched, with what is still missing by name', async () => {
    const bot = await startBot({ linux: 1, instances: { 'linux-1': { behaviour: { install: 'partly' } } } });
    const one = target(await wholeRun(bot), 'linux-1');

    expect(one.outcome).toBe('partly_patched');
    expect(one.after?.missing).toBe(1);
    expect(one.outcomeReason).toContain('1 still missing');
  });

  it('that says success while the next scan finds more is partly patched, not patched', async () => {
    const bot = await startBot({
      linux: 1,
      instances: { 'linux-1': { behaviour: { install: 'still_missing' } } },
    });
    const one = target(await wholeRun(bot), 'linux-1');

    expect(one.outcome).toBe('partly_patched');
    expect(one.outcomeReason).toMatch(/^Installed, but 1 still missing/);
  });

  it('that was told not to reboot is patched with a reboot pending, and nothing was rebooted', async () => {
    const bot = await startBot({ linux: 1 }, { policy: { reboot: 'never' } });
    const one = target(await wholeRun(bot), 'linux-1');

    expect(one.outcome).toBe('patched_reboot_pending');
    expect(bot.sim.control.instance('linux-1').counters.reboots).toBe(0);
    expect(effects(bot.sim, 'SendCommand', 'Install')[0]?.params['RebootOption']).toBe('NoReboot');
  });

  it('that ends well on an unhealthy instance has failed its verification', async () => {
    const bot = await startBot(
      { linux: 1, instances: { 'linux-1': { behaviour: { checksAfterReboot: 'impaired' } } } },
      { timing: { verifyTimeout: 300 } },
    );
    const one = target(await wholeRun(bot), 'linux-1');

    expect(one.outcome).toBe('verification_failed');
    expect(one.outcomeReason).toContain('impaired');
  });

  it('that ends well but cannot be scanned afterwards has failed its verification', async () => {
    const bot = await startBot({ linux: 1, instances: { 'linux-1': { behaviour: { scan: 'fails' } } } });
    const one = target(await wholeRun(bot), 'linux-1');

    expect(one.outcome).toBe('verification_failed');
    expect(effects(bot.sim, 'SendCommand', 'Scan').length).toBeLessThanOrEqual(3);
  });

  it('that was never delivered has failed and says so, and the others go on', async () => {
    const bot = await startBot({ instances: { 'linux-1': { behaviour: { delivery: 'undeliverable' } } } });
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'failed', 'linux-2': 'patched' });
    expect(target(view, 'linux-1').outcomeReason).toContain('never delivered');
  });

  it('that was denied or meant for another platform has failed and says so', async () => {
    const bot = await startBot({
      instances: {
        'linux-1': { behaviour: { delivery: 'access_denied' } },
        'linux-2': { behaviour: { delivery: 'invalid_platform' } },
      },
    });
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'failed', 'linux-2': 'failed' });
    expect(target(view, 'linux-1').outcomeReason).toContain('AccessDenied');
    expect(target(view, 'linux-2').outcomeReason).toContain('InvalidPlatform');
  });
});

describe('a backup that does not go well', () => {
  for (const image of ['failed', 'error', 'invalid', 'snapshot_error', 'hangs'] as const) {
    it(`(${image}) leaves its instance unpatched and skipped, and the others go on`, async () => {
      const bot = await startBot(
        { instances: { 'linux-1': { behaviour: { image } } } },
        { timing: { backupTimeout: 250 } },
      );
      const view = await wholeRun(bot);

      expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'patched' });
      expect(target(view, 'linux-1')).toMatchObject({ backupVerified: false });
      expect(target(view, 'linux-1').outcomeReason).toMatch(/^No verified backup, so it was not patched\./);
      expect(bot.sim.control.instance('linux-1').counters.installs).toBe(0);
    });
  }

  it('whose snapshot lags behind its image is waited for before anything is patched', async () => {
    const bot = await startBot({
      linux: 1,
      durations: { image: 60_000 },
      instances: { 'linux-1': { behaviour: { image: 'snapshot_lags' } } },
    });
    const view = await wholeRun(bot);

    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'patched', backupVerified: true });
    const [install] = effects(bot.sim, 'SendCommand', 'Install');
    const [backup] = effects(bot.sim, 'CreateImage');
    // The image lives 60 s (60 ms here), its snapshot half as long again.
    expect((install?.time ?? 0) - (backup?.time ?? 0)).toBeGreaterThanOrEqual(60);
  });

  it('is no obstacle where the policy says patch-without-backup in words', async () => {
    const bot = await startBot(
      { linux: 1, instances: { 'linux-1': { behaviour: { image: 'failed' } } } },
      {
        policy: {
          backup: {
            required: true,
            noReboot: true,
            retentionDays: 14,
            withoutVerifiedBackup: 'patch-without-backup',
          },
        },
      },
    );
    const one = target(await wholeRun(bot), 'linux-1');

    expect(one).toMatchObject({ outcome: 'patched', backupVerified: false });
  });
});

describe('an agent that is lost in the middle of an install', () => {
  it('leaves its instance unknown and locked, until a person closes it with a reason', async () => {
    const bot = await startBot({ instances: { 'linux-1': { behaviour: { install: 'agent_lost' } } } });
    const view = await wholeRun(bot);
    const lost = target(view, 'linux-1');

    expect(outcomes(view)).toEqual({ 'linux-1': 'unknown', 'linux-2': 'patched' });
    expect(lost).toMatchObject({ commandMayRun: true });
    expect(lost.nextStep).toContain(`/patch resolve ${view.run.id}`);
    expect(bot.store.instanceLocks([lost.key])).toHaveLength(1);

    bot.sim.control.setInstance('linux-1', { ping: 'Online', missing: [] });
    const again = await bot.scan();
    const locked = target(
      await bot.reaches(again, (v) => v.run.phase === 'ended', 'the second scan'),
      'linux-1',
    );
    expect(locked.reasons.map((r) => r.code)).toContain('locked');

    const close = (reason: string) =>
      bot.service.resolve(actor('UREQ'), { runId: view.run.id, instance: 'linux-1', reason });
    expect(await close(' ')).toMatchObject({ ok: false, code: 'no_reason' });
    expect(await close('rebooted by hand, yum history is clean')).toMatchObject({ ok: true });
    expect(await close('again')).toMatchObject({ ok: false });
    expect(bot.store.instanceLocks([lost.key])).toEqual([]);
    const closed = target(bot.view(view.run.id), 'linux-1');
    expect(closed).toMatchObject({ outcome: 'unknown', commandMayRun: false, nextStep: '' });
    expect(closed.outcomeReason).toContain('rebooted by hand');
  });
});

describe('the failure budget', () => {
  it('counts what was never delivered, and halts before the next wave', async () => {
    const bot = await startBot(
      {
        linux: 3,
        instances: {
          'linux-1': { behaviour: { delivery: 'undeliverable' } },
          'linux-2': { behaviour: { delivery: 'undeliverable' } },
        },
      },
      { policy: { waveSize: 2, failureBudget: 1 } },
    );
    const view = await wholeRun(bot);

    expect(view.run.end).toBe('halted');
    expect(outcomes(view)).toEqual({ 'linux-1': 'failed', 'linux-2': 'failed', 'linux-3': 'stopped' });
    expect(bot.sim.control.instance('linux-3').counters).toMatchObject({ installs: 0, imagesBegun: 0 });
  });

  it('that is not used up lets the next wave begin', async () => {
    const bot = await startBot(
      { linux: 3, instances: { 'linux-1': { behaviour: { install: 'fails' } } } },
      { policy: { waveSize: 1, failureBudget: 1 } },
    );
    const view = await wholeRun(bot);

    expect(view.run.end).toBe('completed');
    expect(outcomes(view)).toEqual({ 'linux-1': 'failed', 'linux-2': 'patched', 'linux-3': 'patched' });
  });
});
