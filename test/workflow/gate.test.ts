/** Between two waves: the rules in their order, each with what wins over what. */
import { describe, expect, it } from 'vitest';
import { decideGate, type GateVerdict, judgeWave } from '../../src/workflow/gate.ts';
import { mention } from '../../src/workflow/mention.ts';
import type { Run, Target } from '../../src/workflow/run-types.ts';
import { buildPlan, buildState, buildTarget, NOW, type StateChanges } from './build.ts';

const PLAN = buildPlan(4, { failureBudget: 1 });
const LATE = PLAN.noNewWaveAfter + 1;
const stopped: Partial<Run> = { stopRequestedAt: NOW, stopRequestedBy: 'UREQ' };
const frozen = { by: 'UAPP', reason: '' };

function verdict(changes: StateChanges, waiting = 0, now = NOW): GateVerdict {
  return judgeWave(buildState([buildTarget(1)], { plan: PLAN, queuedWaves: [2], ...changes }), waiting, now);
}
const said = (v: GateVerdict) =>
  'open' in v ? `open ${v.open}` : 'wait' in v ? `wait ${v.wait.code}` : v.end;

const sent = (...statuses: readonly NonNullable<Target['installEnd']>['status'][]) =>
  statuses.map((status, i) => ({
    ...buildTarget(i + 1),
    installEnd: { status, detail: 'Undeliverable' },
  }));

const TABLE: [string, string, Parameters<typeof verdict>][] = [
  ['the next wave is there', 'open 2', [{}]],
  ['waves were skipped over', 'open 5', [{ queuedWaves: [5, 6] }]],
  ['no wave is left', 'completed', [{ queuedWaves: [] }]],
  ['no wave is left and the window is over', 'completed', [{ queuedWaves: [] }, 0, LATE]],
  ['no wave is left and too many failed', 'completed', [{ queuedWaves: [], failedSoFar: 2 }]],
  ['no wave is left and everything is frozen', 'completed', [{ queuedWaves: [], frozen }]],
  ['no wave is left but an answer is awaited', 'wait answers', [{ queuedWaves: [] }, 1]],
  ['an answer of an earlier wave is awaited', 'open 2', [{}, 1]],
  ['as many failed as are allowed', 'open 2', [{ failedSoFar: 1 }]],
  ['one more failed than is allowed', 'halted', [{ failedSoFar: 2 }]],
  ['too many failed, and an answer is awaited', 'wait answers', [{ failedSoFar: 2 }, 1]],
  ['it is the last moment', 'open 2', [{}, 0, LATE - 1]],
  ['it is past the last moment', 'halted', [{}, 0, LATE]],
  ['it is past the last moment, and an answer is awaited', 'wait answers', [{}, 2, LATE]],
  ['everything is frozen', 'wait frozen', [{ frozen }]],
  ['everything is frozen past the last moment', 'halted', [{ frozen }, 0, LATE]],
  ['no command of the wave was delivered', 'halted', [{ targets: sent('not_delivered', 'denied') }]],
  ['one command of the wave was delivered', 'open 2', [{ targets: sent('not_delivered', 'failed') }]],
  [
    'no command was delivered, and an answer is awaited',
    'wait answers',
    [{ targets: sent('not_delivered') }, 1],
  ],
  [
    'no command of the wave was delivered, and some were never sent',
    'halted',
    [{ targets: [...sent('not_delivered'), buildTarget(2)] }],
  ],
  [
    'no command of the wave was delivered, and one of an earlier wave was',
    'halted',
    [
      {
        run: { currentWave: 2 },
        targets: [
          ...sent('success'),
          ...sent('not_delivered').map((t) => ({ ...t, key: `${t.key}x`, wave: 2 })),
        ],
        queuedWaves: [3],
      },
    ],
  ],
  ['no command of the last wave was delivered', 'completed', [{ targets: sent('denied'), queuedWaves: [] }]],
  ['the run was stopped', 'stopped', [{ run: stopped }]],
  ['the run was stopped, and an answer is awaited', 'wait answers', [{ run: stopped }, 1]],
  ['the run was stopped while frozen', 'stopped', [{ run: stopped, frozen }]],
  ['the run was stopped after its last wave', 'stopped', [{ run: stopped, queuedWaves: [] }]],
  ['the run was stopped and too many failed', 'stopped', [{ run: stopped, failedSoFar: 9 }]],
  ['the stored plan is not the approved one', 'halted', [{ planHashNow: 'f'.repeat(64) }]],
  [
    'the stored plan is not the approved one, after the last wave',
    'halted',
    [{ planHashNow: 'f'.repeat(64), queuedWaves: [] }],
  ],
];

