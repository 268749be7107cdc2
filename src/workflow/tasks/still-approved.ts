/** Do those who approved still count? Asked live, before the first change and again before each wave. */
import type { RunState } from '../changes.ts';
import { mention } from '../mention.ts';
import type { Plan } from '../plan-types.ts';
import { LookFailed } from '../ports.ts';
import { standingText, voiceOf } from '../stand-in.ts';
import type { ApprovalRecord } from '../view.ts';
import type { Outside } from './context.ts';

export interface StillApproved {
  /** Enough of them still count. */
  enough: boolean;
  valid: readonly ApprovalRecord[];
  /** Why others do not count any more, in words. */
  withdrawn: readonly string[];
}

/**
 * `started`: the run goes on already, so the end of a stand-in's time takes nothing back. `unknown` says why
 * when Slack could not be asked.
 */
export async function stillApproved(
  outside: Outside,
  { run, plan, approvals }: RunState & { plan: Plan },
  started: boolean,
): Promise<StillApproved | { unknown: string }> {
  const valid: ApprovalRecord[] = [];
  const withdrawn: string[] = [];
  try {
    for (const approval of approvals.filter((a) => a.planHash === run.planHash)) {
      const why = await against(outside, run.environment, plan, approval, started);
      if (why === null) valid.push(approval);
      else withdrawn.push(why);
    }
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return { unknown: error.message };
  }
  return { enough: new Set(valid.map(voiceOf)).size >= plan.approval.required, valid, withdrawn };
}

async function against(
  { directory, settings, clock }: Outside,
  environment: string,
  plan: Plan,
  { userId, standingIn }: ApprovalRecord,
  started: boolean,
): Promise<string | null> {
  const who = mention(userId);
  const own = [plan.requestedBy, plan.changedBy];
  const { person, member } = await directory.membership(userId, plan.approval);
  if (!person.ok) return `${who} cannot approve: ${person.why}`;
  const notAny = `${who} is not an approver any more`;
  if (!standingIn) return member && !own.includes(userId) ? null : notAny;
  const entry = settings.environments
    .find((e) => e.name === environment)
    ?.approvers.standIns?.find((s) => s.user === userId && s.for === standingIn.for);
  const now = clock.now();
  if (!started && (!entry || now < entry.from || now >= entry.until))
    return `${who} does not stand in for ${mention(standingIn.for)} any more`;
  const other = await directory.membership(standingIn.for, plan.approval);
  const holds = other.person.ok && other.member && !own.includes(userId) && !own.includes(standingIn.for);
  return holds ? null : `${mention(standingIn.for)}, for whom ${who} stood in, is not an approver any more`;
}

/** "@b, standing in for @a until …" */
export function approverText({ userId, standingIn }: ApprovalRecord): string {
  return `${mention(userId)}${standingIn ? `, ${standingText(standingIn)}` : ''}`;
}
