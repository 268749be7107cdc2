/** A click on a plan while something else happens to it. */
import { describe, expect, it } from 'vitest';
import type { Changes, Committed, Refusal, RunState } from '../../src/workflow/changes.ts';
import { approve, exclude, reject } from '../../src/workflow/service/decisions.ts';
import type { ServiceParts } from '../../src/workflow/service/facts.ts';
import type { Actor } from '../../src/workflow/service.ts';
import type { ZonePolicy } from '../../src/workflow/settings.ts';
import { buildPlan, buildPlanTarget, buildState, keyOf, NOW, SETTINGS, type StateChanges } from './build.ts';

const ACTOR: Actor = { userId: 'UAPP', teamId: 'TOURS', channelId: 'C1', once: 'click' };

interface Given {
  /** The run at each reading. */
  states: readonly RunState[];
  /** What each commit comes to; ok when there is no more. */
  commits?: readonly Refusal[];
  zones?: readonly Partial<ZonePolicy>[];
}

function rig({ states, commits = [], zones = [{}] }: Given) {
  const written: Changes[] = [];
  const audit: string[] = [];
  const denied: string[] = [];
  const kicked: string[] = [];
  let reads = 0;
  const parts = {
    settings: {
      ...SETTINGS,
      environments: SETTINGS.environments.map((e) => ({ ...e, approvers: { groups: ['SAPP'], users: [] } })),
      zones: zones.map((z) => ({ ...SETTINGS.zones[0], ...z })),
    },
    clock: { now: () => NOW },
    directory: { membership: async () => ({ person: { ok: true }, member: true }) },
    store: {
      run: () => states[0]?.run,
      load: () => states[Math.min(reads++, states.length - 1)],
      async commit(_: string, changes: Changes): Promise<Committed> {
        written.push(changes);
        const refused = commits[written.length - 1];
        return refused ? { ok: false, refused, text: '' } : { ok: true, value: undefined };
      },
      async audit(_: string, entry: { text: string; action: string }) {
        audit.push(entry.text);
        denied.push(entry.action);
      },
    },
    kick: (id: string) => kicked.push(id),
  } as unknown as ServiceParts;
  return { parts, written, audit, denied, kicked };
}

const waiting = (changes: StateChanges = {}, required = 1) => {
  const plan = buildPlan(0, {
    targets: [buildPlanTarget(1), buildPlanTarget(2), buildPlanTarget(3, { landingZone: 'shop-too' })],
  });
  const state = buildState([], {
    plan: { ...plan, approval: { ...plan.approval, required } },
    approvals: [],
    ...changes,
    run: { phase: 'await_approval', ...changes.run },
  });
  return state;
};
const hashOf = (state: RunState) => state.run.planHash ?? '';
const by = (userId: string, state: RunState) => ({ userId, at: NOW, planHash: hashOf(state) });
const click = (given: Given, confirmed?: boolean) => {
  const built = rig(given);
  const [first] = given.states;
  const request = {
    runId: 'k7m2qp',
    planHash: first ? hashOf(first) : '',
    ...(confirmed === undefined ? {} : { confirmed }),
  };
  return approve(built.parts, ACTOR, request).then((answer) => ({ answer, ...built }));
};

describe('an approval', () => {
  it('that comes in the same instant as another is judged again, as the next of them', async () => {
    const first = waiting({}, 2);
    const second = waiting({ approvals: [by('UAPP2', first)] }, 2);
    const { answer, written, kicked } = await click({
      states: [first, second],
      commits: ['approvals_changed'],
    });
    expect(answer).toMatchObject({ ok: true, text: 'Run k7m2qp is approved.' });
    expect(written.map((w) => [w.expect?.approvals, w.run?.phase])).toEqual([
      [0, undefined],
      [1, 'await_start'],
    ]);
    expect(written[0]?.expect).toEqual({
      phase: 'await_approval',
      planHash: hashOf(first),
      notStopped: true,
      approvals: 0,
      once: 'click',
    });
    expect(kicked).toEqual(['k7m2qp']);
  });

  it('that comes too late is told what is true now', async () => {
    const ended = waiting({ run: { phase: 'ended', end: 'rejected', endReason: 'Rejected.' } });
    const { answer, audit, denied, kicked } = await click({
      states: [waiting(), ended],
      commits: ['phase_changed'],
    });
    expect(denied).toEqual(['denied.approve']);
    expect(answer).toMatchObject({ ok: false, code: 'phase_changed' });
    expect(answer.text).toMatch(/has ended \(Rejected\.\)/);
    expect(audit).toEqual([answer.text]);
    expect(kicked).toEqual([]);
  });

  it('whose click was taken before says so', async () => {
    const text = 'Your click on run k7m2qp was already handled. Nothing more was changed.';
    const refused = 'seen_before';
    expect((await click({ states: [waiting()], commits: [refused] })).answer).toEqual({
      ok: false,
      code: refused,
      text,
    });
  });

  it('of a large run is confirmed by its size in each landing zone', async () => {
    const zones = (confirmAbove: number) => [{ confirmAbove }, { name: 'shop-too', confirmAbove: 1 }];
    expect((await click({ states: [waiting()], zones: zones(2) })).answer.ok).toBe(true);
    const asked = await click({ states: [waiting()], zones: zones(1) });
    expect(asked.answer).toEqual({
      ok: false,
      code: 'needs_confirmation',
      text: 'This run has 2 instances in shop-prod, more than 1 without a second confirmation. Nothing was approved yet. Confirm the size to approve.',
    });
    expect(asked.written).toEqual([]);
    expect((await click({ states: [waiting()], zones: zones(1) }, true)).answer.ok).toBe(true);
  });
});