describe('the gate', () => {
  for (const [what, answer, given] of TABLE) {
    it(`says ${answer} when ${what}`, () => {
      expect(said(verdict(...given))).toBe(answer);
    });
  }

  it('says halted when the last wave ran out of time', () => {
    const state = buildState([{ ...buildTarget(1), stage: 'done', outcome: 'stopped' }], {
      plan: PLAN,
      queuedWaves: [],
    });

    expect(said(judgeWave(state, 0, LATE))).toBe('halted');
  });

  it('wakes up by itself when the window ends during a freeze', () => {
    const v = verdict({ frozen });
    expect('wakeAt' in v && v.wakeAt).toBe(LATE);
  });

  it('says how many failed, how many may, and what to do', () => {
    const v = verdict({ failedSoFar: 2 });
    expect('reason' in v && v.reason).toBe(
      '2 instances failed, and the failure budget is 1: no further wave was opened. Look at the failures, then /patch retry.',
    );
  });

  it('says where the commands of a wave got stuck', () => {
    const v = verdict({ targets: sent('not_delivered', 'not_delivered') });
    expect('reason' in v && v.reason).toBe(
      'Of 2 patch commands in the last wave none was delivered: no further wave was opened. Check the agents and their way to Systems Manager, then /patch retry.',
    );
  });

  it.each([
    [
      { planHashNow: 'f'.repeat(64) },
      'The stored plan does not match the approved hash any more. Nothing further was begun; have the database checked.',
    ],
    [{ run: stopped }, `Stopped by ${mention('UREQ')}.`],
    [{ queuedWaves: [] }, 'Every wave is done.'],
    [
      { failedSoFar: 2, plan: { ...PLAN, failureBudget: 0 } },
      '2 instances failed, and the failure budget is 0: no further wave was opened. Look at the failures, then /patch retry.',
    ],
  ] satisfies [StateChanges, string][])('says why a run ends: %j', (given, reason) => {
    const v = verdict(given);
    expect('reason' in v && v.reason).toBe(reason);
  });

  it('says that the window was too short, for the rest of a wave and for another wave', () => {
    const cut = { ...buildTarget(1), stage: 'done' as const, outcome: 'stopped' as const };
    expect(judgeWave(buildState([cut, { ...cut, outcome: 'patched' }], { plan: PLAN }), 0, NOW)).toEqual({
      end: 'halted',
      reason:
        'The window did not leave enough time for all of the last wave. /patch retry takes up the rest.',
    });
    expect(verdict({}, 0, LATE)).toEqual({
      end: 'halted',
      reason: 'The window does not leave enough time for another wave. Scan again for the rest.',
    });
  });

  it('says whom it waits for', () => {
    expect(verdict({ queuedWaves: [] }, 1)).toEqual({
      wait: { code: 'answers', text: "1 instance waits for a person's answer." },
      wakeAt: null,
    });
    expect(verdict({ queuedWaves: [] }, 2)).toMatchObject({
      wait: { text: "2 instances wait for a person's answer." },
    });
    expect(verdict({ frozen })).toMatchObject({
      wait: { code: 'frozen', text: 'The next wave waits for the freeze to be lifted.' },
    });
  });

  it('halts a run that has no plan', () => {
    expect(said(verdict({ plan: null, planHashNow: null }))).toBe('halted');
  });
});

describe('what follows from the gate', () => {
  const state = (changes: StateChanges = {}) =>
    buildState([buildTarget(1)], { plan: PLAN, queuedWaves: [2], ...changes });

  it('is the next wave', () => {
    expect(decideGate(state(), [], NOW)).toEqual({
      actions: [{ do: 'task', task: { name: 'open_wave', wave: 2 } }],
      wakeAt: null,
      because: [{ code: 'opening', text: 'Opening wave 2.' }],
    });
  });

  it('is waiting, without an action', () => {
    expect(decideGate(state({ queuedWaves: [] }), [buildTarget(1)], NOW)).toEqual({
      actions: [],
      wakeAt: null,
      because: [{ code: 'answers', text: "1 instance waits for a person's answer." }],
    });
  });

  it('is the report, with the same reason in the run, the audit and every instance that was not reached', () => {
    expect(decideGate(state({ run: stopped }), [], NOW)).toEqual({
      actions: [
        {
          do: 'advance',
          changes: {
            endQueued: { reason: `Stopped by ${mention('UREQ')}.`, nextStep: 'Scan again, or /patch retry.' },
            run: {
              phase: 'report',
              end: 'stopped',
              endReason: `Stopped by ${mention('UREQ')}.`,
              because: [],
            },
            audit: [{ actor: 'patchday', action: 'run.stopped', text: `Stopped by ${mention('UREQ')}.` }],
          },
        },
      ],
      wakeAt: null,
      because: [],
    });
  });

  it('is discovery, after a fresh scan', () => {
    expect(decideGate(state({ plan: null, run: { phase: 'fresh_scan' } }), [], NOW)).toEqual({
      actions: [
        {
          do: 'advance',
          changes: {
            run: { phase: 'discover' },
            audit: [{ actor: 'patchday', action: 'scan.done', text: 'The fresh scan is done.' }],
          },
        },
      ],
      wakeAt: null,
      because: [],
    });
  });
});
