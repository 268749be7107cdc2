/**
 * Whole runs drawn from seeds: fleet, policy, faults on the wire, freezes, stops, restarts and answers. A seed
 * that once failed stays in the list. More of them: PATCHDAY_CHAOS_SEEDS=1000-1099 vitest run <this file>.
 */
import { describe, expect, it } from 'vitest';
import type { Target } from '../../src/workflow/run-types.ts';
import { type Chaos, play } from './chaos.ts';
import { timesOn } from './wire-support.ts';

function seeds(): number[] {
  const [from = 1, to = 16] = (process.env['PATCHDAY_CHAOS_SEEDS'] ?? '')
    .split('-')
    .flatMap((n) => (n === '' ? [] : [Number(n)]));
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Over all seeds: a test that never meets trouble proves nothing. */
const seen = { outcomes: new Set<string>(), ends: new Set<string>(), deeds: new Set<string>(), faults: 0 };

describe('a run under chaos', () => {
  for (const seed of seeds()) {
    it(`(seed ${seed}) ends, does nothing twice, and says of every instance what is true`, async () => {
      const chaos = await play(seed);
      const { bot, runId, story } = chaos;
      const view = bot.view(runId);
      const told = `seed ${seed}: ${story.join(', ')}`;

      seen.ends.add(view.run.end ?? '');
      for (const { outcome } of view.targets) seen.outcomes.add(outcome ?? '');
      for (const deed of story) seen.deeds.add(deed);
      seen.faults += bot.sim.control.firedFaults();
      expect(view.run.end, told).not.toBeNull();
      expect(view.questions, told).toEqual([]);
      expect(bot.errors, told).toEqual([]);
      expect(bot.store.db.prepare('SELECT count(*) FROM zone_locks').pluck().get(), told).toBe(0);
      for (const times of [timesOn(bot.sim, 'CreateImage'), timesOn(bot.sim, 'SendCommand', 'Install')])
        for (const [id, n] of Object.entries(times)) expect(n, `${told}: ${id}`).toBe(1);
      for (const target of view.targets)
        expectTruth(
          chaos,
          target,
          `${told}: ${target.instance.name} ${target.outcome} ${target.outcomeReason}`,
        );
    });
  }

  it('met all sorts of trouble', () => {
    expect(seen.faults).toBeGreaterThan(3);
    expect(seen.outcomes.size, [...seen.outcomes].join(', ')).toBeGreaterThan(3);
    expect(seen.ends.size).toBeGreaterThan(1);
    // Which deeds fit into a run depends on how fast the machine is; without any there was no chaos.
    expect(seen.deeds.size, [...seen.deeds].join(', ')).toBeGreaterThan(1);
  });
});

function expectTruth({ bot, runId, policy, leftOn }: Chaos, target: Target, told: string): void {
  const real = bot.sim.control.instance(target.instance.instanceId);
  expect(target.stage, told).toBe('done');
  expect(target.outcome, told).not.toBeNull();
  expect(real.counters.installs, told).toBeLessThanOrEqual(1);
  expect(real.counters.patchRaces, told).toBe(0);
  const open = real.patches.missing.length + real.patches.failed.length;
  switch (target.outcome) {
    case 'patched':
      expect([open, real.patches.pending_reboot.length, real.counters.installs], told).toEqual([0, 0, 1]);
      break;
    case 'patched_reboot_pending':
      expect([open, real.counters.installs], told).toEqual([0, 1]);
      break;
    case 'partly_patched':
      expect(real.counters.installs, told).toBe(1);
      expect(open, told).toBeGreaterThan(0);
      break;
    case 'skipped':
    case 'stopped':
      expect(real.counters.installs, told).toBe(0);
      break;
    case 'unknown':
      expect(target.nextStep, told).toContain(`/patch resolve ${runId}`);
      expect(bot.store.instanceLocks([target.key]), told).toHaveLength(1);
      break;
    default:
      expect(target.nextStep, told).not.toBe('');
  }
  const backedUp = policy.backup?.required && policy.backup.withoutVerifiedBackup === 'skip';
  if (backedUp && real.counters.installs > 0) expect(target.backupVerified, told).toBe(true);
  if (!target.wasStopped) expect(real.state, told).toBe('running');
  else if (leftOn.has(target.key)) expect(real.state, told).toBe('running');
  else if (!target.nextStep.includes('by hand')) expect(real.state, told).toBe('stopped');
}
