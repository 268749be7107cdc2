/** Several people click on one plan in the same instant, in every order of their questions to Slack and of the writes. */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAudit, verifyAudit } from '../../src/store/audit-chain.ts';
import { migrate } from '../../src/store/open.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { round } from '../../src/workflow/executor.ts';
import { createPatchService } from '../../src/workflow/patch-service.ts';
import type { Answer, PatchService } from '../../src/workflow/service.ts';
import { fakeAws } from './sim/fake-aws.ts';
import { Faults } from './sim/faults.ts';
import { Random } from './sim/random.ts';
import { makeMachines, makeSettings, START } from './sim/scenario.ts';
import { Staff } from './sim/staff.ts';
import { Timeline } from './sim/timeline.ts';
import { Witness } from './sim/witness.ts';
import { World } from './sim/world.ts';

const INTERLEAVINGS = 1000;

type Deed = 'approve' | 'approve twice' | 'reject' | 'exclude' | 'stop';
const CLICKS: readonly { who: string; deed: Deed }[] = [
  { who: 'UAPP1', deed: 'approve' },
  { who: 'UAPP2', deed: 'approve twice' },
  { who: 'UREQ1', deed: 'approve' },
  { who: 'UBOTH', deed: 'exclude' },
  { who: 'UREQ2', deed: 'reject' },
  { who: 'UAPP3', deed: 'stop' },
];

/** A plan that waits for `required` approvals, asked for by UREQ1. */
async function planned(required: number, scheduler: fc.Scheduler) {
  const timeline = new Timeline(START, new Random('ties'));
  const clock = { now: () => timeline.now() };
  const staff = new Staff();
  const faults = new Faults(new Random(1), () => {});
  faults.over = true;
  const world = new World(
    timeline,
    new Random(1),
    faults,
    new Witness({ trace: () => {}, now: clock.now, staff }),
  );
  const scenario = makeSettings(new Random(3));
  const settings = {
    ...scenario,
    environments: scenario.environments.map((e) => ({
      ...e,
      approvalsRequired: required,
      startDefault: 'now' as const,
      stoppedInstances: 'start' as const,
    })),
    zones: scenario.zones.map((z) => ({ ...z, confirmAbove: 100 })),
  };
  for (const machine of makeMachines(new Random(3), settings))
    world.machines.set(machine.id, { ...machine, missing: 3, reported: null, tags: {} });
  const db = new Database(':memory:');
  migrate(db);
  const store = new SqliteStore(db, clock.now);
  const aws = fakeAws(world);
  const ids = { run: () => 'r1', guid: () => 'guid' };
  const directory = { membership: (...asked: Parameters<Staff['membership']>) => staff.membership(...asked) };
  const service = createPatchService({
    store,
    aws,
    directory,
    clock,
    ids,
    settings,
    kick: () => {},
    kickAll: () => {},
  });
  const scope = { name: 'test', pattern: null, tags: [], platform: null, regions: [], only: null };
  const options = { fresh: false, dryRun: false, backupOnly: false, now: true, at: null, until: null };
  const actor = { userId: 'UREQ1', teamId: 'TOURS', channelId: 'C1', once: 'scan' };
  await service.scan(actor, { scope, options });
  const outside = {
    aws,
    checks: { run: async () => ({ ok: true, text: '' }) },
    directory,
    store,
    clock,
    ids,
    settings,
    ownInstanceIds: () => [],
  };
  for (let i = 0; i < 5; i++)
    await round({ ...outside, writeReport: async () => {}, view: () => null }, 'r1');
  // From here on, every question to Slack is answered when the scheduler says so.
  directory.membership = (...asked) =>
    scheduler.schedule(staff.membership(...asked), `asks about ${asked[0]}`);
  return { db, store, service };
}

function click(service: PatchService, store: SqliteStore, who: string, deed: Deed): Promise<Answer>[] {
  const run = store.run('r1');
  const planHash = run?.planHash ?? '';
  const actor = { userId: who, teamId: 'TOURS', channelId: 'C1', once: `${who} ${deed}` };
  switch (deed) {
    case 'approve':
      return [service.approve(actor, { runId: 'r1', planHash })];
    case 'approve twice':
      return [1, 2].map(() => service.approve(actor, { runId: 'r1', planHash }));
    case 'reject':
      return [service.reject(actor, { runId: 'r1', planHash, reason: 'no' })];
    case 'exclude': {
      const key = store.allTargets('r1').find((t) => t.wave !== null)?.key ?? '';
      return [service.exclude(actor, { runId: 'r1', planHash, targets: [key], reason: 'not it' })];
    }
    case 'stop':
      return [service.stop(actor, { runId: 'r1', reason: 'enough' })];
  }
}

test('whatever the order, a plan is decided once, by enough people who may, and only as it is', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 2 }),
      fc.subarray([...CLICKS], { minLength: 2 }),
      async (scheduler, required, clicks) => {
        const { db, store, service } = await planned(required, scheduler);
        expect(store.run('r1')?.phase).toBe('await_approval');
        const answers: { deed: Deed; ok: boolean }[] = [];
        let open = 0;
        for (const { who, deed } of clicks)
          for (const answer of click(service, store, who, deed)) {
            open++;
            void answer.then(({ ok }) => {
              answers.push({ deed, ok });
              open--;
            });
          }
        while (open > 0) {
          if (scheduler.count() > 0) await scheduler.waitOne();
          await new Promise((resolve) => setImmediate(resolve));
        }
        const run = store.run('r1');
        const counted = store.approvals('r1').filter((a) => a.planHash === run?.planHash);
        const approvers = new Set(counted.map((a) => a.userId));
        for (const { deed, ok } of answers) if (ok) seen.set(deed, (seen.get(deed) ?? 0) + 1);
        expect(approvers.size).toBe(counted.length);
        expect(approvers.has('UREQ1')).toBe(false);
        expect(approvers.has(run?.planChangedBy ?? '')).toBe(false);
        // At most one of the clicks that arrived twice took effect.
        expect(answers.filter((a) => a.deed === 'approve twice' && a.ok).length).toBeLessThan(2);
        if (run?.phase === 'await_start') {
          expect(approvers.size).toBe(required);
          seen.set('approved', (seen.get('approved') ?? 0) + 1);
        } else if (run?.phase === 'ended') {
          expect(run.end).toBe('rejected');
          expect(answers.some((a) => a.deed === 'reject' && a.ok)).toBe(true);
        } else {
          expect(run?.phase).toBe('await_approval');
          expect(approvers.size).toBeLessThan(required);
        }
        // Nothing is decided after a stop, and a plan that was approved was not rejected as well.
        const rows = store.auditRows('r1').map((r) => r.action);
        const stopped = rows.indexOf('run.stop_requested');
        if (stopped >= 0)
          expect(rows.slice(stopped).filter((a) => a === 'plan.approved' || a === 'plan.changed')).toEqual(
            [],
          );
        if (rows.includes('plan.rejected')) expect(run?.phase).toBe('ended');
        expect(verifyAudit(readAudit(db)).ok).toBe(true);
        db.close();
      },
    ),
    { numRuns: INTERLEAVINGS, seed: 20261121 },
  );
  for (const deed of ['approve', 'approve twice', 'reject', 'exclude', 'stop', 'approved'])
    expect(seen.get(deed) ?? 0, deed).toBeGreaterThan(0);
});
