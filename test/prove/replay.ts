/**
 * Payloads that Slack sent for a whole job, sent again over the real wire in random orders (`--seeds N`): as they
 * were, under new envelope ids, clicks under other dates, windows under other triggers; to the bot that took them
 * and to one that was started anew. One effect each, which they had already.
 */
import type { Json } from '../../sandbox/slack/json.ts';
import { MOST_SKEW } from '../../src/slack/clock-watch.ts';
import {
  answered,
  dated,
  done,
  type Forged,
  HOUR,
  isClick,
  isRejection,
  isSubmission,
  knownWindows,
  recordedJob,
  redeliver,
  seconds,
  underNewId,
  underNewTrigger,
} from '../bot/recorded.ts';
import { type Case, proofOfCases, seededRandom } from './cases.ts';
import type { Proof } from './proof.ts';

const RESTART_EVERY = 10;
const FAR = [HOUR, -HOUR, 24 * HOUR, -24 * HOUR, 305, -305];
const NEAR = [0, 1, -1, 290, -290];

type Recorded = Awaited<ReturnType<typeof recordedJob>>;

/** `answer`: the question that stands open is answered first; from then on a scan that counts twice begins a run. */
function again(
  seed: number,
  before: Recorded,
  { restart, answer }: Record<'restart' | 'answer', boolean>,
): Case {
  return {
    name: `again-${seed}`,
    async run() {
      const { team, recorded, asking } = before;
      const random = seededRandom(seed);
      if (answer) await answered(team, asking);
      if (restart) {
        await team.stopBot();
        await team.startBot();
      }
      const was = done(team);
      const denied = team.audit('denied.dated_click').length;
      const known = knownWindows(team);
      const sent = Array.from({ length: 25 }, () => {
        const envelope = random.pick(recorded);
        const how = random.below(4);
        if (how === 0) return structuredClone(envelope);
        if (how > 1 && isSubmission(envelope)) return underNewTrigger(envelope);
        if (how === 1 || !isClick(envelope)) return underNewId(envelope);
        if (how === 2) return dated(envelope, seconds(random.pick(NEAR)));
        return dated(envelope, seconds(random.pick(FAR)));
      });
      const begun = Date.now();
      await redeliver(team, sent);
      const far = ofAnotherTime(sent, begun, Date.now());
      const is = done(team);
      const wrong = Object.entries(was)
        .filter(([what, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(is, what)))
        .map(([what]) => `the ${what} changed`);
      const written = team.audit('denied.dated_click').length - denied;
      if (written < far.surely || written > far.perhaps)
        wrong.push(`${written} of ${far.surely} clicks of another time were written down as refused`);
      const rejections = sent.filter(isRejection).length;
      const taken = knownWindows(team) - known;
      if (taken !== rejections)
        wrong.push(`${taken} of ${rejections} windows that were taken before were known by themselves`);
      return { wrong, figures: { 'payloads sent again': sent.length, 'of another time': far.surely } };
    },
  };
}

/**
 * Clicks that are more than five minutes off when they are delivered, between these two moments. Those that were
 * recorded come to be so too, in a proof that takes that long; one that crosses the limit meanwhile may be either.
 */
function ofAnotherTime(sent: readonly Json[], from: number, to: number) {
  const off = sent.filter(isClick).map((click) => {
    const at = Number((click as Forged).payload.actions[0]?.['action_ts']) * 1000;
    return [from, to].map((moment) => Math.abs(moment - at) > MOST_SKEW);
  });
  return {
    surely: off.filter((moments) => moments.every(Boolean)).length,
    perhaps: off.filter((moments) => moments.some(Boolean)).length,
  };
}

const about = {
  name: 'replay',
  bar: 'recorded payloads delivered again, in any order, after a restart, under other dates: no second effect; what is dated 5 minutes off is refused and written down, and a window is known under another trigger',
  defaults: { seeds: 200, seconds: 600 },
};

export const proof: Proof = {
  ...about,
  async run(options) {
    const job = await recordedJob();
    const cases = Array.from({ length: options.seeds }, (_, i) =>
      again(options.seed * 1_000_003 + i, job, {
        restart: i % RESTART_EVERY === RESTART_EVERY - 1,
        answer: i === Math.floor(options.seeds / 2),
      }),
    );
    try {
      return await proofOfCases({ ...about, injects: false, cases: () => cases }).run(options);
    } finally {
      await job.team.close();
    }
  },
};
