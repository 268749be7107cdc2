/**
 * Do those who approved still count? Asked live, before the first change and again before each wave, of the groups
 * and people that the configuration has now.
 */
import type { RunState } from '../changes.ts';
import { mention } from '../mention.ts';
import type { Plan } from '../plan-types.ts';
import { LookFailed } from '../ports.ts';
import { type People, rolesIn, type Settings } from '../settings.ts';
import { standingText, voiceOf } from '../stand-in.ts';
import type { ApprovalRecord } from '../view.ts';
import type { Outside } from './context.ts';

/**
 * Why nothing may be begun by this clock, or null: with a wrong one a window opens, and an approval lasts, when it
 * should not. Slack's answer about the approvers carries its time, so it is asked after them.
 */
export function wrongClock({ clockTrouble }: Outside): string | null {
  const trouble = clockTrouble?.() ?? null;
  if (trouble === null) return null;
  return `The clock of the machine that runs Patchday is ${trouble}, so it cannot be told whether the window is open. Nothing new begins until it is set.`;
}

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
  const approvers = namedStill(settings, environment, plan);
  const { person, member } = await directory.membership(userId, approvers);
  if (!person.ok) return `${who} cannot approve: ${person.why}`;
  const notAny = `${who} is not an approver any more`;
  if (!standingIn) return member && !own.includes(userId) ? null : notAny;
  const entry = settings.environments
    .find((e) => e.name === environment)
    ?.approvers.standIns?.find((s) => s.user === userId && s.for === standingIn.for);
  const now = clock.now();
  if (!started && (!entry || now < entry.from || now >= entry.until))
    return `${who} does not stand in for ${mention(standingIn.for)} any more`;
  const other = await directory.membership(standingIn.for, approvers);
  const holds = other.person.ok && other.member && !own.includes(userId) && !own.includes(standingIn.for);
  return holds ? null : `${mention(standingIn.for)}, for whom ${who} stood in, is not an approver any more`;
}

/** Groups and people that the plan names and the configuration still does: taking one out of it is a revocation too. */
function namedStill(settings: Settings, environment: string, { approval }: Plan): People {
  const now = rolesIn(settings, environment).approvers;
  return {
    groups: approval.groups.filter((group) => now.groups.includes(group)),
    users: approval.users.filter((user) => now.users.includes(user)),
  };
}

/** "@b, standing in for @a until …" */
export function approverText({ userId, standingIn }: ApprovalRecord): string {
  return `${mention(userId)}${standingIn ? `, ${standingText(standingIn)}` : ''}`;
}
