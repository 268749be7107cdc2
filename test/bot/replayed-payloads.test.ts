/** Payloads that were recorded on their way to the bot and come again: often, in another order, under another date. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { wallClock } from '../../sandbox/clock.ts';
import type { Json } from '../../sandbox/slack/json.ts';
import { notOfNow } from '../../src/slack/clock-watch.ts';
import {
  actionOf,
  answered,
  dated,
  done,
  type Forged,
  HOUR,
  isClick,
  isCommand,
  isRejection,
  isSubmission,
  knownWindows,
  recordedJob,
  redeliver,
  seconds,
  underNewId,
  underNewTrigger,
  wordOf,
} from './recorded.ts';
import { startTeam, type Team } from './team.ts';

describe('recorded payloads', () => {
  let team: Team;
  let recorded: Json[];
  let asking: string;
  beforeAll(async () => {
    ({ team, recorded, asking } = await recordedJob());
    expect(recorded.filter(isCommand).map(wordOf)).toEqual(
      expect.arrayContaining(['freeze', 'unfreeze', 'scan', 'report', 'retry', 'resolve']),
    );
    expect(recorded.filter(isClick).length).toBeGreaterThanOrEqual(3);
    expect(recorded.filter(isSubmission)).toHaveLength(2);
    expect(recorded.filter(isClick).map(actionOf)).toEqual(
      expect.arrayContaining(['run_exclude', 'run_approve', 'run_reject', 'run_stop', 'question_give_up']),
    );
  });
  afterAll(() => team.close());

  it('have no second effect, ten times each, in another order, under old and new envelope ids', async () => {
    const before = done(team);
    for (let i = 0; i < 5; i++) {
      await redeliver(team, recorded.toReversed());
      await redeliver(team, recorded.map(underNewId));
    }
    expect(done(team)).toEqual(before);
  });

  it('leave the question open that another run asks, until somebody answers it on its own card', async () => {
    expect(team.phase(asking)).toBe('waves');
    await answered(team, asking);
    expect(team.outcomes(asking)).toMatchObject({ 'linux-1': 'patched' });
  });

  it('have none after a restart of the bot either, when a scan could begin: what was handled is in the database', async () => {
    await team.stopBot();
    await team.startBot();
    const before = done(team);
    await redeliver(team, recorded.toReversed().map(underNewId));
    expect(done(team)).toEqual(before);
  });

  it('have none under another date or trigger, and what is dated far off is in the audit', async () => {
    const before = done(team);
    const denied = team.audit('denied.dated_click').length;
    const clicks = recorded.filter(isClick);
    const far = [seconds(HOUR), seconds(-24 * HOUR), seconds(310), seconds(-310), undefined, 'soon'];
    await redeliver(
      team,
      clicks.flatMap((c) => far.map((ts) => dated(c, ts))),
    );
    expect(team.audit('denied.dated_click').length - denied).toBe(clicks.length * far.length);
    await redeliver(
      team,
      clicks.flatMap((c) => [0, 250, -250].map((s) => dated(c, seconds(s)))),
    );
    expect(done(team)).toEqual(before);
  });

  it('of a window have none under another trigger: the window itself is known for one that was taken', async () => {
    const windows = recorded.filter(isSubmission);
    const rejections = windows.filter(isRejection);
    expect(rejections).toHaveLength(1);
    const before = done(team);
    const known = knownWindows(team);
    await redeliver(team, [...windows, ...windows].map(underNewTrigger));
    expect(done(team)).toEqual(before);
    expect(knownWindows(team) - known).toBe(2);
  });

  it('of a waiting plan count once when delivered ten times at once, and not at all under another date', async () => {
    const runId = await team.scan('priya');
    const card = await team.toApprove(runId);
    const approvals = () => team.rows('SELECT user_id FROM approvals WHERE run_id = ?', runId);
    await team.press('aisha', card, 'run_approve');
    const click = team.slack.control.envelopes().findLast((e) => isClick(e) && actionOf(e) === 'run_approve');
    if (!click) throw new Error('the click was not recorded');
    await redeliver(
      team,
      Array.from({ length: 10 }, () => underNewId(click)),
    );
    expect(approvals()).toHaveLength(1);

    // Somebody else's click, as a relay would forge it: refused for its date alone.
    const toms = structuredClone(click) as Forged;
    const before = done(team);
    Object.assign(toms.payload['user'] as Json, { id: 'U0TOMAPPRV', name: 'tom' });
    await redeliver(team, [dated(toms, seconds(HOUR)), dated(toms, seconds(-24 * HOUR))]);
    expect(done(team)).toEqual(before);
    const said = team.slack.control.messages({ channel: team.channel }).map((m) => m.text);
    expect(
      said.filter((t) =>
        /This click was dated .* UTC, which is not now\. Nothing was changed\. Click again\./.test(t),
      ).length,
    ).toBeGreaterThan(1);
    expect(await team.click('tom', card, 'run_approve')).toContain('is approved');
    await team.ended(runId);
  });
});

describe('a click whose time is', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const at = (ms: number) => notOfNow(((now + ms) / 1000).toFixed(3), now);
  it('within five minutes of ours is of now, to the millisecond', () => {
    expect([at(-300_000), at(0), at(300_000)]).toEqual([null, null, null]);
    expect(at(-300_001)).toBe('was dated 2026-11-21 11:54 UTC, which is not now');
    expect(at(300_001)).toBe('was dated 2026-11-21 12:05 UTC, which is not now');
  });
  it('not a time at all is refused', () => {
    for (const text of ['', 'soon', '-5', '1e9', 'NaN', '9'.repeat(30)])
      expect(notOfNow(text, now)).toBe('carries no time');
  });
});

describe('a machine whose clock is wrong', () => {
  it('takes no click, and says in the answer, in its log and on /readyz that it is the clock', async () => {
    const clock = { ...wallClock(), now: () => Date.now() + HOUR * 1000 };
    const team = await startTeam({ fleet: smallFleet({ linux: 1 }), slackClock: clock });
    try {
      const runId = await team.scan('priya');
      const card = await team.toApprove(runId);
      expect(await team.click('aisha', card, 'run_approve')).toContain(
        "The clock of the machine that runs Patchday is 60 minutes behind Slack's",
      );
      expect(team.rows('SELECT * FROM approvals')).toEqual([]);
      const ready = await fetch(`${team.bot.healthUrl}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain("the clock of this machine is 60 minutes behind Slack's");
      expect(team.log.join('')).toContain('no click is taken and nothing new begins until it is set');
    } finally {
      await team.close();
    }
  });

  it('begins no run that was approved before, and says why on its card, until the clock is set', async () => {
    let ahead = 0;
    const clock = { ...wallClock(), now: () => Date.now() + ahead };
    const team = await startTeam({ fleet: smallFleet({ linux: 1 }), slackClock: clock });
    try {
      await team.say('aisha', 'freeze all so that it does not begin yet');
      const runId = await team.approvedRun();
      await team.cardThat(runId, /Everything is frozen/);
      ahead = 3 * HOUR * 1000;
      await team.say('aisha', 'unfreeze all');
      await team.cardThat(runId, "The clock of the machine that runs Patchday is 3 hours behind Slack's");
      expect(team.rows('SELECT * FROM effects')).toEqual([]);
      ahead = 0;
      // It would look again by itself within ten seconds.
      await team.say('aisha', 'freeze all so that it is looked at anew');
      await team.say('aisha', 'unfreeze all');
      expect(team.words(await team.ended(runId))).toContain('Completed');
    } finally {
      await team.close();
    }
  });
});
