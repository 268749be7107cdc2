/**
 * Canaries through the whole bot, among errors of every kind: its own tokens and everything that AWS handed out must
 * not be in the log, the database, what Slack was sent, any file, or what a breaking process prints; nor a secret
 * that a patch command printed in what Slack was sent, the reports or the log. AWS repeats the session token of a request
 * in refusing it. Every other test with a whole bot
 * looks for its own secrets too, when it ends (`Team.close`).
 */
import { fileURLToPath } from 'node:url';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { runPatchday, wrote } from '../bot/bot-process.ts';
import type { Team } from '../bot/team.ts';
import { HUB_SECRET } from '../bot/team-records.ts';
import { leaks } from '../support/canaries.ts';
import { type Case, type CaseResult, proofOfCases } from './cases.ts';
import { caughtUp, withTeam } from './team.ts';

/** Printed by a failing package script: others' secrets, which look like secrets. It prints one of ours, too. */
const PRINTED = ['xoxb-9999-CANARYCANARYCANARY', 'AKIACANARYCANARYAAAA', 'ASIACANARYCANARYBBBB'];

const BREAK = fileURLToPath(new URL('../support/break-on-signal.mjs', import.meta.url));

const FAILING = {
  behaviour: {
    install: 'fails',
    failure: {
      exitCode: 5,
      stderr: `CANARYMARK token=${PRINTED[0]} key ${PRINTED[1]}\n${PRINTED[2]}\nours: ${HUB_SECRET}`,
    },
  },
} as const;

/** Two fail: of one, AWS refuses to tell what it printed. */
const fleet = () => smallFleet({ linux: 3, instances: { 'linux-1': FAILING, 'linux-2': FAILING } });

async function job(team: Team): Promise<CaseResult> {
  const { aws, slack } = team;
  const runId = await team.scan('priya');
  const card = await team.toApprove(runId);
  aws.control.fault({ operation: 'CreateImage', when: 'after', kind: 'reset' });
  aws.control.fault({ operation: 'DescribeImages', when: 'before', kind: 'http500', times: 3 });
  for (const operation of ['SendCommand', 'GetCommandInvocation'])
    aws.control.fault({ operation, when: 'before', kind: 'echo' });
  slack.control.fault({ method: 'chat.update', kind: 'server_error', times: 2 });
  slack.control.fault({ method: 'chat.postMessage', kind: 'error', error: 'internal_error', times: 1 });
  await team.click('aisha', card, 'run_approve');
  await team.ended(runId, 30_000);
  await caughtUp(team);
  const fired = aws.control.firedFaults();
  const silent = aws.control.faults().filter((fault) => fault.spec.kind === 'echo' && fault.fired === 0);
  await team.stopBot();
  const places = team.places();
  const outside = places.filter(({ where }) => !where.includes('.sqlite'));
  const wrong = [...leaks(places, team.secrets()), ...leaks(outside, PRINTED)];
  if (!outside.some(({ text }) => text.includes('CANARYMARK')))
    wrong.push('what the command printed was not shown at all');
  if (!team.log.join('').includes('"level"')) wrong.push('the log is empty, so nothing was shown about it');
  for (const { spec } of silent) wrong.push(`AWS never repeated the session token of ${spec.operation}`);
  if (!outside.some(({ text }) => text.includes('does not match the signature')))
    wrong.push('what AWS said of the signature was not shown at all');
  if (aws.control.sessionSecrets().length === 0) wrong.push('AWS handed out nothing that could leak');
  return {
    wrong,
    fired,
    figures: {
      'places searched': places.length,
      'secrets looked for': team.secrets().length + PRINTED.length,
      'lines of log': team.log.length,
    },
  };
}

/** What the real process prints when something is thrown out of nowhere that carries every secret it has. */
async function breaks(team: Team): Promise<CaseResult> {
  const bot = runPatchday(team, ['serve', '--config', team.configFile], {}, ['--import', BREAK]);
  await wrote(bot, /Patchday is ready/);
  const runId = await team.approvedRun();
  process.kill(bot.pid, 'SIGUSR2');
  const code = await bot.exitCode();
  const output = [{ where: 'the output of the broken process', text: bot.output() }];
  const phase = team.phase(runId);
  return {
    wrong: [
      ...leaks([...output, ...team.places()], team.secrets()),
      ...(code === 1 && bot.output().includes('broken on purpose') ? [] : [`it ended with ${code}`]),
      ...(phase === 'ended' ? ['it broke too late to show anything'] : []),
    ],
    fired: 1,
    figures: { 'processes broken': 1 },
  };
}

const whole: Case = { name: 'whole-job', run: () => withTeam(fleet(), {}, job) };

const broken: Case = {
  name: 'crash-output',
  run: () => withTeam(fleet(), { bot: 'none', logLevel: 'trace' }, breaks),
};

export const proof = proofOfCases({
  name: 'secrets',
  bar: '0 secrets of ours in log, database, Slack, files or crash output; 0 printed secrets in log, Slack or reports',
  injects: true,
  cases: () => [whole, broken],
});
