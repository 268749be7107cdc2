import { afterEach, describe, expect, it } from 'vitest';
import { type SmallFleetOptions, smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { GROUPS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { csvRecords } from '../report/csv-reader.ts';
import { until } from '../support/until.ts';
import { losePatchCommand } from './questions.ts';
import { startTeam, type Team, type TeamOptions } from './team.ts';

let team: Team | null = null;
afterEach(async () => {
  await team?.close();
  team = null;
});

async function start(fleet: SmallFleetOptions, options: Omit<TeamOptions, 'fleet'> = {}): Promise<Team> {
  team = await startTeam({ fleet: smallFleet(fleet), ...options });
  return team;
}

function happened(t: Team, mutation: string, times = 1): Promise<unknown> {
  return until(() => t.mutations().filter((m) => m === mutation).length >= times, {
    within: 8000,
    describe: `${mutation} ${times} times`,
  });
}

describe('stopping a run with the button or the command', () => {
  const slow = { durations: { image: 250, install: 250, scan: 250 } };

  it('during the backup lets the image end and patches nothing', async () => {
    const t = await start({ linux: 2, ...slow }, { environment: { wave: { size: 1 } } });
    const runId = await t.approvedRun();
    await happened(t, 'CreateImage');
    const card = await t.cardThat(runId, /\[Stop run\]/);
    expect(await t.click('marco', card, 'run_stop')).toContain(
      `Run ${runId} is stopping: nothing new begins. What was begun is followed to its end`,
    );
    const asked = await t.cardThat(runId, /asked to stop/);
    expect(t.words(asked)).not.toContain('[Stop run]');
    const ended = await t.ended(runId);
    expect(t.words(ended)).toContain('Stopped by a person');
    expect(t.words(ended)).toContain('2 × ⏹️ stopped before patching');
    expect(t.mutations()).toEqual(['CreateImage']);
    expect(t.aws.control.images().map((i) => i.state)).toEqual(['available']);
    await t.told(runId, /@marco stopped the run/);
  });

  it('during the patching follows the command, verifies it, and opens no further wave', async () => {
    const t = await start({ linux: 2, ...slow }, { environment: { wave: { size: 1 } } });
    const runId = await t.approvedRun();
    await happened(t, 'SendCommand Install');
    expect(await t.say('aisha', `stop ${runId} the shop is slow`)).toContain('is stopping');
    expect(await t.say('priya', `stop ${runId}`)).toContain('was already told to stop');
    const ended = await t.ended(runId);
    expect(Object.values(t.outcomes(runId)).sort()).toEqual(['patched', 'stopped']);
    expect(t.words(ended)).toMatch(/1 × ✅ patched and verified[\s\S]*1 × ⏹️ stopped before patching/);
    expect(t.mutations()).toEqual(['CreateImage', 'SendCommand Install', 'SendCommand Scan']);
    await t.told(runId, /@aisha stopped the run: the shop is slow/);
  });

  it('during the verification ends it, and begins nothing more', async () => {
    const t = await start({ linux: 2, ...slow }, { environment: { wave: { size: 1 } } });
    const runId = await t.approvedRun();
    await happened(t, 'SendCommand Scan');
    await t.say('tom', `stop ${runId}`);
    await t.ended(runId);
    expect(Object.values(t.outcomes(runId)).sort()).toEqual(['patched', 'stopped']);
    expect(t.mutations().filter((m) => m !== 'SendCommand Scan')).toEqual([
      'CreateImage',
      'SendCommand Install',
    ]);
  });
});

describe('the kill switch', () => {
  it('lets nothing new begin anywhere until it is lifted, and says so on the card', async () => {
    const t = await start({ linux: 2, durations: { install: 200 } }, { environment: { wave: { size: 1 } } });
    const runId = await t.approvedRun();
    await happened(t, 'SendCommand Install');
    expect(await t.say('priya', 'freeze all incident 7')).toContain('Everything is frozen');
    expect(await t.say('marco', 'freeze all')).toContain('frozen already');
    const frozen = await t.cardThat(runId, /🧊 Frozen: [\s\S]*incident 7/);
    expect(frozen.text).toContain('Frozen');
    await t.cardThat(runId, /1\/2 done/);
    expect(t.mutations()).toEqual(['CreateImage', 'SendCommand Install', 'SendCommand Scan']);
    expect(await t.say('aisha', 'runs')).toMatch(/🧊 Frozen \(all\) by @priya: incident 7/);
    expect(await t.say('aisha', 'scan test --fresh --dry-run')).toMatch(/frozen .*no scan command is sent/);
    expect(await t.say('aisha', 'unfreeze all')).toContain('The freeze is lifted');
    expect(await t.say('aisha', 'unfreeze all')).toContain('Nothing is frozen');
    await t.ended(runId);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(t.audit('freeze%').length + t.audit('%frozen%').length + t.audit('unfr%').length).toBeGreaterThan(
      1,
    );
  });
});

describe('excluding instances', () => {
  it('takes them out of the plan that somebody else then approves', async () => {
    const t = await start({ linux: 3 });
    const runId = await t.scan('priya');
    const card = await t.toApprove(runId);
    const modal = await t.open('marco', card, 'run_exclude', 'Exclude instances');
    expect(JSON.stringify(modal.blocks)).toContain('linux-2');
    const nothing = await t.slack.control.submit({
      user: USERS.marco,
      viewId: modal.id,
      values: { reason: { reason_text: 'month end' } },
    });
    const view = t.slack.control.views(USERS.marco).at(-1);
    expect(nothing.ok && Object.keys(view?.errors ?? {}).length === 0).toBe(false);
    expect(
      await t.submit('marco', modal, {
        targets_page_0: { targets_chosen: ['1'] },
        reason: { reason_text: 'month end' },
      }),
    ).toMatch(/Plan version 2 .* without 1 instance\. Somebody else must approve it\./);
    const changed = await t.cardThat(runId, 'Plan 2, hash');
    expect(t.words(changed)).toContain('but not @priya or @marco');
    expect(await t.click('aisha', changed, 'run_approve')).toContain('is approved');
    await t.ended(runId);
    expect(Object.values(t.outcomes(runId)).sort()).toEqual(['patched', 'patched', 'skipped']);
    const out = Object.entries(t.outcomes(runId)).find(([, outcome]) => outcome === 'skipped')?.[0] ?? '';
    expect(t.aws.control.instance(out).counters).toMatchObject({ imagesBegun: 0, installs: 0 });
    // Both versions of the plan are in the thread.
    const plans = t
      .thread(runId)
      .flatMap((m) => m.files)
      .filter((f) => f.name.includes('plan-'));
    expect(plans.map((f) => /plan-(\d)/.exec(f.name)?.[1])).toEqual(['1', '2']);
  });
});

describe('a plan that is told only after the next one was made', () => {
  it('comes with the file of its own version', async () => {
    const t = await start({ linux: 3 });
    t.slack.control.fault({ method: 'files.getUploadURLExternal', kind: 'server_error', times: null });
    const runId = await t.scan('priya');
    const card = await t.toApprove(runId);
    const modal = await t.open('marco', card, 'run_exclude', 'Exclude instances');
    await t.submit('marco', modal, {
      targets_page_0: { targets_chosen: ['1'] },
      reason: { reason_text: 'month end' },
    });
    await t.cardThat(runId, 'Plan 2, hash');
    expect(t.thread(runId).flatMap((m) => m.files)).toEqual([]);
    t.slack.control.clearFaults();
    await t.told(runId, /excluded 1 instance.*month end/, 20_000);
    const plans = t
      .thread(runId)
      .flatMap((m) => m.files)
      .filter((f) => f.name.includes('plan-'))
      .map(({ id, name }) => ({ name, rows: csvRecords(t.slack.control.file(id).toString('utf8')) }));
    const shown = plans.map(({ name, rows }) => ({
      version: /plan-(\d)/.exec(name)?.[1],
      rows: rows.map(
        (r) => `${r['plan_version']} ${r['in_plan']} ${r['eligible']} ${r['wave'] ? 'wave' : ''}`,
      ),
      hashes: new Set(rows.map((r) => r['plan_hash'])).size,
    }));
    expect(shown).toEqual([
      { version: '1', rows: Array(3).fill('1 yes yes wave'), hashes: 1 },
      { version: '2', rows: [...Array(2).fill('2 yes yes wave'), '2 no no '], hashes: 1 },
    ]);
    expect(plans[0]?.rows[0]?.['plan_hash']).not.toBe(plans[1]?.rows[0]?.['plan_hash']);
  });
});

describe('a run larger than usual', () => {
  it('is approved only with the name of the environment typed', async () => {
    const t = await start({ linux: 2 }, { zone: { confirm_above: 1 } });
    const runId = await t.scan('priya');
    const card = await t.toApprove(runId);
    expect(await t.click('aisha', card, 'run_approve')).toMatch(
      /2 instances in small-test, more than 1 without a second confirmation\. Nothing was approved yet/,
    );
    expect(t.phase(runId)).toBe('await_approval');
    const asked = t.slack.control
      .messages({ channel: t.channel, user: USERS.aisha })
      .findLast((m) => m.ephemeralTo === USERS.aisha);
    if (!asked) throw new Error('nothing was asked');
    const modal = await t.open('aisha', asked, 'run_second_confirmation', 'Confirm a large run');
    expect(JSON.stringify(modal.blocks)).toContain('type the name of the environment: test');
    await t.slack.control.submit({
      user: USERS.aisha,
      viewId: modal.id,
      values: { environment: { environment_typed: 'prod' } },
    });
    expect(t.slack.control.views(USERS.aisha).at(-1)?.errors).toEqual({
      environment: 'That is not the name of the environment (test).',
    });
    expect(t.phase(runId)).toBe('await_approval');
    expect(await t.submit('aisha', modal, { environment: { environment_typed: ' Test ' } })).toContain(
      'is approved',
    );
    await t.ended(runId);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
  });
});

describe('a retry', () => {
  it('patches the failed ones only, needs its own approval, and keeps the first backup', async () => {
    const t = await start({
      linux: 2,
      instances: { 'linux-2': { behaviour: { install: ['fails', 'succeeds'] } } },
    });
    const first = await t.approvedRun();
    await t.ended(first);
    expect(t.outcomes(first)).toEqual({ 'linux-1': 'patched', 'linux-2': 'failed' });
    const answer = await t.say('marco', `retry ${first}`);
    const second = /[Rr]un (\w+): looking/.exec(answer)?.[1] ?? '';
    const card = await t.toApprove(second);
    expect(t.words(card)).toMatch(new RegExp(`Retry of[\\s\\S]*${first}`));
    expect(t.words(card)).toContain('[Approve 1 instance]');
    t.slack.control.setGroup(GROUPS.approvers, [USERS.aisha, USERS.tom, USERS.marco]);
    expect(await t.click('marco', card, 'run_approve')).toContain('You asked for this run');
    expect(await t.click('tom', card, 'run_approve')).toContain('is approved');
    await t.ended(second);
    expect(t.outcomes(second)).toEqual({ 'linux-2': 'patched' });
    expect(t.aws.control.instance('linux-1').counters.installs).toBe(1);
    expect(await t.say('marco', `retry ${second}`)).toContain('has no failed instances to retry');
    const { id } = t.aws.control.instance('linux-2');
    const [firstImage] = t.aws.control.images().filter((i) => i.instanceId === id);
    expect(firstImage?.state).toBe('available');
    const restorePoints = t.rows<{ image: string }>(
      "SELECT data ->> '$.imageId' AS image FROM targets WHERE data ->> '$.instance.instanceId' = ?",
      id,
    );
    expect(restorePoints.map((r) => r.image)).toEqual([firstImage?.id, firstImage?.id]);
  });
});

describe('an instance whose outcome nobody knows', () => {
  it('keeps its lock until a person closes it with a reason', async () => {
    const t = await start(
      { linux: 2, instances: { 'linux-1': { behaviour: { install: 'agent_lost' } } } },
      { speed: 1000 },
    );
    const runId = await t.approvedRun();
    const card = await t.ended(runId);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'unknown', 'linux-2': 'patched' });
    expect(t.words(card)).toContain(`/patch resolve ${runId}`);
    const { id } = t.aws.control.instance('linux-1');
    t.aws.control.setInstance('linux-1', { ping: 'Online', behaviour: { install: 'succeeds' } });
    const locked = await t.scan('priya', 'scan test --dry-run');
    const shown = await t.ended(locked);
    expect(t.words(shown)).toMatch(/linux-1/);
    expect(t.outcomes(locked)['linux-1']).toBe('skipped');
    expect(await t.say('marco', `resolve ${runId} ${id}`)).toContain('A reason is needed for the audit');
    expect(await t.say('marco', `resolve ${runId} ${id} “looked: nothing installed”`)).toContain(
      'is closed and may be patched again',
    );
    expect(await t.say('marco', `resolve ${runId} ${id} again`)).toContain('was already closed');
    await t.told(runId, /@marco closed linux-1.*looked: nothing installed/);
    expect(t.audit('target.resolved')).toHaveLength(1);
  });
});

