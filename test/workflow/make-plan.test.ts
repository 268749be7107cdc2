import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePlan, type PlanInput, planWaves } from '../../src/workflow/make-plan.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import type { RunOptions } from '../../src/workflow/run-types.ts';
import { type EnvironmentPolicy, patchWorstCase } from '../../src/workflow/settings.ts';
import { policy } from '../support/settings.ts';
import { buildInstance, buildPlanTarget, buildRun, SETTINGS } from './build.ts';

const HOUR = 3_600_000;
const TIMING = {
  ...SETTINGS.timing,
  deliveryTimeout: 600_000,
  installWorstCase: 3_000_000,
  rebootAllowance: 600_000,
  verifyTimeout: 1_800_000,
};
const WORST = patchWorstCase(TIMING);
/** A Wednesday, 12:00 in Berlin. The window of the base policy is Sunday 02:00 to 06:00. */
const NOON = Date.UTC(2026, 10, 18, 11);
const OPTIONS: RunOptions = {
  fresh: false,
  dryRun: false,
  backupOnly: false,
  now: false,
  at: null,
  until: null,
};

interface Changes {
  policy?: Partial<EnvironmentPolicy>;
  options?: Partial<RunOptions>;
  instances?: number;
  now?: number;
  kind?: 'patch' | 'backup_only';
}

function input(changes: Changes): PlanInput {
  return {
    run: buildRun({ kind: changes.kind ?? 'patch', options: { ...OPTIONS, ...changes.options } }),
    policy: policy({ startDefault: 'scheduled', ...changes.policy }),
    timing: TIMING,
    now: changes.now ?? NOON,
    instances: Array.from({ length: changes.instances ?? 5 }, (_, i) => buildInstance(i + 1)),
    keepImages: new Map(),
    documents: [],
    version: 1,
    changedBy: 'UREQ',
  };
}
function planOf(changes: Changes): Plan {
  const made = makePlan(input(changes));
  if (!made.ok) throw new Error(made.reason.text);
  return made.plan;
}
const reasonOf = (changes: Changes) => {
  const made = makePlan(input(changes));
  return made.ok ? 'made' : made.reason;
};

describe('waves', () => {
  const targets = (n: number) => Array.from({ length: n }, (_, i) => buildPlanTarget(i + 1));
  const sizes = (n: number, size: number | { percent: number }) =>
    planWaves(targets(n), size, 1).waves.map((w) => w.size);

  it('are of the size given, the last one as large as is left', () => {
    expect(sizes(10, 4)).toEqual([4, 4, 2]);
    expect(sizes(8, 4)).toEqual([4, 4]);
    expect(sizes(3, 10)).toEqual([3]);
    expect(sizes(0, 4)).toEqual([]);
  });

  it('of a share are rounded up, and never empty', () => {
    expect(sizes(10, { percent: 25 })).toEqual([3, 3, 3, 1]);
    expect(sizes(3, { percent: 1 })).toEqual([1, 1, 1]);
    expect(sizes(7, { percent: 100 })).toEqual([7]);
    expect(sizes(100, { percent: 33 })).toEqual([33, 33, 33, 1]);
  });

  it('of no size are a mistake of ours', () => {
    for (const size of [0, -1, Number.NaN])
      expect(() => planWaves(targets(2), size, 1)).toThrow(new RangeError('a wave has at least one target'));
  });

  it('hold each target exactly once, in the order given, and say their true size', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 60 }),
      fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
    );
    fc.assert(
      fc.property(fc.nat({ max: 300 }), size, (n, each) => {
        const { placed, waves } = planWaves(targets(n), each, 1);
        expect(placed.map((t) => t.key)).toEqual(targets(n).map((t) => t.key));
        expect(waves.reduce((sum, w) => sum + w.size, 0)).toBe(n);
        expect(waves.map((w) => w.number)).toEqual(waves.map((_, i) => i + 1));
        for (const wave of waves) {
          expect(wave.size).toBeGreaterThan(0);
          expect(placed.filter((t) => t.wave === wave.number)).toHaveLength(wave.size);
        }
        expect(placed.map((t) => t.wave)).toEqual(placed.map((t) => t.wave).sort((a, b) => a - b));
      }),
    );
  });
});

