/** A stand-in as people see it: the click, the card, the refusal without an entry. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { GROUPS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { startTeam, type Team } from './team.ts';

let team: Team;
beforeAll(async () => {
  const day = 86_400_000;
  team = await startTeam({
    fleet: smallFleet({ linux: 1 }),
    environment: {
      approvers: {
        groups: [GROUPS.approvers],
        stand_ins: [
          {
            user: USERS.olga,
            for: USERS.aisha,
            from: new Date(Date.now() - day).toISOString().replace(/\.\d+/, ''),
            until: new Date(Date.now() + day).toISOString().replace(/\.\d+/, ''),
            reason: 'on leave',
          },
        ],
      },
    },
  });
});
afterAll(() => team.close());

it('approves in place of an approver; the card and the thread say for whom and until when', async () => {
  const runId = await team.scan('priya');
  const card = await team.toApprove(runId);
  expect(await team.click('marco', card, 'run_approve')).toContain('you are not in the group that may');
  expect(await team.click('olga', card, 'run_approve')).toMatch(
    /is approved\. You gave it standing in for .*@aisha.* until \d{4}-\d\d-\d\d \d\d:\d\d UTC/,
  );
  await team.told(runId, /Approved by .*@olga.*, standing in for .*@aisha.* until/);
  await team.ended(runId);
  await team.cardThat(runId, /@olga.*, standing in for @aisha until/);
  const rows = team.rows<{ user_id: string; standing_for: string }>(
    'SELECT user_id, standing_for FROM approvals WHERE run_id = ?',
    runId,
  );
  expect(rows).toEqual([{ user_id: USERS.olga, standing_for: USERS.aisha }]);
});