describe('a question about a command that may have been sent', () => {
  async function asked(t: Team) {
    losePatchCommand(t);
    const runId = await t.approvedRun();
    const card = await t.cardThat(runId, /A person must decide/);
    await t.told(runId, /A person must decide/);
    expect(card.text).toContain('1 question must be answered by a person');
    expect(t.words(card)).toMatch(/Look first:/);
    // Nobody knows whether it is being patched, so that is not said.
    expect(t.words(card)).toContain("0/1 done: 1 waiting for a person's answer");
    expect(t.words(card)).toMatch(/Instances:\* `linux-1 \(i-/);
    return { runId, card };
  }

  it('is answered so that it is sent again only by an approver who did not ask for the run', async () => {
    const t = await start({ linux: 1 });
    const { runId, card } = await asked(t);
    t.slack.control.setGroup(GROUPS.approvers, [USERS.aisha, USERS.tom, USERS.priya]);
    expect(await t.click('priya', card, 'question_send_again')).toMatch(
      /somebody else must .*@patch-approvers/,
    );
    expect(await t.click('marco', card, 'question_send_again')).toMatch(
      /not in the group that may.*@patch-approvers/,
    );
    expect(await t.click('olga', card, 'question_give_up')).toContain('not in the group that may');
    expect(t.audit('denied.answer%')).toHaveLength(3);
    expect(t.mutations()).toEqual(['CreateImage']);
    expect(await t.click('tom', card, 'question_send_again')).toContain('Noted');
    await t.ended(runId);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched' });
    expect(t.aws.control.instance('linux-1').counters.installs).toBe(1);
    await t.told(runId, /@tom answered/);
  });

  it('is given up by a requester; the second answer comes too late', async () => {
    const t = await start({ linux: 1 });
    const { runId, card } = await asked(t);
    t.slack.control.fault({ method: 'chat.update', kind: 'server_error', times: null });
    expect(await t.click('priya', card, 'question_give_up')).toContain('Noted');
    expect(await t.click('tom', card, 'question_send_again')).toMatch(
      /already answered.*Nothing more was changed/,
    );
    t.slack.control.clearFaults();
    await t.ended(runId);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'unknown' });
    expect(t.mutations()).toEqual(['CreateImage']);
    expect(t.audit('denied.answer')).toHaveLength(1);
  });
});
