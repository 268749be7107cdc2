/** What follows from that which AWS remembers of a run, after its database was restored from a copy. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import { HISTORY_MS, type ImageTrace, matchWithAws, type Trace } from '../../src/workflow/reconcile.ts';
import type { EffectKindName, EffectState, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildState, buildTarget, keyOf, NOW, type StateChanges } from './build.ts';

const COUNTS = buildTarget(1).instance.counts;
const idOf = (n: number) => keyOf(n).split('/')[2] ?? '';

function trace(
  targets: readonly number[],
  batch = 'w1/111100000001/eu-west-1/linux#1 a1',
  kind = 'install',
): Trace {
  return {
    landingZone: 'shop-prod',
    accountId: '111100000001',
    region: 'eu-west-1',
    command: {
      commandId: `command-of-${targets.join('-')}`,
      comment: `patchday ${buildState([]).run.id} ${kind} ${batch}`,
      document: { name: 'AWS-RunPatchBaseline', version: '1' },
      instanceIds: targets.map(idOf),
      parameters: { Operation: ['Install'] },
      requestedAt: NOW - 60_000,
      expiresAt: NOW + 60_000,
    },
  };
}

function match(
  targets: readonly Target[],
  traces: readonly Trace[],
  changes: StateChanges = {},
  images: readonly ImageTrace[] = [],
): Changes {
  const state = buildState(targets, {
    ...changes,
    run: { phase: 'waves', currentWave: 1, createdAt: NOW - 3_600_000, ...changes.run },
  });
  return matchWithAws(state, targets, traces, images, NOW);
}

const outcomes = (changes: Changes) =>
  (changes.targets ?? []).map((t) => [t.key, t.set.stage, t.set.outcome]);

describe('a patch command that the copy does not know', () => {
  it('is adopted for instances on their way to it, in whatever stage and wave they are', () => {
    const targets = [
      buildTarget(1, { stage: 'ready' }),
      buildTarget(2, { stage: 'backing_up' }),
      buildTarget(3, { stage: 'queued', wave: 2 }),
    ];
    const changes = match(targets, [trace([1, 2]), trace([3], 'w2/111100000001/eu-west-1/linux#1 a1')]);
    expect(changes.adopt?.map((e) => [e.kind, e.state, e.wave, e.targets])).toEqual([
      ['install', 'begun', 1, [keyOf(1), keyOf(2)]],
      ['install', 'begun', 2, [keyOf(3)]],
    ]);
    expect(outcomes(changes).map(([, stage]) => stage)).toEqual(['patching', 'patching', 'patching']);
    expect(changes.run?.currentWave).toBe(2);
    expect(changes.parked).toMatchObject({ mayRelease: true });
    expect(changes.parked?.finding).toContain('3 instances got a patch command after the copy was made');
  });

  it('answers the question about the one before it', () => {
    const targets = [buildTarget(1, { stage: 'patching' })];
    const asked = buildEffect('install', [keyOf(1)], {
      state: 'needs_attention',
      tag: 'patchday k7m2qp install old a1',
    });
    const changes = match(targets, [trace([1])], { effects: [asked] });
    expect(changes.effects).toMatchObject([{ id: asked.id, from: 'needs_attention', state: 'closed' }]);
    expect(changes.adopt).toHaveLength(1);
  });

  it('has the instance that was stopped before stopped again, and names it', () => {
    const changes = match([buildTarget(1, { stage: 'powering_on', wasStopped: true })], [trace([1])]);
    expect(changes.targets?.[0]?.set.power).toBe('on');
    expect(changes.parked?.finding).toContain('To be stopped again at the end');
  });
});

describe('what does not fit', () => {
  const lost = (changes: Changes) => {
    expect(changes.adopt).toEqual([]);
    expect(changes.instanceLocks?.map((l) => l.key)).toContain(keyOf(1));
    return outcomes(changes);
  };

  it('two commands for one instance: it is unknown and locked', () => {
    const traces = [trace([1]), trace([1], 'w1/111100000001/eu-west-1/linux#2 a2')];
    expect(lost(match([buildTarget(1, { stage: 'ready' })], traces))).toEqual([
      [keyOf(1), 'done', 'unknown'],
    ]);
  });

  it('a command to an instance that is not in the run takes the whole command with it', () => {
    expect(lost(match([buildTarget(1, { stage: 'ready' })], [trace([1, 9])]))).toEqual([
      [keyOf(1), 'done', 'unknown'],
    ]);
  });

  it('a command beside one that is followed already', () => {
    const followed = buildEffect('install', [keyOf(1)], {
      state: 'begun',
      tag: 'patchday k7m2qp install other a1',
    });
    expect(
      lost(match([buildTarget(1, { stage: 'patching' })], [trace([1])], { effects: [followed] })),
    ).toEqual([[keyOf(1), 'done', 'unknown']]);
  });

  it('a question about more instances than the command went to: none of them is sent anything again', () => {
    const targets = [buildTarget(1, { stage: 'patching' }), buildTarget(2, { stage: 'patching' })];
    const asked = buildEffect('install', [keyOf(1), keyOf(2)], {
      state: 'needs_attention',
      tag: 'patchday k7m2qp install old a1',
    });
    const changes = match(targets, [trace([1])], { effects: [asked] });
    expect(lost(changes)).toEqual([
      [keyOf(1), 'done', 'unknown'],
      [keyOf(2), 'done', 'unknown'],
    ]);
    expect(changes.effects).toMatchObject([{ id: asked.id, state: 'closed' }]);
  });

  it('a run that had not begun in the copy ends, and its instances are locked', () => {
    const changes = match([buildTarget(1)], [trace([1])], { run: { phase: 'await_start' } });
    expect(changes).toMatchObject({ unpark: true, run: { phase: 'ended', end: 'halted' }, keepZones: [] });
    expect(lost({ ...changes, adopt: [] })).toEqual([[keyOf(1), 'done', 'unknown']]);
    expect(changes.run?.endReason).toContain('command-of-1');
  });
});

describe('nothing found', () => {
  it('changes nothing, and leaves it to a person', () => {
    const changes = match([buildTarget(1, { stage: 'ready' })], []);
    expect([changes.targets, changes.adopt, changes.effects]).toEqual([[], [], []]);
    expect(changes.parked).toMatchObject({ mayRelease: true });
    expect(changes.parked?.finding).toContain('/patch release');
  });

  it('proves nothing about a run that is older than AWS remembers', () => {
    const changes = match([buildTarget(1, { stage: 'ready' })], [], {
      run: { createdAt: NOW - HISTORY_MS - 1 },
    });
    expect(changes.parked).toMatchObject({ mayRelease: false });
    expect(changes.parked?.finding).toContain('end it with /patch stop');
  });

  it('commands that the rows know, and those of other runs, are none of its business', () => {
    const known = trace([1]);
    const followed = buildEffect('install', [keyOf(1)], { state: 'begun', tag: known.command.comment });
    const other = {
      ...trace([1]),
      command: { ...trace([1]).command, comment: 'patchday other install w1/x#1 a1' },
    };
    const changes = match([buildTarget(1, { stage: 'patching' })], [known, other], { effects: [followed] });
    expect([changes.targets, changes.adopt, changes.instanceLocks]).toEqual([[], [], []]);
  });

  it('takes only the names of scans, so that no comment is used twice', () => {
    const scans = [1, 1].map(() => trace([1], 'w1/111100000001/eu-west-1/linux#1 a1', 'scan'));
    const changes = match([buildTarget(1, { stage: 'verifying' })], scans);
    expect(changes.adopt?.map((e) => [e.kind, e.state, e.targets])).toEqual([['scan', 'settled', []]]);
  });
});

const other = (n: number, changes: Partial<Trace['command']> = {}, place: Partial<Trace> = {}): Trace => {
  const { command, ...rest } = trace([n], `w1/111100000001/eu-west-1/linux#${n} a1`);
  return { ...rest, ...place, command: { ...command, ...changes } };
};
const effect = (id: number, kind: EffectKindName, ns: readonly number[], state: EffectState) =>
  buildEffect(kind, ns.map(keyOf), { id, state, tag: `patchday k7m2qp ${kind} old#${id} a1` });
const image = (n: number, verified: boolean): ImageTrace => ({
  key: keyOf(n),
  imageId: `ami-${n}`,
  verified,
});
const ready = (n: number, changes: Partial<Target> = {}) => buildTarget(n, { stage: 'ready', ...changes });

const TOLD: [string, Parameters<typeof match>][] = [
  ['nothing is found', [[ready(1)], []]],
  ['a run that is just as old as AWS remembers', [[ready(1)], [], { run: { createdAt: NOW - HISTORY_MS } }]],
  ['a run that is older', [[ready(1)], [], { run: { createdAt: NOW - HISTORY_MS - 1 } }]],
  [
    'a command for one, with a verified image, and one for another, whose image failed',
    [[ready(1), ready(2, { wasStopped: true })], [other(1), other(2)], {}, [image(1, true), image(2, false)]],
  ],
  [
    'a command for an instance that has its counts from before',
    [[ready(1, { before: COUNTS && { ...COUNTS, missing: 9 } })], [other(1)]],
  ],
  [
    'a command of a later wave',
    [
      [ready(1, { wave: 3 }), ready(2, { stage: 'done', outcome: 'patched' })],
      [trace([1], 'w3/111100000001/eu-west-1/linux#1 a2')],
    ],
  ],
  ['a command of an earlier wave', [[ready(1)], [other(1)], { run: { currentWave: 2 } }]],
  [
    'commands to the same instance id in other accounts and regions, which are not in the run',
    [
      [ready(1)],
      [other(1), other(1, {}, { accountId: '222200000002' }), other(1, {}, { region: 'us-east-1' })],
    ],
  ],
  ['a command for an instance that is in no wave', [[ready(1, { wave: null })], [other(1)]]],
  [
    'commands for instances that are past their patch command',
    [
      [
        ready(1, { stage: 'verifying' }),
        ready(2, { stage: 'powering_off', power: 'on' }),
        ready(3, { stage: 'done' }),
      ],
      [other(1), other(2), other(3)],
    ],
  ],
  ['a command that chooses its instances by tags', [[ready(1)], [other(1, { instanceIds: [] })]]],
  [
    'two commands for one instance',
    [
      [ready(1), ready(2)],
      [other(1), trace([1, 2])],
    ],
  ],
  [
    'a fitting command and a strange one, with a question about both their instances',
    [
      [ready(1), ready(2), ready(3)],
      [other(1), trace([2, 9]), other(3)],
      { effects: [effect(1, 'install', [1, 2], 'intended')] },
    ],
  ],
  [
    'what is strange goes on from question to question',
    [
      [1, 2, 3, 4].map((n) => ready(n, { stage: 'patching' })),
      [trace([1, 9]), other(4)],
      {
        effects: [
          effect(2, 'install', [2, 3], 'needs_attention'),
          effect(1, 'install', [1, 2], 'needs_attention'),
        ],
      },
    ],
  ],
  ...(['intended', 'needs_attention', 'begun', 'settled', 'no_effect', 'closed'] as const).map(
    (state): (typeof TOLD)[number] => [
      `a command beside one of ours that is ${state}`,
      [
        [ready(1, { stage: 'patching' }), ready(2, { stage: 'patching' })],
        [other(1)],
        { effects: [effect(1, 'install', [1], state), effect(2, 'install', [2], 'begun')] },
      ],
    ],
  ),
  [
    'a strange command beside one of ours that goes on for two',
    [
      [ready(1, { stage: 'patching' }), ready(2, { stage: 'patching' })],
      [other(1)],
      { effects: [effect(1, 'install', [1, 2], 'begun')] },
    ],
  ],
  [
    'a command to fewer instances than the question',
    [
      [ready(1), ready(2)],
      [other(1)],
      { effects: [effect(1, 'install', [1, 2], 'intended'), effect(2, 'install', [3], 'intended')] },
    ],
  ],
  ...(['intended', 'begun', 'settled', 'needs_attention'] as const).map((state): (typeof TOLD)[number] => [
    `a command for an instance whose backup is ${state}`,
    [
      [ready(1, { stage: 'backing_up' }), ready(2, { stage: 'backing_up' })],
      [other(1)],
      {
        effects: [
          effect(1, 'create_image', [1], state),
          effect(2, 'create_image', [2], state),
          effect(3, 'start', [1], state),
          effect(4, 'create_image', [1, 2], state),
        ],
      },
    ],
  ]),
  [
    'scans: their names are taken once each',
    [
      [ready(1)],
      [
        trace([1], 'w1/111100000001/eu-west-1/linux#1 a1', 'scan'),
        trace([1], 'w1/111100000001/eu-west-1/linux#1 a1', 'scan'),
        trace([1], 'w1/111100000001/eu-west-1/linux#1 a2', 'scan'),
      ],
    ],
  ],
  [
    'instances that were started, or were about to be',
    [
      [
        ready(1, { wasStopped: true, power: 'on' }),
        ready(2, { wasStopped: true, stage: 'powering_on' }),
        ready(3, { stage: 'powering_on' }),
        ready(4, { wasStopped: true, stage: 'queued' }),
      ],
      [],
    ],
  ],
  ['only images, in the waves', [[ready(1)], [], {}, [image(1, true)]]],
  [
    'a run that had not begun in the copy, with commands',
    [
      [buildTarget(1), buildTarget(2), buildTarget(3)],
      [trace([1, 2]), other(9)],
      { run: { phase: 'await_start' } },
      [image(1, true)],
    ],
  ],
  [
    'a run that had not begun in the copy, with a command only',
    [[buildTarget(1)], [other(1)], { run: { phase: 'await_start' } }],
  ],
  [
    'a run that had not begun in the copy, with an image only',
    [[buildTarget(1)], [], { run: { phase: 'await_approval' } }, [image(1, true)]],
  ],
  [
    'a run that had not begun in the copy, with a fresh scan only',
    [
      [buildTarget(1)],
      [trace([1], 'w0/111100000001/eu-west-1/linux#1 a1', 'scan')],
      { run: { phase: 'await_approval' } },
    ],
  ],
];

function tell([what, given]: (typeof TOLD)[number]): string {
  const { parked, effects, adopt, targets, instanceLocks, audit, ...rest } = match(...given);
  const finding = JSON.stringify(parked?.finding);
  const json = (label: string, items: readonly unknown[] = []) =>
    items.map((item) => `  ${label}: ${JSON.stringify(item).replaceAll(finding, '(the finding)')}`);
  return [
    what,
    `  ${parked?.mayRelease ? 'may be released' : 'may not be released'}: ${parked?.finding}`,
    ...json('effect', effects),
    ...json('adopted', adopt),
    ...json('target', targets),
    ...json('lock', instanceLocks),
    ...json('audit', audit),
    ...json('and', [rest]),
    '',
  ].join('\n');
}

it('all that follows is told', async () => {
  await expect(TOLD.map(tell).join('\n')).toMatchFileSnapshot('told/restored.txt');
});
