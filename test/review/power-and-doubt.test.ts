/** What may still be going on is neither switched off nor told as not begun. */
import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { actor } from '../support/workflow-harness.ts';
import { effects, startBot, target } from '../workflow/wire-support.ts';

const START = { policy: { stoppedInstances: 'start' as const } };
const STOPPED = { state: 'stopped' as const };
const INSTALL = { parameter: { Operation: 'Install' } };

describe('an instance that was started for patching', () => {
  it('is not switched off by itself while somebody else has a command in progress on it', async () => {
    const bot = await startBot(
      { linux: 1, durations: { agent: 60_000 }, instances: { 'linux-1': STOPPED } },
      START,
    );
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets[0]?.power === 'on', 'its start');
    bot.sim.control.foreignCommand('linux-1');
    const view = await bot.reaches(runId, (v) => v.questions.length === 1, 'the question');

    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'skipped', power: 'ask' });
    expect(target(view, 'linux-1').outcomeReason).toContain('another command is in progress');
    expect(effects(bot.sim, 'StopInstances')).toHaveLength(0);
  });

  it('is left alone when somebody else started it during its backup', async () => {
    const bot = await startBot(
      { linux: 1, durations: { image: 300_000 }, instances: { 'linux-1': STOPPED } },
      START,
    );
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets[0]?.imageId !== null, 'its backup');
    bot.sim.control.setInstance('linux-1', { state: 'running' });
    const view = await bot.ended(runId);

    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'skipped', power: 'none' });
    expect(bot.sim.control.instance('linux-1').state).toBe('running');
    expect(effects(bot.sim, 'StopInstances')).toHaveLength(0);
  });
});

describe('a patch command that may have been sent', () => {
  it('stays unknown and locked when it was to be sent again but the run was stopped first', async () => {
    const bot = await startBot(smallFleet({ linux: 1 }), { timing: { effectGrace: 120 } });
    bot.sim.control.fault({ operation: 'SendCommand', when: 'after', kind: 'http500', match: INSTALL });
    bot.sim.control.fault({ operation: 'SendCommand', when: 'after', kind: 'hide', match: INSTALL });
    const runId = await bot.scan();
    await bot.approve(runId);
    const asked = await bot.reaches(runId, (v) => v.questions.length === 1, 'the question');
    await bot.service.stop(actor('UREQ'), { runId, reason: '' });
    const tag = asked.questions[0]?.tag ?? '';
    expect(await bot.service.answer(actor('UAPP'), { tag, answer: 'send_again' })).toMatchObject({
      ok: true,
    });
    const view = await bot.ended(runId);

    expect(effects(bot.sim, 'SendCommand', 'Install')).toHaveLength(1);
    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'unknown', commandMayRun: true });
    expect(bot.store.instanceLocks([target(view, 'linux-1').key])).toHaveLength(1);
  });
});

describe('an instance that was patched and is to be stopped again', () => {
  it('waits while somebody else has a command in progress, and is then left on by name', async () => {
    const bot = await startBot(
      { linux: 1, durations: { scan: 60_000 }, instances: { 'linux-1': STOPPED } },
      { ...START, timing: { verifyTimeout: 700 } },
    );
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets[0]?.stage === 'verifying', 'its verification');
    bot.sim.control.foreignCommand('linux-1');
    const view = await bot.ended(runId);

    expect(target(view, 'linux-1').nextStep).toContain('left on, because another command');
    expect(effects(bot.sim, 'StopInstances')).toHaveLength(0);
    expect(bot.sim.control.instance('linux-1').state).toBe('running');
  });
});
