/** How targets are grouped into calls: what one call may hold, how it is named, and what is asked of AWS. */
import { describe, expect, it } from 'vitest';
import { type BatchRequest, backupName, batchesFor } from '../../src/workflow/batches.ts';
import type { Intent } from '../../src/workflow/changes.ts';
import type { Instance } from '../../src/workflow/instance.ts';
import type { EffectKindName, Target } from '../../src/workflow/run-types.ts';
import {
  buildEffect,
  buildInstance,
  buildPlan,
  buildState,
  buildTarget,
  keyOf,
  NOW,
  SETTINGS,
  type StateChanges,
} from './build.ts';

const PLACE = 'w1/111100000001/eu-west-1';

const wanted = (target: Target, changes: Partial<BatchRequest> = {}): BatchRequest => ({
  target,
  attempt: 1,
  splitTo: null,
  ...changes,
});
const on = (n: number, instance: Partial<Instance> = {}, target: Partial<Target> = {}) =>
  buildTarget(n, { instance: buildInstance(n, instance), ...target });

function batches(
  kind: EffectKindName,
  requests: readonly BatchRequest[],
  state: StateChanges = {},
  earlier: readonly Intent[] = [],
): Intent[] {
  const whole = buildState(
    requests.map((r) => r.target),
    { plan: buildPlan(requests.length), ...state },
  );
  return batchesFor(whole, kind, requests, NOW, SETTINGS.timing, earlier);
}
const many = (count: number) => Array.from({ length: count }, (_, i) => wanted(buildTarget(i + 1)));
const held = (intents: readonly Intent[]) => intents.map((i) => i.targets.length);
const named = (intents: readonly Intent[]) => intents.map((i) => i.batch);

describe('what one call holds', () => {
  it.each<EffectKindName>(['start', 'stop', 'install', 'scan', 'cancel'])('%s: fifty at the most', (kind) => {
    expect(held(batches(kind, many(51)))).toEqual([50, 1]);
  });

  it('one instance where an image is made', () => {
    const made = batches('create_image', many(3));
    expect(named(made)).toEqual([1, 2, 3].map((n) => `${PLACE}/${buildInstance(n).instanceId}#1`));
  });

  it.each<[EffectKindName, number[]]>([
    ['install', [2, 2, 1]],
    ['scan', [2, 2, 1]],
    ['start', [5]],
    ['stop', [5]],
  ])('%s: the batch size of the plan is for commands', (kind, sizes) => {
    expect(held(batches(kind, many(5), { plan: buildPlan(5, { batchSize: 2 }) }))).toEqual(sizes);
  });

  it('fifty while there is no plan, or the plan asks for more than SSM takes', () => {
    expect(held(batches('scan', many(51), { plan: null }))).toEqual([50, 1]);
    expect(held(batches('scan', many(51), { plan: buildPlan(51, { batchSize: 80 }) }))).toEqual([50, 1]);
  });

  it('no more than the smallest split that a refusal asked for', () => {
    const requests = many(4).map((r, i) => ({ ...r, splitTo: [null, 2, 3, null][i] ?? null }));
    expect(held(batches('install', requests))).toEqual([2, 2]);
  });

  it('instances in the order of their keys, whatever order they were asked in', () => {
    const [one, two, three] = many(3);
    const made = batches('install', [three, one, two] as BatchRequest[], {
      plan: buildPlan(3, { batchSize: 2 }),
    });
    expect(made.map((i) => i.targets)).toEqual([[keyOf(1), keyOf(2)], [keyOf(3)]]);
  });

  it('one account, one region, one platform and one wave', () => {
    const made = batches('install', [
      wanted(on(1)),
      wanted(on(2, { accountId: '222200000002' })),
      wanted(on(3, { region: 'eu-central-1' })),
      wanted(on(4, { platform: 'windows' })),
      wanted(on(5, {}, { wave: 2 })),
      wanted(on(6)),
    ]);
    expect(named(made)).toEqual([
      `${PLACE}/linux#1`,
      'w1/222200000002/eu-west-1/linux#1',
      'w1/111100000001/eu-central-1/linux#1',
      `${PLACE}/windows#1`,
      'w2/111100000001/eu-west-1/linux#1',
    ]);
    expect(made.map((i) => [i.accountId, i.region, i.wave])).toEqual([
      ['111100000001', 'eu-west-1', 1],
      ['222200000002', 'eu-west-1', 1],
      ['111100000001', 'eu-central-1', 1],
      ['111100000001', 'eu-west-1', 1],
      ['111100000001', 'eu-west-1', 2],
    ]);
    expect(made[0]?.targets).toEqual([keyOf(1), keyOf(6)]);
  });

  it.each<EffectKindName>(['start', 'stop'])('%s: both platforms in one call', (kind) => {
    expect(named(batches(kind, [wanted(on(1)), wanted(on(2, { platform: 'windows' }))]))).toEqual([
      `${PLACE}#1`,
    ]);
  });

  it('one command where commands are cancelled', () => {
    const made = batches('cancel', [
      wanted(on(1, {}, { commandId: 'c-1' })),
      wanted(on(2, {}, { commandId: 'c-2' })),
      wanted(on(3, {}, { commandId: 'c-1' })),
    ]);
    expect(made.map((i) => [i.batch, i.request])).toEqual([
      [`${PLACE}/c-1#1`, { kind: 'cancel', commandId: 'c-1', instanceIds: ['i-00000001', 'i-00000003'] }],
      [`${PLACE}/c-2#1`, { kind: 'cancel', commandId: 'c-2', instanceIds: ['i-00000002'] }],
    ]);
  });

  it('a target without a wave counts as one of the current wave', () => {
    const made = batches('stop', [wanted(on(1, {}, { wave: null }))], { run: { currentWave: 3 } });
    expect(made.map((i) => [i.wave, i.batch])).toEqual([[3, 'w3/111100000001/eu-west-1#1']]);
  });
});