describe('when a run may start', () => {
  it('is the next window, where nothing is said: a run approved at noon does not begin at noon', () => {
    const plan = planOf({});
    expect(new Date(plan.startNotBefore).toISOString()).toBe('2026-11-22T01:00:00.000Z');
    expect(plan.windowEnd - plan.startNotBefore).toBe(4 * HOUR);
    expect(plan.noNewWaveAfter).toBe(plan.windowEnd - WORST);
  });

  it('is now with --now, and where the policy says so', () => {
    for (const plan of [planOf({ options: { now: true } }), planOf({ policy: { startDefault: 'now' } })])
      expect(plan).toMatchObject({ startNotBefore: NOON, windowEnd: NOON + 8 * HOUR });
  });

  it('is what --at says, until --until or the longest a run may take', () => {
    const at = NOON + 5 * HOUR;
    expect(planOf({ options: { at } })).toMatchObject({ startNotBefore: at, windowEnd: at + 8 * HOUR });
    expect(planOf({ options: { at, until: at + 3 * HOUR } })).toMatchObject({ windowEnd: at + 3 * HOUR });
    expect(planOf({ options: { at, until: at + 30 * HOUR } })).toMatchObject({ windowEnd: at + 8 * HOUR });
  });

  it('is bounded by the run length limit in a long window', () => {
    const plan = planOf({
      policy: { window: { days: ['sun'], from: '00:00', until: '23:00' }, runLengthLimit: 3 * HOUR },
    });
    expect(plan.windowEnd - plan.startNotBefore).toBe(3 * HOUR);
  });

  it('of a window that is open now is now, when a wave still fits', () => {
    const inside = Date.UTC(2026, 10, 22, 2);
    expect(planOf({ now: inside })).toMatchObject({ startNotBefore: inside });
    const tooLate = Date.UTC(2026, 10, 22, 4);
    expect(new Date(planOf({ now: tooLate }).startNotBefore).toISOString()).toBe('2026-11-29T01:00:00.000Z');
  });

  for (const [what, changes] of [
    ['the window', { policy: { window: { days: ['sun'], from: '02:00', until: '03:00' } } }],
    ['--until', { options: { now: true, until: NOON + WORST - 1 } }],
    ['--until before --at', { options: { at: NOON + 5 * HOUR, until: NOON + 4 * HOUR } }],
    ['--until in the past', { options: { now: true, until: NOON - 1 } }],
    ['the run length limit', { policy: { runLengthLimit: WORST - 1 } }],
  ] satisfies [string, Changes][]) {
    it(`is never, said plainly, when ${what} is shorter than one wave may take`, () => {
      const reason = reasonOf(changes);
      expect(reason).toMatchObject({ code: 'window_too_short' });
      expect(reason).toMatchObject({ text: expect.stringContaining('1 h 40 min') });
    });
  }

  it.each([
    [1, '1 min'],
    [29_999, '1 min'],
    [90_000, '2 min'],
    [59.4 * 60_000, '59 min'],
    [HOUR, '1 h 0 min'],
    [25 * HOUR + 5 * 60_000, '25 h 5 min'],
  ])('is never when a wave may take %i ms, said as %s', (installWorstCase, said) => {
    const nothing = { deliveryTimeout: 0, rebootAllowance: 0, verifyTimeout: 0 };
    const given = input({ options: { now: true, until: NOON } });
    const made = makePlan({ ...given, timing: { ...TIMING, ...nothing, installWorstCase } });
    expect(made).toMatchObject({ reason: { text: expect.stringContaining(`(${said})`) } });
  });

  it('of a span that just fits is its beginning', () => {
    expect(planOf({ options: { now: true, until: NOON + WORST } })).toMatchObject({
      startNotBefore: NOON,
      noNewWaveAfter: NOON,
    });
  });

  it('and end are in order in every plan, and no approval outlives the last moment to start', () => {
    const span = fc.option(fc.integer({ min: -10 * HOUR, max: 40 * HOUR }));
    let made = 0;
    fc.assert(
      fc.property(
        fc.record({
          at: span,
          until: span,
          now: fc.boolean(),
          ttl: fc.integer({ min: 1, max: 400 * HOUR }),
          limit: fc.integer({ min: 1, max: 30 * HOUR }),
          shift: fc.integer({ min: 0, max: 7 * 24 * HOUR }),
          kind: fc.constantFrom('patch' as const, 'backup_only' as const),
        }),
        ({ at, until, now, ttl, limit, shift, kind }) => {
          const at0 = NOON + shift;
          const result = makePlan(
            input({
              kind,
              now: at0,
              options: { now, at: at === null ? null : at0 + at, until: until === null ? null : at0 + until },
              policy: { approvalTtl: ttl, runLengthLimit: limit },
            }),
          );
          if (!result.ok) return;
          made++;
          const { plan } = result;
          expect(plan.startNotBefore).toBeLessThanOrEqual(plan.noNewWaveAfter);
          expect(plan.noNewWaveAfter).toBeLessThanOrEqual(plan.windowEnd);
          expect(plan.noNewWaveAfter).toBeGreaterThanOrEqual(at0);
          expect(plan.windowEnd).toBeGreaterThan(at0);
          expect(plan.windowEnd - plan.startNotBefore).toBeLessThanOrEqual(limit);
          expect(plan.approval.expiresAt).toBeLessThanOrEqual(plan.noNewWaveAfter);
          expect(plan.approval.expiresAt).toBeLessThanOrEqual(at0 + ttl);
        },
      ),
      { numRuns: 600 },
    );
    expect(made).toBeGreaterThan(50);
  });
});

