/** Opening a wave: who is still ready, who goes to backup, and what holds the wave up. */
import { describe, expect, it } from 'vitest';
import type { Changes, Committed, RunState } from '../../src/workflow/changes.ts';
import type { Instance } from '../../src/workflow/instance.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import { LookFailed, type Place } from '../../src/workflow/ports.ts';
import type { Target } from '../../src/workflow/run-types.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { openWave } from '../../src/workflow/tasks/open-wave.ts';
import type { ApprovalRecord } from '../../src/workflow/view.ts';
import {
  buildInstance,
  buildPlan,
  buildPlanTarget,
  buildState,
  buildTarget,
  keyOf,
  NOW,
  SETTINGS,
} from './build.ts';

interface Given {
  target?: Partial<Target>;
  /** As the first instance is now; null = gone. */
  now?: Partial<Instance> | null;
  plan?: Partial<Plan>;
  /** A target of an earlier wave. */
  earlier?: Partial<Target>;
  lock?: boolean;
  image?: 'verified' | 'failed' | 'gone';
  fails?: Error;
  approver?: boolean;
  /** Who approved; UAPP when not said. */
  approvals?: readonly Omit<ApprovalRecord, 'planHash'>[];
  /** Of the second instance. */
  region?: string;
  slack?: Error;
  clockTrouble?: string;
  refused?: boolean;
  /** The run as it is once everybody was asked. */
  meanwhile?: RunState;
}

async function opened(given: Given) {
  const asked: unknown[] = [];
  const written: Changes[] = [];
  const one = buildTarget(1, given.target ?? {});
  const two = buildTarget(2, given.region ? { instance: buildInstance(2, { region: given.region }) } : {});
  const done = buildTarget(3, { stage: 'done', outcome: 'patched' });
  const before = buildTarget(4, { wave: 0, stage: 'done', ...given.earlier });
  const plan = buildPlan(0, {
    targets: [buildPlanTarget(1), buildPlanTarget(2), buildPlanTarget(3), buildPlanTarget(9, { wave: 2 })],
    waves: [
      { number: 1, size: 3, worstCaseMs: 1 },
      { number: 2, size: 1, worstCaseMs: 1 },
    ],
    ...given.plan,
  });
  const approvals = (given.approvals ?? [{ userId: 'UAPP', at: NOW }]).map((a) => ({
    ...a,
    planHash: hashPlan(plan),
  }));
  const state = buildState([before, one, two, done], { plan, approvals });
  const outside = {
    settings: SETTINGS,
    clock: { now: () => 0 },
    ownInstanceIds: () => [],
    clockTrouble: () => given.clockTrouble ?? null,
    directory: {
      async membership() {
        if (given.slack) throw given.slack;
        return { person: { ok: true }, member: given.approver ?? true };
      },
    },
    store: {
      allTargets: () => state.targets,
      load: () => given.meanwhile ?? state,
      instanceLocks: (keys: string[]) =>
        given.lock && keys.includes(keyOf(1))
          ? [{ key: keyOf(1), runId: 'r9', reason: 'unknown', until: null }]
          : [],
      async commit(_: string, changes: Changes): Promise<Committed> {
        written.push(changes);
        return given.refused
          ? { ok: false, refused: 'stopped', text: 'stopped' }
          : { ok: true, value: undefined };
      },
    },
    aws: {
      identity: {
        async confirmAccount(place: Place) {
          asked.push(place);
          if (given.fails) throw given.fails;
        },
      },
      fleet: {
        describe: async (_: Place, ids: string[]) => {
          asked.push(ids.length);
          return [...(given.now === null ? [] : [buildInstance(1, given.now)]), buildInstance(2)];
        },
      },
      commands: {
        othersInProgress: async () => {
          asked.push('others');
          return new Map();
        },
      },
      images: {
        look: async (_: Place, ids: string[]) => {
          asked.push(ids);
          return new Map(
            given.image === 'gone' ? [] : ids.map((id) => [id, { state: given.image ?? 'verified' }]),
          );
        },
      },
    },
  } as unknown as Outside;
  const answer = await openWave(outside, state, 1);
  const [changes] = written;
  return {
    answer,
    asked,
    written,
    first: changes?.targets?.find((t) => t.key === keyOf(1)),
    second: changes?.targets?.find((t) => t.key === keyOf(2))?.set,
    said: changes?.news?.[0]?.text,
    changes,
  };
}