describe('the name of a call', () => {
  it('is none that an effect of its kind had before, however it ended', () => {
    const effects = [
      buildEffect('install', [keyOf(1)], { batch: `${PLACE}/linux#4`, state: 'no_effect' }),
      buildEffect('install', [keyOf(1)], { batch: `${PLACE}/linux#2` }),
      buildEffect('scan', [keyOf(1)], { batch: `${PLACE}/linux#9` }),
      buildEffect('install', [keyOf(1)], { batch: `${PLACE}/windows#7` }),
    ];
    expect(named(batches('install', many(2), { effects, plan: buildPlan(2, { batchSize: 1 }) }))).toEqual([
      `${PLACE}/linux#5`,
      `${PLACE}/linux#6`,
    ]);
  });

  it('is none that the same decision gave away already', () => {
    const [first, second] = many(2) as [BatchRequest, BatchRequest];
    const earlier = batches('stop', [first]);
    expect(named(batches('stop', [second], {}, earlier))).toEqual([`${PLACE}#2`]);
  });

  it('carries the highest attempt of its targets, in its mark as well', () => {
    const requests = many(3).map((r, i) => ({ ...r, attempt: [1, 4, 2][i] ?? 0 }));
    const [made] = batches('install', requests);
    expect(made?.attempt).toBe(4);
    expect(made?.tag).toContain('4');
    expect(made?.request).toMatchObject({ comment: made?.tag });
  });
});

