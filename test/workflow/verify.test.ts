/** When is the outcome of an install judged, and on what? Our own scan, newer than the install, and healthy checks. */
import { describe, expect, it } from 'vitest';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import { verifyTargets } from '../../src/workflow/effects/verify.ts';
import type { ApplicationCheck } from '../../src/workflow/plan-types.ts';
import { LookFailed } from '../../src/workflow/ports.ts';
import type { Target } from '../../src/workflow/run-types.ts';
import {
  buildEffect,
  buildInstance,
  buildPlan,
  buildState,
  buildTarget,
  keyOf,
  NOW,
  SETTINGS,
} from './build.ts';

const INSTALLED_AT = NOW - 60_000;
const COUNTS = { missing: 0, failed: 0, pendingReboot: 0, installed: 7, critical: 0, security: 0, other: 0 };
const CHECK: ApplicationCheck = {
  name: 'web',
  type: 'tcp',
  tag: null,
  port: 443,
  path: '/',
  expectStatus: 200,
  timeoutMs: 1000,
};

interface Given {
  target?: Partial<Target>;
  /** What Systems Manager shows; null = nothing. */
  state?: { operation?: 'Scan' | 'Install'; endedAt?: number; counts?: Partial<typeof COUNTS> } | null;
  /** EC2's status checks; null = not reported. */
  ok?: boolean | null;
  sick?: boolean;
  checks?: readonly ApplicationCheck[];
  plan?: null;
  lists?: Error;
  /** How long it has been verifying, beyond what is allowed. */
  tooLongBy?: number;
}

async function verified(given: Given) {
  const asked: string[] = [];
  const target = buildTarget(1, {
    stage: 'verifying',
    stageSince: NOW - SETTINGS.timing.verifyTimeout - (given.tooLongBy ?? -1000),
    installedAt: INSTALLED_AT,
    installEnd: { status: 'success', detail: 'Success' },
    exitCode: 0,
    before: { ...COUNTS, missing: 2 },
    ...given.target,
  });
  const { instanceId } = target.instance;
  const shown = given.state === undefined ? {} : given.state;
  const seen = shown && {
    operation: 'Scan',
    endedAt: INSTALLED_AT,
    snapshotId: null,
    ...shown,
    counts: { ...COUNTS, ...shown.counts },
  };
  const context = {
    now: NOW,
    settings: SETTINGS,
    state: buildState([target], {
      plan: given.plan === null ? null : { ...buildPlan(1), checks: given.checks ?? [] },
    }),
    checks: {
      async run(_: unknown, check: ApplicationCheck) {
        asked.push(`check ${check.name}`);
        return given.sick ? { ok: false, text: 'connection refused' } : { ok: true, text: 'ok' };
      },
    },
    aws: {
      patchStates: {
        async look(place: object, ids: readonly string[]) {
          asked.push(`states ${Object.values(place).join(' ')} ${ids.length}`);
          return new Map(seen ? [[instanceId, seen]] : []);
        },
        async installedSince(_: object, id: string, since: number) {
          asked.push(`installed on ${id === instanceId ? 'it' : id} since ${since - INSTALLED_AT}`);
          if (given.lists) throw given.lists;
          return [{ title: 'a patch', kbId: '', severity: '', state: 'Installed' }];
        },
        async stillMissing() {
          asked.push('missing');
          return ['a missing one'];
        },
      },
      power: {
        async look() {
          const ok = given.ok === undefined ? true : given.ok;
          return new Map(ok === null ? [] : [[instanceId, { checks: { ok, text: ok ? 'ok' : 'impaired' } }]]);
        },
      },
    },
  } as unknown as EffectContext;
  const effect = buildEffect('scan', [keyOf(1)]);
  const { changes, open } = await verifyTargets(context, effect, [target]);
  const { outcome, outcomeReason, after, installed } = changes[0]?.set ?? {};
  return { open, outcome, outcomeReason, after, installed, asked };
}

describe('an instance is patched', () => {
  it('when a scan of ours after the install shows nothing missing, and its checks are ok', async () => {
    const { open, asked, ...judged } = await verified({});
    expect(open).toBe(0);
    expect(judged).toEqual({
      outcome: 'patched',
      outcomeReason: 'Nothing is missing any more; 1 installed, all status checks ok.',
      after: COUNTS,
      installed: [{ title: 'a patch', kbId: '', severity: '', state: 'Installed' }],
    });
    expect(asked).toEqual([
      'states shop-prod 111100000001 eu-west-1 k7m2qp 1',
      `installed on it since -${SETTINGS.timing.installWorstCase}`,
    ]);
  });

  it('on the word of the scan when nobody knows when its install ended', async () => {
    expect(
      await verified({ target: { installedAt: null, installEnd: null }, state: { endedAt: 0 } }),
    ).toMatchObject({
      outcome: 'patched',
    });
  });
});

