import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { USERS } from '../../sandbox/slack/default-workspace.ts';
import type { PageMessage } from '../../sandbox/slack/page-api.ts';
import { startTeam, type Team } from './team.ts';

/** Seven instances: healthy ones, one never scanned, one that fails, one without its agent, one switched off. */
const fleet = smallFleet({
  linux: 5,
  windows: 2,
  instances: {
    'linux-3': { lastScanAgoMs: null },
    'linux-4': { ping: 'ConnectionLost', lastPingAgoMs: 3_600_000 },
    'linux-5': { state: 'stopped' },
    'windows-2': {
      behaviour: { install: 'fails', failure: { exitCode: 5, stderr: 'disk <!channel> full & "gone"' } },
    },
  },
});

describe('the whole job, typed and clicked', () => {
  let team: Team;
  let runId: string;
  let offered: string;
  let plain: PageMessage;

  beforeAll(async () => {
    team = await startTeam({ fleet });
    runId = await team.scan('priya');
    plain = await team.toApprove(runId);
    offered = team.words(plain);
  });
  afterAll(() => team.close());

  it('the card that asks for approval has every fact that the approver needs', async () => {
    expect(offered).toMatch(/@priya/);
    expect(offered).toContain('`test`');
    expect(offered).toContain('7 found, 5 in the plan');
    expect(offered).toMatch(/`small-test`: 3 Linux, 2 Windows, 2 not in the plan/);
    expect(offered).toMatch(/\d+ critical · \d+ security · \d+ missing/);
    expect(offered).toMatch(/Figures are 6 h/);
    expect(offered).toContain('1 instance never scanned: what it misses is unknown, not zero');
    expect(offered).toMatch(/1 × .*`linux-4`/);
    expect(offered).toMatch(/1 × .*`linux-5`/);
    expect(offered).toMatch(/Wave 1: 2 instances, at worst/);
    expect(offered).toMatch(/Wave 3: 1 instance, at worst/);
    expect(offered).toMatch(/Starts not before .* no new wave after/);
    expect(offered).toContain('An image of each instance without a reboot (crash-consistent), kept 14 days');
    expect(offered).toContain('no verified backup, no patch');
    expect(offered).toMatch(/Reboots every instance/);
    expect(offered).toContain('Stopped instances are skipped');
    expect(offered).toContain('Load balancers are not looked at');
    expect(offered).toMatch(/Approvals: 0 of 1/);
    expect(offered).toMatch(/Who may: @patch-approvers, but not @priya\. Until/);
    expect(offered).toMatch(/Plan 1, hash `[0-9a-f]{12}`/);
    expect(offered).toMatch(/Most to do.*5/);
    expect(offered).toContain('[Approve 5 instances]');
  });

  it('the text of the card says the same without its blocks', () => {
    expect(plain.text).toContain(`run ${runId} for test, 5 instances, asked for by <@${USERS.priya}>`);
    expect(plain.text).toContain('Waiting for approval');
    expect(plain.text).toContain('Approve or reject with the buttons');
    expect(plain.text).toContain('0 of 1 approvals');
  });

  it('View all shows every instance with its reasons, and the whole plan is a CSV in the thread', async () => {
    const view = await team.open('aisha', plain, 'run_view_all', 'All instances');
    const shown = JSON.stringify(view.blocks);
    for (const name of ['linux-1', 'linux-3', 'linux-4', 'linux-5', 'windows-2'])
      expect(shown).toContain(name);
    await team.slack.control.closeView({ user: USERS.aisha, viewId: view.id });
    const message = await team.told(runId, /plan/i);
    const file = message.files.find((f) => f.name.endsWith('.csv'));
    if (!file) throw new Error(`no CSV with: ${message.text}`);
    const csv = team.slack.control.file(file.id).toString('utf8');
    for (const name of ['linux-1', 'linux-4', 'windows-2']) expect(csv).toContain(name);
    expect(csv).toContain('eu-west-1a');
  });

  it('nothing is changed before somebody else approves; then it runs to its end', async () => {
    expect(team.mutations()).toEqual([]);
    expect(await team.click('aisha', plain, 'run_approve')).toContain(`Run ${runId} is approved.`);
    const card = await team.ended(runId);
    expect(team.outcomes(runId)).toEqual({
      'linux-1': 'patched',
      'linux-2': 'patched',
      'linux-3': 'patched',
      'linux-4': 'skipped',
      'linux-5': 'skipped',
      'windows-1': 'patched',
      'windows-2': 'failed',
    });
    const words = team.words(card);
    expect(words).toContain('Completed');
    expect(words).toContain('4 × ✅ patched and verified');
    expect(words).toContain('1 × ❌ failed');
    expect(words).toMatch(/What to do next[\s\S]*windows-2/);
    expect(words).not.toContain('[Approve');
    expect(words).not.toContain('[Stop run]');
    expect(card.text).toContain('5/5 done · 1 failed');
  });

  it('the thread tells it in order, with the reports, and pings nobody that output names', async () => {
    await team.told(runId, /report/i);
    const texts = team.thread(runId).map((m) => m.text);
    const at = (says: RegExp) => texts.findIndex((t) => says.test(t));
    expect(at(/Approved by/)).toBeGreaterThan(-1);
    expect(at(/[Ww]ave 1/)).toBeGreaterThan(at(/Approved by/));
    expect(at(/windows-2.*(?:fail|exit)/i)).toBeGreaterThan(at(/[Ww]ave 1/));
    expect(new Set(texts).size).toBe(texts.length);
    expect(team.slack.control.mentions().filter((m) => m.kind === 'broadcast')).toEqual([]);
    const files = team
      .thread(runId)
      .flatMap((m) => m.files)
      .filter((f) => f.name.includes('report'));
    expect(files.map((f) => f.name.split('.').at(-1)).sort()).toEqual(['csv', 'html', 'json']);
    const content = (end: string) => {
      const file = files.find((f) => f.name.endsWith(end));
      return team.slack.control.file(file?.id ?? '').toString('utf8');
    };
    const json = JSON.parse(content('.json'));
    expect(JSON.stringify(json)).toContain(runId);
    const lines = content('.csv').trim().split(/\r?\n/);
    expect(lines).toHaveLength(8);
    expect(content('.csv')).toMatch(/linux-1.*eu-west-1a/);
    expect(content('.html')).toMatch(/<html[\s\S]*windows-2/);
    expect(content('.html')).not.toContain('<!channel>');
  });

  it('status, runs, report, backups and cves answer', async () => {
    const status = await team.say('marco', `status ${runId}`);
    expect(status).toContain('Completed');
    expect(status).toContain('open the card');
    expect(await team.say('marco', 'status')).toContain('No run is open');
    const runs = await team.say('tom', 'runs');
    expect(runs).toContain(runId);
    expect(runs).toContain('completed');
    const before = team.thread(runId).length;
    expect(await team.say('priya', `report ${runId}`)).toContain('posted to its thread again');
    await team.told(runId, /again/);
    expect(team.thread(runId).length).toBe(before + 1);
    const backups = await team.say('aisha', 'backups test');
    expect(backups).toMatch(/5 backups in test/);
    expect(backups).toMatch(
      /`linux-1` `ami-\w+` small-test eu-west-1: available, .* old, expires in 1[34] d/,
    );
    const cves = await team.say('priya', 'cves windows-2');
    expect(cves).toMatch(/patches are missing or failed on windows-2/);
    expect(cves).toMatch(/CVE-\d{4}-\d+/);
    expect(await team.say('priya', 'cves nobody-1')).toContain('Scan its landing zone first');
  });

  it('what was done is in the audit, in order, with who did it', () => {
    const actions = team
      .audit()
      .filter((r) => r.run_id === runId)
      .map((r) => `${r.action} ${r.actor}`);
    expect(actions[0]).toBe(`run.requested ${USERS.priya}`);
    expect(actions).toContain(`plan.approved ${USERS.aisha}`);
    expect(actions.at(-1)).toMatch(/report.requested|run.ended/);
  });

  it('every Slack call was one that Slack takes without a warning', () => {
    const refused = team.slack.control
      .calls()
      .filter((c) => c.answered !== 'reset' && c.answered?.body['ok'] === false)
      .map((c) => `${c.method} ${JSON.stringify(c.answered)}`);
    expect(refused).toEqual([]);
    expect(team.slack.control.warnings()).toEqual([]);
  });
});
