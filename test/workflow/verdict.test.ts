import { describe, expect, it } from 'vitest';
import type { PatchCounts } from '../../src/workflow/instance.ts';
import {
  CANCELLED_RUNNING,
  COUNTS_AS_FAILED,
  describeInstallEnd,
  judgeTarget,
  RETRYABLE,
  type VerificationFacts,
} from '../../src/workflow/verdict.ts';

const counts = (changes: Partial<PatchCounts> = {}): PatchCounts => ({
  missing: 0,
  failed: 0,
  pendingReboot: 0,
  installed: 7,
  critical: 0,
  security: 0,
  other: 0,
  ...changes,
});
const patch = (title: string) => ({ title, kbId: title, severity: 'Important', state: 'Installed' });

/** Two patches were missing; both are installed now, and all is well. */
const GOOD: VerificationFacts = {
  platform: 'linux',
  install: { status: 'success', detail: 'Success', exitCode: 0 },
  before: counts({ missing: 2, installed: 5 }),
  after: counts(),
  installed: [patch('a'), patch('b')],
  stillMissing: [],
  statusChecks: { ok: true, text: 'system ok, instance ok' },
  applicationChecks: [],
};
const failed = { status: 'failed', detail: 'Failed', exitCode: 1 } as const;

const TABLE: [string, Partial<VerificationFacts>, string, RegExp][] = [
  ['everything is as it should be', {}, 'patched', /Nothing is missing any more/],
  [
    'nothing was missing and nothing was installed',
    { before: counts(), installed: [] },
    'up_to_date',
    /Nothing was missing/,
  ],
  [
    'it was never scanned before and nothing was installed',
    { before: null, installed: [] },
    'patched',
    /Nothing is missing/,
  ],
  ['nothing was missing but something was installed', { before: counts() }, 'patched', /2 installed/],
  [
    'patches wait for a reboot',
    { after: counts({ pendingReboot: 2 }) },
    'patched_reboot_pending',
    /next reboot/,
  ],
  [
    'patches are still missing',
    { after: counts({ missing: 3 }), stillMissing: ['x', 'y', 'z'] },
    'partly_patched',
    /3 still missing and 0 failed \(x, y, z\)/,
  ],
  [
    'a patch failed',
    { after: counts({ failed: 1 }), stillMissing: ['x'] },
    'partly_patched',
    /0 still missing and 1 failed/,
  ],
  [
    'some are missing and some wait for a reboot',
    { after: counts({ missing: 1, pendingReboot: 1 }) },
    'partly_patched',
    /1 still missing/,
  ],
  [
    'it is not healthy',
    { statusChecks: { ok: false, text: 'instance impaired' } },
    'verification_failed',
    /instance impaired/,
  ],
  [
    'it is neither healthy nor complete',
    { statusChecks: { ok: false, text: 'instance impaired' }, after: counts({ missing: 1 }) },
    'verification_failed',
    /not healthy/,
  ],
  [
    'its application does not answer',
    { applicationChecks: [{ name: 'shop', ok: false, text: 'HTTP 502' }] },
    'verification_failed',
    /application check shop: HTTP 502/,
  ],
  [
    'one application answers and the other does not',
    {
      applicationChecks: [
        { name: 'a', ok: true, text: '' },
        { name: 'b', ok: false, text: 'refused' },
      ],
    },
    'verification_failed',
    /application check b: refused/,
  ],
  ['there is no scan', { after: null }, 'verification_failed', /could not be verified/],
  [
    'the install failed and changed nothing',
    { install: failed, installed: [], after: counts({ missing: 2, installed: 5 }) },
    'failed',
    /exit code 1/,
  ],
  [
    'the install failed and there is no scan',
    { install: failed, installed: [], after: null },
    'failed',
    /exit code 1/,
  ],
  [
    'the install failed after some went on',
    { install: failed, installed: [patch('a')], after: counts({ missing: 1 }), stillMissing: ['b'] },
    'partly_patched',
    /1 patch was installed all the same; 1 still missing and 0 failed \(b\)/,
  ],
  [
    'the install failed, and only the counts show progress',
    { install: failed, installed: [], after: counts({ missing: 1, installed: 6 }) },
    'partly_patched',
    /Some patches were installed/,
  ],
  [
    'the install ran too long',
    { install: { status: 'timed_out', detail: 'ExecutionTimedOut', exitCode: null } },
    'failed',
    /ran longer than its document allows/,
  ],
  [
    'it was cancelled',
    { install: { status: 'cancelled', detail: 'Cancelled', exitCode: null } },
    'failed',
    /cancelled before it started/,
  ],
  [
    'it was never delivered',
    { install: { status: 'not_delivered', detail: 'Undeliverable', exitCode: null } },
    'failed',
    /never delivered/,
  ],
  [
    'its delivery timed out, which proves nothing',
    { install: { status: 'not_delivered', detail: 'DeliveryTimedOut', exitCode: null } },
    'failed',
    /does not prove that the command never ran/,
  ],
  [
    'it was denied',
    { install: { status: 'denied', detail: 'AccessDenied', exitCode: null } },
    'failed',
    /AccessDenied/,
  ],
];