describe('what is asked of AWS', () => {
  const image = (state: StateChanges = {}, instance: Partial<Instance> = {}) =>
    batches('create_image', [wanted(on(1, instance))], state)[0]?.request;

  it('an image: named for run and instance, tagged for its end, rebooting only if the plan says so', () => {
    const backup = { required: true, retentionDays: 3, withoutVerifiedBackup: 'skip' as const };
    const asked = (noReboot: boolean) => image({ plan: buildPlan(1, { backup: { ...backup, noReboot } }) });
    expect(asked(false)).toEqual({
      kind: 'create_image',
      instanceId: 'i-00000001',
      name: 'patchday/k7m2qp/i-00000001',
      noReboot: false,
      tags: {
        'patchday:managed-by': 'patchday',
        'patchday:run': 'k7m2qp',
        'patchday:instance': 'i-00000001',
        'patchday:name': 'web-1',
        'patchday:expires': new Date(NOW + 3 * 86_400_000).toISOString(),
      },
    });
    expect(asked(true)).toMatchObject({ noReboot: true });
  });

  it('an image of an instance with a long name: no more of it than a tag takes', () => {
    const asked = image({}, { name: 'x'.repeat(250) });
    expect(asked).toMatchObject({ tags: { 'patchday:name': 'x'.repeat(200) } });
  });

  it('an image without a plan to say otherwise: no reboot, kept for a fortnight', () => {
    expect(image({ plan: null })).toMatchObject({
      noReboot: true,
      tags: { 'patchday:expires': new Date(NOW + 14 * 86_400_000).toISOString() },
    });
  });

  it.each<EffectKindName>(['start', 'stop'])('%s: the instances', (kind) => {
    expect(batches(kind, many(2))[0]?.request).toEqual({ kind, instanceIds: ['i-00000001', 'i-00000002'] });
  });

  it('a patch command: the pinned document of its account and region, with the reboot option and the snapshot', () => {
    const pin = (accountId: string, region: string, version: string) => ({
      accountId,
      region,
      name: 'AWS-RunPatchBaseline',
      version,
      hash: `hash of ${version}`,
    });
    const plan = buildPlan(1, {
      rebootOption: 'NoReboot',
      documents: [
        pin('222200000002', 'eu-west-1', '7'),
        pin('111100000001', 'eu-central-1', '8'),
        pin('111100000001', 'eu-west-1', '9'),
      ],
    });
    const [made] = batches('install', many(1), { plan, run: { snapshotId: 'snap-1' } });
    expect(made?.request).toEqual({
      kind: 'install',
      instanceIds: ['i-00000001'],
      document: { name: 'AWS-RunPatchBaseline', version: '9', hash: 'hash of 9' },
      parameters: { Operation: ['Install'], RebootOption: ['NoReboot'], SnapshotId: ['snap-1'] },
      comment: made?.tag,
      deliveryTimeoutSeconds: Math.max(30, Math.round(SETTINGS.timing.deliveryTimeout / 1000)),
    });
    const [other] = batches('install', many(1), { run: { snapshotId: null } });
    expect(other?.request).toMatchObject({
      parameters: { Operation: ['Install'], RebootOption: ['RebootIfNeeded'] },
    });
    expect(JSON.stringify(other?.request)).not.toContain('SnapshotId');
  });

  it('a patch command without a plan: no reboot', () => {
    expect(batches('install', many(1), { plan: null })[0]?.request).toMatchObject({
      parameters: { RebootOption: ['NoReboot'] },
    });
  });

  it('a scan before there is a plan: the default version of the document', () => {
    expect(batches('scan', many(1), { plan: null })[0]?.request).toMatchObject({
      document: { name: 'AWS-RunPatchBaseline', version: '$DEFAULT', hash: '' },
      parameters: { Operation: ['Scan'] },
    });
  });

  it.each([
    [1000, 30],
    [30_400, 30],
    [90_600, 91],
  ])(
    'a delivery time-out of %i ms is asked for as %i s: SSM takes no less than 30',
    (deliveryTimeout, seconds) => {
      const state = buildState([buildTarget(1)]);
      const timing = { ...SETTINGS.timing, deliveryTimeout };
      const [made] = batchesFor(state, 'install', many(1), NOW, timing);
      expect(made?.request).toMatchObject({ deliveryTimeoutSeconds: seconds });
    },
  );

  it('the name of a backup is of the run and of the instance', () => {
    expect(backupName('r1', 'i-1')).toBe('patchday/r1/i-1');
  });
});

describe('what is written before the call', () => {
  it.each<[EffectKindName, string, boolean, object | undefined]>([
    ['create_image', 'About to back up web-1 (i-00000001).', true, undefined],
    ['start', 'About to start web-1 (i-00000001).', true, { power: 'on' }],
    [
      'install',
      'About to send the patch command to web-1 (i-00000001).',
      true,
      { stage: 'patching', commandMayRun: true },
    ],
    ['scan', 'About to send a scan to web-1 (i-00000001).', false, undefined],
    ['stop', 'About to stop web-1 (i-00000001).', false, undefined],
    ['cancel', 'About to cancel the waiting patch command of web-1 (i-00000001).', false, undefined],
  ])('%s: who, what, from which stage, and by which plan', (kind, text, forward, targetSet) => {
    const state = buildState([buildTarget(1, { stage: 'ready' })]);
    const [made] = batches(kind, [wanted(buildTarget(1, { stage: 'ready' }))]);
    expect(made).toMatchObject({
      kind,
      wave: 1,
      landingZone: 'shop-prod',
      targets: [keyOf(1)],
      fromStage: 'ready',
      at: NOW,
      forward,
      planHash: state.run.planHash,
      audit: [
        {
          actor: 'patchday',
          action: `effect.intended.${kind}`,
          text,
          detail: { tag: made?.tag, targets: [keyOf(1)], planHash: state.run.planHash },
        },
      ],
    });
    expect(made?.targetSet).toEqual(targetSet);
  });

  it('says how many where there are more than one', () => {
    expect(batches('install', many(3))[0]?.audit[0]?.text).toBe(
      'About to send the patch command to 3 instances.',
    );
  });

  it('a fresh scan belongs to no wave and to no plan, and is something that a freeze holds', () => {
    const run = { phase: 'fresh_scan' as const, currentWave: 2 };
    const [made] = batches('scan', many(1), { run });
    expect(made).toMatchObject({ wave: 0, planHash: null, forward: true });
    expect(made?.batch).toBe('w0/111100000001/eu-west-1/linux#1');
  });
});
