/** Clicks on Approve: one base context, one change per case, the exact sentence. */
import type { ApprovalRequest } from '../../src/workflow/approval.ts';
import { mention } from '../../src/workflow/mention.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import type { StandInFacts } from '../../src/workflow/stand-in.ts';
import { buildPlan, buildRun, NOW } from './build.ts';

export const PLAN = buildPlan(3);
const HASH = hashPlan(PLAN);
export const OTHER_HASH = hashPlan({ ...PLAN, version: 2 });

/** An approver who did nothing else, in time, on the current plan: approved. */
export const BASE: ApprovalRequest = {
  run: buildRun({ phase: 'await_approval', planHash: HASH }),
  plan: PLAN,
  planHashNow: HASH,
  clickedHash: HASH,
  facts: { userId: 'UAPP', person: { ok: true }, requester: false, approver: true },
  approvals: [],
  now: NOW,
  approverNames: 'an approver (@prod-approvers)',
  requesterNames: 'a requester (@prod-team)',
};

export const run = (changes: Parameters<typeof buildRun>[0]) => ({ ...BASE.run, ...changes });
const facts = (changes: Partial<ApprovalRequest['facts']>) => ({ ...BASE.facts, ...changes });
/** The base plan with changes, and everything that holds its hash. */
function planned(changes: Partial<Plan>): Partial<ApprovalRequest> {
  const plan = { ...PLAN, ...changes };
  const hash = hashPlan(plan);
  return { plan, planHashNow: hash, clickedHash: hash, run: run({ planHash: hash }) };
}
const given = (userId: string, planHash = HASH) => ({ userId, at: NOW - 1000, planHash });
export const TTL = PLAN.approval.expiresAt;

const OWN =
  'You asked for this run or changed its plan, so somebody else must approve it: an approver (@prod-approvers). Nothing was changed.';
const NOT_IN_GROUP =
  'You cannot approve a plan in test: you are not in the group that may. Nothing was changed. An approver (@prod-approvers) can.';
const OVER = 'The time to approve run k7m2qp is over. Nothing was approved. Scan again for a fresh plan.';
const STALE =
  'The plan of run k7m2qp was changed after this button was shown (now version 1). Nothing was approved. Read the new plan on the card and approve that.';
const CORRUPT =
  'The stored plan of run k7m2qp does not match its hash any more. Nothing was approved. Reject the run, scan again, and have the database checked.';
const APPROVED = 'Run k7m2qp is approved.';
const notA = (why: string) =>
  `You cannot approve a plan: ${why}. Nothing was changed. An approver (@prod-approvers) can.`;

const AWAY = mention('UAWAY');
/** UB stands in for UAWAY from an hour ago until in an hour. */
const standsIn = (changes: Partial<StandInFacts> = {}, more: Partial<ApprovalRequest['facts']> = {}) =>
  facts({
    userId: 'UB',
    approver: false,
    standIns: [
      {
        user: 'UB',
        for: 'UAWAY',
        from: NOW - 3_600_000,
        until: NOW + 3_600_000,
        reason: 'on leave',
        forIsApprover: true,
        ...changes,
      },
    ],
    ...more,
  });
const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const IN_PLACE = `You gave it standing in for ${AWAY} until ${at(NOW + 3_600_000)}.`;
const TWO: Plan['approval'] = { ...PLAN.approval, required: 2 };
const TWO_HASH = hashPlan({ ...PLAN, approval: TWO });

interface Case {
  because: string;
  change: Partial<ApprovalRequest>;
  answer: string;
  text: string;
}

