/** Approving in place of an approver who is away: only as configured, for a while, and never as a second voice. Pure. */
import { mention } from './mention.ts';
import type { StandIn } from './settings.ts';
import type { ApprovalRecord } from './view.ts';

/** A stand-in's entry, and whether whom it is for is an approver at this moment, asked live. */
export interface StandInFacts extends StandIn {
  forIsApprover: boolean;
}

export type Standing =
  | { ok: true; standIn: StandInFacts }
  | { ok: false; code: 'stand_in_void' | 'own_request' | 'already_yours'; text: string };

/** The approver whose approval it is. */
export function voiceOf({ userId, standingIn }: Pick<ApprovalRecord, 'userId' | 'standingIn'>): string {
  return standingIn?.for ?? userId;
}

/**
 * In whose place a person may approve now: the first of their entries that nothing is against. Null when the
 * configuration has none for them. `requesters` asked for the run or changed its plan.
 */
export function standingNow(
  entries: readonly StandInFacts[],
  context: {
    now: number;
    requesters: readonly string[];
    counted: readonly ApprovalRecord[];
    approverNames: string;
  },
): Standing | null {
  const judged = entries.map((entry) => judge(entry, context));
  return judged.find((j) => j.ok) ?? judged[0] ?? null;
}

function judge(
  entry: StandInFacts,
  { now, requesters, counted, approverNames }: Parameters<typeof standingNow>[1],
): Standing {
  const whom = mention(entry.for);
  const refuse = (code: Extract<Standing, { ok: false }>['code'], text: string): Standing => ({
    ok: false,
    code,
    text,
  });
  if (now < entry.from)
    return refuse(
      'stand_in_void',
      `You stand in for ${whom} only from ${moment(entry.from)} on. Nothing was approved. ${capital(approverNames)} can.`,
    );
  if (now >= entry.until)
    return refuse(
      'stand_in_void',
      `You stood in for ${whom} until ${moment(entry.until)}. Nothing was approved. ${capital(approverNames)} can.`,
    );
  if (!entry.forIsApprover)
    return refuse(
      'stand_in_void',
      `You stand in for ${whom}, who is not an approver any more. Nothing was approved. ${capital(approverNames)} can.`,
    );
  if (requesters.includes(entry.for))
    return refuse(
      'own_request',
      `You stand in for ${whom}, who asked for this run or changed its plan, so somebody else must approve it: ${approverNames}. Nothing was changed.`,
    );
  if (counted.some((a) => voiceOf(a) === entry.for))
    return refuse(
      'already_yours',
      `The approval of ${whom}, for whom you stand in, is already counted. Nothing more was changed. Somebody else must give the next one.`,
    );
  return { ok: true, standIn: entry };
}

/** "standing in for @a until 2026-12-01 08:00 UTC" */
export function standingText({ for: whom, until }: { for: string; until: number }): string {
  return `standing in for ${mention(whom)} until ${moment(until)}`;
}

function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
