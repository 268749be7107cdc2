/** A run as people see it: in which order, what counts, what each wave is doing, and what is asked. */
import { describe, expect, it } from 'vitest';
import { frozenReason } from '../../src/workflow/decide.ts';
import { countOutcomes, makeView, type ViewParts } from '../../src/workflow/make-view.ts';
import type { Stage, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildInstance, buildPlan, buildRun, buildTarget, keyOf, NOW } from './build.ts';

const view = (changes: Partial<ViewParts> = {}) =>
  makeView({
    run: buildRun(),
    plan: null,
    approvals: [],
    targets: [],
    needingAttention: [],
    freezes: [],
    ...changes,
  });
const freeze = (scope: string) => ({ scope, by: 'UAPP', at: NOW, reason: 'incident' });

it('targets come by wave, landing zone, name and key; those of no wave last', () => {
  const named = (n: number, name: string, landingZone = 'a', wave: number | null = 1) =>
    buildTarget(n, { wave, instance: buildInstance(n, { name, landingZone }) });
  const sorted = [
    named(5, 'z'),
    named(4, 'b', 'b'),
    named(2, 'a', 'c'),
    named(3, 'a', 'c'),
    named(1, 'a', 'a', 2),
    named(6, 'a', 'a', null),
  ];
  expect(view({ targets: [...sorted].reverse() }).targets).toEqual(sorted);
  expect(view({ targets: sorted }).targets).toEqual(sorted);
});

it('approvals are those of the plan as it is now', () => {
  const approval = (planHash: string) => ({ userId: 'UAPP', at: NOW, planHash });
  const run = buildRun({ planHash: 'new' });
  expect(view({ run, approvals: [approval('old'), approval('new')] }).approvals).toEqual([approval('new')]);
});

it('an outcome counts once its target is done', () => {
  const targets = [
    buildTarget(1, { stage: 'done', outcome: 'patched' }),
    buildTarget(2, { stage: 'powering_off', outcome: 'patched' }),
    buildTarget(3, { stage: 'done', outcome: 'failed' }),
    buildTarget(4, { stage: 'done', outcome: null }),
  ];
  const counts = countOutcomes(targets);
  expect(Object.entries(counts).filter(([, n]) => n !== 0)).toEqual([
    ['patched', 1],
    ['failed', 1],
  ]);
  expect(view({ targets }).counts).toEqual(counts);
});

it('a freeze of everything is told for as long as the run is open', () => {
  const frozen = frozenReason(freeze('all')).text;
  expect(view({ freezes: [freeze('other'), freeze('all')] }).frozen).toBe(frozen);
  expect(view({ freezes: [freeze('other')] }).frozen).toBeNull();
  expect(view().frozen).toBeNull();
  expect(view({ run: buildRun({ phase: 'ended' }), freezes: [freeze('all')] }).frozen).toBeNull();
});

describe('a wave', () => {
  const plan = buildPlan(0, {
    waves: [1, 2].map((number) => ({ number, size: 2, worstCaseMs: 1 })),
  });
  const at = (n: number, stage: Stage, more: Partial<Target> = {}) => buildTarget(n, { stage, ...more });
  const wave = (targets: readonly Target[], more: Partial<ViewParts> = {}) =>
    view({ plan, targets, ...more }).waves[0];

  it('is shown only where there is a plan', () => {
    expect(view({ targets: [at(1, 'ready')] }).waves).toEqual([]);
    expect(view({ plan }).waves.map((w) => [w.number, w.size])).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it('says what its instances are doing, in the order of the runbook', () => {
    const targets = [
      at(1, 'verifying'),
      at(2, 'backing_up'),
      at(3, 'queued'),
      at(4, 'done'),
      at(5, 'verifying'),
    ];
    expect(wave(targets)).toEqual({
      number: 1,
      size: 2,
      done: 1,
      failed: 0,
      now: '1 backing up, 2 verifying',
    });
  });

  it('says who waits for an answer, and does not count them as doing something', () => {
    const asked = buildEffect('install', [1, 2, 3].map(keyOf), { state: 'needs_attention' });
    const targets = [at(1, 'patching'), at(2, 'done'), at(4, 'patching')];
    expect(wave(targets, { needingAttention: [asked] })?.now).toBe(
      "1 patching, 1 waiting for a person's answer",
    );
  });

  it.each<[string, number, readonly Target[]]>([
    ['waiting', 0, []],
    ['beginning', 1, [at(1, 'queued')]],
    ['beginning', 2, [at(1, 'done')]],
    ['done', 1, [at(1, 'done'), at(2, 'done')]],
  ])('is %s while wave %i is the current one: %#', (now, currentWave, targets) => {
    expect(wave(targets, { run: buildRun({ currentWave }) })?.now).toBe(now);
  });

  it('counts what went wrong in it, and nothing of other waves', () => {
    const outcomes = [
      'failed',
      'verification_failed',
      'unknown',
      'partly_patched',
      'skipped',
      'stopped',
      null,
    ];
    const targets = outcomes.map((outcome, i) =>
      at(i + 1, 'done', { outcome: outcome as Target['outcome'] }),
    );
    const other = at(9, 'done', { wave: 2, outcome: 'failed' });
    expect(wave([...targets, other])).toMatchObject({ failed: 4, done: 7 });
  });
});

describe('a question', () => {
  it('about a patch command says where to look, and what may be answered', () => {
    const effect = buildEffect('install', [keyOf(1), 'unknown/key'], {
      tag: 'the tag',
      note: 'Was it sent?',
      intendedAt: NOW - 5,
    });
    expect(view({ targets: [buildTarget(1)], needingAttention: [effect] }).questions).toEqual([
      {
        tag: effect.tag,
        runId: 'k7m2qp',
        text: 'Was it sent?',
        whatToCheck:
          'In account 111100000001, eu-west-1, open Systems Manager, Run Command, Command history, and look for the comment "the tag". If it is there, answer nothing: it will be adopted. If it is not there, look again after a few minutes before you answer.',
        targets: ['web-1 (i-00000001)', 'unknown/key'],
        askedAt: NOW - 5,
        answers: [
          { id: 'send_again', label: 'It was not sent: send it again', permitsSend: true },
          { id: 'give_up', label: 'Send nothing, mark as unknown', permitsSend: false },
        ],
      },
    ]);
  });

  it('about switching off says what to look at, and sends nothing', () => {
    const effect = buildEffect('stop', [keyOf(1)]);
    const [question] = view({ needingAttention: [effect] }).questions;
    expect(question?.whatToCheck).toBe(
      'Look at the patch log and the package manager on the instance: is anything still being installed?',
    );
    expect(question?.answers).toEqual([
      { id: 'stop_now', label: 'Stop it now', permitsSend: false },
      { id: 'leave_on', label: 'Leave it on', permitsSend: false },
    ]);
  });
});
