/** The last look before a patch command: who is left out of it, and what is said. */
import { describe, expect, it } from 'vitest';
import type { Intent } from '../../src/workflow/changes.ts';
import { install } from '../../src/workflow/effects/install.ts';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import type { Instance } from '../../src/workflow/instance.ts';
import type { Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildInstance, buildState, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';

interface Given {
  /** The instance as it is now; null = gone. */
  now?: Partial<Instance> | null;
  other?: boolean;
  target?: Partial<Target>;
  landingZone?: string;
  own?: boolean;
}

async function precheck({
  now = {},
  other = false,
  target = {},
  landingZone = 'shop-prod',
  own = false,
}: Given) {
  const one = buildTarget(1, { stage: 'ready', ...target });
  const two = buildTarget(2, { stage: 'ready' });
  const { instanceId } = one.instance;
  const context = {
    settings: {
      ...SETTINGS,
      zones: [
        ...SETTINGS.zones.map((z) => ({ ...z, name: 'aside', patchEnabled: false })),
        ...SETTINGS.zones,
      ],
    },
    state: buildState([one, two]),
    ownInstanceIds: own ? [instanceId] : [],
    aws: {
      fleet: {
        describe: async () => [...(now === null ? [] : [buildInstance(1, now)]), buildInstance(2)],
      },
      commands: {
        othersInProgress: async () =>
          new Map(
            other ? [[instanceId, { commandId: 'c-9', documentName: 'Their-Document', comment: '' }]] : [],
          ),
      },
    },
  } as unknown as EffectContext;
  const intent = { landingZone, accountId: '111100000001', region: 'eu-west-1' } as Intent;
  const look = await install.precheck?.(context, intent, [one, two]);
  expect(look?.defer).toEqual([]);
  return (look?.drop ?? []).map(({ key, set }) => ({ key, ...set }));
}

describe('just before a patch command', () => {
  it('nobody is left out while everything is as it was', async () => {
    expect(await precheck({})).toEqual([]);
  });

  const OUT: [string, Given, string, string][] = [
    ['gone', { now: null }, 'It does not exist any more.', 'Find out who terminated it.'],
    [
      'stopped, though its environment starts stopped ones',
      { now: { state: 'stopped' } },
      'Not patched: it was running and is stopped now.',
      'Find out who stopped it, then /patch retry.',
    ],
    [
      'without its agent',
      { now: { ssm: { ping: 'connection_lost', lastPingAt: NOW, agentVersion: '3' } } },
      'Not patched: its SSM agent lost the connection: start the agent, or look at its way to the SSM endpoints.',
      'Mend the cause, then /patch retry.',
    ],
    [
      'busy with a command of somebody else, and more',
      { other: true, own: true },
      'Not patched: Patchday itself runs on it: patch it by hand, or from another installation; another command is in progress (Their-Document, c-9): scan again when it has ended.',
      'Mend the cause, then /patch retry.',
    ],
  ];
  it.each(OUT)(
    'an instance that is %s is left out, and the rest of its batch is not',
    async (_, given, outcomeReason, nextStep) => {
      expect(await precheck(given)).toMatchObject([
        { key: keyOf(1), outcome: 'skipped', stage: 'done', commandMayRun: false, outcomeReason, nextStep },
      ]);
    },
  );

  it('what was started for it is not switched off under the command of somebody else', async () => {
    const [out] = await precheck({ other: true, target: { power: 'on', wasStopped: true } });
    expect(out).toMatchObject({ stage: 'powering_off', commandMayRun: true });
    const [idle] = await precheck({ now: { state: 'stopping' }, target: { power: 'on', wasStopped: true } });
    expect(idle).toMatchObject({ stage: 'powering_off', commandMayRun: false });
  });

  it('everybody is left out of a landing zone that is not configured any more', async () => {
    const out = await precheck({ landingZone: 'was-here' });
    expect(out.map((t) => [t.outcome, t.outcomeReason, t.nextStep])).toEqual(
      [1, 2].map(() => [
        'skipped',
        'Not patched: its landing zone was-here is not in the configuration any more.',
        'Put the landing zone back into the configuration, then /patch retry.',
      ]),
    );
  });
});

describe('what is told of a patch command', () => {
  const told = (targets: readonly Target[], of = targets.length) => {
    const context = { now: NOW, settings: SETTINGS, state: buildState(targets) } as unknown as EffectContext;
    const keys = Array.from({ length: of }, (_, i) => keyOf(i + 1));
    return install.begun(context, buildEffect('install', keys), { commandId: 'c-1' }).news?.[0]?.text;
  };
  const backedUp = { backupVerified: true };

  it('is how many, where, and that they have their backups when every one has', () => {
    expect(told([buildTarget(1, backedUp), buildTarget(2, backedUp)])).toBe(
      'Wave 1: patching 2 instances of shop-prod in eu-west-1 (Linux), backups verified.',
    );
    expect(told([buildTarget(1, backedUp), buildTarget(2)])).not.toContain('backups verified');
    expect(told([buildTarget(1, backedUp)], 2)).not.toContain('backups verified');
  });

  it('is the platform', () => {
    const windows = buildTarget(1, { instance: buildInstance(1, { platform: 'windows' }) });
    expect(told([windows])).toBe('Wave 1: patching 1 instance of shop-prod in eu-west-1 (Windows).');
  });
});

describe('a patch command that cannot be followed', () => {
  const expiresAt = NOW - SETTINGS.timing.effectGrace;
  const one = buildTarget(1, { stage: 'patching', commandMayRun: true });
  const two = buildTarget(2, { stage: 'done', outcome: 'failed' });
  const blind = (now: number, failures = 1e9) => {
    const effect = buildEffect('install', [keyOf(1), keyOf(2)], {
      failures,
      ref: { commandId: 'c-1', expiresAt },
    });
    const context = { settings: SETTINGS, now, state: buildState([one, two]) } as unknown as EffectContext;
    return install.blind?.(context, effect, 'Slow down.');
  };

  it('is waited for until nothing of it can start any more', () => {
    expect(blind(NOW)).toBeNull();
    expect(blind(NOW + 1, 0)).toBeNull();
    expect(blind(NOW + 1)?.targets).toMatchObject([{ key: keyOf(1), set: { outcome: 'unknown' } }]);
  });

  it('locks the instances that are in it still, and tells of them', () => {
    const end = blind(NOW + 1);
    expect(end?.instanceLocks?.map((l) => l.key)).toEqual([keyOf(1)]);
    expect(end?.news).toHaveLength(1);
    expect(end?.effects).toMatchObject([{ state: 'settled', note: 'Slow down.' }]);
  });
});
