/** Who of those who approved still counts, before the start and before a wave. */
import { describe, expect, it } from 'vitest';
import { LookFailed, type Membership } from '../../src/workflow/ports.ts';
import type { People, StandIn } from '../../src/workflow/settings.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { approverText, stillApproved } from '../../src/workflow/tasks/still-approved.ts';
import type { ApprovalRecord } from '../../src/workflow/view.ts';
import { buildPlan, buildState, buildTarget, NOW, SETTINGS } from './build.ts';

const ENTRY: StandIn = { user: 'UDEP', for: 'UAPP', from: NOW, until: NOW + 1000, reason: 'on leave' };
const STANDING_IN = { for: 'UAPP', until: ENTRY.until };

interface Given {
  approvals?: readonly Partial<ApprovalRecord>[];
  required?: number;
  standIns?: readonly StandIn[];
  /** Approvers as the directory has them. */
  approvers?: readonly string[];
  bots?: readonly string[];
  /** Whom the configuration names now, and whom it named when the plan was made. The group SAPP has all of them. */
  named?: { now: People; planned: People };
  directory?: () => never;
  changedBy?: string;
  started?: boolean;
  now?: number;
}

function asked(given: Given) {
  const plan = buildPlan(1, { changedBy: given.changedBy ?? 'UREQ' });
  const state = buildState([buildTarget(1)], {
    plan: { ...plan, approval: { ...plan.approval, required: given.required ?? 1, ...given.named?.planned } },
  });
  const approvals = (given.approvals ?? [{ userId: 'UAPP' }]).map((a) => ({
    at: NOW,
    userId: 'UAPP',
    planHash: state.run.planHash ?? '',
    ...a,
  }));
  const directory = {
    async membership(userId: string, allowed: People): Promise<Membership> {
      given.directory?.();
      const bot = given.bots?.includes(userId);
      return {
        person: bot ? { ok: false, why: 'it is a bot' } : { ok: true },
        member:
          allowed.users.includes(userId) ||
          (allowed.groups.includes('SAPP') &&
            (given.approvers ?? ['UAPP', 'UAPP2', 'UREQ', 'UCHG']).includes(userId)),
      };
    },
  };
  const [environment] = SETTINGS.environments;
  if (!environment || !state.plan) throw new Error('nothing to ask about');
  const settings = {
    ...SETTINGS,
    environments: [
      { ...environment, name: 'other', approvers: { groups: [], users: [], standIns: [] } },
      {
        ...environment,
        approvers: {
          ...environment.approvers,
          ...given.named?.now,
          ...(given.standIns ? { standIns: given.standIns } : {}),
        },
      },
    ],
  };
  const outside = { directory, settings, clock: { now: () => given.now ?? NOW } } as unknown as Outside;
  return stillApproved(outside, { ...state, plan: state.plan, approvals }, given.started ?? false);
}

describe('an approval still counts', () => {
  const COUNTS: [string, Given][] = [
    ['of an approver', {}],
    [
      'of a stand-in from the first instant of their time',
      { approvals: [{ userId: 'UDEP', standingIn: STANDING_IN }], standIns: [ENTRY] },
    ],
    [
      'of a stand-in to the last',
      { approvals: [{ userId: 'UDEP', standingIn: STANDING_IN }], standIns: [ENTRY], now: ENTRY.until - 1 },
    ],
    [
      'of a stand-in whose time ended after the start',
      {
        approvals: [{ userId: 'UDEP', standingIn: STANDING_IN }],
        standIns: [ENTRY],
        now: ENTRY.until + 1,
        started: true,
      },
    ],
    [
      'of a stand-in who was taken out of the configuration after the start',
      { approvals: [{ userId: 'UDEP', standingIn: STANDING_IN }], started: true },
    ],
    [
      'of a stand-in who stands in for others too',
      {
        approvals: [{ userId: 'UDEP', standingIn: STANDING_IN }],
        standIns: [{ ...ENTRY, for: 'UAPP2', until: NOW }, { ...ENTRY, user: 'UX', until: NOW }, ENTRY],
      },
    ],
  ];
  it.each(COUNTS)('%s', async (_, given) => {
    expect(await asked(given)).toMatchObject({ enough: true, withdrawn: [], valid: [{ at: NOW }] });
  });
});

describe('an approval and the configuration', () => {
  const GROUP: People = { groups: ['SAPP'], users: [] };
  const PERSON: People = { groups: [], users: ['UAPP'] };
  const BOTH: People = { groups: ['SAPP'], users: ['UAPP'] };
  const NOBODY: People = { groups: [], users: [] };
  const standsIn = { approvals: [{ userId: 'UDEP', standingIn: STANDING_IN }], standIns: [ENTRY] };

  it.each([
    ['a person who is named still', { named: { planned: PERSON, now: PERSON } }],
    ['a group that is named still', { named: { planned: BOTH, now: GROUP } }],
  ])('it counts: %s', async (_, given) => {
    expect(await asked(given)).toMatchObject({ enough: true, withdrawn: [] });
  });

  it.each([
    ['a person who was taken out of it', { named: { planned: PERSON, now: NOBODY } }],
    [
      'a person who was taken out of it during the run',
      { named: { planned: PERSON, now: NOBODY }, started: true },
    ],
    ['a group that was taken out of it', { named: { planned: GROUP, now: NOBODY } }],
    ['a group that the plan does not name', { named: { planned: NOBODY, now: GROUP } }],
    [
      'a stand-in for somebody who was taken out of it',
      { ...standsIn, named: { planned: PERSON, now: NOBODY } },
    ],
  ])('it counts no more: %s', async (_, given) => {
    expect(await asked(given)).toMatchObject({ enough: false, valid: [] });
  });
});

