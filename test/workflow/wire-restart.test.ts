/** The process ends and another begins on the same file: the run goes on from its rows, wherever it is parked. */
import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { RunView } from '../../src/workflow/view.ts';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { expectNothingTwice, mutations, outcomes, restart, startBot } from './wire-support.ts';

const slow = smallFleet({ durations: { image: 80_000, install: 80_000, scan: 60_000, reboot: 60_000 } });

const PARKED: [string, (view: RunView) => boolean][] = [
  ['its backups are being made', (v) => v.targets.some((t) => t.imageId !== null)],
  ['its installs are running', (v) => v.targets.some((t) => t.commandId !== null)],
  ['it is being verified', (v) => v.targets.some((t) => t.stage === 'verifying')],
  ['its first wave is done', (v) => v.targets.some((t) => t.stage === 'done')],
];

describe('a restart while', () => {
  it('a run waits for approval keeps the plan, and the approval is taken', async () => {
    let bot = await startBot(slow);
    const runId = await bot.scan();
    const before = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    bot = await restart(bot, slow);

    expect(bot.view(runId).run.planHash).toBe(before.run.planHash);
    expect(mutations(bot.sim)).toEqual([]);
    await bot.approve(runId);
    expect(outcomes(await bot.ended(runId))).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
  });

  it('one of two approvals is given keeps it', async () => {
    const policy = { policy: { approvalsRequired: 2 } };
    let bot = await startBot(slow, policy);
    const runId = await bot.scan();
    await bot.approve(runId, 'UAPP');
    bot = await restart(bot, slow, policy);

    expect(await bot.approve(runId, 'UAPP')).toMatchObject({ code: 'already_yours' });
    await bot.approve(runId, 'UAPP2');
    expect((await bot.ended(runId)).run.end).toBe('completed');
  });

  it('a run waits for its start keeps it waiting until then', async () => {
    let bot = await startBot(slow);
    const runId = await bot.scan({ now: false, at: Date.now() + 600 });
    await bot.approve(runId);
    bot = await restart(bot, slow);
    expect(mutations(bot.sim)).toEqual([]);
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('completed');
    expect((view.run.startedAt ?? 0) >= (view.plan?.startNotBefore ?? 0)).toBe(true);
  });

  for (const [what, parked] of PARKED) {
    it(`${what} does nothing twice, and the run ends well`, async () => {
      const policy = { policy: { waveSize: 1 } };
      let bot = await startBot(slow, policy);
      const runId = await bot.scan();
      await bot.approve(runId);
      await bot.reaches(runId, parked, what);
      bot = await restart(bot, slow, policy);
      const view = await bot.ended(runId);

      expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
      expectNothingTwice(bot.sim);
      expect(bot.errors).toEqual([]);
    });
  }

  it('a stop is being carried out keeps it', async () => {
    let bot = await startBot(slow, { policy: { waveSize: 1 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets.some((t) => t.commandId !== null), 'the install');
    await bot.service.stop(actor('UREQ'), { runId, reason: '' });
    bot = await restart(bot, slow, { policy: { waveSize: 1 } });
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('stopped');
    expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'stopped' });
  });

  it('everything is frozen keeps it frozen', async () => {
    let bot: Harness = await startBot(slow);
    await bot.service.freeze(actor('UREQ'), { scope: 'all', reason: 'night' });
    const runId = await bot.scan();
    await bot.approve(runId);
    bot = await restart(bot, slow);
    await bot.reaches(runId, (v) => v.because.some((b) => b.code === 'frozen'), 'the freeze');
    expect(mutations(bot.sim)).toEqual([]);
    await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
    expect((await bot.ended(runId)).run.end).toBe('completed');
  });

  it('an instance started for patching is being patched still stops it again', async () => {
    const fleet = smallFleet({
      linux: 1,
      durations: { install: 80_000 },
      instances: { 'linux-1': { state: 'stopped' } },
    });
    const policy = { policy: { stoppedInstances: 'start' as const } };
    for (const parked of [
      (v: RunView) => v.targets[0]?.power === 'on',
      (v: RunView) => v.targets[0]?.commandId !== null,
      (v: RunView) => v.targets[0]?.stage === 'powering_off',
    ]) {
      let bot = await startBot(fleet, policy);
      const runId = await bot.scan();
      await bot.approve(runId);
      await bot.reaches(runId, parked, 'the parking place');
      bot = await restart(bot, fleet, policy);
      const view = await bot.ended(runId);

      expect(outcomes(view)).toEqual({ 'linux-1': 'patched' });
      expect(bot.sim.control.instance('linux-1')).toMatchObject({
        state: 'stopped',
        counters: { starts: 1, stops: 1 },
      });
      expectNothingTwice(bot.sim);
    }
  });
});
