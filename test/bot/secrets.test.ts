import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { until } from '../support/until.ts';
import { type BotProcess, runPatchday } from './bot-process.ts';
import { startTeam, type Team } from './team.ts';

/** What a careless script on an instance prints: secrets that are not ours. */
const THEIRS = ['AKIAIOSFODNN7EXAMPLE', 'xoxp-9999999999-careless'];

describe('secrets, through a whole job of the real process at its most talkative', () => {
  let team: Team;
  let bot: BotProcess;
  let canaries: string[];

  beforeAll(async () => {
    team = await startTeam({ fleet: smallFleet({ linux: 2 }), bot: 'none', logLevel: 'trace' });
    // An instance that prints our own secrets, too: whoever can do that must not get them into Slack.
    canaries = [team.slack.botToken, team.slack.appToken, team.hubSecret];
    const stderr = `login with ${[...canaries, ...THEIRS].join(' ')} failed`;
    team.aws.control.setInstance('linux-2', {
      behaviour: { install: 'fails', failure: { exitCode: 1, stderr } },
    });
    bot = runPatchday(team, ['serve', '--config', team.configFile]);
    await team.slack.control.waitForConnections(2, { within: 15_000 });
    const runId = await team.approvedRun();
    // Trouble makes logs: throttles, resets, errors of Slack, a token expired in the middle.
    team.aws.control.expireSessions();
    team.aws.control.fault({ operation: 'CreateImage', when: 'before', kind: 'throttle' });
    team.aws.control.fault({ operation: 'DescribeImages', when: 'before', kind: 'http500' });
    team.slack.control.fault({ method: 'chat.update', kind: 'error', error: 'fatal_error' });
    await team.ended(runId, 30_000);
    expect(team.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'failed' });
    await until(() => team.rows("SELECT 1 FROM outbox WHERE state IN ('pending','sending')").length === 0, {
      within: 30_000,
      describe: 'all is told',
    });
    expect(await bot.drain()).toBe(0);
  });
  afterAll(() => team.close());

  const withoutAny = (text: string, where: string) => {
    for (const secret of [...canaries, ...THEIRS])
      expect(text.includes(secret), `${where} contains ${secret.slice(0, 8)}…`).toBe(false);
  };

  it('are in no line of the log, which is otherwise complete', () => {
    expect(bot.output()).toContain('Patchday is ready');
    expect(bot.output()).toContain('stopped');
    withoutAny(bot.output(), 'the log');
    for (const line of bot.output().trim().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
  });

  it('are neither in the database nor in any file beside it', () => {
    const files = readdirSync(team.folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(team.folder, name))
      .filter((path) => statSync(path).isFile());
    expect(files.some((f) => f.endsWith('report.html'))).toBe(true);
    for (const file of files) withoutAny(readFileSync(file).toString('latin1'), file);
  });

  it('are in nothing that was said to Slack, but the excerpt that the reader needs is', () => {
    const said = team.slack.control
      .calls()
      .map((call) => JSON.stringify(call.arguments))
      .join('\n');
    withoutAny(said, 'a call to Slack');
    expect(said).toContain('login with [secret removed]');
  });
});
