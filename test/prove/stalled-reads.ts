/**
 * Every operation that Patchday only reads with, and the taking of a role, stalled: the request ends by its limit,
 * is sent again and answered. With an AWS that goes on saying nothing the whole look ends, and in an account or
 * region that is well nobody waits for one that is not.
 */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { PERMISSIONS, WITHOUT_PERMISSION } from '../../src/aws/permissions.ts';
import { LookFailed } from '../../src/workflow/ports.ts';
import { until } from '../support/until.ts';
import { API_TIMEOUT_MS, latest, slowestOf } from './call-limit.ts';
import type { Case } from './cases.ts';
import { DOCUMENT, READS, withAws } from './reads.ts';
import { withTeam } from './team.ts';

/** A read is sent this often before it is given up, and its pauses between come to less than this. */
const READ_ATTEMPTS = 4;
const PAUSES_MS = 1_000;
/** By then, what has no limit is not waited for any longer. */
const HOPELESS_MS = 10 * API_TIMEOUT_MS;
type Ended = { took: number; error?: unknown } | 'never';

/** How long it took, and how it failed; or that it has not ended when nobody would wait any longer. */
async function ended(call: () => Promise<unknown>, within = HOPELESS_MS): Promise<Ended> {
  const begun = performance.now();
  const took = () => performance.now() - begun;
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const timer = setTimeout(() => resolve('never'), within);
  try {
    return await Promise.race([
      promise,
      call().then(
        () => ({ took: took() }),
        (error: unknown) => ({ took: took(), error }),
      ),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(operation: string, stalled: readonly number[]): string[] {
  if (stalled.length === 0) return [`no stalled ${operation} was ended by its limit`];
  const slowest = Math.max(...stalled);
  return slowest > latest()
    ? [`a stalled ${operation} ended after ${slowest.toFixed(0)} ms; the limit is ${API_TIMEOUT_MS}`]
    : [];
}

/** Stalled once: it ends by its limit, and what is asked again is answered. */
function once(operation: string, make: (typeof READS)[string]): Case {
  return {
    name: `look/${operation}/stall`,
    run: () =>
      withAws(async (rig) => {
        const { sim, stalled } = rig;
        const call = await make(rig);
        sim.control.fault({ operation, when: 'before', kind: 'stall', times: 1 });
        const end = await ended(call);
        if (end === 'never')
          return { wrong: [`a stalled ${operation} had not ended after ${HOPELESS_MS} ms`] };
        const all = stalled.get(operation) ?? [];
        return {
          wrong: [
            ...tooSlow(operation, all),
            ...('error' in end ? [`it was not asked again: ${String(end.error)}`] : []),
          ],
          fired: sim.control.firedFaults(),
          figures: { [slowestOf('read')]: Math.round(Math.max(0, ...all)) },
        };
      }),
  };
}

/** As long as AWS says nothing: four times the limit and the pauses between, then LookFailed, to be asked again. */
function forGood(operation: string): Case {
  return {
    name: `look/${operation}/stall-for-good`,
    run: () =>
      withAws(async (rig) => {
        const { sim, stalled } = rig;
        const call = await READS[operation]?.(rig);
        if (!call) throw new Error(`nothing reads ${operation}`);
        sim.control.fault({ operation, when: 'before', kind: 'stall', times: 'always' });
        const end = await ended(call);
        if (end === 'never')
          return { wrong: [`a stalled ${operation} had not ended after ${HOPELESS_MS} ms`] };
        const wrong = tooSlow(operation, stalled.get(operation) ?? []);
        const failed = 'error' in end && end.error instanceof LookFailed && end.error.transient;
        if (!failed)
          wrong.push(
            `it did not end as a look that may be tried again: ${String(Reflect.get(end, 'error'))}`,
          );
        const bound = READ_ATTEMPTS * latest() + PAUSES_MS;
        if (end.took > bound)
          wrong.push(`the whole look ended after ${end.took.toFixed(0)} ms, not within ${bound}`);
        return {
          wrong,
          fired: sim.control.firedFaults(),
          figures: {
            [`slowest look at an AWS that says nothing, in ms (${READ_ATTEMPTS} times ${API_TIMEOUT_MS} and the pauses between, at most ${bound})`]:
              Math.round(end.took),
          },
        };
      }),
  };
}

/** Ten runs wait for a role in one region; in another one nobody waits for them. */
const elsewhere: Case = {
  name: 'look/AssumeRole/stall-elsewhere',
  run: () =>
    withAws(async ({ sim, aws, place, other }) => {
      sim.control.fault({
        operation: 'AssumeRole',
        when: 'before',
        kind: 'stall',
        times: 'always',
        match: { region: place.region },
      });
      let pending = 0;
      const waiting = Array.from({ length: 10 }, async (_, n) => {
        pending++;
        await ended(() => aws.commands.document({ ...place, runId: `stalled-${n}` }, DOCUMENT));
        pending--;
      });
      await until(() => sim.control.firedFaults() > 0, { within: 5_000, describe: 'a stalled role' });
      const end = await ended(() => aws.commands.document(other, DOCUMENT));
      const stillPending = pending;
      await Promise.all(waiting);
      const wrong: string[] = [];
      if (end === 'never') wrong.push('a look elsewhere did not end');
      else if ('error' in end) wrong.push(`a look elsewhere failed: ${String(end.error)}`);
      else if (stillPending < 10) wrong.push('a look elsewhere waited for a stalled role');
      return {
        wrong,
        fired: sim.control.firedFaults(),
        figures: {
          'slowest look elsewhere meanwhile, in ms': end === 'never' ? HOPELESS_MS : Math.round(end.took),
        },
      };
    }),
};

/** A file that says nothing of limits, read by the real loader and composed as in production: 20 s. */
const DEFAULT_MS = 20_000;
const byDefault: Case = {
  name: 'look/DescribeInstances/stall-by-default',
  run: () => {
    const arrivedAt: number[] = [];
    const awsArrivals = {
      arrived: async ({ what }: { what: string }) => {
        if (what === 'ec2 DescribeInstances') arrivedAt.push(performance.now());
        return true;
      },
      answered: () => undefined,
    };
    const timing = { api_timeout: undefined, effect_grace: undefined };
    return withTeam(smallFleet({ linux: 1 }), { timing, awsArrivals }, async (team) => {
      team.aws.control.fault({ operation: 'DescribeInstances', when: 'before', kind: 'stall', times: 1 });
      await team.scan('priya');
      // What comes second is the same request sent again: nothing else asks for instances meanwhile.
      const bound = latest(DEFAULT_MS) + PAUSES_MS;
      await until(() => arrivedAt.length > 1, {
        within: 1.5 * bound,
        describe: 'a stalled read that is sent again',
      });
      const [first = 0, second = 0] = arrivedAt;
      const took = second - first;
      return {
        wrong:
          took < DEFAULT_MS * 0.95 || took > bound
            ? [
                `without a word about limits, a stalled read was asked again after ${took.toFixed(0)} ms, not 20 s`,
              ]
            : [],
        fired: team.aws.control.firedFaults(),
        figures: {
          [`slowest stalled read by the limits of production, in ms (${DEFAULT_MS}, and the pause before it is sent again)`]:
            Math.round(took),
        },
      };
    });
  },
};

/** All that the roles may read, all that needs no permission, and the taking of a role: the table names each. */
const complete: Case = {
  name: 'look/every-read-is-named',
  run() {
    const read = [...PERMISSIONS.read, ...PERMISSIONS.hub].filter((p) => p.because === 'call');
    const called = [...read.map((p) => p.action), ...WITHOUT_PERMISSION].map((a) => a.split(':')[1] ?? '');
    return {
      wrong: [
        ...called.filter((name) => !(name in READS)).map((name) => `no case stalls ${name}`),
        ...Object.keys(READS)
          .filter((name) => !called.includes(name))
          .map((name) => `${name} is not read any more`),
      ],
      figures: { 'operations that only read': called.length },
    };
  },
};

export const STALLED_READS: readonly Case[] = [
  complete,
  ...Object.entries(READS).map(([operation, make]) => once(operation, make)),
  forGood('DescribeInstances'),
  forGood('AssumeRole'),
  elsewhere,
  byDefault,
];
