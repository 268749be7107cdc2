/** May this click approve this plan now? Pure, and the answer explains itself. */
import { mention } from './mention.ts';
import { type Allowed, evaluatePermission, type PersonFacts } from './permissions.ts';
import type { Plan } from './plan-types.ts';
import type { Run } from './run-types.ts';
import { standingNow, standingText, voiceOf } from './stand-in.ts';
import type { ApprovalRecord } from './view.ts';

export interface ApprovalRequest {
  run: Run;
  plan: Plan | null;
  /** Recomputed from the stored plan. */
  planHashNow: string | null;
  /** The hash on the button. */
  clickedHash: string;
  facts: PersonFacts;
  approvals: readonly ApprovalRecord[];
  now: number;
  approverNames: string;
  requesterNames: string;
}

export type ApprovalDecision =
  /** Enough approvals with this one. */
  | { kind: 'approved'; text: string; given: number; required: number; standingIn: StandingIn }
  /** Counted; more are needed. */
  | { kind: 'counted'; text: string; given: number; required: number; standingIn: StandingIn }
  | { kind: 'refused'; code: ApprovalRefusal; text: string };

/** In whose place it was given, or null. */
export type StandingIn = { for: string; until: number } | null;

export type ApprovalRefusal =
  | 'not_waiting'
  | 'stale_plan'
  | 'corrupt_plan'
  | 'expired'
  | 'already_yours'
  | 'stand_in_void'
  | Exclude<Allowed, { ok: true }>['code'];

export function evaluateApproval(request: ApprovalRequest): ApprovalDecision {
  const { run, plan, facts, approvals, now } = request;
  if (
    run.phase !== 'await_approval' ||
    run.stopRequestedAt !== null ||
    plan === null ||
    run.planHash === null
  ) {
    return { kind: 'refused', code: 'not_waiting', text: whyNotWaiting(run, approvals) };
  }
  if (request.planHashNow !== run.planHash) {
    return {
      kind: 'refused',
      code: 'corrupt_plan',
      text: `The stored plan of run ${run.id} does not match its hash any more. Nothing was approved. Reject the run, scan again, and have the database checked.`,
    };
  }
  if (request.clickedHash !== run.planHash) {
    return {
      kind: 'refused',
      code: 'stale_plan',
      text: `The plan of run ${run.id} was changed after this button was shown (now version ${plan.version}). Nothing was approved. Read the new plan on the card and approve that.`,
    };
  }
  if (now >= plan.approval.expiresAt) {
    return {
      kind: 'refused',
      code: 'expired',
      text: `The time to approve run ${run.id} is over. Nothing was approved. Scan again for a fresh plan.`,
    };
  }
  const current = approvals.filter((a) => a.planHash === run.planHash);
  const requesters = [plan.requestedBy, plan.changedBy, run.requestedBy];
  const { approverNames } = request;
  const standing = facts.approver
    ? null
    : standingNow(facts.standIns ?? [], { now, requesters, counted: current, approverNames });
  const approver = facts.approver || standing?.ok === true;
  const mine = current.some((a) => a.userId === facts.userId);
  const allowed = evaluatePermission(
    'approve',
    { ...facts, approver },
    {
      environment: run.environment,
      requesters,
      approverNames: request.approverNames,
      requesterNames: request.requesterNames,
    },
  );
  if (!allowed.ok && (allowed.code !== 'not_in_group' || standing === null || standing.ok))
    return { kind: 'refused', code: allowed.code, text: allowed.text };
  const spoken = current.find((a) => voiceOf(a) === facts.userId);
  if (!mine && spoken) {
    return {
      kind: 'refused',
      code: 'already_yours',
      text: `${mention(spoken.userId)} has already approved run ${run.id} in your place. Nothing more was changed. Somebody else must give the next one.`,
    };
  }
  if (mine) {
    return {
      kind: 'refused',
      code: 'already_yours',
      text: `Your approval of run ${run.id} is already counted (${current.length} of ${plan.approval.required}). Somebody else must give the next one.`,
    };
  }
  if (standing?.ok === false) return { kind: 'refused', code: standing.code, text: standing.text };
  const standingIn = standing?.ok ? { for: standing.standIn.for, until: standing.standIn.until } : null;
  const place = standingIn ? ` You gave it ${standingText(standingIn)}.` : '';
  const given = new Set([...current.map(voiceOf), standingIn?.for ?? facts.userId]).size;
  const required = plan.approval.required;
  if (given >= required) {
    return { kind: 'approved', text: `Run ${run.id} is approved.${place}`, given, required, standingIn };
  }
  return {
    kind: 'counted',
    text: `Your approval of run ${run.id} is counted: ${given} of ${required}. It needs ${required - given} more.${place}`,
    given,
    required,
    standingIn,
  };
}

function whyNotWaiting(run: Run, approvals: readonly ApprovalRecord[]): string {
  if (run.phase === 'await_approval' && run.stopRequestedAt !== null)
    return `Run ${run.id} was told to stop. Nothing was approved.`;
  const by = approvals.filter((a) => a.planHash === run.planHash).at(-1);
  switch (run.phase) {
    case 'ended':
      return `Run ${run.id} has ended (${run.endReason || run.end}). Nothing was changed.`;
    case 'await_start':
    case 'waves':
    case 'report':
      return `Run ${run.id} was already approved${by ? ` by ${mention(by.userId)}` : ''}. Your click changed nothing.`;
    default:
      return `Run ${run.id} has no plan to approve yet. Nothing was changed; wait for its card.`;
  }
}
