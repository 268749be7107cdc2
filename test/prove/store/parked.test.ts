/** A parked run and people: who may let it go on, who may end it, and what happens while AWS does not answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { copyDatabase, restoreDatabase } from '../../../src/store/copy.ts';
import { until } from '../../support/until.ts';
import { actor, type Harness, startHarness } from '../../support/workflow-harness.ts';

const fleet = smallFleet({ linux: 1 });
const timing = { effectGrace: 60 };
const DATABASE = 'patchday.sqlite';
const folders: string[] = [];
const bots = new Set<Harness>();
afterEach(async () => {
  for (const bot of bots) await bot.close();
  bots.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Copied when it was approved and nothing had begun yet; its bot then ended with it. */
async function restored(
  prepare: (sim: Harness['sim']) => void = () => {},
): Promise<{ bot: Harness; runId: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-parked-'));
  folders.push(folder);
  const copy = join(folder, 'copy');
  const first = await startHarness({ fleet, timing });
  const runId = await first.scan();
  await first.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
  await first.host.drain();
  // Approved, and the process ended before it acted on it.
  const { run } = first.view(runId);
  await first.service.approve(actor('UAPP'), { runId, planHash: run.planHash ?? '' });
  copyDatabase(join(first.folder, DATABASE), copy, Date.now());
  await first.stopBot();
  prepare(first.sim);
  rmSync(first.folder, { recursive: true, force: true });
  restoreDatabase(copy, join(folder, DATABASE), Date.now());
  const bot = await startHarness({ fleet, timing, folder, sim: first.sim });
  bots.add(bot);
  bot.host.kickAll();
  return { bot, runId };
}

const finding = (bot: Harness, runId: string) =>
  until(() => bot.store.load(runId)?.parked?.finding ?? false, { within: 5000, describe: 'what was found' });
const effects = ({ sim }: Harness) => sim.control.ledger().filter((e) => e.outcome === 'effect').length;

describe('a parked run', () => {
  it('goes on only by an approver who did not ask for it, and says so to everybody else', async () => {
    const { bot, runId } = await restored();
    const release = (who: string, reason = 'looked') => bot.service.release(actor(who), { runId, reason });
    expect((await release('UAPP')).text).toContain('AWS was not asked yet');
    expect(await finding(bot, runId)).toContain(`/patch release ${runId}`);
    await bot.reaches(runId, (v) => v.because[0]?.code === 'parked', 'the card');

    expect(await release('UREQ')).toMatchObject({ ok: false, code: 'own_request' });
    expect(await release('UREQ2')).toMatchObject({ ok: false, code: 'not_in_group' });
    expect(await release('UAPP', ' ')).toMatchObject({ ok: false, code: 'no_reason' });
    expect(effects(bot)).toBe(0);
    const audit = bot.store.auditRows(runId).map((r) => r.action);
    expect(audit.filter((a) => a === 'denied.release')).toHaveLength(3);

    expect(await release('UAPP2')).toMatchObject({ ok: true });
    await bot.reaches(runId, (v) => v.because.some((b) => b.code === 'frozen'), 'the freeze of the restore');
    expect(effects(bot)).toBe(0);
    expect(await bot.service.unfreeze(actor('UREQ2'), { scope: 'all' })).toMatchObject({ ok: true });
    expect((await bot.ended(runId)).run.end).toBe('completed');
    expect(bot.sim.control.instance('linux-1').counters.installs).toBe(1);
    expect(await release('UAPP2')).toMatchObject({ ok: false, code: 'not_parked' });
  });

  it('is ended by a stop, and nothing was changed', async () => {
    const { bot, runId } = await restored();
    expect(await bot.service.stop(actor('UREQ'), { runId, reason: '' })).toMatchObject({ ok: true });
    expect((await bot.ended(runId)).run.end).toBe('stopped');
    expect(effects(bot)).toBe(0);
  });

  it('is ended by a stop where AWS says that it will not answer: what is in doubt is unknown and locked', async () => {
    const { bot, runId } = await restored((sim) =>
      sim.control.fault({ operation: 'ListCommands', when: 'before', kind: 'denied', times: 'always' }),
    );
    await bot.reaches(runId, (v) => v.because.some((b) => b.text.includes(`/patch stop ${runId}`)), 'why');
    expect(await bot.service.stop(actor('UREQ'), { runId, reason: '' })).toMatchObject({ ok: true });
    const { run, targets } = await bot.ended(runId);
    expect(run.end).toBe('stopped');
    expect(targets.map((t) => t.outcome)).toEqual(['unknown']);
    expect(bot.store.instanceLocks(targets.map((t) => t.key))).toMatchObject([{ runId, until: null }]);
    expect(effects(bot)).toBe(0);
    expect(await bot.scan().catch(String)).not.toContain('zone_busy');
  });

  it('stays parked for as long as AWS cannot be asked, and says why', async () => {
    const { bot, runId } = await restored((sim) =>
      sim.control.fault({ operation: 'ListCommands', when: 'before', kind: 'denied', times: 'always' }),
    );
    const view = await bot.reaches(
      runId,
      (v) => v.because.some((b) => b.text.includes('AWS could not be asked')),
      'why',
    );
    expect(view.because.map((b) => b.code)).toContain('parked');
    expect(await bot.service.release(actor('UAPP'), { runId, reason: 'x' })).toMatchObject({ ok: false });
    expect(effects(bot)).toBe(0);
    bot.sim.control.clearFaults();
    expect(await finding(bot, runId)).toContain('No patch command was found');
  });
});
