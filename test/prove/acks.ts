/**
 * Slack waits 3 s for the acknowledgement of what a person did. Here no call to AWS is answered for 30 s, with the
 * limits of production, while 200 commands, clicks and windows reach `patchday serve`: timed is from the moment
 * that each goes over the socket until its acknowledgement comes back.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../sandbox/slack/json.ts';
import { runPatchday } from '../bot/bot-process.ts';
import {
  answered,
  dated,
  isClick,
  isCommand,
  isSubmission,
  recordedJob,
  seconds,
  underNewTrigger,
  wordOf,
} from '../bot/recorded.ts';
import type { Team } from '../bot/team.ts';
import { until } from '../support/until.ts';
import { type Case, type CaseResult, proofOfCases, seededRandom } from './cases.ts';

const STALLED_MS = 30_000;
const PAYLOADS = 200;
/** They come so many at a time, as from a team that wonders what is going on. */
const AT_ONCE = 10;
const BAR_MS = 1_000;

/** Of these, the first two are answered with what AWS says, and wait for it; the third begins a run that does. */
const TYPED = ['backups test', 'cves linux-2', 'scan test', 'runs', 'status'];

/** Commands, clicks and windows in turn, each as if a person had just done it. */
function payloads(recorded: readonly Json[], seed: number): (() => Json)[] {
  const random = seededRandom(seed);
  const command = recorded.find((e) => isCommand(e) && wordOf(e) === 'scan');
  if (!command) throw new Error('no command was recorded');
  const typed = TYPED.map((text) => ({ ...command, payload: { ...(command['payload'] as Json), text } }));
  const clicks = recorded.filter(isClick);
  const windows = recorded.filter(isSubmission);
  return Array.from({ length: PAYLOADS }, (_, i) => {
    if (i % 3 === 0) return () => underNewTrigger(typed[Math.floor(i / 3) % typed.length] ?? command);
    if (i % 3 === 1) {
      const click = random.pick(clicks);
      return () => dated(click, seconds(0));
    }
    const window = random.pick(windows);
    return () => underNewTrigger(window);
  });
}

/** Stops the bot that took the recordings and starts the real process, with AWS limits of production. */
async function serve(team: Team): Promise<void> {
  const { control } = team.slack;
  await team.stopBot();
  await until(() => control.connections() === 0, { within: 5_000, describe: 'the end of the first bot' });
  const config = readFileSync(team.configFile, 'utf8').replace(/^ +(api_timeout|effect_grace): .*\n/gm, '');
  writeFileSync(team.configFile, config);
  runPatchday(team, ['serve', '--config', team.configFile]);
  await control.waitForConnections(2, { within: 20_000 });
  // With a role in hand, each of them hangs by itself in a call of its own.
  for (const text of TYPED.slice(0, 2)) await team.say('priya', text);
}

async function whileStalled(seed: number): Promise<CaseResult> {
  const { team, recorded, asking } = await recordedJob();
  try {
    // Else its open question keeps the landing zone from a new run.
    await answered(team, asking);
    await serve(team);
    const before = team.aws.control.firedFaults();
    team.aws.control.fault({ operation: '*', when: 'before', kind: 'stall', times: 'always' });
    const begun = performance.now();
    const all = payloads(recorded, seed);
    const sent: Promise<{ acked: boolean; ms: number }>[] = [];
    for (let at = 0; at < PAYLOADS; at += AT_ONCE) {
      await sleep(Math.max(0, begun + (at / PAYLOADS) * STALLED_MS - performance.now()));
      for (const make of all.slice(at, at + AT_ONCE)) sent.push(timed(team, make()));
    }
    const deliveries = await Promise.all(sent);
    await sleep(Math.max(0, begun + STALLED_MS - performance.now()));
    const stalled = team.aws.control.firedFaults() - before;
    return judged(deliveries, stalled);
  } finally {
    await team.close();
  }
}

async function timed(team: Team, envelope: Json): Promise<{ acked: boolean; ms: number }> {
  const begun = performance.now();
  const { acked } = await team.slack.control.redeliver(envelope);
  return { acked, ms: performance.now() - begun };
}

function judged(deliveries: readonly { acked: boolean; ms: number }[], stalled: number): CaseResult {
  const times = deliveries.map((d) => d.ms).sort((a, b) => a - b);
  const of100 = (n: number) => times[Math.ceil((n / 100) * times.length) - 1] ?? 0;
  const p99 = of100(99);
  const lost = deliveries.filter((d) => !d.acked).length;
  return {
    wrong: [
      ...(lost > 0
        ? [`${lost} of ${deliveries.length} payloads were not acknowledged within Slack's 3 s`]
        : []),
      ...(p99 >= BAR_MS
        ? [`99 of 100 were acknowledged within ${p99.toFixed(0)} ms, not in under ${BAR_MS}`]
        : []),
    ],
    fired: stalled,
    figures: {
      'payloads sent while AWS was stalled': deliveries.length,
      'requests to AWS that were not answered': stalled,
      'ms to the acknowledgement, p50': Number(of100(50).toFixed(1)),
      [`ms to the acknowledgement, p99 (bar ${BAR_MS}, Slack's own limit 3000)`]: Number(p99.toFixed(1)),
      'most ms to the acknowledgement': Number(of100(100).toFixed(1)),
    },
  };
}

const stalledFor30s = (seed: number): Case => ({ name: 'aws-stalled-30s', run: () => whileStalled(seed) });

export const proof = proofOfCases({
  name: 'acks',
  bar: 'while no call to AWS is answered for 30 s, 99 of 100 payloads of Slack are acknowledged in under 1 s, and all within 3 s',
  injects: true,
  least: { 'requests to AWS that were not answered': 20 },
  cases: ({ seed }) => [stalledFor30s(seed)],
});
