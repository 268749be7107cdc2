/** An instance that somebody terminates in the middle of a run: one outcome, nothing done to it, the others go on. */
import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { Stage, Target } from '../../src/workflow/run-types.ts';
import { startBot, target } from '../workflow/wire-support.ts';

const TIMING = {
  timing: { verifyTimeout: 600, startTimeout: 400, lostAgentAfter: 200, backupTimeout: 2000 },
};
const SLOW = { image: 300_000, install: 300_000, scan: 300_000, start: 300_000, stop: 300_000 };

describe('an instance that is terminated', () => {
  it.each<{ stage: Stage; stopped?: true; when?: (t: Target) => boolean }>([
    { stage: 'backing_up', when: (t) => t.imageId !== null },
    { stage: 'powering_on', stopped: true, when: (t) => t.power === 'on' },
    { stage: 'patching', when: (t) => t.invocation === 'running' },
    { stage: 'verifying' },
    { stage: 'powering_off', stopped: true },
  ])('while it is $stage ends with one outcome and holds up nobody', async ({ stage, stopped, when }) => {
    const fleet = smallFleet({
      linux: 2,
      instances: {
        'linux-1': { ...(stopped ? { state: 'stopped' as const } : {}), behaviour: { durations: SLOW } },
      },
    });
    const bot = await startBot(fleet, { ...TIMING, policy: { stoppedInstances: 'start' } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(
      runId,
      (v) => {
        const one = target(v, 'linux-1');
        return one.stage === stage && (when?.(one) ?? true);
      },
      `stage ${stage}`,
    );
    bot.sim.control.setInstance('linux-1', { state: 'terminated' });
    const view = await bot.reaches(
      runId,
      (v) => v.run.phase === 'ended' || v.questions.length > 0,
      'its end, or a question',
      12_000,
    );

    const one = target(view, 'linux-1');
    expect(one.outcome).not.toBeNull();
    if (stage === 'powering_off') expect(one.nextStep).toContain('terminated');
    expect(target(view, 'linux-2').outcome).toBe('patched');
    expect(bot.errors).toEqual([]);
  });
});
