/** The whole bot: a command that somebody else sends with its role, as people see it. */
import { get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { intruder } from '../support/intruder.ts';
import { until } from '../support/until.ts';
import { startTeam, type Team } from './team.ts';

const fleet = smallFleet({ linux: 2 });
let team: Team;
afterEach(() => team.close());

const alarms = () =>
  team.slack.control.messages({ channel: team.channel }).filter((m) => m.text.startsWith('🚨'));

function readyz(): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`${team.bot.healthUrl}/readyz`, (answer) => {
      let text = '';
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

describe('a command that somebody else sent with the role of Patchday', () => {
  it('is told in the channel with what to do, written into the audit, and told once', async () => {
    team = await startTeam({ fleet });
    const target = team.aws.control.instance('linux-2').id;
    const forger = await intruder(team.aws, fleet);
    const id = await forger.send({ instanceIds: [target], comment: 'patchday zzz install <!channel>' });
    // The list lags: who looks before it shows the command looks again a quarter of an hour later.
    const shown = () => team.aws.control.commands().find((c) => c.id === id)?.visibleFrom ?? Infinity;
    await until(() => shown() <= Date.now(), { within: 5000, describe: 'a list that shows it' });
    await team.stopBot();
    await team.startBot();
    const alarm = await until(() => alarms()[0], { within: 10_000, describe: 'the alarm' });
    const words = team.words(alarm);
    expect(alarm.threadTs).toBeNull();
    for (const part of [
      id,
      target,
      'small-test',
      'names run zzz, and there is no such run',
      '/patch freeze all',
      'CloudTrail',
      'docs/runbook.md',
    ])
      expect(words).toContain(part);
    expect(team.slack.control.mentions().filter((m) => m.kind === 'broadcast')).toEqual([]);
    expect(team.log.some((line) => line.includes('"level":"error"') && line.includes(id))).toBe(true);
    await team.stopBot();
    await team.startBot();
    const runId = await team.approvedRun();
    await team.ended(runId);
    expect(alarms()).toHaveLength(1);
    expect(team.audit('command.foreign').map((r) => r.text.includes(id))).toEqual([true]);
  });

  it('of which the list cannot be read is said to go unnoticed on the readiness page, and no run waits', async () => {
    team = await startTeam({ fleet });
    team.aws.control.fault({ operation: 'ListCommands', when: 'before', kind: 'denied', times: 'always' });
    const runId = await team.approvedRun();
    await team.ended(runId);
    expect(team.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    const page = await until(
      async () => {
        const text = await readyz();
        return text.includes('would not be noticed in small-test') && text;
      },
      { within: 10_000, describe: 'a word on the readiness page' },
    );
    expect(page).toContain('ListCommands');
    expect(page).toContain('"ready":true');
    expect(alarms()).toEqual([]);
  });
});
