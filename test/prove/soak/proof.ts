import { FIGURE, KINDS as KINDS_OF_WRONG } from '../../crash/verdict.ts';
import { type Proof, replayWith } from '../proof.ts';
import { soak } from './soak.ts';
import { KINDS } from './troubles.ts';

/** In a shorter time, a kind of fault may stay away by chance. */
const ENOUGH_TO_EXPECT_ALL = 600;

export const proof: Proof = {
  name: 'soak',
  bar: 'job after job in real time, killed every 2 to 10 s, with faults of AWS and Slack: 0 done twice, lost, stuck or without a next action, and a whole audit',
  defaults: { seconds: 90 },
  async run({ seed, seconds, log }) {
    const { jobs, kills, questions, found, fired, outcomes } = await soak({ seed, seconds, log });
    const counted = (map: ReadonlyMap<string, number>) =>
      Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    const never = seconds >= ENOUGH_TO_EXPECT_ALL ? KINDS.filter((kind) => !fired.has(kind)) : [];
    const violations = [
      ...found.map((w) => `${FIGURE[w.kind]}: ${w.text}`),
      ...never.map((kind) => `${kind} never fired`),
      ...(kills === 0 ? ['nothing was killed'] : []),
      ...(outcomes.has('instances that ended as patched') ? [] : ['nothing was patched']),
    ];
    return {
      cases: jobs,
      faultsFired: kills + [...fired.values()].reduce((sum, n) => sum + n, 0),
      violations: violations.map((v) => replayWith(v, 'soak', { seed, seconds })),
      figures: {
        jobs,
        'processes killed': kills,
        'questions to a person': questions,
        ...counted(outcomes),
        ...Object.fromEntries(
          KINDS_OF_WRONG.map((kind) => [FIGURE[kind], found.filter((w) => w.kind === kind).length]),
        ),
        ...counted(fired),
      },
    };
  },
};