describe('a rejection', () => {
  const rejected = async (commits?: Given['commits']) => {
    const state = waiting();
    const built = rig({ states: [state], ...(commits ? { commits } : {}) });
    const request = { runId: 'k7m2qp', planHash: hashOf(state), reason: 'not today' };
    return { answer: await reject(built.parts, ACTOR, request), ...built };
  };

  it('ends the run, and its host is told to look', async () => {
    const { answer, written, kicked } = await rejected();
    expect(answer).toMatchObject({ ok: true });
    expect(written[0]?.run).toMatchObject({ phase: 'ended', end: 'rejected' });
    expect(kicked).toEqual(['k7m2qp']);
  });

  it('that came too late changes nothing, and is written down', async () => {
    const { answer, denied, kicked } = await rejected(['phase_changed']);
    expect(answer).toMatchObject({ ok: false, code: 'phase_changed' });
    expect([denied, kicked]).toEqual([['denied.reject'], []]);
  });
});

describe('an exclusion', () => {
  const without = async (given: Given, targets = [keyOf(1)], reason = ' not today ') => {
    const built = rig(given);
    const [first] = given.states;
    const request = { runId: 'k7m2qp', planHash: first ? hashOf(first) : '', targets, reason };
    return { answer: await exclude(built.parts, ACTOR, request), ...built };
  };

  it('of a run whose environment is not configured any more changes nothing', async () => {
    const { answer, written } = await without({ states: [waiting({ run: { environment: 'gone' } })] });
    expect(answer).toEqual({
      ok: false,
      code: 'no_environment',
      text: 'Environment gone is not in the configuration any more. Nothing was changed.',
    });
    expect(written).toEqual([]);
  });

  it('makes a new plan for others to approve, and gives back the landing zones that it leaves', async () => {
    const state = waiting();
    const { answer, written, kicked } = await without({ states: [state] }, [keyOf(3)]);
    expect(written[0]).toMatchObject({
      expect: { phase: 'await_approval', planHash: hashOf(state), notStopped: true, once: 'click' },
      run: { planVersion: 2, planChangedBy: 'UAPP' },
      keepZones: ['shop-prod'],
    });
    expect(written[0]?.plan?.plan.targets.map((t) => t.key)).toEqual([keyOf(1), keyOf(2)]);
    expect(written[0]?.targets?.[0]?.set.outcomeReason?.replace(/[\uE000\uE001]/g, '')).toBe(
      'Excluded by UAPP: not today.',
    );
    expect(answer).toMatchObject({ ok: true, value: { planHash: written[0]?.plan?.hash } });
    expect(kicked).toEqual(['k7m2qp']);
  });

  it('is refused when the stored plan is not the one of its hash', async () => {
    const { answer, written, denied } = await without({ states: [waiting({ planHashNow: 'another' })] });
    expect(denied).toEqual(['denied.exclude']);
    expect(answer).toEqual({
      ok: false,
      code: 'corrupt_plan',
      text: 'The stored plan of run k7m2qp does not match its hash any more. Nothing was changed. Reject the run, scan again, and have the database checked.',
    });
    expect(written).toEqual([]);
  });

  it('is refused after another decision', async () => {
    const { answer, kicked } = await without({ states: [waiting()], commits: ['plan_changed'] });
    expect(answer).toMatchObject({ ok: false, code: 'plan_changed' });
    expect(kicked).toEqual([]);
  });
});