const noBackup = { ...buildPlan(0).backup, required: false };

describe('an instance of the wave', () => {
  it('goes to backup, with its numbers from before', async () => {
    const { first, second, asked, said, answer, changes } = await opened({});
    expect(first).toMatchObject({
      whenStage: 'queued',
      set: { stage: 'backing_up', imageId: null, before: { missing: 2 } },
    });
    expect(second).toMatchObject({ stage: 'backing_up' });
    expect(changes?.targets).toHaveLength(2);
    expect(asked).toEqual([
      { landingZone: 'shop-prod', accountId: '111100000001', region: 'eu-west-1', runId: 'k7m2qp' },
      2,
      'others',
    ]);
    expect(said).toBe('Wave 1 of 2: 2 instances, backing up.');
    expect(answer).toEqual({ done: true });
    expect(changes?.expect).toMatchObject({ phase: 'waves', notStopped: true });
    expect(changes?.expect?.planHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('goes on without a backup where none is required', async () => {
    const { first, said } = await opened({ plan: { backup: noBackup } });
    expect(first?.set).toMatchObject({ stage: 'ready', backupVerified: false });
    expect(said).toBe('Wave 1 of 2: 2 instances.');
  });

  it('is started first when it was stopped', async () => {
    const stopped = { wasStopped: true };
    const plan = { backup: noBackup, stoppedInstances: 'start' as const };
    const { first } = await opened({ target: stopped, now: { state: 'stopped' }, plan });
    expect(first?.set).toMatchObject({ stage: 'powering_on' });
  });

  it('goes on with the backup of an earlier attempt that still stands, and with no other', async () => {
    const kept = { target: { imageId: 'ami-1' } };
    const stands = await opened({ ...kept, image: 'verified' });
    expect(stands.first?.set).toMatchObject({ stage: 'ready', backupVerified: true });
    expect(stands.asked.at(-1)).toEqual(['ami-1']);
    expect(stands.said).toBe('Wave 1 of 2: 2 instances, backing up.');
    for (const image of ['failed', 'gone'] as const)
      expect((await opened({ ...kept, image })).first?.set).toMatchObject({
        stage: 'backing_up',
        imageId: null,
      });
  });

  it('is backed up in a backup-only run, whatever there is, and without its agent', async () => {
    const offline = { ssm: { ping: 'connection_lost' as const, lastPingAt: null, agentVersion: null } };
    const plan = { kind: 'backup_only' as const, backup: noBackup };
    const { first, asked } = await opened({ target: { imageId: 'ami-1' }, now: offline, plan });
    expect(first?.set).toMatchObject({ stage: 'backing_up' });
    expect(asked).not.toContain('others');
  });

  const NOT_READY: [string, Given, RegExp][] = [
    ['gone', { now: null }, /^Not ready when its wave began: it does not exist any more\.$/],
    ['off', { now: { state: 'stopped' } }, /it was running when planned and is stopped now\.$/],
    ['locked', { lock: true }, /locked by run r9/],
    [
      'locked and without its agent',
      { lock: true, now: { ssm: { ping: 'not_managed', lastPingAt: null, agentVersion: null } } },
      /endpoints; locked by run r9/,
    ],
  ];
  it.each(NOT_READY)('that is %s is skipped, and the others go on', async (_, given, reason) => {
    const { first, second, said, changes } = await opened(given);
    expect(first?.set).toMatchObject({
      stage: 'done',
      outcome: 'skipped',
      nextStep: 'Mend the cause, then /patch retry.',
    });
    expect(first?.set.outcomeReason).toMatch(reason);
    expect(second).toMatchObject({ stage: 'backing_up' });
    expect(said).toBe('Wave 1 of 2: 1 instance, backing up. 1 not ready any more.');
    expect(changes?.audit?.[0]).toMatchObject({ text: 'Wave 1: 1 of 2 instances ready.' });
  });
});

describe('a wave', () => {
  it('waits while AWS does not answer', async () => {
    const { answer, written } = await opened({ fails: new LookFailed('Throttling', 'Slow down.', true) });
    expect(answer).toEqual({
      done: false,
      why: 'Wave 1 waits: Slow down.',
      retryInMs: SETTINGS.timing.pollPower,
    });
    expect(written).toEqual([]);
    await expect(opened({ fails: new TypeError('a defect') })).rejects.toThrow('a defect');
  });

  it('loses the places into which there is no way any more', async () => {
    const { changes } = await opened({
      fails: new LookFailed('WrongAccount', 'The role is elsewhere.', false),
    });
    expect(changes?.targets?.map((t) => t.set.outcomeReason)).toEqual(
      Array(2).fill('Not ready when its wave began: The role is elsewhere.'),
    );
  });

  it('is opened again from what is true when it was stopped meanwhile', async () => {
    expect((await opened({ refused: true })).answer).toEqual({ done: false, why: 'stopped', retryInMs: 0 });
  });

  it('is not opened for approvers who left', async () => {
    const reason =
      'The approval does not hold any more: UAPP is not an approver any more. No further wave was opened. Scan again for the rest and have it approved anew.';
    const bare = (text = '') => text.replace(/[\uE000\uE001]/g, '');
    const { changes, answer } = await opened({ approver: false });
    expect(answer).toEqual({ done: true });
    expect(bare(changes?.endQueued?.reason)).toBe(reason);
    expect(changes).toMatchObject({ expect: { phase: 'waves' }, run: { phase: 'report', end: 'halted' } });
    expect((await opened({ approver: false, refused: true })).answer).toMatchObject({
      done: false,
      why: 'stopped',
      retryInMs: 0,
    });
    // What waits for a person's answer ends first.
    const busy = await opened({ approver: false, earlier: { stage: 'powering_off', power: 'ask' } });
    expect(busy.answer).toMatchObject({ done: false, retryInMs: 10_000 });
    expect(bare('why' in busy.answer ? busy.answer.why : '')).toBe(reason);
    expect(busy.written).toEqual([]);
  });

  it('is not opened for several approvers who left, and each is named', async () => {
    const approvals = ['UAPP', 'UAPP2'].map((userId) => ({ userId, at: NOW }));
    const { changes } = await opened({ approver: false, approvals });
    expect(changes?.endQueued?.reason.replace(/[\uE000\uE001]/g, '')).toContain(
      ': UAPP is not an approver any more; UAPP2 is not an approver any more. No further wave',
    );
  });

  it('is opened though the time of the stand-in who approved is over: the run goes on already', async () => {
    const standingIn = { for: 'UAPP', until: 0 };
    const { changes } = await opened({ approvals: [{ userId: 'USTAND', at: 0, standingIn }] });
    expect(changes?.audit?.map((a) => a.action)).toEqual(['wave.opened']);
  });

  it('is looked at place by place', async () => {
    const { asked } = await opened({ region: 'us-east-1' });
    expect(asked.flatMap((a) => (a as { region?: string }).region ?? [])).toEqual(['eu-west-1', 'us-east-1']);
  });

  it('is not opened while an instance of an earlier one is on its way again', async () => {
    const asked = await opened({ earlier: { stage: 'powering_off', power: 'ask' } });
    expect(asked.answer).toEqual({ done: true });
    // The person answered while AWS was being asked.
    const meanwhile = buildState([
      buildTarget(4, { wave: 0, stage: 'powering_off', power: 'on' }),
      buildTarget(1),
    ]);
    const { answer, written } = await opened({ earlier: { stage: 'powering_off', power: 'ask' }, meanwhile });
    expect(answer).toEqual({ done: false, why: '', retryInMs: 0 });
    expect(written).toEqual([]);
  });

  it('waits while the clock is known to be wrong, unless its approvers left', async () => {
    const trouble = { clockTrouble: "3 hours behind Slack's" };
    const { answer, written } = await opened(trouble);
    expect(answer).toMatchObject({ done: false, retryInMs: 10_000 });
    expect('why' in answer ? answer.why : '').toContain("is 3 hours behind Slack's");
    expect(written).toEqual([]);
    expect((await opened({ ...trouble, approver: false })).changes?.run).toMatchObject({ end: 'halted' });
  });

  it('goes on with the last answer while Slack does not give one, and says so in the audit', async () => {
    const { changes } = await opened({ slack: new LookFailed('slack', 'Slack did not answer.', true) });
    expect(changes?.audit?.map((a) => a.action)).toEqual(['wave.opened', 'approval.not_asked_again']);
  });
});
