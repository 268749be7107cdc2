/** `approvers` of an environment: groups, users, and who stands in for one of them while they are away. */
import { z } from 'zod';
import { about, listOf, pattern, section } from './fields.ts';

export const groupId = pattern(
  'Id of a Slack user group.',
  /^S[A-Z0-9]{2,20}$/,
  'the id of a Slack user group, such as S0123ABCD (not its @handle, which anyone may rename)',
);
export const userId = pattern(
  'Id of a Slack user.',
  /^[UW][A-Z0-9]{2,20}$/,
  'the id of a Slack user, such as U0123ABCD (in Slack: profile, "Copy member ID")',
);

export const groupsAndUsers = {
  groups: listOf(
    'Slack user groups; who is in them is asked live, never remembered.',
    groupId,
    'a list of Slack user group ids',
  ),
  users: listOf('Slack users, besides the groups.', userId, 'a list of Slack user ids'),
};

const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})$/;

/** A point in time with its offset from UTC; ms in code. */
function instant(description: string) {
  return z
    .string()
    .transform((text, ctx) => {
      const at = parseInstant(text);
      if (at !== null) return at;
      ctx.addIssue({ code: 'custom', message: 'not a point in time' });
      return z.NEVER;
    })
    .meta(
      about({
        description,
        allowed: 'a date and time with its offset from UTC, in quotes, such as "2026-12-01T08:00+01:00"',
      }),
    );
}

/** Null also for days that do not exist, which Date would move into the next month. */
function parseInstant(text: string): number | null {
  const local = INSTANT.exec(text)?.[1];
  const at = Date.parse(text);
  if (local === undefined || Number.isNaN(at)) return null;
  return new Date(`${local}Z`).toISOString().startsWith(local) ? at : null;
}

export const standInSchema = section(
  {
    user: userId.meta(
      about({
        description: 'Who may approve instead.',
        allowed: 'the id of a Slack user, such as U0123ABCD',
      }),
    ),
    for: userId.meta(
      about({
        description: 'The approver who is away; must still be one when the stand-in clicks.',
        allowed: 'the id of a Slack user, such as U0123ABCD',
      }),
    ),
    from: instant('When it begins.'),
    until: instant('When it ends; at most 31 days after `from`.'),
    reason: pattern(
      'Why, for whoever reads the configuration.',
      /^[^\n\r]{3,200}$/u,
      'a reason of 3 to 200 characters',
    ),
  },
  'One stand-in. Their approval counts as the one of whom they stand in for, never besides it, and never for a run that either of the two asked for or changed. Cards and the audit say so.',
);

export const approversSchema = section(
  {
    ...groupsAndUsers,
    stand_ins: listOf(
      'Who may approve in place of an approver for a while. Without an entry nobody stands in for anybody.',
      standInSchema,
      'a list of stand-ins',
    ),
  },
  'Who may approve. Nobody approves a run that they requested or changed last.',
);
