import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { ACTION } from '../../src/slack/button-value.ts';
import { commandsMarkdown } from '../../src/slack/command-table.ts';
import { ClockWatch, createSlackDirectory, SlackLoginError } from '../../src/slack/index.ts';
import { BOT_SCOPES, slackManifestYaml } from '../../src/slack/manifest.ts';
import { until } from '../support/until.ts';
import { type Bench, startBench } from './support/bench.ts';
import { runView } from './support/run-views.ts';

const channel = CHANNELS.prod;
const { priya, aisha } = USERS;

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

async function prepare(options: Parameters<typeof startBench>[0] = {}): Promise<Bench> {
  bench = await startBench(options);
  return bench;
}

const helpWorks = async (b: Bench) =>
  (await b.sim.control.command({ user: priya, channel, text: '/patch help' })).ok;

describe('the connection to Slack', () => {
  it('has two sockets', async () => {
    const b = await prepare();
    await b.slack.start();
    await b.sim.control.waitForConnections(2);
    await until(() => b.slack.connected() === 2, { within: 2000, describe: 'both counted' });
  });

  it('loses no command while Slack renews the connections one after the other', async () => {
    const b = await prepare();
    await b.slack.start();
    await b.sim.control.waitForConnections(2);
    for (let i = 0; i < 4; i++) {
      b.sim.control.disconnectSockets('refresh_requested', { count: 1 });
      expect(await helpWorks(b)).toBe(true);
      await b.sim.control.waitForConnections(2);
    }
  });

  it('comes back after all sockets broke and after an outage of connecting', async () => {
    const b = await prepare();
    await b.slack.start();
    await b.sim.control.waitForConnections(2);
    b.sim.control.fault({ method: 'apps.connections.open', kind: 'reset' });
    b.sim.control.fault({ method: 'apps.connections.open', kind: 'rate_limited', retryAfter: 1 });
    b.sim.control.fault({ method: 'apps.connections.open', kind: 'server_error' });
    b.sim.control.severSockets();
    await until(() => b.slack.connected() < 2, { within: 5000, describe: 'noticed' });
    await b.sim.control.waitForConnections(2, { within: 15_000 });
    await until(() => helpWorks(b), { within: 5000, describe: 'commands work again' });
  });

  it('waits through an outage at the start', async () => {
    const b = await prepare();
    b.sim.control.outage(true);
    const started = b.slack.start();
    await until(() => b.log.lines.some((l) => l.message.startsWith('Slack cannot be reached')), {
      within: 5000,
      describe: 'noticed',
    });
    b.sim.control.outage(false);
    await started;
    expect(await helpWorks(b)).toBe(true);
  });

  it('refuses to start with a token of another workspace, and says so', async () => {
    const b = await prepare({ teamId: 'T0ELSEWHERE' });
    await expect(b.slack.start()).rejects.toThrow(/belongs to the workspace T0NORTHWND.*Nothing was started/);
  });

  it('refuses to start with a bad token, and says which', async () => {
    const b = await prepare();
    b.sim.control.fault({ method: 'auth.test', kind: 'error', error: 'invalid_auth' });
    const refused = b.slack.start();
    await expect(refused).rejects.toThrow(SlackLoginError);
    await expect(refused).rejects.toThrow(/SLACK_BOT_TOKEN/);
  });

  it('refuses to start with a bad app token', async () => {
    const b = await prepare();
    b.sim.control.fault({
      method: 'apps.connections.open',
      kind: 'error',
      error: 'invalid_auth',
      times: null,
    });
    await expect(b.slack.start()).rejects.toThrow(/SLACK_APP_TOKEN/);
  });

  it('waits for what was begun when it stops', async () => {
    const b = await prepare({ views: [runView()] });
    await b.slack.start();
    const { ts } = await b.sim.control.waitForMessage((m) => m.text.includes('k3f9'), { channel });
    const released = Promise.withResolvers<void>();
    b.service.stall = released.promise;
    await b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.approve });
    const stopped = b.slack.stop();
    released.resolve();
    await stopped;
    expect(b.service.done).toEqual(['approve k3f9']);
    expect(b.slack.connected()).toBe(0);
  });
});

describe('the manifest', () => {
  it('asks for exactly the scopes that are used', async () => {
    const b = await prepare({
      views: [runView({ size: 20 })],
      filesFor: async () => [{ name: 'plan.csv', title: 'Plan', content: { bytes: Buffer.from('a,b\n') } }],
    });
    await b.slack.start();
    const { ts } = await b.sim.control.waitForMessage((m) => m.text.includes('k3f9'), { channel });
    b.outbox.tell('k3f9', { kind: 'plan', text: 'The plan.', planVersion: 1 });
    await b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.viewAll });
    await b.sim.control.waitForView(aisha);
    await b.sim.control.command({ user: priya, channel, text: '/patch help' });
    const directory = createSlackDirectory({
      botToken: b.sim.botToken,
      apiUrl: b.sim.apiUrl,
      teamId: 'T0NORTHWND',
      log: b.log,
      clockWatch: new ClockWatch({ now: () => Date.now(), log: b.log }),
    });
    await directory.membership(priya, { groups: ['S0APPROVER'], users: [] });
    await until(() => b.outbox.row(1).state === 'sent', { within: 5000, describe: 'plan told' });
    expect(b.sim.control.scopesUsed()).toEqual([...BOT_SCOPES].sort());
  });

  it('and the command reference in the repository are what the code gives', () => {
    const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(file('slack-manifest.yaml')).toBe(slackManifestYaml());
    expect(file('docs/commands.md')).toBe(commandsMarkdown());
  });
});
