/**
 * The rounds of the kill sweep: the same job, killed at the same points, crossed with something else. Each says
 * what is different at the point of a given number, and which job that never crashed it is held against.
 */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { FAILING_PATCH, NOT_MANAGED } from '../../sandbox/aws/fleet/troubles.ts';
import type { DriveOptions } from './drive.ts';
import { nextRelease, previousRelease } from './releases.ts';
import type { Comparison } from './verdict.ts';

export interface Round {
  /** The job. Default: two Linux instances and a Windows one, all of which can be patched. */
  job?: () => Partial<DriveOptions>;
  /** What else happens when it dies at the point of this number. */
  crossing: (index: number) => Partial<DriveOptions>;
  comparison?: Comparison;
  /** Faults of AWS that have to strike in every case of it. Default none. */
  faults?: number;
  /** It is killed a second time, in this life: so in most cases of it. */
  killedAgainIn?: 2 | 3;
  /** Configurations of which the job of each number gets one, in turn. The thread is that of one of them. */
  plannedUnder?: readonly Partial<DriveOptions>[];
  /** Which life dies at the point (default the first), and out of which the points come. */
  life?: 2;
  /** Why the round cannot be run here; null when it can. */
  leftOut?: () => string | null;
}

export const plainJob = (): DriveOptions => ({
  fleet: smallFleet({ linux: 2, windows: 1 }),
  environment: 'test',
  within: 90_000,
  fatalPoint: 0,
});

/** What AWS lists lags by `lag` ms, the grace is longer, and people believe what the lists show. */
export const lagging = (lag: number): Partial<DriveOptions> => ({
  visibilityDelayMs: lag,
  people: 'hasty',
  config: { timing: { effect_grace: `${lag + 1000}ms`, backup_timeout: '40s', verify_timeout: '40s' } },
});

/** Things that end badly, and an instance that has to be started and stopped again. */
const troubled = (): Partial<DriveOptions> => ({
  fleet: smallFleet({
    linux: 4,
    windows: 1,
    instances: {
      'linux-2': FAILING_PATCH,
      'linux-3': { state: 'stopped', ping: 'ConnectionLost' },
      'linux-4': NOT_MANAGED,
    },
  }),
  config: { environment: { stopped_instances: 'start', wave: { size: 3 } } },
});

/** A patch command is lost on its way: AWS never got it, and Patchday cannot know that. */
const neverArrived: DriveOptions['prepare'] = ({ aws }) =>
  void aws.control.fault({
    operation: 'SendCommand',
    when: 'before',
    kind: 'reset',
    match: { parameter: { Operation: 'Install' } },
  });

const SIZES = [
  { config: { environment: { wave: { size: 1 }, batch_size: 1 } } },
  { config: { environment: { wave: { size: 3 } } } },
] as const;

export const ROUNDS: Readonly<Record<string, Round>> = {
  plain: { crossing: () => ({}) },
  // The answer of a mutating call is lost as well, to whichever of the two lives makes it.
  'lost-answers': {
    faults: 2,
    crossing: (index) => ({
      prepare: ({ aws }) => {
        const kind = (['reset', 'http500', 'http503'] as const)[index % 3] ?? 'reset';
        aws.control.fault({ operation: 'CreateImage', when: 'after', kind });
        aws.control.fault({
          operation: 'SendCommand',
          when: 'after',
          kind,
          match: { parameter: { Operation: 'Install' } },
        });
      },
    }),
  },
  // What AWS lists lags, and people believe what it lists: the grace alone keeps them from sending twice.
  'lagging-lists': { crossing: () => lagging(1500) },
  // It comes back with other sizes: what was begun goes on as it was planned.
  'other-configuration': {
    plannedUnder: SIZES,
    crossing: (index) => ({
      ...SIZES[index % SIZES.length],
      afterRestart: { environment: { wave: { size: 1 }, batch_size: 1, failure_budget: 0 } },
    }),
  },
  // It dies again on its way back up, or a little later.
  'killed-twice': {
    crossing: (index) => ({ laterFatalPoints: [1 + ((index * 13) % 60)] }),
    killedAgainIn: 2,
  },
  // Some instances cannot be patched, one has to be started and stopped again: every bad end names what to do.
  troubled: { job: troubled, crossing: () => ({}) },
  // A question is open. It dies at this point, and at another one after that; nobody answers before the fourth life.
  parked: {
    job: () => ({ prepare: neverArrived, answersFromLife: 4 }),
    crossing: (index) => ({ laterFatalPoints: [0, 1 + ((index * 11) % 40)] }),
    life: 2,
    faults: 1,
    killedAgainIn: 3,
  },
  // A question is open, and the answer is on its way while it dies.
  'answer-races-kill': {
    job: () => ({ prepare: neverArrived, answersFromLife: 2 }),
    crossing: () => ({}),
    life: 2,
    faults: 1,
  },
  // What this release began, one with other batches, waves, names and tables goes on with.
  'next-release': {
    // Waves and batches of several, so that dividing them in another way would show.
    job: () => ({
      fleet: smallFleet({ linux: 3, windows: 1 }),
      config: { environment: { wave: { size: 3 } } },
    }),
    crossing: () => ({ releases: { later: nextRelease() } }),
    comparison: { wordsMayDiffer: true },
  },
  // What an earlier release began, this one goes on with.
  'previous-release': {
    job: () => ({
      fleet: smallFleet({ linux: 3, windows: 1 }),
      config: { environment: { wave: { size: 3 } } },
      ...((first) => (first === null ? {} : { releases: { first } }))(previousRelease()),
    }),
    crossing: () => ({}),
    comparison: { wordsMayDiffer: true },
    leftOut: () => (previousRelease() === null ? 'this clone does not hold its history' : null),
  },
};
