import { afterEach, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { until } from '../support/until.ts';
import { startTeam, type Team } from './team.ts';

let team: Team | null = null;
afterEach(async () => {
  await team?.close();
  team = null;
});

describe('an outage of Slack in the middle of a wave', () => {
  it('does not hold up the run; card and thread catch up in order, and nothing is told twice', async () => {
    team = await startTeam({
      fleet: smallFleet({ linux: 3, durations: { image: 150, install: 150 } }),
      environment: { wave: { size: 1 } },
    });
    const t = team;
    const runId = await t.approvedRun();
    await t.told(runId, /Approved by/);
    await until(() => t.mutations().includes('CreateImage'), { within: 5000, describe: 'the first backup' });
    t.slack.control.outage(true);
    await until(() => t.phase(runId) === 'ended', { within: 20_000, describe: 'the end without Slack' });
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched', 'linux-3': 'patched' });
    expect(t.words(t.card(runId) ?? (await t.ended(runId)))).not.toContain('Completed');

    t.slack.control.outage(false);
    await t.ended(runId, 20_000);
    await t.told(runId, /3 × .*patched and verified|report/i, 20_000);
    await until(() => t.rows("SELECT 1 FROM outbox WHERE state IN ('pending','sending')").length === 0, {
      within: 20_000,
      describe: 'all is told',
    });
    const rows = t.rows<{ state: string; text: string }>(
      "SELECT state, news ->> '$.text' AS text FROM outbox WHERE run_id = ? ORDER BY id",
      runId,
    );
    // What was on the wire when the outage began may or may not have arrived: that one is never told again.
    expect(rows.filter((r) => r.state !== 'sent').length).toBeLessThanOrEqual(1);
    const told = t.thread(runId).map((m) => m.text);
    expect(new Set(told).size).toBe(told.length);
    expect(told.length).toBe(rows.filter((r) => r.state === 'sent').length);
    const waves = told.flatMap((text) => /[Ww]ave (\d)/.exec(text)?.[1] ?? []);
    expect(waves).toEqual([...waves].sort());
    const reports = t
      .thread(runId)
      .flatMap((m) => m.files)
      .filter((f) => f.name.includes('report'));
    expect(reports.map((f) => f.name.split('.').at(-1)).sort()).toEqual(['csv', 'html', 'json']);
  });
});

describe('Socket Mode connections that Slack renews', () => {
  it('lose no command', async () => {
    team = await startTeam({ fleet: smallFleet({ linux: 1 }) });
    const { control } = team.slack;
    for (const reason of ['refresh_requested', 'warning', 'refresh_requested'] as const) {
      for (let i = 0; i < 4; i++) {
        if (i === 1) control.disconnectSockets(reason, { count: 1 });
        if (i === 2) control.severSockets({ count: reason === 'warning' ? 1 : 0 });
        const done = await control.command({
          user: USERS.priya,
          channel: CHANNELS.nonprod,
          text: '/patch help',
        });
        expect(done).toEqual({ ok: true });
      }
      await control.waitForConnections(2, { within: 15_000 });
    }
    await until(() => answers() === 12, { within: 5000, describe: `12 answers, not ${answers()}` });
    function answers(): number {
      return control
        .messages({ channel: CHANNELS.nonprod, user: USERS.priya })
        .filter((m) => m.ephemeralTo === USERS.priya).length;
    }
  });
});

describe('a reading of the health pages', () => {
  it('is ready with Slack, alive but not ready without it, and ready again', async () => {
    team = await startTeam({ fleet: smallFleet({ linux: 1 }) });
    const t = team;
    const page = async (path: string) => {
      const answer = await fetch(`${t.bot.healthUrl}${path}`);
      return { status: answer.status, body: JSON.stringify(await answer.json()) };
    };
    expect(await page('/healthz')).toMatchObject({ status: 200 });
    const ready = await page('/readyz');
    expect(ready.status).toBe(200);
    expect(ready.body).toContain('2 Socket Mode connections');
    expect(ready.body).toContain('"database","ok":true');
    t.slack.control.outage(true);
    t.slack.control.severSockets();
    await until(async () => (await page('/readyz')).status === 503, { within: 5000, describe: 'not ready' });
    expect((await page('/readyz')).body).toContain('no Socket Mode connection');
    expect((await page('/healthz')).status).toBe(200);
    t.slack.control.outage(false);
    await until(async () => (await page('/readyz')).status === 200, { within: 20_000, describe: 'ready' });
    expect((await page('/nothing')).status).toBe(404);
  });
});
