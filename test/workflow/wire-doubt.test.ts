/** An install of which nobody can know whether it was sent: never guessed about, never sent by itself again. */
import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { effects, expectNothingTwice, outcomes, restart, startBot, target } from './wire-support.ts';

const fleet = smallFleet();
const options = { timing: { effectGrace: 120 } };
const INSTALL = { parameter: { Operation: 'Install' } };

/** A run whose install may or may not have been sent: `sent` says which it is, and nobody can see it. */
async function inDoubt(sent: boolean): Promise<{ bot: Harness; runId: string; tag: string }> {
  const bot = await startBot(fleet, options);
  bot.sim.control.fault({
    operation: 'SendCommand',
    when: sent ? 'after' : 'before',
    kind: 'http500',
    match: INSTALL,
  });
  if (sent) bot.sim.control.fault({ operation: 'SendCommand', when: 'after', kind: 'hide', match: INSTALL });
  const runId = await bot.scan();
  await bot.approve(runId);
  const view = await bot.reaches(runId, (v) => v.questions.length === 1, 'the question');
  return { bot, runId, tag: view.questions[0]?.tag ?? '' };
}

const installs = (bot: Harness) => effects(bot.sim, 'SendCommand', 'Install').length;

describe('an install that may or may not have been sent', () => {
  it('and cannot be found becomes a question about exactly its instances', async () => {
    const { bot, runId } = await inDoubt(true);
    const view = await bot.reaches(
      runId,
      (v) => v.because[0]?.code === 'needs_attention',
      'the question on the card',
    );

    expect(view.questions[0]?.answers.map((a) => a.id)).toEqual(['send_again', 'give_up']);
    expect(view.questions[0]?.targets).toHaveLength(2);
    expect(view.questions[0]?.whatToCheck).toContain(`patchday ${runId} install`);
    expect(installs(bot)).toBe(1);
  });

  it('and is seen later after all is adopted without an answer', async () => {
    const { bot, runId, tag } = await inDoubt(true);
    bot.sim.control.clearFaults();
    const view = await bot.ended(runId);

    expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(installs(bot)).toBe(1);
    expectNothingTwice(bot.sim);
    expect(await bot.service.answer(actor('UAPP'), { tag, answer: 'send_again' })).toMatchObject({
      ok: false,
    });
  });

  it('is not sent again by a restart, nor by ten', async () => {
    let { bot, runId } = await inDoubt(true);
    for (let i = 0; i < 10; i++) {
      bot = await restart(bot, fleet, options);
      await bot.reaches(runId, (v) => v.questions.length === 1, 'the question');
    }
    bot.host.kick(runId);
    expect(installs(bot)).toBe(1);
    bot.sim.control.clearFaults();
    await bot.ended(runId);
    expect(installs(bot)).toBe(1);
    expectNothingTwice(bot.sim);
  });

  it('given up ends as unknown and locked, and sends nothing', async () => {
    const { bot, runId, tag } = await inDoubt(false);
    expect(await bot.service.answer(actor('UREQ'), { tag, answer: 'give_up' })).toMatchObject({
      ok: true,
    });
    const view = await bot.ended(runId);

    expect(outcomes(view)).toEqual({ 'linux-1': 'unknown', 'linux-2': 'unknown' });
    expect(view.targets[0]?.nextStep).toContain(
      `/patch resolve ${runId} ${view.targets[0]?.instance.instanceId}`,
    );
    expect(bot.store.instanceLocks(view.targets.map((t) => t.key))).toHaveLength(2);
    expect(installs(bot)).toBe(0);
    expect(await bot.service.retry(actor('UREQ'), { runId })).toMatchObject({ code: 'nothing_to_retry' });
  });

  it('is sent again, once, on the word of an approver who did not ask for the run', async () => {
    const { bot, runId, tag } = await inDoubt(false);
    const say = (who: string) => bot.service.answer(actor(who), { tag, answer: 'send_again' });

    expect(await say('UREQ')).toMatchObject({ ok: false, code: 'own_request' });
    expect(await say('UREQ2')).toMatchObject({ ok: false, code: 'not_in_group' });
    expect(installs(bot)).toBe(0);
    const answers = await Promise.all([say('UAPP'), say('UAPP2')]);
    expect(answers.map((a) => a.ok)).toEqual([true, false]);
    expect(outcomes(await bot.ended(runId))).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(installs(bot)).toBe(1);
    expectNothingTwice(bot.sim);
  });

  it('cannot be sent again while everything is frozen, and is sent when that is lifted', async () => {
    const { bot, runId, tag } = await inDoubt(false);
    await bot.service.freeze(actor('UREQ'), { scope: 'all', reason: '' });
    await bot.service.answer(actor('UAPP'), { tag, answer: 'send_again' });
    await bot.reaches(runId, (v) => v.targets.every((t) => t.stage === 'ready'), 'the answer');
    bot.host.kick(runId);
    expect(installs(bot)).toBe(0);
    await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
    await bot.ended(runId);
    expect(installs(bot)).toBe(1);
  });

  it('still waits for its answer after the run was stopped; sending again is then no more', async () => {
    const { bot, runId, tag } = await inDoubt(false);
    await bot.service.stop(actor('UREQ'), { runId, reason: '' });
    const waiting = await bot.reaches(runId, (v) => v.because.some((b) => b.code === 'stopping'), 'the stop');
    expect(waiting.questions).toHaveLength(1);
    await bot.service.answer(actor('UAPP'), { tag, answer: 'send_again' });
    const view = await bot.ended(runId);

    // Nobody knows whether the first was sent: that is what is said, and the instances stay locked.
    expect(outcomes(view)).toEqual({ 'linux-1': 'unknown', 'linux-2': 'unknown' });
    expect(installs(bot)).toBe(0);
  });

  it('given up on an instance that was started for it asks about its power next', async () => {
    const stoppedFleet = smallFleet({ linux: 1, instances: { 'linux-1': { state: 'stopped' } } });
    const bot = await startBot(stoppedFleet, { ...options, policy: { stoppedInstances: 'start' } });
    bot.sim.control.fault({ operation: 'SendCommand', when: 'before', kind: 'http500', match: INSTALL });
    const runId = await bot.scan();
    await bot.approve(runId);
    const first = await bot.reaches(runId, (v) => v.questions.length === 1, 'the first question');
    await bot.service.answer(actor('UREQ'), { tag: first.questions[0]?.tag ?? '', answer: 'give_up' });
    const second = await bot.reaches(
      runId,
      (v) => v.questions[0]?.answers[0]?.id === 'stop_now',
      'the second question',
    );
    expect(effects(bot.sim, 'StopInstances')).toEqual([]);
    await bot.service.answer(actor('UREQ'), { tag: second.questions[0]?.tag ?? '', answer: 'stop_now' });
    const view = await bot.ended(runId);

    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'unknown', power: 'off_again' });
    expect(bot.sim.control.instance('linux-1').state).toBe('stopped');
  });

  it('but was answered, is followed however long it stays unlisted', async () => {
    const bot = await startBot(fleet, options);
    bot.sim.control.fault({ operation: 'SendCommand', when: 'after', kind: 'hide', match: INSTALL });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets.every((t) => t.invocation === 'waiting'), 'a first look');
    bot.sim.control.clearFaults();
    const view = await bot.ended(runId);

    expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(installs(bot)).toBe(1);
  });
});