describe('an approval counts no more', () => {
  const standsIn = [{ userId: 'UDEP', standingIn: STANDING_IN }];
  const NOT: [string, Given, string][] = [
    ['of a person who left the group', { approvers: [] }, 'UAPP is not an approver any more'],
    ['of what turned out to be a bot', { bots: ['UAPP'] }, 'UAPP cannot approve: it is a bot'],
    ['of the requester', { approvals: [{ userId: 'UREQ' }] }, 'UREQ is not an approver any more'],
    [
      'of who changed the plan',
      { approvals: [{ userId: 'UCHG' }], changedBy: 'UCHG' },
      'UCHG is not an approver any more',
    ],
    [
      'of a stand-in when nobody stands in',
      { approvals: standsIn },
      'UDEP does not stand in for UAPP any more',
    ],
    [
      'of a stand-in before their time',
      { approvals: standsIn, standIns: [ENTRY], now: NOW - 1 },
      'UDEP does not stand in for UAPP any more',
    ],
    [
      'of a stand-in at the end of their time',
      { approvals: standsIn, standIns: [ENTRY], now: ENTRY.until },
      'UDEP does not stand in for UAPP any more',
    ],
    [
      'of a stand-in for somebody else',
      { approvals: standsIn, standIns: [{ ...ENTRY, for: 'UAPP2' }] },
      'UDEP does not stand in for UAPP any more',
    ],
    [
      'of a stand-in who is another person now',
      { approvals: standsIn, standIns: [{ ...ENTRY, user: 'UX' }] },
      'UDEP does not stand in for UAPP any more',
    ],
    [
      'of a stand-in for an approver who left',
      { approvals: standsIn, standIns: [ENTRY], approvers: [] },
      'UAPP, for whom UDEP stood in, is not an approver any more',
    ],
    [
      'of a stand-in for an approver whose account is off',
      { approvals: standsIn, standIns: [ENTRY], bots: ['UAPP'] },
      'UAPP, for whom UDEP stood in, is not an approver any more',
    ],
    [
      'of a stand-in who asked for the run',
      { approvals: [{ userId: 'UREQ', standingIn: STANDING_IN }], standIns: [{ ...ENTRY, user: 'UREQ' }] },
      'UAPP, for whom UREQ stood in, is not an approver any more',
    ],
    [
      'of a stand-in for who asked for the run',
      {
        approvals: [{ userId: 'UDEP', standingIn: { ...STANDING_IN, for: 'UREQ' } }],
        standIns: [{ ...ENTRY, for: 'UREQ' }],
      },
      'UREQ, for whom UDEP stood in, is not an approver any more',
    ],
  ];
  it.each(NOT)('%s', async (_, given, why) => {
    const answer = await asked(given);
    expect(answer).toMatchObject({ enough: false, valid: [] });
    const said = 'withdrawn' in answer ? answer.withdrawn.map((w) => w.replace(/[\uE000\uE001]/g, '')) : [];
    expect(said).toEqual([why]);
  });

  it('for another plan', async () => {
    expect(await asked({ approvals: [{ userId: 'UAPP', planHash: 'other' }] })).toEqual({
      enough: false,
      valid: [],
      withdrawn: [],
    });
  });

  it('twice, when an approver and their stand-in gave it', async () => {
    const approvals = [{ userId: 'UAPP' }, { userId: 'UDEP', standingIn: STANDING_IN }];
    expect(await asked({ approvals, standIns: [ENTRY], required: 2 })).toMatchObject({ enough: false });
    const others = [{ userId: 'UAPP2' }, { userId: 'UDEP', standingIn: STANDING_IN }];
    expect(await asked({ approvals: others, standIns: [ENTRY], required: 2 })).toMatchObject({
      enough: true,
    });
  });
});

it('nobody knows while Slack does not answer, and any other failure is one', async () => {
  const fails = (error: Error) => (): never => {
    throw error;
  };
  expect(await asked({ directory: fails(new LookFailed('slack', 'Slack did not answer.', true)) })).toEqual({
    unknown: 'Slack did not answer.',
  });
  await expect(asked({ directory: fails(new TypeError('a defect')) })).rejects.toThrow('a defect');
});

it('an approver is named with the one they stand in for', () => {
  const bare = (text: string) => text.replace(/[\uE000\uE001]/g, '');
  const record = { userId: 'UDEP', at: NOW, planHash: 'x' };
  expect(bare(approverText(record))).toBe('UDEP');
  expect(bare(approverText({ ...record, standingIn: STANDING_IN }))).toMatch(
    /^UDEP, standing in for UAPP until /,
  );
});
