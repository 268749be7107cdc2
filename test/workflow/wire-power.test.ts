/** Instances that were stopped: skipped by default; by policy started for patching, and stopped again. */
import { describe, expect, it } from 'vitest';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { effects, expectNothingTwice, outcomes, startBot, target, wholeRun } from './wire-support.ts';

const START = { policy: { stoppedInstances: 'start' as const } };
const stopped = (behaviour = {}) => ({ state: 'stopped' as const, behaviour });

describe('a stopped instance', () => {
  it('is skipped where the policy says nothing else, and says why', async () => {
    const bot = await startBot({ instances: { 'linux-1': { state: 'stopped' } } });
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'patched' });
    expect(target(view, 'linux-1').reasons.map((r) => r.code)).toContain('stopped');
    expect(bot.sim.control.instance('linux-1').counters).toMatchObject({ starts: 0, imagesBegun: 0 });
  });

  it('is backed up, started, patched, and stopped again where the policy says so', async () => {
    const bot = await startBot({ instances: { 'linux-1': { state: 'stopped' } } }, START);
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(target(view, 'linux-1')).toMatchObject({ power: 'off_again', backupVerified: true });
    expect(bot.sim.control.instance('linux-1')).toMatchObject({
      state: 'stopped',
      counters: { starts: 1, stops: 1, installs: 1 },
    });
    expect(bot.sim.control.instance('linux-2')).toMatchObject({
      state: 'running',
      counters: { starts: 0, stops: 0 },
    });
    const id = bot.sim.control.instance('linux-1').id;
    const ofOne = bot.sim.control
      .ledger()
      .filter((e) => e.params['instanceIds']?.split(',').includes(id))
      .map((e) => e.operation);
    expect(ofOne).toEqual(['CreateImage', 'StartInstances', 'SendCommand', 'SendCommand', 'StopInstances']);
    expectNothingTwice(bot.sim);
  });

  it('is stopped again also when its install fails', async () => {
    const bot = await startBot({ linux: 1, instances: { 'linux-1': stopped({ install: 'fails' }) } }, START);
    const view = await wholeRun(bot);

    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'failed', power: 'off_again' });
    expect(bot.sim.control.instance('linux-1')).toMatchObject({ state: 'stopped', counters: { stops: 1 } });
  });

  it('that falls back to stopped is skipped with the reason AWS gives', async () => {
    const bot = await startBot({ instances: { 'linux-1': stopped({ start: 'falls_back' }) } }, START);
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'patched' });
    expect(target(view, 'linux-1').outcomeReason).toContain('Client error on launch');
    expect(effects(bot.sim, 'StopInstances')).toHaveLength(0);
  });

  it('for which AWS has no capacity is skipped, and never told to stop', async () => {
    const bot = await startBot({ instances: { 'linux-1': stopped({ start: 'no_capacity' }) } }, START);
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'patched' });
    expect(target(view, 'linux-1').outcomeReason).toContain('InsufficientInstanceCapacity');
    expect(effects(bot.sim, 'StopInstances')).toHaveLength(0);
  });

  it('whose neighbour in the same call has no capacity is started all the same', async () => {
    const bot = await startBot(
      { instances: { 'linux-1': stopped({ start: 'no_capacity' }), 'linux-2': stopped() } },
      START,
    );
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'patched' });
    expect(bot.sim.control.instance('linux-2')).toMatchObject({
      state: 'stopped',
      counters: { starts: 1, stops: 1 },
    });
  });

  it('whose agent never comes online is skipped and stopped again', async () => {
    const bot = await startBot(
      { linux: 1, instances: { 'linux-1': stopped({ start: 'agent_stays_offline' }) } },
      { ...START, timing: { startTimeout: 250 } },
    );
    const view = await wholeRun(bot);

    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'skipped', power: 'off_again' });
    expect(bot.sim.control.instance('linux-1')).toMatchObject({
      state: 'stopped',
      counters: { installs: 0, stops: 1 },
    });
  });

  it('that AWS refuses to stop again is left to a person by name, and the run ends', async () => {
    const bot = await startBot({ linux: 1, instances: { 'linux-1': stopped() } }, START);
    bot.sim.control.fault({ operation: 'StopInstances', when: 'before', kind: 'denied', times: 'always' });
    const view = await wholeRun(bot);

    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'patched', stage: 'done' });
    expect(target(view, 'linux-1').nextStep).toContain('by hand');
    expect(bot.sim.control.instance('linux-1').state).toBe('running');
  });

  it('is stopped again after the run was told to stop', async () => {
    const bot = await startBot(
      { linux: 1, durations: { start: 100_000 }, instances: { 'linux-1': stopped() } },
      START,
    );
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets[0]?.power === 'on', 'its start');
    await bot.service.stop(actor('UAPP'), { runId, reason: 'changed our minds' });
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('stopped');
    expect(target(view, 'linux-1')).toMatchObject({ outcome: 'stopped', power: 'off_again' });
    expect(bot.sim.control.instance('linux-1')).toMatchObject({
      state: 'stopped',
      counters: { installs: 0 },
    });
  });
});

