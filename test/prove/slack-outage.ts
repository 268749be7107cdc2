/** Slack fails during a run: waves go on, the thread catches up in order, and nothing is said twice. */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { Team } from '../bot/team.ts';
import { until } from '../support/until.ts';
import { type Case, proofOfCases } from './cases.ts';
import { withTeam } from './team.ts';
import { doneTwice } from './wire.ts';

type Trouble = 'down' | 'rate-limited' | 'answers-lost' | 'reconnecting';

/** Calls that were on their way when it began, and the one that noticed. */
const IN_DOUBT_AT_MOST: Readonly<Record<Trouble, number>> = {
  down: 1,
  'rate-limited': 0,
  'answers-lost': 3,
  reconnecting: 0,
};

function begin(team: Team, trouble: Trouble): void {
  const { control } = team.slack;
  switch (trouble) {
    case 'down':
      control.outage(true);
      control.severSockets();
      return;
    case 'rate-limited':
      control.fault({ method: '*', kind: 'rate_limited', times: 12, retryAfter: 1 });
      return;
    case 'answers-lost':
      control.fault({ method: 'chat.postMessage', kind: 'reset', when: 'after', times: 3 });
      return;
    case 'reconnecting':
      control.disconnectSockets('refresh_requested');
      return;
  }
}

function during(trouble: Trouble): Case {
  return {
    name: trouble,
    run: () =>
      withTeam(smallFleet({ linux: 4 }), {}, async (team) => {
        const runId = await team.scan('priya');
        await team.click('aisha', await team.toApprove(runId), 'run_approve');
        begin(team, trouble);
        // It must not wait for Slack: the run ends in the database while the trouble lasts.
        await until(() => team.phase(runId) === 'ended', { within: 30_000, describe: 'the end of the run' });
        const calls = team.slack.control.calls().length;
        team.slack.control.outage(false);
        if (trouble !== 'rate-limited') team.slack.control.clearFaults();
        await team.ended(runId, 40_000);
        const unsent = () =>
          team.rows<{ n: number }>(
            "SELECT count(*) AS n FROM outbox WHERE state IN ('pending', 'sending')",
          )[0]?.n;
        await until(() => unsent() === 0, { within: 30_000, describe: 'a thread that has caught up' });
        const wrong = [...doneTwice(team.aws)];
        const outcomes = Object.values(team.outcomes(runId));
        if (outcomes.some((o) => o !== 'patched')) wrong.push(`it ended as ${outcomes.join(', ')}`);
        const rows = team.rows<{ id: number; ts: string | null; state: string }>(
          'SELECT id, ts, state FROM outbox WHERE run_id = ? ORDER BY id',
          runId,
        );
        const times = rows.flatMap((r) => (r.state === 'sent' && r.ts ? [Number(r.ts)] : []));
        if (times.some((t, i) => i > 0 && t < (times[i - 1] ?? 0))) wrong.push('the thread is out of order');
        const texts = team.thread(runId).map((m) => team.words(m).replace(/^.*\d\d:\d\d.*$/gm, ''));
        const twice = texts.filter((t, i) => texts.indexOf(t) !== i);
        if (twice.length > 0) wrong.push(`said twice: ${twice[0]?.slice(0, 100)}`);
        // Sent into the failure, so that nobody knows whether it arrived: not sent again, and nothing after it is lost.
        const inDoubt = rows.filter((r) => r.state === 'given_up').length;
        if (inDoubt > IN_DOUBT_AT_MOST[trouble]) wrong.push(`${inDoubt} messages were given up`);
        const struck = team.slack.control
          .calls()
          .filter((c) => c.answered === 'reset' || (c.answered !== null && c.answered.status >= 400)).length;
        return {
          wrong,
          fired: trouble === 'reconnecting' ? 1 : struck,
          figures: {
            'messages in the threads': texts.length,
            'messages in doubt, not sent again': inDoubt,
            'calls to Slack meanwhile': calls,
          },
        };
      }),
  };
}

export const proof = proofOfCases({
  name: 'slack-outage',
  bar: 'no wave waits for Slack, is repeated or lost; the thread catches up in order, nothing is said twice, the card is true',
  injects: true,
  cases: () => (['down', 'rate-limited', 'answers-lost', 'reconnecting'] as const).map(during),
});
