import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { CHANNELS, TEAM, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type Person, startTeam, type Team } from './team.ts';

describe('commands, refused', () => {
  let team: Team;
  beforeAll(async () => {
    team = await startTeam({ fleet: smallFleet({ linux: 2 }) });
  });
  afterAll(() => team.close());
  afterEach(() => {
    team.slack.control.clearFaults();
    team.slack.control.setUser(USERS.marco, { deleted: false, isRestricted: false, teamId: TEAM });
  });

  const runs = () => team.rows('SELECT id FROM runs').length;

  /** Refused with a sentence, nothing changed at AWS, no new run; the denials that were written down. */
  async function refused(who: Person, text: string): Promise<{ answer: string; denied: string[] }> {
    const before = { runs: runs(), denials: team.audit('denied.%').length, mutations: team.mutations() };
    const answer = await team.say(who, text);
    expect(runs()).toBe(before.runs);
    expect(team.mutations()).toEqual(before.mutations);
    const rows = team.audit('denied.%').slice(before.denials);
    for (const row of rows) expect(row.actor).toBe(USERS[who]);
    return { answer, denied: rows.map((r) => r.action) };
  }

  it.each([
    ['scan test', 'denied.request', 'request a run'],
    ['scan test --dry-run', 'denied.scan', 'scan (also --dry-run)'],
    ['scan test --fresh --dry-run', 'denied.fresh_scan', 'scan with --fresh'],
    ['runs', 'denied.look', 'see runs, status, reports and backups'],
    ['status', 'denied.look', 'see runs, status, reports and backups'],
    ['backups test', 'denied.look', 'see runs, status, reports and backups'],
    ['freeze all', 'denied.freeze', 'freeze and unfreeze everything'],
    ['unfreeze all', 'denied.freeze', 'freeze and unfreeze everything'],
  ])('%s by somebody in no group says what, and who can', async (text, action, what) => {
    const { answer, denied } = await refused('olga', text);
    expect(answer).toContain(`You cannot ${what}`);
    expect(answer).toContain('you are not in the group that may. Nothing was changed.');
    expect(answer).toMatch(/[Aa] requester \(@patch-requesters\) or an approver \(@patch-approvers\) can/);
    expect(denied).toEqual([action]);
  });

  it('by a guest, whatever group they are in', async () => {
    team.slack.control.setUser(USERS.marco, { isRestricted: true });
    const { answer, denied } = await refused('marco', 'scan test');
    expect(answer).toMatch(/You cannot request a run: the account is a guest\. .* can\./);
    expect(denied).toEqual(['denied.request']);
  });

  it('by somebody of another workspace, with no hint of what there is', async () => {
    team.slack.control.setUser(USERS.marco, { teamId: 'T0ELSEWHER' });
    const { answer, denied } = await refused('marco', 'status');
    expect(answer).toContain('Only members of the workspace that runs Patchday can use it');
    expect(denied).toEqual(['denied.other_workspace']);
  });

  it('while Slack does not say who is in the group', async () => {
    team.slack.control.fault({ method: 'usergroups.users.list', kind: 'server_error', times: null });
    const { answer, denied } = await refused('priya', 'scan test');
    expect(answer).toContain(
      'Slack did not answer when asked who you are, so nothing was changed. Try again',
    );
    expect(denied).toEqual(['denied.request']);
  });

  it.each([
    ['scn test', /no command "scn"\. Did you mean scan\?/],
    ['stauts', /Did you mean status\?/],
    ['scan', /Nothing was done[\s\S]*Usage: \/patch scan/],
    ['test', /Did you mean \/patch scan test\?/],
    ['scan tst', /no environment or landing zone called `tst`\. Did you mean `test`\?/],
    ['scan mars', /no environment or landing zone called `mars`[\s\S]*There are: `test`, `small-test`/],
    ['scan test --frsh', /--fresh/],
    ['scan test --at "nonsense"', /--at/],
    ['scan test --until 18:00', /--until/],
    ['stop', /Which run\?[\s\S]*Usage: \/patch stop/],
    ['stop zzzz', /There is no run zzzz/],
    ['report zzzz', /There is no run zzzz/],
    ['status zzzz', /There is no run `zzzz`/],
    ['retry zzzz', /There is no run zzzz/],
    ['resolve zzzz', /Which instance\?/],
    ['resolve zzzz i-1 "looked"', /There is no run zzzz/],
    ['cves', /Which instance\?/],
    ['freeze', /Say "all"/],
    ['scan test platform:beos', /platform/],
    ['delete everything', /no command "delete"[\s\S]*\/patch help/],
  ])('%s is answered with what was meant or how it is used', async (text, says) => {
    const { answer, denied } = await refused('priya', text);
    expect(answer).toMatch(says);
    expect(denied).toEqual([]);
  });

  it('dashes and quotes as phones make them are understood', async () => {
    const answer = await team.say('priya', 'scan test —dry-run tag:Role=“web front”');
    expect(answer).toMatch(/Dry run \w+: looking at test/);
  });

  it('what Patchday itself shows is understood when it is typed again', async () => {
    const shown = await team.say('priya', 'help scan');
    expect(shown).toContain('web-∗');
    const runId = await team.scan('priya', 'scan test linux-∗ --dry-run');
    expect(team.words(await team.ended(runId))).toContain('Dry run: 2 instances would be patched');
  });

  it('a scan of a landing zone that is busy says which run holds it, and leads there', async () => {
    const runId = await team.scan('priya');
    const card = await team.toApprove(runId);
    const { answer, denied } = await refused('marco', 'scan small-test');
    expect(answer).toContain(`Run ${runId} is already open in landing zone small-test`);
    expect(answer).toContain(`/patch status ${runId}`);
    expect(denied).toEqual(['denied.request']);
    // A dry run changes nothing, so it may look meanwhile.
    expect(await team.say('marco', 'scan small-test --dry-run')).toContain('looking at small-test');
    expect(await team.say('marco', `status ${runId}`)).toContain('Waiting for approval');

    expect((await refused('olga', `stop ${runId}`)).denied).toEqual(['denied.stop']);
    expect((await refused('olga', `status ${runId}`)).denied).toEqual(['denied.look']);
    expect((await refused('olga', `report ${runId}`)).denied).toEqual(['denied.look']);
    expect((await refused('olga', `retry ${runId}`)).denied).toEqual(['denied.retry']);
    expect((await refused('olga', `cves linux-1`)).denied).toEqual(['denied.look']);
    expect((await refused('olga', `resolve ${runId} linux-1 looked`)).denied).toEqual(['denied.resolve']);
    expect((await refused('priya', `retry ${runId}`)).answer).toContain('has not ended');
    expect((await refused('priya', `report ${runId}`)).answer).toContain('has not ended');
    expect((await refused('priya', `resolve ${runId} linux-1 looked`)).answer).toContain('is not unknown');

    // Buttons of the card, clicked by somebody who may not: a modal says why, or the answer to sending it.
    const all = await team.open('olga', card, 'run_view_all', 'All instances');
    expect(JSON.stringify(all.blocks)).toContain('You cannot see runs');
    expect(JSON.stringify(all.blocks)).not.toContain('linux-1');
    await team.slack.control.closeView({ user: USERS.olga, viewId: all.id });
    const reject = await team.open('olga', card, 'run_reject', 'Reject run');
    expect(await team.submit('olga', reject, { reason: { reason_text: 'because' } })).toMatch(
      /You cannot reject a plan in test/,
    );
    expect(team.audit('denied.reject')).toHaveLength(1);
    expect(await team.click('olga', card, 'run_stop')).toContain('You cannot stop a run in test');
    expect(team.phase(runId)).toBe('await_approval');
    await team.say('priya', `stop ${runId}`);
    await team.ended(runId);
    expect((await refused('priya', `stop ${runId}`)).answer).toContain('already ended');
  });

  it('the same command, delivered to another channel, is answered there', async () => {
    const before = team.slack.control.messages({ channel: CHANNELS.prod, user: USERS.priya }).length;
    await team.slack.control.command({ user: USERS.priya, channel: CHANNELS.prod, text: '/patch help' });
    const told = await team.slack.control.waitForMessage(
      (m) => m.ephemeralTo === USERS.priya && m.text.includes('/patch scan'),
      { channel: CHANNELS.prod, user: USERS.priya },
    );
    expect(told.channel).toBe(CHANNELS.prod);
    expect(before).toBe(0);
  });
});
