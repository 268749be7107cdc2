/** A backup: what is asked of AWS about it, when it counts, and where its instance goes from there. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import { createImage } from '../../src/workflow/effects/create-image.ts';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import type { Effect, Target } from '../../src/workflow/run-types.ts';
import {
  buildEffect,
  buildPlan,
  buildState,
  buildTarget,
  keyOf,
  NOW,
  SETTINGS,
  type StateChanges,
} from './build.ts';

const { backupTimeout, pollImages } = SETTINGS.timing;
type Look = { state: 'verified'; snapshotIds: string[] } | { state: 'pending' | 'failed'; text: string };

const made = (changes: Partial<Effect> = {}) =>
  buildEffect('create_image', [keyOf(1)], {
    id: 1,
    tag: 'the tag',
    intendedAt: NOW - 5,
    ref: { imageId: 'ami-1' },
    ...changes,
  });
const context = (target: Partial<Target> | null = {}, state: StateChanges = {}, asked?: unknown[]) =>
  ({
    settings: SETTINGS,
    now: NOW,
    state: buildState(target === null ? [] : [buildTarget(1, { stage: 'backing_up', ...target })], state),
    aws: {
      images: {
        async look(place: unknown, ids: readonly string[]) {
          asked?.push(place, ids);
          return looks;
        },
      },
    },
  }) as unknown as EffectContext;
let looks = new Map<string, Look>();

async function looked(look: Look | null, effect = made(), given = context()): Promise<Changes> {
  looks = new Map(look ? [['ami-1', look]] : []);
  const [result] = await createImage.look(given, [effect]);
  if (!result) throw new Error('nothing came of it');
  return result.changes;
}
const verified: Look = { state: 'verified', snapshotIds: ['snap-1', 'snap-2'] };
const failed: Look = { state: 'failed', text: 'The volume is gone.' };

describe('a look', () => {
  it('is one question for all of a place', async () => {
    const asked: unknown[] = [];
    const two = made({ id: 2, ref: { imageId: 'ami-2' } });
    const results = await createImage.look(context({}, {}, asked), [made(), two]);
    expect(asked).toEqual([
      { accountId: '111100000001', region: 'eu-west-1', landingZone: 'shop-prod', runId: 'k7m2qp' },
      ['ami-1', 'ami-2'],
    ]);
    expect(results.map((r) => r.effect.id)).toEqual([1, 2]);
  });

  it.each<[string, Look | null]>([
    ['is not listed yet', null],
    ['is pending', { state: 'pending', text: 'pending' }],
  ])('comes again while the image %s, until its time is over', async (_, look) => {
    const again = await looked(look, made({ intendedAt: NOW - backupTimeout }));
    expect(again).toEqual({
      effects: [expect.objectContaining({ id: 1, state: 'begun', lookAt: NOW + pollImages })],
    });
    const over = await looked(look, made({ intendedAt: NOW - backupTimeout - 1 }));
    const why = `Image ami-1 was not complete after the time allowed (${look ? 'pending' : 'not listed yet'})`;
    expect(over.news).toEqual([{ kind: 'failure', text: `web-1 (i-00000001): ${why}.`, excerpt: '' }]);
    expect(over.targets?.[0]?.set).toMatchObject({
      stage: 'done',
      outcome: 'skipped',
      outcomeReason: `No verified backup, so it was not patched. ${why}.`,
    });
  });

  it.each([
    [false, 'ready'],
    [true, 'powering_on'],
  ])('that finds it complete moves the instance on (stopped before: %s)', async (wasStopped, stage) => {
    expect(await looked(verified, made(), context({ wasStopped }))).toEqual({
      effects: [expect.objectContaining({ id: 1, from: 'begun', state: 'settled', note: 'verified' })],
      targets: [
        { key: keyOf(1), whenStage: 'backing_up', set: { backupVerified: true, imageId: 'ami-1', stage } },
      ],
      audit: [
        {
          actor: 'patchday',
          action: 'backup.verified',
          text: 'Image ami-1 is available, its 2 snapshots complete.',
          detail: { imageId: 'ami-1', snapshotIds: ['snap-1', 'snap-2'], targets: [keyOf(1)] },
        },
      ],
    });
  });

  it('that finds it complete ends an instance that is only backed up', async () => {
    const only = context({}, { run: { kind: 'backup_only' } });
    expect((await looked(verified, made(), only)).targets?.[0]?.set).toEqual({
      backupVerified: true,
      imageId: 'ami-1',
      stage: 'done',
      outcome: 'backed_up',
      outcomeReason: 'Backup ami-1 is verified.',
      nextStep: '',
    });
  });

  it('that finds it failed ends the instance without a patch, and says so', async () => {
    const why = 'Its backup failed: The volume is gone';
    expect(await looked(failed)).toEqual({
      effects: [expect.objectContaining({ state: 'settled', note: why })],
      targets: [
        {
          key: keyOf(1),
          whenStage: 'backing_up',
          set: expect.objectContaining({
            outcome: 'skipped',
            outcomeReason: `No verified backup, so it was not patched. ${why}.`,
            nextStep: 'Mend the cause, then /patch retry.',
          }),
        },
      ],
      audit: [
        {
          actor: 'patchday',
          action: 'backup.failed',
          text: why,
          detail: { imageId: 'ami-1', targets: [keyOf(1)] },
        },
      ],
      news: [{ kind: 'failure', text: `web-1 (i-00000001): ${why}.`, excerpt: '' }],
    });
    const only = context({}, { run: { kind: 'backup_only' } });
    expect((await looked(failed, made(), only)).targets?.[0]?.set).toMatchObject({
      outcome: 'failed',
      outcomeReason: `${why}.`,
      nextStep: 'Mend the cause and back it up again.',
    });
  });

  it.each([
    [false, 'ready'],
    [true, 'powering_on'],
  ])(
    'that finds it failed moves the instance on where the policy says so (stopped before: %s)',
    async (wasStopped, stage) => {
      const backup = {
        required: true,
        noReboot: true,
        retentionDays: 14,
        withoutVerifiedBackup: 'patch-without-backup' as const,
      };
      const lenient = context({ wasStopped }, { plan: buildPlan(1, { backup }) });
      const changes = await looked(failed, made(), lenient);
      expect(changes.targets).toEqual([
        { key: keyOf(1), whenStage: 'backing_up', set: { stage, backupVerified: false } },
      ]);
    },
  );

  it('settles an image whose instance is not loaded, and says nothing of it', async () => {
    expect((await looked(verified, made(), context(null))).targets).toBeUndefined();
    const gone = await looked(failed, made(), context(null));
    expect([gone.targets, gone.news]).toEqual([undefined, []]);
  });
});

describe('an image that cannot be looked at', () => {
  const blind = (changes: Partial<Effect>) =>
    createImage.blind?.(context(), made({ failures: 1e9, ...changes }), 'Slow down.');

  it('is waited for as long as a backup may take', () => {
    expect(blind({ intendedAt: NOW - backupTimeout })).toBeNull();
    expect(blind({ intendedAt: NOW - backupTimeout - 1 })?.audit?.[0]?.text).toBe(
      'Its backup failed: it could not be looked at: Slow down',
    );
  });

  it('is not given up for one look that failed', () => {
    expect(blind({ intendedAt: NOW - backupTimeout - 1, failures: 0 })).toBeNull();
  });
});
