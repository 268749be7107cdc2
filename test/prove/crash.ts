/**
 * The kill sweep: the bot process ends itself with SIGKILL before or after each commit, each mutating AWS call
 * and each Slack call, is started again, and the job must end as the one that never crashed. `plain` visits every
 * point; the other rounds cross it with something else, at points drawn from the seed: `--seeds N` around AWS
 * effects and half as many elsewhere (1000 = all of them).
 */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { type DriveOptions, type DriveResult, drive } from '../crash/drive.ts';
import { violations } from '../crash/verdict.ts';
import { type Case, type CaseResult, proofOfCases, seededRandom } from './cases.ts';

const EXPECTED = { 'linux-1': 'patched', 'linux-2': 'patched', 'windows-1': 'patched' };
const base = () => ({ fleet: smallFleet({ linux: 2, windows: 1 }), environment: 'test', within: 90_000 });

type Crossing = (point: number) => Partial<DriveOptions>;

/** What AWS lists lags by `lag` ms, the grace is longer, and people believe what the lists show. */
const lagging = (lag: number): Partial<DriveOptions> => ({
  visibilityDelayMs: lag,
  people: 'hasty',
  config: { timing: { effect_grace: `${lag + 1000}ms`, backup_timeout: '40s', verify_timeout: '40s' } },
});

const CROSSED: Readonly<Record<string, Crossing>> = {
  // The answer of a mutating call is lost as well, to whichever of the two lives makes it.
  'lost-answers': (point) => ({
    prepare: ({ aws }) => {
      const kind = (['reset', 'http500', 'http503'] as const)[point % 3] ?? 'reset';
      aws.control.fault({ operation: 'CreateImage', when: 'after', kind });
      aws.control.fault({
        operation: 'SendCommand',
        when: 'after',
        kind,
        match: { parameter: { Operation: 'Install' } },
      });
    },
  }),
  // What AWS lists lags, and people believe what it lists: the grace alone keeps them from sending twice.
  'lagging-lists': () => lagging(1500),
  // It comes back with other sizes: what was begun goes on as it was planned.
  'other-configuration': (point) => ({
    config: { environment: { wave: { size: 3 } } },
    afterRestart: { environment: { wave: { size: 1 }, batch_size: 1, failure_budget: 0 } },
    ...(point % 2 === 0 ? { config: { environment: { wave: { size: 1 }, batch_size: 1 } } } : {}),
  }),
  // It dies again on its way back up, or a little later.
  'killed-twice': (point) => ({ secondFatalPoint: 1 + (point % 40) }),
};

function judge(result: DriveResult, point: number): CaseResult {
  return {
    wrong: violations(result, EXPECTED).map((v) => `${result.points.at(-1) ?? `point ${point}`}: ${v}`),
    fired: result.fired + (result.killed ? 1 : 0),
    figures: { 'processes killed': result.killed ? 1 : 0, 'questions to a person': result.questionsAsked },
  };
}

function at(round: string, point: number, crossing: Partial<DriveOptions>): Case {
  return {
    name: `${round}@${point}`,
    run: async () => judge(await drive({ ...base(), ...crossing, fatalPoint: point }), point),
  };
}

/** A crash and a lag as in the round lagging-lists, but without the grace: then something must be patched twice. */
const control: Case = {
  name: 'control-without-grace',
  async run() {
    const without = await drive({
      ...base(),
      fleet: smallFleet({ linux: 1 }),
      // Longer than a restart takes on a busy machine: it must not see what it made before it died.
      ...lagging(6000),
      fatalPoint: 'SendCommand:after',
      effectGraceMs: 0,
    }).then(
      (r) => violations(r, { 'linux-1': 'patched' }),
      (e: unknown) => [String(e)],
    );
    return {
      wrong: without.some((v) => / patched [2-9] times/.test(v))
        ? []
        : [
            `with a grace of 0 nothing was patched twice, so this sweep would not notice (${without.join('; ') || 'no violation'})`,
          ],
    };
  },
};

export const proof = proofOfCases({
  name: 'crash',
  bar: '0 patched or backed up twice, 0 lost, 0 stuck, 0 locks or open effects left, wherever it was killed',
  defaults: { seeds: 12, seconds: 1500 },
  injects: true,
  // Bots and simulators are processes and servers of their own.
  atOnce: 2,
  async cases({ seed, seeds }) {
    const whole = await drive({ ...base(), fatalPoint: 0 });
    const wrong = violations(whole, EXPECTED);
    if (wrong.length > 0) throw new Error(`the job fails without any crash: ${wrong.join('; ')}`);
    const names = whole.points.map((p) => p.replace(/^\d+ /, ''));
    const every = names.map((_, i) => i + 1);
    // Around an effect: the call itself, and the commits on both sides of it.
    const around = every.filter((n) =>
      names.slice(Math.max(0, n - 3), n + 2).some((name) => /^(?:CreateImage|SendCommand)/.test(name)),
    );
    const rest = every.filter((n) => !around.includes(n));
    const firstOfEach = [...new Set(names)].map(
      (name): Case => ({
        name: `first/${name}`,
        run: async () => judge(await drive({ ...base(), fatalPoint: name }), 0),
      }),
    );
    const cases: Case[] = [control, ...firstOfEach, ...every.map((n) => at('plain', n, {}))];
    Object.entries(CROSSED).forEach(([round, crossing], index) => {
      const random = seededRandom(seed * 100 + index);
      const drawn = [...draw(random, around, seeds), ...draw(random, rest, Math.ceil(seeds / 2))];
      for (const n of drawn.sort((a, b) => a - b)) cases.push(at(round, n, crossing(n)));
    });
    return cases;
  },
});

function draw(random: { below(n: number): number }, from: readonly number[], count: number): number[] {
  const left = [...from];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(random.below(left.length), 1),
  ).flat();
}
