/**
 * Canaries through the whole bot, among errors of every kind: its own tokens and the credentials that AWS gave it
 * must not be in the log, the database, what Slack was sent, or any file; nor a secret that a patch command printed
 * in what Slack was sent, the reports or the log.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { Team } from '../bot/team.ts';
import { until } from '../support/until.ts';
import { type Case, type CaseResult, proofOfCases } from './cases.ts';
import { uploads, withTeam } from './team.ts';

/** Printed by a failing package script: others' secrets, which look like secrets. */
const PRINTED = ['xoxb-9999-CANARYCANARYCANARY', 'AKIACANARYCANARYAAAA', 'ASIACANARYCANARYBBBB'];
const OF_AWS = /(?:AKIA|ASIA)[A-Z0-9]{16}|IQoJb3JpZ2lu[A-Za-z0-9+/=]{16,}/g;

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

async function job(team: Team): Promise<CaseResult> {
  const { aws, slack } = team;
  const runId = await team.scan('priya');
  const card = await team.toApprove(runId);
  aws.control.fault({ operation: 'CreateImage', when: 'after', kind: 'reset' });
  aws.control.fault({ operation: 'DescribeImages', when: 'before', kind: 'http500', times: 3 });
  slack.control.fault({ method: 'chat.update', kind: 'server_error', times: 2 });
  slack.control.fault({ method: 'chat.postMessage', kind: 'error', error: 'internal_error', times: 1 });
  await team.click('aisha', card, 'run_approve');
  await team.ended(runId, 30_000);
  const unsent = () =>
    team.rows<{ n: number }>("SELECT count(*) AS n FROM outbox WHERE state IN ('pending', 'sending')")[0]?.n;
  await until(() => unsent() === 0, { within: 20_000, describe: 'a thread that has caught up' });
  const fired = aws.control.firedFaults();
  await team.stopBot();
  const sentToSlack = JSON.stringify(slack.control.calls().map((c) => c.arguments));
  const places: [where: string, text: string, printedToo: boolean][] = [
    ['the log', team.log.join(''), true],
    ['what Slack was sent', sentToSlack, true],
    ...uploads(team).map((f): [string, string, boolean] => [f.name, f.text, true]),
    ...filesUnder(team.folder).map((path): [string, string, boolean] => [
      path.slice(team.folder.length + 1),
      readFileSync(path, 'latin1'),
      !path.includes('.sqlite'),
    ]),
  ];
  const wrong: string[] = [];
  for (const [where, text, printedToo] of places) {
    for (const [what, secret] of [
      ['the bot token', slack.botToken],
      ['the app token', slack.appToken],
    ] as const)
      if (text.includes(secret)) wrong.push(`${what} is in ${where}`);
    if (printedToo)
      for (const secret of PRINTED) if (text.includes(secret)) wrong.push(`${secret} is in ${where}`);
    const ofAws = (text.match(OF_AWS) ?? []).filter((s) => !PRINTED.includes(s));
    if (ofAws.length > 0) wrong.push(`${ofAws.length} credentials of AWS are in ${where}`);
  }
  if (!places.some(([where, text]) => !where.includes('sqlite') && text.includes('CANARYMARK')))
    wrong.push('what the command printed was not shown at all');
  if (!team.log.join('').includes('"level"')) wrong.push('the log is empty, so nothing was shown about it');
  return { wrong, fired, figures: { 'places searched': places.length, 'lines of log': team.log.length } };
}

const whole: Case = {
  name: 'whole-job',
  run: () =>
    withTeam(
      smallFleet({
        linux: 3,
        instances: {
          'linux-1': {
            behaviour: {
              install: 'fails',
              failure: {
                exitCode: 5,
                stderr: `CANARYMARK token=${PRINTED[0]} key ${PRINTED[1]}\n${PRINTED[2]}`,
              },
            },
          },
        },
      }),
      {},
      job,
    ),
};

export const proof = proofOfCases({
  name: 'secrets',
  bar: '0 secrets of ours in log, database, Slack or files; 0 printed secrets in log, Slack or reports',
  injects: true,
  cases: () => [whole],
});
