/** A permission that is lost in the middle of a run, and stays lost: the run ends, and says what is not known. */
import { describe, expect, it } from 'vitest';
import { expectNothingTwice, outcomes, startBot, target } from '../workflow/wire-support.ts';

const FAILS = { behaviour: { install: 'fails' as const } };
const TIMING = { timing: { verifyTimeout: 400, deliveryTimeout: 400, installWorstCase: 200 } };

async function runWithout(operation: string, options: Parameters<typeof startBot>[1] = {}) {
  const bot = await startBot({ instances: { 'linux-1': FAILS } }, { ...TIMING, ...options });
  const runId = await bot.scan();
  await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
  bot.sim.control.fault({ operation, when: 'before', kind: 'denied', times: 'always' });
  await bot.approve(runId);
  const view = await bot.ended(runId, 8000);
  expect(bot.sim.control.firedFaults()).toBeGreaterThan(0);
  expectNothingTwice(bot.sim);
  expect(bot.errors).toEqual([]);
  for (const t of view.targets) expect(t.outcome, t.instance.name).not.toBeNull();
  return { bot, view };
}

describe('without the permission', () => {
  it('to read the output of a command, a failed install is told all the same and holds up no other', async () => {
    const { view } = await runWithout('GetCommandInvocation');
    expect(outcomes(view)).toEqual({ 'linux-1': 'failed', 'linux-2': 'patched' });
  });

  it('to list the patches of an instance, the counts alone decide', async () => {
    const { view } = await runWithout('DescribeInstancePatches');
    expect(outcomes(view)).toEqual({ 'linux-1': 'failed', 'linux-2': 'patched' });
  });

  it('to follow commands, what was sent ends as unknown and stays locked', async () => {
    const bot = await startBot({}, TIMING);
    const runId = await bot.scan();
    await bot.approve(runId);
    bot.sim.control.setInstance('linux-1', { behaviour: { install: 'hangs' } });
    await bot.reaches(runId, (v) => v.targets.some((t) => t.commandId !== null), 'the command');
    bot.sim.control.fault({
      operation: 'ListCommandInvocations',
      when: 'before',
      kind: 'denied',
      times: 'always',
    });
    const view = await bot.ended(runId, 10_000);
    for (const t of view.targets.filter((one) => one.outcome === 'unknown')) {
      expect(t).toMatchObject({ commandMayRun: true });
      expect(t.nextStep).toContain('/patch resolve');
    }
    expect(target(view, 'linux-1').outcome).toBe('unknown');
  });

  it('to look at images, nothing is patched without its backup and the run ends', async () => {
    const { view } = await runWithout('DescribeImages', { timing: { ...TIMING.timing, backupTimeout: 300 } });
    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'skipped' });
  });

  it('to read patch states, the install is told as not verified', async () => {
    const bot = await startBot({ linux: 1 }, TIMING);
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.targets.some((t) => t.stage === 'verifying'), 'the verification');
    bot.sim.control.fault({
      operation: 'DescribeInstancePatchStates',
      when: 'before',
      kind: 'denied',
      times: 'always',
    });
    const view = await bot.ended(runId, 10_000);
    expect(['verification_failed', 'patched']).toContain(target(view, 'linux-1').outcome);
  });

  it('to look for a command that may have been sent, a person is asked', async () => {
    const bot = await startBot({ linux: 1 }, TIMING);
    bot.sim.control.fault({
      operation: 'SendCommand',
      when: 'after',
      kind: 'http500',
      match: { parameter: { Operation: 'Install' } },
    });
    bot.sim.control.fault({ operation: 'ListCommands', when: 'before', kind: 'denied', times: 'always' });
    const runId = await bot.scan();
    await bot.approve(runId);
    const view = await bot.reaches(runId, (v) => v.questions.length === 1, 'the question', 8000);
    expect(view.targets[0]?.stage).toBe('patching');
  });
});
