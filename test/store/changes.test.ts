/** One Changes is applied whole or not at all; what must never change cannot be changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import { buildPlan, buildRun, buildTarget, keyOf, NOW } from '../workflow/build.ts';
import { createRun, newStore, runInWaves } from './support.ts';

describe('what was decided', () => {
  it('about a plan can be neither changed nor deleted', async () => {
    const { store } = newStore();
    await runInWaves(store);
    expect(() => store.db.exec("UPDATE plans SET body = '{}'")).toThrow(/immutable/);
    expect(() => store.db.exec('DELETE FROM plans')).toThrow(/kept/);
    expect(() => store.db.exec('INSERT OR REPLACE INTO plans SELECT * FROM plans')).toThrow(/kept/);
  });

  it('in the audit can be neither changed nor deleted', async () => {
    const { store } = newStore();
    await createRun(store);
    expect(() => store.db.exec("UPDATE audit SET actor = 'x'")).toThrow(/append-only/);
    expect(() => store.db.exec('DELETE FROM audit')).toThrow(/append-only/);
    expect(() => store.db.exec('INSERT OR REPLACE INTO audit SELECT * FROM audit')).toThrow(/append-only/);
  });

  it('by an approver counts once for a plan', async () => {
    const { store } = newStore();
    const { runId, hash } = await runInWaves(store, undefined, {}, []);
    const approve = (userId: string, planHash = hash) =>
      store.commit(runId, { addApproval: { userId, at: NOW, planHash } });
    expect(await approve('UAPP')).toMatchObject({ ok: true });
    expect(await approve('UAPP')).toMatchObject({ ok: false, refused: 'already_done' });
    expect(await approve('UAPP', 'f'.repeat(64))).toMatchObject({ ok: true });
    expect(store.approvals(runId)).toHaveLength(2);
  });

  it('is found tampered with when somebody got around the triggers', async () => {
    const { store } = newStore();
    const { runId, hash } = await runInWaves(store);
    store.db.exec('DROP TRIGGER plans_are_immutable');
    store.db.exec("UPDATE plans SET body = json_set(body, '$.failureBudget', 99)");
    expect(store.load(runId)?.planHashNow).not.toBe(hash);
    expect(store.load(runId)?.run.planHash).toBe(hash);
  });

  it('is found tampered with also when the sound plan was read a moment before', async () => {
    const { store } = newStore();
    const { runId, hash } = await runInWaves(store);
    expect(store.load(runId)?.planHashNow).toBe(hash);
    store.db.exec('DROP TRIGGER plans_are_immutable');
    // The same number of characters: only the content differs.
    store.db.exec("UPDATE plans SET body = replace(body, 'i-', 'j-')");
    expect(store.load(runId)?.planHashNow).not.toBe(hash);
    expect(store.plan(runId, 1)?.targets[0]?.key).toContain('j-');
  });
});

describe('targets', () => {
  it('move only from the stage that was seen, and remember when they entered theirs', async () => {
    const { store, time } = newStore();
    const { runId } = await runInWaves(store, [buildTarget(1, { stage: 'ready', stageSince: NOW })]);
    const first = () => store.allTargets(runId)[0];
    time.now = NOW + 100;
    await store.commit(runId, {
      targets: [{ key: keyOf(1), whenStage: 'queued', set: { stage: 'done', outcome: 'skipped' } }],
    });
    expect(first()).toMatchObject({ stage: 'ready', outcome: null });
    await store.commit(runId, {
      targets: [{ key: keyOf(1), whenStage: 'ready', set: { stage: 'patching' } }],
    });
    expect(first()).toMatchObject({ stage: 'patching', stageSince: NOW + 100 });
    time.now = NOW + 200;
    await store.commit(runId, { targets: [{ key: keyOf(1), set: { stage: 'patching', commandId: 'c' } }] });
    expect(first()).toMatchObject({ commandId: 'c', stageSince: NOW + 100 });
  });

  it('cannot be done without an outcome', async () => {
    const { store } = newStore();
    const { runId } = await runInWaves(store);
    await expect(
      store.commit(runId, { targets: [{ key: keyOf(1), set: { stage: 'done' } }] }),
    ).rejects.toThrow(/CHECK/);
    expect(store.allTargets(runId)[0]?.stage).toBe('ready');
  });

  it('that wait for their wave are ended together, and no others', async () => {
    const { store } = newStore();
    const targets = [
      buildTarget(1, { stage: 'patching' }),
      buildTarget(2, { wave: 2 }),
      buildTarget(3, { wave: null, stage: 'done', outcome: 'up_to_date' }),
    ];
    const { runId } = await runInWaves(store, targets);
    await store.commit(runId, { endQueued: { reason: 'Stopped.', nextStep: 'Retry.' } });
    expect(store.allTargets(runId).map((t) => [t.stage, t.outcome, t.outcomeReason])).toEqual([
      ['patching', null, ''],
      ['done', 'stopped', 'Stopped.'],
      ['done', 'up_to_date', ''],
    ]);
  });

  it('are loaded for the current wave and whatever is on its way, with what was done to them', async () => {
    const { store } = newStore();
    const targets = [
      buildTarget(1, { wave: 1, stage: 'powering_off', outcome: 'unknown', power: 'ask' }),
      buildTarget(2, { wave: 1, stage: 'done', outcome: 'patched' }),
      buildTarget(3, { wave: 2, stage: 'ready' }),
      buildTarget(4, { wave: 3 }),
      buildTarget(5, { wave: null, stage: 'done', outcome: 'failed' }),
      buildTarget(6, { wave: 1, stage: 'done', outcome: 'verification_failed' }),
    ];
    const { runId } = await runInWaves(store, targets);
    await store.commit(runId, { run: { currentWave: 2 } });
    const state = store.load(runId);
    expect(state?.targets.map((t) => t.key)).toEqual([keyOf(1), keyOf(3)]);
    expect(state?.queuedWaves).toEqual([3]);
    // Those of the plan only.
    expect(state?.failedSoFar).toBe(2);
  });

  it('that failed count for the budget of the run in whatever wave they are, and no other outcome does', async () => {
    const { store } = newStore();
    const outcomes = [
      [1, 'failed'],
      [1, 'patched'],
      [2, 'verification_failed'],
      [2, 'stopped'],
      [3, 'unknown'],
      [3, 'skipped'],
      [4, 'partly_patched'],
      [4, 'up_to_date'],
    ] as const;
    const targets = outcomes.map(([wave, outcome], i) =>
      buildTarget(i + 1, { wave, stage: 'done', outcome }),
    );
    const { runId } = await runInWaves(store, targets);
    for (const currentWave of [1, 2, 4]) {
      await store.commit(runId, { run: { currentWave } });
      expect(store.load(runId)?.failedSoFar).toBe(4);
    }
  });

  it('come back from the file as they went in, whatever text they hold', async () => {
    const { store } = newStore();
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    // The one key that is left out on reading: it would be the prototype.
    const tagKey = text.filter((key) => key !== '__proto__');
    let n = 0;
    await fc.assert(
      fc.asyncProperty(text, text, text, fc.dictionary(tagKey, text), async (name, excerpt, reason, tags) => {
        const runId = `r${++n}`;
        await createRun(store, { id: runId });
        const base = buildTarget(1);
        const target = {
          ...base,
          excerpt,
          outcomeReason: reason,
          instance: { ...base.instance, name, tags },
        };
        await store.commit(runId, { addTargets: [target] });
        expect(store.allTargets(runId)[0]).toEqual(JSON.parse(JSON.stringify(target)));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a run and its plan', () => {
  it('come back from the file as they went in, with the same hash', async () => {
    const { store } = newStore();
    const plan = buildPlan(3, {
      checks: [
        {
          name: 'shop',
          type: 'http',
          tag: { key: 'a', value: 'ü\u2028' },
          port: 80,
          path: '/',
          expectStatus: 200,
          timeoutMs: 5,
        },
      ],
    });
    const run = await createRun(store, {
      scope: {
        name: 'prod',
        pattern: 'x*',
        tags: [{ key: 'k', value: 'v' }],
        platform: 'linux',
        regions: ['r'],
        only: ['a/b/c'],
      },
      failedZones: [{ landingZone: 'z', reason: 'r' }],
    });
    expect(store.run(run.id)).toEqual(run);
    await store.commit(run.id, {
      plan: { plan, hash: hashPlan(plan) },
      run: { planVersion: 1, planHash: hashPlan(plan) },
    });
    expect(store.plan(run.id, 1)).toEqual(plan);
    expect(store.load(run.id)?.planHashNow).toBe(hashPlan(plan));
  });

  it('are listed open ones first, then the newest', async () => {
    const { store } = newStore();
    for (const [id, createdAt, phase] of [
      ['a', 1, 'ended'],
      ['b', 2, 'waves'],
      ['c', 3, 'ended'],
      ['d', 4, 'discover'],
    ] as const)
      await createRun(store, buildRun({ id, createdAt, phase, revision: 1 }));
    expect(store.runs(10).map((r) => r.id)).toEqual(['d', 'b', 'c', 'a']);
    expect(store.runs(3)).toHaveLength(3);
    expect(store.openRuns().map((r) => r.id)).toEqual(['b', 'd']);
  });
});
