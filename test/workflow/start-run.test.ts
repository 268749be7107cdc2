/** The last look before the first change of a run. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import { LookFailed, type Place } from '../../src/workflow/ports.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { startRun } from '../../src/workflow/tasks/start-run.ts';
import {
  buildPlan,
  buildPlanTarget,
  buildState,
  buildTarget,
  NOW,
  SETTINGS,
  type StateChanges,
} from './build.ts';

const PLAN = buildPlan(2, {
  targets: [
    buildPlanTarget(1),
    buildPlanTarget(2),
    buildPlanTarget(3, { landingZone: 'shop-test', accountId: '222200000002' }),
  ],
});

interface Given {
  state?: StateChanges;
  approver?: boolean;
  slack?: Error;
  account?: Error;
  clockTrouble?: string | null;
}

async function started({ state: changes = {}, approver = true, slack, account, clockTrouble }: Given) {
  const places: Place[] = [];
  const written: Changes[] = [];
  const state = buildState([buildTarget(1)], {
    plan: PLAN,
    ...changes,
    run: { phase: 'await_start', ...changes.run },
  });
  const outside = {
    settings: SETTINGS,
    clock: { now: () => NOW },
    ids: { guid: () => 'a-guid' },
    ...(clockTrouble === undefined ? {} : { clockTrouble: () => clockTrouble }),
    directory: {
      async membership() {
        if (slack) throw slack;
        return { person: { ok: true }, member: approver };
      },
    },
    aws: {
      identity: {
        async confirmAccount(place: Place) {
          places.push(place);
          if (account) throw account;
        },
      },
    },
    store: {
      async commit(_: string, change: Changes) {
        written.push(change);
        return { ok: true, value: undefined };
      },
    },
  } as unknown as Outside;
  const answer = await startRun(outside, state);
  return { answer, places, written, state };
}

const halted = (reason: string) => ({
  expect: { phase: 'await_start' },
  endQueued: { reason, nextStep: 'Scan again.' },
  run: { phase: 'ended', end: 'halted', endReason: reason, endedAt: NOW, wakeAt: null, because: [] },
  keepZones: [],
  audit: [{ actor: 'patchday', action: 'run.halted', text: reason }],
  news: [{ kind: 'failure', text: reason, excerpt: '' }],
});

describe('a run that may start', () => {
  it('has every account of its plan confirmed, and starts on its approved plan only', async () => {
    const { answer, places, written, state } = await started({});
    expect(answer).toEqual({ done: true });
    expect(places).toEqual([
      { landingZone: 'shop-prod', accountId: '111100000001', region: 'eu-west-1', runId: 'k7m2qp' },
      { landingZone: 'shop-test', accountId: '222200000002', region: 'eu-west-1', runId: 'k7m2qp' },
    ]);
    expect(written).toMatchObject([
      {
        expect: { phase: 'await_start', notStopped: true, planHash: state.run.planHash },
        run: { phase: 'waves', startedAt: NOW, snapshotId: 'a-guid', currentWave: 0 },
      },
    ]);
  });
});

describe('a run that may not start', () => {
  const MISMATCH =
    'The stored plan does not match the approved hash any more. Nothing was changed; have the database checked.';
  it.each([
    ['without a plan', { plan: null }],
    ['without a plan, whatever its hash', { plan: null, run: { planHash: 'x' }, planHashNow: 'x' }],
    ['with another plan than the approved one', { planHashNow: 'another' }],
  ] as [string, StateChanges][])('%s is halted', async (_, state) => {
    const { answer, written, places } = await started({ state });
    expect(answer).toEqual({ done: true });
    expect(places).toEqual([]);
    expect(written).toEqual([halted(MISMATCH)]);
  });

  it('because its approvers left is halted', async () => {
    const { written } = await started({
      approver: false,
      state: {
        approvals: ['UAPP', 'UAPP2'].map((userId) => ({
          userId,
          at: NOW,
          planHash: buildState([], { plan: PLAN }).run.planHash ?? '',
        })),
      },
    });
    const reason = written[0]?.endQueued?.reason.replace(/[\uE000\uE001]/g, '');
    expect(reason).toBe(
      'The approval does not hold any more: UAPP is not an approver any more; UAPP2 is not an approver any more. Nothing was changed. Scan again and have it approved anew.',
    );
  });

  it('because the time of the stand-in who approved is over is halted: nothing has begun', async () => {
    const approvals = [
      { userId: 'USTAND', at: NOW - 9, planHash: hashPlan(PLAN), standingIn: { for: 'UAPP', until: NOW } },
    ];
    const { written } = await started({ state: { approvals } });
    expect(written[0]?.run).toMatchObject({ phase: 'ended', end: 'halted' });
    expect(written[0]?.run?.endReason?.replace(/[\uE000\uE001]/g, '')).toContain(
      'USTAND does not stand in for UAPP any more',
    );
  });

  it('because an account is another one is halted', async () => {
    const wrong = new LookFailed('WrongAccount', 'The role is in another account.', false);
    const { written } = await started({ account: wrong });
    expect(written).toEqual([halted('The role is in another account. Nothing was changed.')]);
  });
});

describe('a run that nobody can tell about waits', () => {
  it('while Slack does not answer', async () => {
    const { answer, written } = await started({
      slack: new LookFailed('slack', 'Slack did not answer', true),
    });
    expect(answer).toEqual({
      done: false,
      why: 'Slack could not be asked whether the approvers still are approvers (Slack did not answer). Nothing starts until it answers.',
      retryInMs: 10_000,
    });
    expect(written).toEqual([]);
  });

  it('while the clock is known to be wrong, also when by that clock the time of a stand-in is over', async () => {
    const approvals = [
      { userId: 'USTAND', at: NOW - 9, planHash: hashPlan(PLAN), standingIn: { for: 'UAPP', until: NOW } },
    ];
    for (const state of [{}, { approvals }]) {
      const { answer, written, places } = await started({ state, clockTrouble: "3 hours ahead of Slack's" });
      expect(answer).toEqual({
        done: false,
        why: "The clock of the machine that runs Patchday is 3 hours ahead of Slack's, so it cannot be told whether the window is open. Nothing new begins until it is set.",
        retryInMs: 10_000,
      });
      expect([written, places]).toEqual([[], []]);
    }
    expect((await started({ clockTrouble: null })).answer).toEqual({ done: true });
  });

  it('while AWS does not answer', async () => {
    const { answer, written } = await started({ account: new LookFailed('Throttling', 'Slow down.', true) });
    expect(answer).toEqual({ done: false, why: 'Slow down.', retryInMs: SETTINGS.timing.pollPower });
    expect(written).toEqual([]);
    await expect(started({ account: new TypeError('a defect') })).rejects.toThrow('a defect');
  });
});
