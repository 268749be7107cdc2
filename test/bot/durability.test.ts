import { hostname } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { type SmallFleetOptions, smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { until } from '../support/until.ts';
import { type BotProcess, runPatchday, startProcess, wrote } from './bot-process.ts';
import { ASKS, losePatchCommand } from './questions.ts';
import { startTeam, type Team, type TeamOptions } from './team.ts';

let team: Team | null = null;
afterEach(async () => {
  await team?.close();
  team = null;
});

async function start(
  fleet: SmallFleetOptions,
  options: Omit<TeamOptions, 'fleet'> = {},
): Promise<{ t: Team; bot: BotProcess }> {
  team = await startTeam({ fleet: smallFleet(fleet), bot: 'none', ...options });
  return { t: team, bot: await startProcess(team) };
}

/** Killed and started again, twice, without anything new at AWS and without a second card. */
async function killTwice(t: Team, bot: BotProcess, runId: string): Promise<BotProcess> {
  const before = { mutations: t.mutations(), thread: t.thread(runId).map((m) => m.text) };
  await bot.kill();
  const second = await startProcess(t);
  await settled(t, runId);
  await second.kill();
  const third = await startProcess(t);
  await settled(t, runId);
  expect(t.mutations()).toEqual(before.mutations);
  expect(cards(t)).toHaveLength(1);
  expect(t.thread(runId).map((m) => m.text)).toEqual(before.thread);
  return third;
}

/** The new process has shown the card anew, and there is nothing to tell. */
async function settled(t: Team, runId: string): Promise<void> {
  await until(
    () =>
      t.rows(
        'SELECT 1 FROM cards c JOIN runs r ON r.id = c.run_id WHERE r.id = ? AND c.shown_revision >= r.revision',
        runId,
      ).length === 1,
    { within: 5000, describe: 'the card is up to date' },
  );
  await outboxEmpty(t);
}

function outboxEmpty(t: Team, within = 5000): Promise<unknown> {
  return until(() => t.rows("SELECT 1 FROM outbox WHERE state IN ('pending', 'sending')").length === 0, {
    within,
    describe: 'everything is told',
  });
}

const cards = (t: Team) =>
  t.slack.control
    .messages({ channel: t.channel })
    .filter((m) => m.threadTs === null && m.ephemeralTo === null);

const sends = (t: Team) => t.mutations().filter((m) => m === 'SendCommand Install').length;

describe('a process killed with -9 while a run is parked', () => {
  it('awaiting approval: it waits again, and the same card can be approved', async () => {
    const { t, bot } = await start({ linux: 2 });
    const runId = await t.scan('priya');
    await t.toApprove(runId);
    await settled(t, runId);
    await killTwice(t, bot, runId);
    expect(t.mutations()).toEqual([]);
    expect(await t.click('aisha', await t.toApprove(runId), 'run_approve')).toContain('is approved');
    await t.ended(runId);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
  });

  it('awaiting its start: it begins neither early nor after a stop', async () => {
    const { t, bot } = await start({ linux: 1 });
    const runId = await t.scan('priya', 'scan test --at "tomorrow 06:00" --until "tomorrow 18:00"');
    expect(await t.click('aisha', await t.toApprove(runId), 'run_approve')).toContain('is approved');
    await t.cardThat(runId, 'Approved, waiting for its start');
    await settled(t, runId);
    await killTwice(t, bot, runId);
    expect(t.phase(runId)).toBe('await_start');
    expect(t.mutations()).toEqual([]);
    await t.say('tom', `stop ${runId}`);
    expect(t.words(await t.ended(runId))).toContain('Stopped by a person');
    expect(t.mutations()).toEqual([]);
  });

  it('frozen: the freeze outlives it, and the run goes on when it is lifted', async () => {
    const { t, bot } = await start({ linux: 1 });
    await t.say('priya', 'freeze all');
    const runId = await t.approvedRun();
    await t.cardThat(runId, /🧊 Frozen/);
    await settled(t, runId);
    await killTwice(t, bot, runId);
    expect(t.mutations()).toEqual([]);
    await t.say('priya', 'unfreeze all');
    await t.ended(runId);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched' });
  });

  it('asking about a command that AWS hides: it sends nothing, asks again, and adopts what then shows', async () => {
    const { t, bot } = await start({ linux: 2 });
    const match = { parameter: { Operation: 'Install' } };
    t.aws.control.fault({ operation: 'SendCommand', when: 'after', kind: 'hide', match });
    t.aws.control.fault({ operation: 'SendCommand', when: 'after', kind: 'reset', match });
    const runId = await t.approvedRun();
    await t.told(runId, /A person must decide/);
    await t.cardThat(runId, /It was not sent: send it again/);
    await settled(t, runId);
    await killTwice(t, bot, runId);
    expect(sends(t)).toBe(1);
    await t.cardThat(runId, /It was not sent: send it again/);
    t.aws.control.clearFaults();
    await t.ended(runId);
    expect(sends(t)).toBe(1);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(t.audit('effect.adopted')).toHaveLength(1);
  });

  it('asking about a command that was never sent: it goes on after the answer', async () => {
    const { t, bot } = await start({ linux: 1 });
    losePatchCommand(t);
    const runId = await t.approvedRun();
    await t.cardThat(runId, ASKS);
    await t.told(runId, /A person must decide/);
    await settled(t, runId);
    await killTwice(t, bot, runId);
    expect(sends(t)).toBe(0);
    const card = await t.cardThat(runId, ASKS);
    expect(await t.click('tom', card, 'question_send_again')).toContain('Noted');
    await t.ended(runId);
    expect(sends(t)).toBe(1);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched' });
  });
});

describe('the process', () => {
  it('a second one on the same database is refused, told who holds it, and ends with 1', async () => {
    const { t, bot } = await start({ linux: 1 });
    const second = runPatchday(t, ['serve', '--config', t.configFile]);
    expect(await second.exitCode()).toBe(1);
    expect(second.output()).toContain(`in use by process ${bot.pid} on ${hostname()} since 2`);
    expect(second.output()).toContain('stop that one first');
    expect(second.output()).toContain('Nothing was changed.');
    // The first one goes on undisturbed.
    expect(await t.say('priya', 'runs')).toContain('There are no runs yet');
  });

  it('drains at SIGTERM with 0 in the middle of a wave, and the next one goes on', async () => {
    team = await startTeam({
      fleet: smallFleet({ linux: 2, durations: { install: 1500 } }),
      bot: 'none',
      environment: { wave: { size: 1 } },
    });
    const t = team;
    const first = runPatchday(t, ['serve', '--config', t.configFile]);
    await t.slack.control.waitForConnections(2, { within: 15_000 });
    const runId = await t.approvedRun();
    await until(() => sends(t) === 1, { within: 8000, describe: 'the first install' });
    expect(await first.drain()).toBe(0);
    expect(t.phase(runId)).toBe('waves');
    const second = runPatchday(t, ['serve', '--config', t.configFile]);
    await t.slack.control.waitForConnections(2, { within: 15_000 });
    await t.ended(runId, 30_000);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(sends(t)).toBe(2);
    expect(cards(t)).toHaveLength(1);
    expect(await second.drain()).toBe(0);
  });

  it('that cannot have its port says so in a sentence and ends with 1', async () => {
    team = await startTeam({ fleet: smallFleet({ linux: 1 }), http: { port: 0 } });
    const port = Number(new URL(team.bot.healthUrl).port);
    const other = await startTeam({ fleet: smallFleet({ linux: 1 }), bot: 'none', http: { port } });
    try {
      const bot = runPatchday(other, ['serve', '--config', other.configFile]);
      expect(await bot.exitCode()).toBe(1);
      await wrote(bot, /another process uses it; set http\.port/);
      expect(bot.output()).toMatch(/^[^{].*another process uses it/m);
    } finally {
      await other.close();
    }
  });
});