export const CASES: Case[] = [
  { because: 'nothing is against it', change: {}, answer: 'approved', text: APPROVED },
  {
    because: 'an approver may be in both groups',
    change: { facts: facts({ requester: true }) },
    answer: 'approved',
    text: APPROVED,
  },
  {
    because: 'somebody of neither group',
    change: { facts: facts({ approver: false }) },
    answer: 'not_in_group',
    text: NOT_IN_GROUP,
  },
  {
    because: 'somebody of the requesters only',
    change: { facts: facts({ approver: false, requester: true }) },
    answer: 'not_in_group',
    text: NOT_IN_GROUP,
  },
  {
    because: 'the requester',
    change: { facts: facts({ userId: 'UREQ' }) },
    answer: 'own_request',
    text: OWN,
  },
  {
    because: 'the requester, although in both groups',
    change: { facts: facts({ userId: 'UREQ', requester: true }) },
    answer: 'own_request',
    text: OWN,
  },
  {
    because: 'the requester of the run, whatever the plan says',
    change: {
      ...planned({ requestedBy: 'USOMEONE', changedBy: 'USOMEONE' }),
      facts: facts({ userId: 'UREQ' }),
    },
    answer: 'own_request',
    text: OWN,
  },
  {
    because: 'who changed the plan last',
    change: { ...planned({ changedBy: 'UAPP' }) },
    answer: 'own_request',
    text: OWN,
  },
  {
    because: 'the requester, after somebody else changed the plan',
    change: { ...planned({ changedBy: 'UAPP2' }), facts: facts({ userId: 'UREQ' }) },
    answer: 'own_request',
    text: OWN,
  },
  {
    because: 'another approver, after the first changed the plan',
    change: { ...planned({ changedBy: 'UAPP2' }) },
    answer: 'approved',
    text: APPROVED,
  },
  {
    because: 'a bot',
    change: { facts: facts({ person: { ok: false, why: 'you are a bot' } }) },
    answer: 'not_a_person',
    text: notA('you are a bot'),
  },
  {
    because: 'a guest',
    change: { facts: facts({ person: { ok: false, why: 'you are a guest here' } }) },
    answer: 'not_a_person',
    text: notA('you are a guest here'),
  },
  {
    because: 'somebody of another workspace',
    change: { facts: facts({ person: { ok: false, why: 'you are not in our workspace' } }) },
    answer: 'not_a_person',
    text: notA('you are not in our workspace'),
  },
  {
    because: 'a deactivated account',
    change: { facts: facts({ person: { ok: false, why: 'your account is deactivated' } }) },
    answer: 'not_a_person',
    text: notA('your account is deactivated'),
  },
  {
    because: 'a bot that asked for the run',
    change: { facts: facts({ userId: 'UREQ', person: { ok: false, why: 'you are a bot' } }) },
    answer: 'not_a_person',
    text: notA('you are a bot'),
  },
  {
    because: 'nobody knows who it is',
    change: { facts: facts({ person: 'unavailable' }) },
    answer: 'cannot_check',
    text: 'Slack did not answer when asked who you are, so nothing was changed. Try again in a moment; an approver (@prod-approvers) may approve a plan.',
  },
  { because: 'one ms before the end', change: { now: TTL - 1 }, answer: 'approved', text: APPROVED },
  { because: 'at the very end', change: { now: TTL }, answer: 'expired', text: OVER },
  { because: 'one ms after the end', change: { now: TTL + 1 }, answer: 'expired', text: OVER },
  {
    because: 'too late, and not allowed either',
    change: { now: TTL + 1, facts: facts({ approver: false }) },
    answer: 'expired',
    text: OVER,
  },
  {
    because: 'a button of an older plan',
    change: { clickedHash: OTHER_HASH },
    answer: 'stale_plan',
    text: STALE,
  },
  { because: 'a button without a hash', change: { clickedHash: '' }, answer: 'stale_plan', text: STALE },
  {
    because: 'a hash that only begins alike',
    change: { clickedHash: HASH.slice(0, 8) },
    answer: 'stale_plan',
    text: STALE,
  },
  {
    because: 'a stored plan that was tampered with',
    change: { planHashNow: OTHER_HASH },
    answer: 'corrupt_plan',
    text: CORRUPT,
  },
  {
    because: 'a tampered plan whose new hash is clicked',
    change: { planHashNow: OTHER_HASH, clickedHash: OTHER_HASH },
    answer: 'corrupt_plan',
    text: CORRUPT,
  },
  {
    because: 'a plan that is gone',
    change: { plan: null, planHashNow: null },
    answer: 'not_waiting',
    text: 'Run k7m2qp has no plan to approve yet. Nothing was changed; wait for its card.',
  },
  {
    because: 'their second click, when two are needed',
    change: {
      ...planned({ approval: { ...PLAN.approval, required: 2 } }),
      approvals: [given('UAPP', hashPlan({ ...PLAN, approval: { ...PLAN.approval, required: 2 } }))],
    },
    answer: 'already_yours',
    text: 'Your approval of run k7m2qp is already counted (1 of 2). Somebody else must give the next one.',
  },
  {
    because: 'the first of two',
    change: planned({ approval: { ...PLAN.approval, required: 2 } }),
    answer: 'counted',
    text: 'Your approval of run k7m2qp is counted: 1 of 2. It needs 1 more.',
  },
  {
    because: 'the second of two',
    change: {
      ...planned({ approval: { ...PLAN.approval, required: 2 } }),
      approvals: [given('UAPP2', hashPlan({ ...PLAN, approval: { ...PLAN.approval, required: 2 } }))],
    },
    answer: 'approved',
    text: APPROVED,
  },
  {
    because: 'the first of three',
    change: planned({ approval: { ...PLAN.approval, required: 3 } }),
    answer: 'counted',
    text: 'Your approval of run k7m2qp is counted: 1 of 3. It needs 2 more.',
  },
  {
    because: 'an approval of an older plan does not count',
    change: {
      ...planned({ approval: { ...PLAN.approval, required: 2 } }),
      approvals: [given('UAPP2', OTHER_HASH)],
    },
    answer: 'counted',
    text: 'Your approval of run k7m2qp is counted: 1 of 2. It needs 1 more.',
  },
  {
    because: 'their own approval of an older plan is no second click',
    change: { approvals: [given('UAPP', OTHER_HASH)] },
    answer: 'approved',
    text: APPROVED,
  },
  {
    because: 'it was told to stop',
    change: { run: run({ phase: 'await_approval', stopRequestedAt: NOW, stopRequestedBy: 'UREQ' }) },
    answer: 'not_waiting',
    text: 'Run k7m2qp was told to stop. Nothing was approved.',
  },
  {
    because: 'it was told to stop, and has ended',
    change: {
      run: run({ phase: 'ended', end: 'stopped', endReason: 'Stopped by X.', stopRequestedAt: NOW }),
    },
    answer: 'not_waiting',
    text: 'Run k7m2qp has ended (Stopped by X.). Nothing was changed.',
  },
  {
    because: 'it was already approved',
    change: { run: run({ phase: 'await_start' }), approvals: [given('UAPP2')] },
    answer: 'not_waiting',
    text: `Run k7m2qp was already approved by ${mention('UAPP2')}. Your click changed nothing.`,
  },
  {
    because: 'it is being patched',
    change: { run: run({ phase: 'waves' }), approvals: [given('UAPP2')] },
    answer: 'not_waiting',
    text: `Run k7m2qp was already approved by ${mention('UAPP2')}. Your click changed nothing.`,
  },
  {
    because: 'it is being reported',
    change: { run: run({ phase: 'report' }) },
    answer: 'not_waiting',
    text: 'Run k7m2qp was already approved. Your click changed nothing.',
  },
  {
    because: 'it was rejected',
    change: { run: run({ phase: 'ended', end: 'rejected', endReason: 'Rejected by X: no.' }) },
    answer: 'not_waiting',
    text: 'Run k7m2qp has ended (Rejected by X: no.). Nothing was changed.',
  },
  {
    because: 'it expired',
    change: { run: run({ phase: 'ended', end: 'expired', endReason: '' }) },
    answer: 'not_waiting',
    text: 'Run k7m2qp has ended (expired). Nothing was changed.',
  },
  {
    because: 'it has no plan yet',
    change: { run: run({ phase: 'discover', planHash: null }), plan: null },
    answer: 'not_waiting',
    text: 'Run k7m2qp has no plan to approve yet. Nothing was changed; wait for its card.',
  },
  {
    because: 'the requester, although an administrator of Slack put them into the group',
    change: { facts: facts({ userId: 'UREQ', requester: true, approver: true }) },
    answer: 'own_request',
    text: OWN,
  },
  {
    because: 'a workflow',
    change: { facts: facts({ person: { ok: false, why: 'this is a workflow, not a person' } }) },
    answer: 'not_a_person',
    text: notA('this is a workflow, not a person'),
  },
  { because: 'one second before the end', change: { now: TTL - 1000 }, answer: 'approved', text: APPROVED },
  { because: 'one second after the end', change: { now: TTL + 1000 }, answer: 'expired', text: OVER },
  {
    because: 'the clock went back after it expired',
    change: {
      now: TTL - 3_600_000,
      run: run({ phase: 'ended', end: 'expired', endReason: 'The time to approve this plan is over.' }),
    },
    answer: 'not_waiting',
    text: 'Run k7m2qp has ended (The time to approve this plan is over.). Nothing was changed.',
  },
  {
    because: 'the second of three',
    change: {
      ...planned({ approval: { ...PLAN.approval, required: 3 } }),
      approvals: [given('UAPP2', hashPlan({ ...PLAN, approval: { ...PLAN.approval, required: 3 } }))],
    },
    answer: 'counted',
    text: 'Your approval of run k7m2qp is counted: 2 of 3. It needs 1 more.',
  },
  {
    because: 'a stand-in, as configured',
    change: { facts: standsIn() },
    answer: 'approved',
    text: `${APPROVED} ${IN_PLACE}`,
  },
  {
    because: 'a stand-in at the instant it begins',
    change: { facts: standsIn({ from: NOW }) },
    answer: 'approved',
    text: `${APPROVED} ${IN_PLACE}`,
  },
  {
    because: 'a stand-in one ms before the end',
    change: { facts: standsIn({ until: NOW + 1 }) },
    answer: 'approved',
    text: `${APPROVED} You gave it standing in for ${AWAY} until ${at(NOW + 1)}.`,
  },
  {
    because: 'a stand-in at the very end',
    change: { facts: standsIn({ until: NOW }) },
    answer: 'stand_in_void',
    text: `You stood in for ${AWAY} until ${at(NOW)}. Nothing was approved. An approver (@prod-approvers) can.`,
  },
  {
    because: 'a stand-in one ms too early',
    change: { facts: standsIn({ from: NOW + 1 }) },
    answer: 'stand_in_void',
    text: `You stand in for ${AWAY} only from ${at(NOW + 1)} on. Nothing was approved. An approver (@prod-approvers) can.`,
  },
  {
    because: 'a stand-in for somebody who left the group',
    change: { facts: standsIn({ forIsApprover: false }) },
    answer: 'stand_in_void',
    text: `You stand in for ${AWAY}, who is not an approver any more. Nothing was approved. An approver (@prod-approvers) can.`,
  },
  {
    because: 'a stand-in for whoever asked',
    change: { facts: standsIn({ for: 'UREQ' }) },
    answer: 'own_request',
    text: `You stand in for ${mention('UREQ')}, who asked for this run or changed its plan, so somebody else must approve it: an approver (@prod-approvers). Nothing was changed.`,
  },
  {
    because: 'a stand-in for who changed the plan last',
    change: { ...planned({ changedBy: 'UAWAY' }), facts: standsIn() },
    answer: 'own_request',
    text: `You stand in for ${AWAY}, who asked for this run or changed its plan, so somebody else must approve it: an approver (@prod-approvers). Nothing was changed.`,
  },
  {
    because: 'a stand-in who asked for it',
    change: { facts: standsIn({}, { userId: 'UREQ' }) },
    answer: 'own_request',
    text: OWN,
  },
  {
    because: 'a stand-in who is a bot',
    change: { facts: standsIn({}, { person: { ok: false, why: 'you are a bot' } }) },
    answer: 'not_a_person',
    text: notA('you are a bot'),
  },
  {
    because: 'a stand-in, after the approver themselves',
    change: { ...planned({ approval: TWO }), approvals: [given('UAWAY', TWO_HASH)], facts: standsIn() },
    answer: 'already_yours',
    text: `The approval of ${AWAY}, for whom you stand in, is already counted. Nothing more was changed. Somebody else must give the next one.`,
  },
  {
    because: 'the approver, after their stand-in',
    change: {
      ...planned({ approval: TWO }),
      approvals: [{ ...given('UB', TWO_HASH), standingIn: { for: 'UAPP', until: NOW + 1 } }],
    },
    answer: 'already_yours',
    text: `${mention('UB')} has already approved run k7m2qp in your place. Nothing more was changed. Somebody else must give the next one.`,
  },
  {
    because: 'a stand-in as the first of two',
    change: { ...planned({ approval: TWO }), facts: standsIn() },
    answer: 'counted',
    text: `Your approval of run k7m2qp is counted: 1 of 2. It needs 1 more. ${IN_PLACE}`,
  },
  {
    because: 'another approver, after a stand-in',
    change: {
      ...planned({ approval: TWO }),
      approvals: [{ ...given('UB', TWO_HASH), standingIn: { for: 'UAWAY', until: NOW + 1 } }],
    },
    answer: 'approved',
    text: APPROVED,
  },
  {
    because: 'an approver with an entry as a stand-in gives their own',
    change: { facts: standsIn({}, { approver: true }) },
    answer: 'approved',
    text: APPROVED,
  },
  {
    because: 'a stand-in who is a bot, after the time of the stand-in',
    change: { facts: standsIn({ until: NOW }, { person: { ok: false, why: 'you are a bot' } }) },
    answer: 'not_a_person',
    text: notA('you are a bot'),
  },
  {
    because: 'it has a plan without a hash',
    change: { run: run({ planHash: null }), planHashNow: null },
    answer: 'not_waiting',
    text: 'Run k7m2qp has no plan to approve yet. Nothing was changed; wait for its card.',
  },
  {
    because: 'it was approved, and somebody had approved an older plan',
    change: {
      run: run({ phase: 'await_start' }),
      approvals: [given('UAPP2'), given('UAPP3', OTHER_HASH)],
    },
    answer: 'not_waiting',
    text: `Run k7m2qp was already approved by ${mention('UAPP2')}. Your click changed nothing.`,
  },
];
