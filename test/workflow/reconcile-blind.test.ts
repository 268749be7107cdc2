/** A run of a restored database is told to stop, and AWS cannot be asked what was done since the copy. */
import { expect, it } from 'vitest';
import { endBlind } from '../../src/workflow/reconcile-blind.ts';
import type { EffectKindName, EffectState, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildState, buildTarget, keyOf } from './build.ts';

const end = (targets: readonly Target[], effects: ReturnType<typeof buildEffect>[] = []) =>
  endBlind(buildState(targets, { effects }), targets, 'Account closed.');
const effect = (kind: EffectKindName, n: number, state: EffectState, id = n) =>
  buildEffect(kind, [keyOf(n)], { id, state });

it('whatever may have got a patch command since is unknown and locked, and the rest is as it was', () => {
  const stages = ['queued', 'backing_up', 'powering_on', 'ready', 'patching'] as const;
  const over = ['verifying', 'powering_off', 'done'] as const;
  const targets = [
    ...[...stages, ...over].map((stage, i) => buildTarget(i + 1, { stage })),
    buildTarget(9, { stage: 'queued', wave: null }),
  ];
  const { targets: ended, instanceLocks } = end(targets);
  expect(ended?.map((t) => t.key)).toEqual([1, 2, 3, 4, 5].map(keyOf));
  expect(ended?.[0]?.set).toMatchObject({
    outcome: 'unknown',
    outcomeReason:
      'The database was restored from a copy, and AWS could not be asked whether a patch command was sent since.',
    commandMayRun: true,
  });
  expect(instanceLocks?.map((l) => [l.key, l.until])).toEqual([1, 2, 3, 4, 5].map((n) => [keyOf(n), null]));
  expect(instanceLocks?.[0]).toMatchObject({
    runId: 'k7m2qp',
    reason: 'run k7m2qp may have sent it a patch command since the copy that the database was restored from',
  });
});

it('without a plan in the copy, whatever could have come into one since is unknown and locked', () => {
  const targets = [
    buildTarget(1, { stage: 'done', wave: null, eligible: true }),
    buildTarget(2, { stage: 'done', wave: null, eligible: false }),
    buildTarget(3, { stage: 'queued', wave: 0, eligible: false }),
  ];
  const changes = endBlind(buildState(targets, { plan: null }), targets, 'Account closed.');
  expect(changes.targets?.map((t) => [t.key, t.set.outcome])).toEqual([
    [keyOf(1), 'unknown'],
    [keyOf(3), 'unknown'],
  ]);
  expect(changes.instanceLocks?.map((l) => l.key)).toEqual([keyOf(1), keyOf(3)]);
  expect(changes.parked?.finding).toMatch(
    /2 instances may have got a patch command and are unknown and locked; it may have patched others since: look for its commands in Systems Manager\.$/,
  );
});

it('before it had found instances, nobody is told that none is in doubt', () => {
  expect(endBlind(buildState([], { plan: null }), [], 'Account closed.').parked?.finding).toMatch(
    /It had found no instances yet; it may have patched others since: look for its commands in Systems Manager\.$/,
  );
});

it('a patch command that the copy knows is followed', () => {
  const targets = [1, 2].map((n) => buildTarget(n, { stage: 'patching' }));
  const { targets: ended, effects } = end(targets, [effect('install', 1, 'begun')]);
  expect(ended?.map((t) => t.key)).toEqual([keyOf(2)]);
  expect(effects).toEqual([]);
});

it('what a scan or an end of before says of an instance does not count as its patch command', () => {
  const targets = [1, 2].map((n) => buildTarget(n, { stage: 'ready' }));
  const { targets: ended } = end(targets, [effect('scan', 1, 'begun'), effect('install', 2, 'no_effect')]);
  expect(ended).toHaveLength(2);
});

it('questions about patch commands are closed, because their instances are unknown now', () => {
  const asked = [effect('install', 1, 'intended'), effect('install', 2, 'needs_attention')];
  const { effects, audit } = end(
    [1, 2, 3].map((n) => buildTarget(n, { stage: 'patching' })),
    [...asked, effect('install', 3, 'settled'), effect('create_image', 4, 'intended')],
  );
  const note = 'closed without an answer: AWS could not be asked after the restore';
  expect(effects).toEqual([
    { id: 1, from: 'intended', state: 'closed', note },
    { id: 2, from: 'needs_attention', state: 'closed', note },
  ]);
  expect(audit?.[0]?.detail).toEqual({
    closed: asked.map((e) => e.tag),
    lost: [1, 2, 3].map(keyOf),
  });
});

it.each([
  [0, 'No instance is in doubt.'],
  [1, '1 instance may have got a patch command and is unknown and locked.'],
  [2, '2 instances may have got a patch command and are unknown and locked.'],
])('card, thread and audit say why, and that %i are in doubt', (n, doubt) => {
  const told = `The database was restored from a copy, and AWS could not be asked what was done since: Account closed. The run was told to stop and ends. ${doubt}`;
  const changes = end(Array.from({ length: n }, (_, i) => buildTarget(i + 1, { stage: 'ready' })));
  expect(changes.parked).toEqual({ finding: told, mayRelease: false });
  expect(changes.news).toEqual([{ kind: 'failure', text: told, excerpt: '' }]);
  expect(changes.audit).toMatchObject([{ actor: 'patchday', action: 'run.reconciled', text: told }]);
});
