/** From what was found to the first plan: what is asked of AWS, what is written, and what cannot be planned. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import { LookFailed, type Place } from '../../src/workflow/ports.ts';
import type { Run, Target } from '../../src/workflow/run-types.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { plan } from '../../src/workflow/tasks/plan.ts';
import { buildInstance, buildState, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';

interface Given {
  targets?: readonly Target[];
  run?: Partial<Run>;
  /** By region. */
  fails?: Record<string, Error>;
  /** Earlier runs by id: what they retried, and their targets. */
  earlier?: Record<string, { retryOf: string | null; targets: readonly Target[] }>;
}

async function planned(given: Given) {
  const written: Changes[] = [];
  const targets = given.targets ?? [buildTarget(1)];
  const run = { phase: 'plan' as const, planVersion: null, planHash: null, ...given.run };
  const state = buildState(targets, { plan: null, run });
  const outside = {
    settings: SETTINGS,
    clock: { now: () => NOW },
    store: {
      allTargets: (id: string) => given.earlier?.[id]?.targets ?? targets,
      load: (id: string) => (given.earlier?.[id] ? { run: { retryOf: given.earlier[id].retryOf } } : null),
      async commit(_: string, changes: Changes) {
        written.push(changes);
        return { ok: true, value: undefined };
      },
    },
    aws: {
      commands: {
        async document({ region }: Place, name: string) {
          // The later one answers first.
          if (region === 'eu-west-1') await new Promise((resolve) => setImmediate(resolve));
          const failed = given.fails?.[region];
          if (failed) throw failed;
          return { name, version: `of ${region}`, hash: 'h' };
        },
      },
    },
  } as unknown as Outside;
  const answer = await plan(outside, state);
  return { answer, written, changes: written[0], plan: written[0]?.plan?.plan };
}
const elsewhere = (n: number, region: string) =>
  buildTarget(n, {
    instance: buildInstance(n, { region, key: `111100000001/${region}/i-0000000${n}` }),
  });
const DENIED = new LookFailed('AccessDenied', 'The document cannot be read.', false);

describe('a plan', () => {
  it('is written where the run is still wanted, and waits for approval', async () => {
    const { changes, answer } = await planned({});
    expect(changes?.expect).toEqual({ phase: 'plan', notStopped: true });
    expect(changes?.run).toMatchObject({ phase: 'await_approval', planVersion: 1, failedZones: [] });
    expect(changes?.targets).toEqual([
      {
        key: keyOf(1),
        set: {
          wave: 1,
          stage: 'queued',
          outcome: null,
          outcomeReason: '',
          nextStep: '',
          imageId: null,
        },
      },
    ]);
    expect(answer).toEqual({ done: true });
  });

  it('pins one document for each place, in a fixed order whoever answers first: the hash depends on it', async () => {
    const targets = [elsewhere(2, 'us-east-1'), buildTarget(1), elsewhere(3, 'eu-central-1'), buildTarget(4)];
    for (const order of [targets, [...targets].reverse()]) {
      const { plan } = await planned({ targets: order });
      expect(plan?.documents.map((d) => [d.region, d.version])).toEqual([
        ['eu-central-1', 'of eu-central-1'],
        ['eu-west-1', 'of eu-west-1'],
        ['us-east-1', 'of us-east-1'],
      ]);
    }
  });

  it('leaves out a place whose document cannot be read, and says why there', async () => {
    const { plan, changes } = await planned({
      targets: [buildTarget(1), elsewhere(2, 'us-east-1')],
      fails: { 'us-east-1': DENIED },
    });
    expect(plan?.targets.map((t) => t.key)).toEqual([keyOf(1)]);
    expect(changes?.targets?.[0]).toEqual({
      key: '111100000001/us-east-1/i-00000002',
      set: {
        eligible: false,
        reasons: [{ code: 'no_document', text: 'The document cannot be read.' }],
        outcomeReason: 'The document cannot be read.',
        nextStep: 'Mend the cause, then scan again.',
      },
    });
    expect(changes?.run?.failedZones).toEqual([
      { landingZone: 'shop-prod', reason: 'The document cannot be read.' },
    ]);
  });

  it('keeps for each instance the backup of the last of the runs that it retries in which one was verified', async () => {
    const backedUp = (n: number, imageId: string | null, backupVerified = true) =>
      buildTarget(n, { imageId, backupVerified });
    const { plan } = await planned({
      targets: [1, 2, 3].map((n) => buildTarget(n)),
      run: { retryOf: 'second' },
      earlier: {
        second: {
          retryOf: 'first',
          targets: [backedUp(1, 'ami-new'), backedUp(2, 'ami-x', false), backedUp(3, null)],
        },
        first: {
          retryOf: null,
          targets: [backedUp(1, 'ami-old'), backedUp(2, 'ami-2'), backedUp(3, 'ami-3')],
        },
      },
    });
    expect(plan?.targets.map((t) => t.keepImageId)).toEqual(['ami-new', 'ami-2', 'ami-3']);
  });

  it('needs no document where only backups are made', async () => {
    const { plan } = await planned({ run: { kind: 'backup_only' }, fails: { 'eu-west-1': DENIED } });
    expect(plan?.documents).toEqual([]);
  });
});

describe('no plan', () => {
  it('is made while AWS does not answer: it is asked again', async () => {
    const slow = new LookFailed('Throttling', 'Slow down.', true);
    const { answer, written } = await planned({ fails: { 'eu-west-1': slow } });
    expect(answer).toEqual({
      done: false,
      why: 'The patch document could not be read: Slow down.',
      retryInMs: SETTINGS.timing.pollCommands,
    });
    expect(written).toEqual([]);
    await expect(planned({ fails: { 'eu-west-1': new TypeError('a defect') } })).rejects.toThrow('a defect');
  });

  it('is made of nothing: the run ends, and says why', async () => {
    const { changes } = await planned({ fails: { 'eu-west-1': DENIED } });
    const reason = 'Nothing can be patched. The document cannot be read.';
    expect(changes).toMatchObject({
      expect: { phase: 'plan' },
      run: { phase: 'ended', end: 'nothing_to_do', endReason: reason, endedAt: NOW },
      keepZones: [],
      audit: [{ actor: 'patchday', action: 'run.nothing_to_do', text: reason }],
      news: [{ kind: 'progress', text: reason }],
    });
    expect(changes?.targets).toMatchObject([{ key: keyOf(1), set: { eligible: false } }]);
  });
});
