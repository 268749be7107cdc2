import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hashPlan, shortHash } from '../../src/workflow/plan-hash.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import { buildPlan, buildPlanTarget } from './build.ts';

const text = fc.string({ maxLength: 12 });
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const planTarget = fc.record({
  key: text,
  instanceId: text,
  accountId: text,
  region: text,
  landingZone: text,
  platform: fc.constantFrom('linux' as const, 'windows' as const, 'unknown' as const),
  wave: fc.integer({ min: 1, max: 99 }),
  wasStopped: fc.boolean(),
  keepImageId: fc.option(text),
});
const plan: fc.Arbitrary<Plan> = fc
  .record({
    format: fc.constant(1 as const),
    runId: text,
    version: fc.nat(),
    kind: fc.constantFrom('patch' as const, 'backup_only' as const),
    environment: text,
    timeZone: text,
    requestedBy: text,
    changedBy: text,
    createdAt: time,
    targets: fc.array(planTarget, { minLength: 1, maxLength: 4 }),
    waves: fc.array(fc.record({ number: fc.nat(), size: fc.nat(), worstCaseMs: fc.nat() }), {
      minLength: 1,
      maxLength: 3,
    }),
    documents: fc.array(fc.record({ accountId: text, region: text, name: text, version: text, hash: text }), {
      minLength: 1,
      maxLength: 2,
    }),
    rebootOption: fc.constantFrom('RebootIfNeeded' as const, 'NoReboot' as const),
    backup: fc.record({
      required: fc.boolean(),
      noReboot: fc.boolean(),
      retentionDays: fc.nat(),
      withoutVerifiedBackup: fc.constantFrom('skip' as const, 'patch-without-backup' as const),
    }),
    stoppedInstances: fc.constantFrom('skip' as const, 'start' as const),
    batchSize: fc.nat(),
    failureBudget: fc.nat(),
    startNotBefore: time,
    noNewWaveAfter: time,
    windowEnd: time,
    approval: fc.record({
      required: fc.nat(),
      groups: fc.array(text, { minLength: 1, maxLength: 2 }),
      users: fc.array(text, { minLength: 1, maxLength: 2 }),
      expiresAt: time,
    }),
    checks: fc.array(
      fc.record({
        name: text,
        type: fc.constantFrom('tcp' as const, 'http' as const),
        tag: fc.option(fc.record({ key: text, value: text })),
        port: fc.nat(),
        path: text,
        expectStatus: fc.nat(),
        timeoutMs: fc.nat(),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  })
  // fast-check makes objects without a prototype; a plan comes out of JSON.
  .map((one) => structuredClone(one));

type Path = (string | number)[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([k, v]) =>
    leaves(v, [...path, Array.isArray(value) ? Number(k) : k]),
  );
}

/** The same with one leaf changed. */
function withOther(value: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined) {
    if (typeof value === 'number') return value + 1;
    if (typeof value === 'boolean') return !value;
    return value === null ? 'null' : `${String(value)}x`;
  }
  if (Array.isArray(value)) return value.map((v, i) => (i === step ? withOther(v, rest) : v));
  const fields = value as Record<string, unknown>;
  return { ...fields, [step]: withOther(fields[step], rest) };
}

function shuffledKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffledKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, shuffledKeys(v)]),
  );
}

describe('the hash of a plan', () => {
  it('changes with every leaf', () => {
    fc.assert(
      fc.property(plan, (one) => {
        const hash = hashPlan(one);
        const seen = new Set([hash]);
        const paths = leaves(one);
        for (const path of paths) seen.add(hashPlan(withOther(one, path) as Plan));
        expect(seen.size).toBe(paths.length + 1);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same in whatever order the keys are written, and after a round through JSON', () => {
    fc.assert(
      fc.property(plan, (one) => {
        expect(hashPlan(shuffledKeys(one) as Plan)).toBe(hashPlan(one));
        expect(hashPlan(JSON.parse(JSON.stringify(one)))).toBe(hashPlan(one));
      }),
    );
  });

  it('changes with the order of its targets, and with a target more or less', () => {
    const one = buildPlan(3);
    expect(hashPlan({ ...one, targets: [...one.targets].reverse() })).not.toBe(hashPlan(one));
    expect(hashPlan({ ...one, targets: one.targets.slice(1) })).not.toBe(hashPlan(one));
    expect(hashPlan({ ...one, targets: [...one.targets, buildPlanTarget(9)] })).not.toBe(hashPlan(one));
  });

  it('changes with a field that no release of ours knows', () => {
    const one = buildPlan(1);
    expect(hashPlan({ ...one, surprise: 1 } as Plan)).not.toBe(hashPlan(one));
  });

  it('is shown short as its first eight characters', () => {
    expect(shortHash(hashPlan(buildPlan(1)))).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('canonical JSON', () => {
  it('is read by JSON.parse to the same value', () => {
    fc.assert(
      fc.property(
        fc.jsonValue().map((v) => JSON.parse(JSON.stringify(v))),
        (value) => {
          // JSON itself cannot tell 0 from -0.
          expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });

  it('of two values is the same only when they are', () => {
    const small = fc.jsonValue({ depthSize: 'small', maxDepth: 2 }).map((v) => JSON.parse(JSON.stringify(v)));
    fc.assert(
      fc.property(small, small, (a, b) => {
        const same = isDeepStrictEqual(a, b);
        expect(canonicalJson(a) === canonicalJson(b)).toBe(same);
      }),
      {
        examples: [
          [
            { a: 1, b: 2 },
            { b: 2, a: 1 },
          ],
          [
            [1, [2]],
            [[1], 2],
          ],
          [['1'], [1]],
          [{}, []],
          [null, 'null'],
        ],
      },
    );
  });

  for (const [what, value] of [
    ['undefined', undefined],
    ['a field that is undefined', { a: undefined }],
    ['an undefined in a list', [undefined]],
    ['a hole in a list', new Array(1)],
    ['NaN', { a: Number.NaN }],
    ['Infinity', [Number.POSITIVE_INFINITY]],
    ['a function', { a: () => 1 }],
    ['a symbol', Symbol('x')],
    ['a bigint', 1n],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a class of its own', new (class Own {})()],
  ] as const) {
    it(`refuses ${what}, which JSON would lose`, () => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    });
  }

  it('has its keys in ascending order', () => {
    expect(canonicalJson({ b: 1, a: { d: 2, c: 3 } })).toBe('{"a":{"c":3,"d":2},"b":1}');
  });

  it('says what it refuses', () => {
    expect(() => canonicalJson({ a: [Number.NaN] })).toThrow('not a finite number: NaN');
    expect(() => canonicalJson({ a: undefined })).toThrow('cannot be written as canonical JSON: undefined');
  });
});
