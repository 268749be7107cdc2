/** After a run: the failed ones again, and the next run in the same landing zone. */
import { describe, expect, it } from 'vitest';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { effects, outcomes, startBot, target, timesOn, wholeRun } from './wire-support.ts';

const stop = (bot: Harness, runId: string, who = 'UREQ2') =>
  bot.service.stop(actor(who), { runId, reason: '' });

describe('a retry', () => {
  it('takes the failed ones only, needs its own approval, and keeps the first backup', async () => {
    const bot = await startBot({
      instances: { 'linux-1': { behaviour: { install: ['fails', 'succeeds'] } } },
    });
    const first = await wholeRun(bot);
    const image = target(first, 'linux-1').imageId;
    const answer = await bot.service.retry(actor('UREQ'), { runId: first.run.id });
    if (!answer.ok) throw new Error(answer.text);
    const runId = answer.value.runId;
    await bot.approve(runId);
    const second = await bot.ended(runId);

    expect(second.run.retryOf).toBe(first.run.id);
    expect(outcomes(second)).toEqual({ 'linux-1': 'patched' });
    expect(target(second, 'linux-1')).toMatchObject({ imageId: image, backupVerified: true });
    expect(timesOn(bot.sim, 'CreateImage')[target(first, 'linux-1').instance.instanceId]).toBe(1);
    expect(bot.sim.control.instance('linux-2').counters.installs).toBe(1);
  });

  it('of a retry that was stopped early still keeps the first backup', async () => {
    const bot = await startBot({
      linux: 1,
      instances: { 'linux-1': { behaviour: { install: ['fails', 'succeeds'] } } },
    });
    const first = await wholeRun(bot);
    const again = async (runId: string) => {
      const answer = await bot.service.retry(actor('UREQ'), { runId });
      if (!answer.ok) throw new Error(answer.text);
      await bot.reaches(answer.value.runId, (v) => v.run.phase === 'await_approval', 'the plan');
      return answer.value.runId;
    };
    const second = await again(first.run.id);
    await stop(bot, second);
    await bot.ended(second);
    const third = await again(second);
    await bot.approve(third);
    const view = await bot.ended(third);

    expect(outcomes(view)).toEqual({ 'linux-1': 'patched' });
    expect(target(view, 'linux-1').imageId).toBe(target(first, 'linux-1').imageId);
    expect(effects(bot.sim, 'CreateImage')).toHaveLength(1);
  });

  it('is refused while the run goes on, and where nothing failed', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    expect(await bot.service.retry(actor('UREQ'), { runId })).toMatchObject({ code: 'still_open' });
    await bot.approve(runId);
    await bot.ended(runId);
    expect(await bot.service.retry(actor('UREQ'), { runId })).toMatchObject({ code: 'nothing_to_retry' });
  });
});

describe('a second run in a busy landing zone', () => {
  it('is refused with the first one named, and taken when that has ended', async () => {
    const bot = await startBot({ instances: { 'linux-1': { behaviour: { install: 'fails' } } } });
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');

    await expect(bot.scan({}, 'UREQ2')).rejects.toThrow(runId);
    expect(
      await bot.service.reject(actor('UAPP'), {
        runId,
        planHash: bot.view(runId).run.planHash ?? '',
        reason: 'not today',
      }),
    ).toMatchObject({ ok: true });
    const next = await bot.scan({}, 'UREQ2');
    await bot.reaches(next, (v) => v.run.phase === 'await_approval', 'the next plan');
  });

  it('is let in once when two are asked for at the same instant', async () => {
    const bot = await startBot();
    const answers = await Promise.allSettled([bot.scan({}, 'UREQ'), bot.scan({}, 'UREQ2')]);
    expect(answers.map((a) => a.status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
