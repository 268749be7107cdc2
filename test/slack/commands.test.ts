import { afterEach, describe, expect, it } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import type { PageMessage } from '../../sandbox/slack/page-api.ts';
import { COMMANDS } from '../../src/slack/command-table.ts';
import { type Bench, startBench } from './support/bench.ts';
import { NOW, runView } from './support/run-views.ts';

const channel = CHANNELS.prod;
const { priya, olga } = USERS;

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

async function begin(options: Parameters<typeof startBench>[0] = {}): Promise<Bench> {
  bench = await startBench(options);
  await bench.slack.start();
  return bench;
}

/** Types it and waits for the answer that only this person sees. */
async function type(b: Bench, text: string, user: string = priya): Promise<PageMessage> {
  const before = new Set(b.sim.control.messages({ channel, user }).map((m) => m.ts));
  expect(await b.sim.control.command({ user, channel, text })).toEqual({ ok: true });
  return b.sim.control.waitForMessage((m) => m.ephemeralTo === user && !before.has(m.ts), { channel, user });
}

describe('commands', () => {
  it('hand a scan to the workflow with names as configured and times in the zone of the environment', async () => {
    const b = await begin();
    const answer = await type(
      b,
      '/patch scan PROD web-* tag:Role=web --fresh —dry-run --at "tomorrow 06:00" --until 18:00',
    );
    expect(answer.text).toContain('looks for instances in prod');
    const request = b.service.of('scan')[0]?.request;
    expect(request).toMatchObject({
      scope: { name: 'prod', pattern: 'web-*', tags: [{ key: 'Role', value: 'web' }] },
      options: { fresh: true, dryRun: true, backupOnly: false, now: false },
    });
    const { at, until } = Object(Object(request).options);
    expect(until - at).toBe(12 * 3_600_000);
    expect(b.service.of('scan')[0]?.actor).toMatchObject({
      userId: priya,
      teamId: 'T0NORTHWND',
      channelId: channel,
    });
  });

  it('say when a place is not known, with the nearest', async () => {
    const b = await begin();
    const answer = await type(b, '/patch scan prd');
    expect(answer.text).toMatch(
      /no environment or landing zone called `prd`\. Did you mean `prod`\?.*Nothing was done/s,
    );
    expect(b.service.of('scan')).toEqual([]);
  });

  it('say when a time cannot be', async () => {
    const b = await begin();
    expect((await type(b, '/patch scan prod --at soon')).text).toMatch(
      /not a time I understand.*Nothing was done/,
    );
    expect((await type(b, '/patch scan prod --at "sun 06:00" --until "2020-01-01 00:00"')).text).toMatch(
      /--until: .*not after the start/,
    );
    expect(b.service.of('scan')).toEqual([]);
  });

  it('reach the workflow, each of them', async () => {
    const b = await begin({ views: [runView()] });
    const lines: [string, string][] = [
      ['/patch stop k3f9 too slow', 'Done: stop k3f9: too slow'],
      ['/patch stop k3f9', 'no reason given'],
      ['/patch retry k3f9', 'retries the failed ones'],
      ['/patch resolve k3f9 i-01 “looked: fine”', 'Done: resolve k3f9 i-01: looked: fine'],
      ['/patch release k3f9 “nothing else”', 'Done: release k3f9: nothing else'],
      ['/patch report k3f9', 'Done: report k3f9'],
      ['/patch freeze all incident', 'Done: freeze: incident'],
      ['/patch unfreeze all', 'Done: unfreeze'],
    ];
    for (const [line, expected] of lines) expect((await type(b, line)).text, line).toContain(expected);
  });

  it('show one run with a link to its card, and no buttons', async () => {
    const b = await begin({ views: [runView({ size: 20 })] });
    const card = await b.sim.control.waitForMessage((m) => m.text.includes('k3f9'), { channel });
    const answer = await type(b, '/patch status k3f9');
    expect(answer.text).toMatch(/Waiting for approval/);
    expect(answer.text).toContain(`/archives/${channel}/p${card.ts.replace('.', '')}|open the card>`);
    expect(answer.blocks.some((block) => block.type === 'actions')).toBe(false);
    expect((await type(b, '/patch status')).text).toMatch(/Waiting for approval/);
    expect((await type(b, '/patch status k3f8')).text).toMatch(/no run `k3f8`\. Did you mean `k3f9`/);
  });

  it('list runs, backups and missing patches', async () => {
    const b = await begin({ views: [runView(), runView({ id: 'a1b2', phase: 'ended' })] });
    const runs = await type(b, '/patch runs');
    expect(runs.text).toMatch(/`k3f9`.*waiting for approval/);
    expect(runs.text).toMatch(/`a1b2`.*completed/);
    b.service.backupRecords = [
      {
        imageId: 'ami-1',
        name: 'x',
        instanceId: 'i-1',
        instanceName: 'web-01',
        landingZone: 'payments-prod',
        accountId: '1',
        region: 'eu-west-1',
        state: 'available',
        runId: 'k3f9',
        createdAt: NOW,
        expiresAt: NOW + 14 * 86_400_000,
      },
    ];
    expect((await type(b, '/patch backups prod')).text).toMatch(/`web-01` `ami-1`.*available/);
    b.service.missing = [
      {
        title: 'kernel',
        kbId: '',
        classification: 'Security',
        severity: 'Critical',
        state: 'Missing',
        cveIds: ['CVE-2026-1'],
      },
    ];
    expect((await type(b, '/patch cves web-01')).text).toMatch(
      /`kernel` \(Security, Critical, Missing\): `CVE-2026-1`/,
    );
  });

  it('show nothing to somebody who may not look', async () => {
    const b = await begin({ views: [runView({ size: 20 })] });
    for (const line of ['/patch status k3f9', '/patch status', '/patch runs']) {
      const answer = await type(b, line, olga);
      expect(answer.text, line).toContain('may not see this');
      expect(JSON.stringify(answer.blocks)).not.toContain('web-0');
    }
  });

  it('list every command in help, and explain one', async () => {
    const b = await begin();
    const help = JSON.stringify((await type(b, '/patch help')).blocks);
    for (const { name } of COMMANDS) expect(help).toContain(`/patch ${name}`);
    expect((await type(b, '/patch help scan')).text).toContain('--backup-only');
    expect((await type(b, '/patch')).text).toContain('/patch scan');
    expect((await type(b, '/patch scn prod')).text).toContain('Did you mean scan?');
  });

  it('refuse people of another workspace', async () => {
    const b = await begin();
    b.sim.control.setUser(olga, { teamId: 'T0ELSEWHERE' });
    const answer = await type(b, '/patch help', olga);
    expect(answer.text).toContain('Only members of the workspace');
    expect(b.service.turnedAway.map((a) => a.userId)).toEqual([olga]);
  });

  it('answer at the response url: it works in channels in which the bot is not', async () => {
    const b = await begin();
    expect((await type(b, '/patch help')).text).toContain('/patch scan');
    const methods = b.sim.control.calls().map((c) => c.method);
    expect(methods).toContain('response_url');
    expect(methods).not.toContain('chat.postEphemeral');
  });

  it('answer with chat.postEphemeral when the response url does not work', async () => {
    const b = await begin();
    b.sim.control.fault({ method: 'response_url', kind: 'server_error' });
    expect((await type(b, '/patch help')).text).toContain('/patch scan');
    expect(b.sim.control.calls().some((c) => c.method === 'chat.postEphemeral')).toBe(true);
  });
});