describe('a plan', () => {
  it('names its targets by landing zone, availability zone, platform and key, whatever the order found', () => {
    const instances = [
      buildInstance(3, { availabilityZone: 'eu-west-1b' }),
      buildInstance(2),
      buildInstance(1, { landingZone: 'zz' }),
      buildInstance(4, { platform: 'windows' }),
      buildInstance(6),
      buildInstance(5),
    ];
    const order = (list: typeof instances) => {
      const made = makePlan({ ...input({ options: { now: true } }), instances: list });
      return made.ok ? made.plan.targets.map((t) => t.instanceId) : [];
    };
    expect(order(instances)).toEqual([2, 5, 6, 4, 3, 1].map((n) => `i-0000000${n}`));
    expect(order([...instances].reverse())).toEqual(order(instances));
  });

  it('turns a share of failures into a number, rounded down', () => {
    expect(planOf({ instances: 9, policy: { failureBudget: { percent: 25 } } }).failureBudget).toBe(2);
    expect(planOf({ instances: 3, policy: { failureBudget: { percent: 25 } } }).failureBudget).toBe(0);
    expect(planOf({ instances: 3, policy: { failureBudget: 7 } }).failureBudget).toBe(7);
  });

  it('remembers what was stopped, which backup stays, and the reboot policy', () => {
    const made = makePlan({
      ...input({ options: { now: true }, policy: { reboot: 'never' } }),
      instances: [buildInstance(1, { state: 'stopped' }), buildInstance(2)],
      keepImages: new Map([[buildInstance(2).key, 'ami-1']]),
    });
    expect(made).toMatchObject({
      ok: true,
      plan: {
        rebootOption: 'NoReboot',
        targets: [
          { wasStopped: true, keepImageId: null },
          { wasStopped: false, keepImageId: 'ami-1' },
        ],
      },
    });
  });
});