describe('a started instance whose patch command is unknown', () => {
  async function asked(linux = 1): Promise<{ bot: Harness; runId: string }> {
    const instances = Object.fromEntries(
      Array.from({ length: linux }, (_, i) => [`linux-${i + 1}`, stopped({ install: 'agent_lost' })]),
    );
    const bot = await startBot({ linux, instances }, START);
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.questions.length === linux, 'the questions');
    return { bot, runId };
  }

  it('is not stopped before a person says so', async () => {
    const { bot, runId } = await asked();
    const view = bot.view(runId);

    expect(view.questions[0]?.answers.map((a) => a.id)).toEqual(['stop_now', 'leave_on']);
    expect(target(view, 'linux-1')).toMatchObject({ power: 'ask', outcome: 'unknown' });
    expect(effects(bot.sim, 'StopInstances')).toHaveLength(0);
  });

  it('is stopped on the word of a person, once', async () => {
    const { bot, runId } = await asked();
    const tag = bot.view(runId).questions[0]?.tag ?? '';
    const [first, second] = await Promise.all([
      bot.service.answer(actor('UREQ'), { tag, answer: 'stop_now' }),
      bot.service.answer(actor('UAPP'), { tag, answer: 'leave_on' }),
    ]);
    const view = await bot.ended(runId);

    expect([first.ok, second.ok]).toEqual([true, false]);
    expect(bot.sim.control.instance('linux-1')).toMatchObject({ state: 'stopped', counters: { stops: 1 } });
    expect(target(view, 'linux-1')).toMatchObject({ power: 'off_again', outcome: 'unknown' });
  });

  it('is left on on the word of a person, and still says how to close it', async () => {
    const { bot, runId } = await asked();
    const tag = bot.view(runId).questions[0]?.tag ?? '';
    await bot.service.answer(actor('UREQ'), { tag, answer: 'leave_on' });
    const view = await bot.ended(runId);

    expect(bot.sim.control.instance('linux-1')).toMatchObject({ state: 'running', counters: { stops: 0 } });
    expect(target(view, 'linux-1').nextStep).toContain('/patch resolve');
    expect(target(view, 'linux-1').nextStep).toContain('left running');
  });

  it('has a question of its own, also when there are several', async () => {
    const { bot, runId } = await asked(3);
    expect(bot.errors).toEqual([]);
    const answers = ['stop_now', 'leave_on', 'stop_now'] as const;
    for (const [i, { tag }] of bot.view(runId).questions.entries())
      await bot.service.answer(actor('UREQ'), { tag, answer: answers[i] ?? 'stop_now' });
    await bot.ended(runId);

    expect(
      bot.sim.control
        .instances()
        .map((i) => i.state)
        .sort(),
    ).toEqual(['running', 'stopped', 'stopped']);
    expect(bot.errors).toEqual([]);
  });

  it('can be stopped also after the next wave has begun', async () => {
    const bot = await startBot(
      { linux: 2, instances: { 'linux-1': stopped({ install: 'agent_lost' }), 'linux-2': stopped() } },
      { policy: { stoppedInstances: 'start', waveSize: 1 } },
    );
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => target(v, 'linux-2').stage === 'done', 'the end of the second wave');
    const tag = bot.view(runId).questions[0]?.tag ?? '';
    await bot.service.answer(actor('UREQ'), { tag, answer: 'stop_now' });
    const view = await bot.ended(runId);

    expect(outcomes(view)).toEqual({ 'linux-1': 'unknown', 'linux-2': 'patched' });
    expect(bot.sim.control.instances().map((i) => i.state)).toEqual(['stopped', 'stopped']);
    expect(bot.errors).toEqual([]);
  });
});