describe('it is looked at again', () => {
  const AGAIN: [string, Given][] = [
    ['while Systems Manager shows nothing', { state: null }],
    [
      'while Systems Manager shows the install itself, whose numbers are from before the reboot',
      { state: { operation: 'Install' } },
    ],
    ['while Systems Manager shows a scan from before the install', { state: { endedAt: INSTALLED_AT - 1 } }],
    ['while its status checks are not ok', { ok: false }],
    ['while EC2 does not report its status checks', { ok: null }],
    ['while its application does not answer', { sick: true, checks: [CHECK] }],
    ['while AWS does not list its patches', { lists: new LookFailed('Throttling', 'Slow down.', true) }],
    ['to the last moment allowed', { state: null, tooLongBy: 0 }],
  ];
  it.each(AGAIN)('%s', async (_, given) => {
    expect(await verified(given)).toMatchObject({ open: 1, outcome: undefined });
  });

  it('and the application of an instance is asked only after its own scan is there', async () => {
    expect((await verified({ state: null, checks: [CHECK] })).asked).not.toContain('check web');
  });
});

describe('after the time allowed it is judged on what there is', () => {
  const late = 1;
  const JUDGED: [string, Given, string, RegExp][] = [
    ['without a scan', { state: null }, 'verification_failed', /shows no scan newer than the install/],
    ['with impaired checks', { ok: false }, 'verification_failed', /EC2 status checks: impaired/],
    ['without checks', { ok: null }, 'verification_failed', /EC2 status checks: not reported/],
    [
      'with a sick application',
      { sick: true, checks: [CHECK] },
      'verification_failed',
      /application check web: connection refused/,
    ],
    [
      'without the list of its patches',
      { lists: new LookFailed('Throttling', 'Slow down.', true) },
      'patched',
      /^Nothing is missing any more, all status checks ok/,
    ],
  ];
  it('names nothing that is missing where AWS does not list it', async () => {
    const lists = new LookFailed('Throttling', 'Slow down.', true);
    const judged = await verified({ lists, state: { counts: { missing: 2 } }, tooLongBy: late });
    expect(judged.outcomeReason).toBe('Installed, but 2 still missing and 0 failed.');
  });

  it.each(JUDGED)('%s', async (_, given, outcome, reason) => {
    const judged = await verified({ ...given, tooLongBy: late });
    expect(judged).toMatchObject({ open: 0, outcome });
    expect(judged.outcomeReason).toMatch(reason);
  });
});

describe('what is still missing', () => {
  it.each([{ missing: 1 }, { failed: 1 }])('is named when there is something: %j', async (counts) => {
    const judged = await verified({ state: { counts } });
    expect(judged).toMatchObject({ outcome: 'partly_patched', after: { ...COUNTS, ...counts } });
    expect(judged.asked).toContain('missing');
    expect(judged.outcomeReason).toContain('a missing one');
  });

  it('is not asked about when there is nothing', async () => {
    expect((await verified({})).asked).not.toContain('missing');
    expect((await verified({ state: null, tooLongBy: 1 })).asked).not.toContain('missing');
  });
});

describe('an application check', () => {
  const tagged = { ...CHECK, tag: { key: 'role', value: 'web' } };
  it.each([
    ['of the plan is made', { checks: [CHECK] }, true],
    [
      'for a tag is made where the tag is',
      { checks: [tagged], target: { instance: buildInstance(1, { tags: { role: 'web' } }) } },
      true,
    ],
    [
      'for a tag is not made elsewhere',
      { checks: [tagged], target: { instance: buildInstance(1, { tags: { role: 'db' } }) } },
      false,
    ],
    ['is not made without a plan', { plan: null }, false],
  ] as [string, Given, boolean][])('%s', async (_, given, made) => {
    const judged = await verified(given);
    expect(judged).toMatchObject({ open: 0, outcome: 'patched' });
    expect(judged.asked.includes('check web')).toBe(made);
  });
});

it('a defect of ours is not taken for silence of AWS', async () => {
  await expect(verified({ lists: new TypeError('a defect') })).rejects.toThrow('a defect');
});

it('without instances nothing is asked', async () => {
  const context = {} as unknown as EffectContext;
  expect(await verifyTargets(context, buildEffect('scan', []), [])).toEqual({ changes: [], open: 0 });
});
