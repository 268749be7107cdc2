/**
 * One run goes to its end at a simulated AWS, and its database is copied at every commit. Each copy is then
 * restored by itself, with AWS as the whole run left it, and a bot goes on from it: nothing may be patched or
 * backed up a second time, and the run must come to an end by what people may do.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import type { AwsSimulator } from '../../../sandbox/aws/server.ts';
import { readAudit } from '../../../src/store/audit-chain.ts';
import { retell } from '../../../src/store/audit-replay.ts';
import { differencesToTables } from '../../../src/store/audit-tables.ts';
import { copyDatabase, restoreDatabase } from '../../../src/store/copy.ts';
import { until } from '../../support/until.ts';
import { actor, type Harness, type HarnessOptions, startHarness } from '../../support/workflow-harness.ts';

export const ORIGINALS = ['plain', 'doubt'] as const;
export type OriginalName = (typeof ORIGINALS)[number];

const DATABASE = 'patchday.sqlite';
const fleet = smallFleet({ linux: 3, instances: { 'linux-3': { state: 'stopped' } } });
const options: HarnessOptions = {
  fleet,
  policy: { stoppedInstances: 'start', waveSize: 2 },
  timing: { effectGrace: 60, verifyTimeout: 400 },
};

export interface Original {
  runId: string;
  sim: AwsSimulator;
  /** Files, in the order of the commits after which they were made. */
  copies: string[];
  close(): Promise<void>;
}

/** The run that never lost anything; in 'doubt' a first patch command got lost and a person had it sent again. */
export async function original(name: OriginalName): Promise<Original> {
  const copies: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'patchday-original-'));
  const bot = await startHarness({
    ...options,
    folder,
    commitHooks: {
      beforeCommit() {},
      afterCommit() {
        const copy = join(folder, `copy-${copies.length + 1}.sqlite`);
        copyDatabase(join(folder, DATABASE), copy, Date.now());
        copies.push(copy);
      },
    },
  });
  if (name === 'doubt')
    bot.sim.control.fault({
      operation: 'SendCommand',
      when: 'before',
      kind: 'http500',
      match: { parameter: { Operation: 'Install' } },
    });
  const runId = await bot.scan();
  const approved = await bot.approve(runId);
  if (!approved.ok) throw new Error(approved.text);
  if (name === 'doubt') await sendAgain(bot, runId);
  await bot.ended(runId);
  await bot.stopBot();
  return {
    runId,
    sim: bot.sim,
    copies,
    async close() {
      await bot.sim.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function sendAgain(bot: Harness, runId: string): Promise<void> {
  const asked = await bot.reaches(runId, (v) => v.questions.length > 0, 'the question');
  const tag = asked.questions[0]?.tag ?? '';
  const answer = await bot.service.answer(actor('UAPP'), { tag, answer: 'send_again' });
  if (!answer.ok) throw new Error(answer.text);
}

export interface Continued {
  violations: string[];
  /** The run was open in the copy, and was parked. */
  parked: boolean;
  /** How the restored run ended, and how its instances did. */
  end: string;
  outcomes: string[];
}

/**
 * Restores one copy and lets people bring its run to an end: they release it once AWS was asked, approve what
 * waits for approval, and answer "send it again" to whatever they cannot find in Systems Manager.
 */
export async function goOnFrom(
  { runId, sim }: Original,
  copy: string,
  how: { marked: boolean } = { marked: true },
): Promise<Continued> {
  const before = counted(sim);
  const folder = mkdtempSync(join(tmpdir(), 'patchday-restored-'));
  restoreDatabase(copy, join(folder, DATABASE), Date.now());
  if (!how.marked) forgetThatItIsACopy(join(folder, DATABASE));
  const bot = await startHarness({ ...options, folder, sim });
  const violations: string[] = [];
  let end = 'absent';
  let parked = false;
  let outcomes: string[] = [];
  try {
    parked = Boolean(bot.store.load(runId)?.parked);
    bot.host.kickAll();
    if (bot.store.run(runId) !== null) {
      await until(() => bringToAnEnd(bot, runId), {
        within: 15_000,
        describe: `the end: ${where(bot, runId)}`,
        every: 20,
      });
      const view = bot.view(runId);
      end = view.run.end ?? 'none';
      outcomes = view.targets.map((t) => `${t.outcome} (${t.outcomeReason})`);
      violations.push(
        ...view.targets
          .filter((t) => t.stage !== 'done')
          .map((t) => `${t.instance.name} was left ${t.stage}`),
      );
    }
    bot.store.commits.flush();
    const { db } = bot.store;
    violations.push(
      ...differencesToTables(db, retell(readAudit(db))).map((d) => `audit and tables differ: ${d}`),
    );
  } catch (error) {
    violations.push(`stuck: ${error instanceof Error ? error.message : String(error)} ${where(bot, runId)}`);
  } finally {
    await bot.stopBot();
    rmSync(folder, { recursive: true, force: true });
  }
  const after = counted(sim);
  for (const [name, { installs, images }] of Object.entries(after)) {
    if (installs !== before[name]?.installs) violations.push(`${name} was patched again`);
    if (images !== before[name]?.images) violations.push(`${name} was backed up again`);
  }
  violations.push(...bot.errors.map((error) => `a round failed: ${String(error)}`));
  return { violations, parked, end, outcomes };
}

async function bringToAnEnd(bot: Harness, runId: string): Promise<boolean> {
  const view = bot.view(runId);
  if (view.run.phase === 'ended') return true;
  const parked = bot.store.load(runId)?.parked;
  if (parked?.mayRelease) await bot.service.release(actor('UAPP'), { runId, reason: 'looked' });
  if (bot.store.freezes().length > 0) await bot.service.unfreeze(actor('UAPP'), { scope: 'all' });
  if (view.run.phase === 'await_approval')
    await bot.service.approve(actor('UAPP2'), { runId, planHash: view.run.planHash ?? '' });
  for (const { tag } of view.questions) {
    if (!bot.sim.control.commands().some((c) => c.comment === tag))
      await bot.service.answer(actor('UAPP'), { tag, answer: 'send_again' });
  }
  return false;
}

function where(bot: Harness, runId: string): string {
  const { run, targets } = bot.view(runId);
  return `${run.phase} ${JSON.stringify(run.because)} ${targets.map((t) => `${t.instance.name}:${t.stage}`).join(' ')}`;
}

function counted(sim: AwsSimulator): Record<string, { installs: number; images: number }> {
  return Object.fromEntries(
    sim.control.instances().map(({ name }) => {
      const { installs, imagesBegun } = sim.control.instance(name).counters;
      return [name, { installs, images: imagesBegun }];
    }),
  );
}

/** As if somebody had found another way to make a copy, and had put it into an empty folder: the control. */
function forgetThatItIsACopy(path: string): void {
  const db = new Database(path);
  db.exec('DROP TABLE copy_of_database');
  db.close();
}