describe('the verdict over a target', () => {
  for (const [what, change, outcome, reason] of TABLE) {
    it(`is ${outcome} when ${what}`, () => {
      const verdict = judgeTarget({ ...GOOD, ...change });
      expect(verdict.outcome).toBe(outcome);
      expect(verdict.reason).toMatch(reason);
      expect(verdict.reason).toMatch(/\.$/);
      if (!['patched', 'up_to_date'].includes(outcome)) expect(verdict.nextStep).not.toBe('');
    });
  }

  it('is told in these sentences', async () => {
    const rows: [string, Partial<VerificationFacts>][] = [
      ...TABLE.map(([what, change]) => [what, change] as [string, Partial<VerificationFacts>]),
      ['one patch waits for a reboot', { after: counts({ pendingReboot: 1 }) }],
      ['nothing was installed, and something was missing', { installed: [] }],
      ['nothing was installed, and something had failed', { before: counts({ failed: 1 }), installed: [] }],
      [
        'the install failed, and fewer are missing though no more are installed',
        { install: failed, installed: [], after: counts({ missing: 1, installed: 5 }) },
      ],
      [
        'the install failed, and more are installed though no fewer are missing',
        { install: failed, installed: [], after: counts({ missing: 2, installed: 6 }) },
      ],
      [
        'the install failed, some went on, and it was never scanned before',
        { install: failed, before: null, installed: [], after: counts({ missing: 1 }) },
      ],
      ['the install failed with another code after some went on', { install: { ...failed, exitCode: 2 } }],
      ['the install failed without a code', { install: { ...failed, exitCode: null }, after: null }],
      ['the install failed with code 0', { install: { ...failed, exitCode: 0 }, after: null }],
      ['the install ran too long after some went on', { install: { ...failed, status: 'timed_out' } }],
      [
        'it was cancelled while it ran',
        { install: { status: 'cancelled', detail: CANCELLED_RUNNING, exitCode: null } },
      ],
      ['five are missing', { after: counts({ missing: 5 }), stillMissing: ['a', 'b', 'c', 'd', 'e'] }],
      [
        'two things are wrong with it',
        {
          statusChecks: { ok: false, text: 'instance impaired' },
          applicationChecks: [{ name: 'shop', ok: false, text: 'HTTP 502' }],
        },
      ],
    ];
    const told = rows.map(([what, change]) => {
      const { outcome, reason, nextStep } = judgeTarget({ ...GOOD, ...change });
      return `${what}\n  ${outcome}: ${reason}\n  ${nextStep || '(nothing to do)'}\n`;
    });
    await expect(told.join('\n')).toMatchFileSnapshot('told/verdicts.txt');
    expect(describeInstallEnd(GOOD)).toEqual({
      reason: 'The patch command ended with success.',
      nextStep: '',
    });
  });

  it('names at most five of what is still missing, and counts the rest', () => {
    const verdict = judgeTarget({
      ...GOOD,
      after: counts({ missing: 7 }),
      stillMissing: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
    });
    expect(verdict.reason).toContain('(a, b, c, d, e and 2 more)');
  });

  it('never calls anything patched while something is missing, failed, unhealthy or unverified', () => {
    for (const after of [
      null,
      counts({ missing: 1 }),
      counts({ failed: 1 }),
      counts({ pendingReboot: 1 }),
      counts(),
    ])
      for (const ok of [true, false])
        for (const status of [
          'success',
          'failed',
          'timed_out',
          'not_delivered',
          'denied',
          'cancelled',
        ] as const) {
          const { outcome } = judgeTarget({
            ...GOOD,
            after,
            statusChecks: { ok, text: 'x' },
            install: { status, detail: 'x', exitCode: 1 },
          });
          const clean =
            after !== null &&
            after.missing + after.failed + after.pendingReboot === 0 &&
            ok &&
            status === 'success';
          expect(outcome === 'patched', `${JSON.stringify(after)} ${ok} ${status}`).toBe(clean);
        }
  });

  it('explains a failure without an exit code by what Systems Manager says', () => {
    expect(
      describeInstallEnd({
        platform: 'linux',
        install: { status: 'failed', detail: 'Failed', exitCode: null },
      }).reason,
    ).toContain('(Failed)');
  });
});

it('what counts against the budget of failures is what went wrong, not what was left alone', () => {
  expect([...COUNTS_AS_FAILED].sort()).toEqual([
    'failed',
    'partly_patched',
    'unknown',
    'verification_failed',
  ]);
});

it('what a retry takes up again is all that is not done, but nothing unknown', () => {
  expect([...RETRYABLE].sort()).toEqual([
    'failed',
    'partly_patched',
    'skipped',
    'stopped',
    'verification_failed',
  ]);
});
