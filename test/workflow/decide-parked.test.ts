/** A run of a database that was restored from a copy: it looks, and changes nothing until a person says so. */
import { describe, expect, it } from 'vitest';
import type { Parked } from '../../src/workflow/changes.ts';
import type { Phase } from '../../src/workflow/run-types.ts';
import { buildEffect, buildTarget, keyOf, NOW, SETTINGS, type StateChanges } from './build.ts';
import { decided, stopped, tasks } from './decided.ts';

const WHY = 'The database was restored from a copy.';
const PARKED: Parked = { why: WHY, at: NOW - SETTINGS.timing.effectGrace, finding: null, mayRelease: false };
const FOUND: Parked = { ...PARKED, finding: 'Everything is as it was.' };
const parked = (given: Parked, more: StateChanges = {}, now = NOW) =>
  decided([buildTarget(1, { stage: 'backing_up' })], { parked: given, ...more }, now);

describe('before AWS was asked', () => {
  const because = [
    {
      code: 'parked',
      text: `${WHY} AWS is asked what was done since; nothing is changed meanwhile.`,
    },
  ];

  it('waits until no call of the old process can be on its way', () => {
    const quiet = { actions: [], wakeAt: NOW, because };
    expect(parked(PARKED, {}, NOW - 1)).toEqual(quiet);
    expect(parked(PARKED, { run: stopped }, NOW - 1)).toEqual(quiet);
  });

  it('asks AWS then, and begins nothing', () => {
    expect(parked(PARKED)).toEqual({
      actions: [{ do: 'task', task: { name: 'reconcile' } }],
      wakeAt: null,
      because,
    });
  });
});

describe('after AWS was asked', () => {
  const because = [{ code: 'parked', text: FOUND.finding }];

  it('follows what was begun, and begins nothing', () => {
    const due = buildEffect('create_image', [keyOf(1)], { lookAt: NOW });
    const later = buildEffect('create_image', [keyOf(2)], { lookAt: NOW + 9 });
    expect(parked(FOUND, { effects: [due, later] })).toEqual({
      actions: [{ do: 'look', effects: [due] }],
      wakeAt: NOW + 9,
      because,
    });
    expect(parked(FOUND)).toEqual({ actions: [], wakeAt: null, because });
  });

  it('a stop takes it up again, to follow what was begun to its end', () => {
    expect(parked(FOUND, { run: stopped })).toEqual({
      actions: [
        {
          do: 'advance',
          changes: {
            unpark: true,
            audit: [
              {
                actor: 'patchday',
                action: 'run.unparked',
                text: 'Told to stop: nothing new is begun, what was begun is followed.',
              },
            ],
          },
        },
      ],
      wakeAt: null,
      because,
    });
  });
});

it.each<Phase>(['discover', 'plan', 'fresh_scan', 'await_approval', 'await_start', 'waves'])(
  '%s is held',
  (phase) => {
    expect(tasks(parked(PARKED, { run: { phase } }))).toEqual(['reconcile']);
  },
);

it('a report is written and an ended run is left alone, parked or not', () => {
  expect(tasks(parked(PARKED, { run: { phase: 'report' } }))).toEqual(['report']);
  expect(parked(PARKED, { run: { phase: 'ended' } }).actions).toEqual([]);
});
