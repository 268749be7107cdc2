/** A backup: one image per instance, under a name that can exist only once. */
import type { Changes } from '../changes.ts';
import type { Effect, Target } from '../run-types.ts';
import { called, endTarget, moveTarget } from '../target-changes.ts';
import { asClause, count } from '../words.ts';
import {
  blindForLong,
  type EffectContext,
  type EffectKind,
  firstOf,
  lookAgain,
  placeOf,
  requestOf,
  settle,
  targetsOf,
} from './kind.ts';

export const createImage: EffectKind = {
  // The name is unique in the account and region: a second call answers Duplicate, which the adapter adopts.
  repeatable: true,
  family: 'create_image',

  async act({ aws }, effect) {
    const { kind: _, ...request } = requestOf(effect, 'create_image');
    return { imageId: await aws.images.create(placeOf(effect), request) };
  },

  async find({ aws }, effect) {
    const found = await aws.images.find(placeOf(effect), requestOf(effect, 'create_image'));
    return typeof found === 'string' ? found : { found: { imageId: found.found } };
  },

  begun({ now, settings }, effect, ref) {
    return {
      effects: [
        {
          id: effect.id,
          from: effect.state,
          state: 'begun',
          ref,
          lookAt: now + settings.timing.pollImages,
          note: '',
          failures: 0,
        },
      ],
      ...(ref.imageId
        ? { targets: effect.targets.map((key) => ({ key, set: { imageId: ref.imageId ?? null } })) }
        : {}),
      audit: [
        {
          actor: 'patchday',
          action: 'backup.begun',
          text: `Image ${ref.imageId} is being made.`,
          detail: { tag: effect.tag, imageId: ref.imageId, targets: effect.targets },
        },
      ],
    };
  },

  blind(context, effect, why) {
    const tooLong = context.now - effect.intendedAt > context.settings.timing.backupTimeout;
    return tooLong && blindForLong(context, effect)
      ? judge(context, effect, { state: 'failed', text: `it could not be looked at: ${asClause(why)}` })
      : null;
  },

  async look(context, effects) {
    const ids = effects.flatMap((e) => e.ref?.imageId ?? []);
    const looks = await context.aws.images.look(placeOf(firstOf(effects)), ids);
    return effects.map((effect) => ({
      effect,
      changes: judge(
        context,
        effect,
        looks.get(effect.ref?.imageId ?? '') ?? { state: 'pending', text: 'not listed yet' },
      ),
    }));
  },
};

type Look =
  | { state: 'pending'; text: string }
  | { state: 'verified'; snapshotIds: readonly string[] }
  | { state: 'failed'; text: string };

function judge(context: EffectContext, effect: Effect, look: Look): Changes {
  const { now, settings } = context;
  const target = targetsOf(context, effect)[0];
  const imageId = effect.ref?.imageId ?? '';
  if (look.state === 'verified') {
    return {
      effects: settle(effect, 'verified'),
      ...(target ? { targets: [afterBackup(context, target, { backupVerified: true, imageId })] } : {}),
      audit: [
        {
          actor: 'patchday',
          action: 'backup.verified',
          text: `Image ${imageId} is available, its ${count(look.snapshotIds.length, 'snapshot')} complete.`,
          detail: { imageId, snapshotIds: look.snapshotIds, targets: effect.targets },
        },
      ],
    };
  }
  const tooLong = now - effect.intendedAt > settings.timing.backupTimeout;
  if (look.state === 'pending' && !tooLong) return lookAgain(effect, now + settings.timing.pollImages);
  const why =
    look.state === 'failed'
      ? `Its backup failed: ${asClause(look.text)}`
      : `Image ${imageId} was not complete after the time allowed (${asClause(look.text)})`;
  return {
    effects: settle(effect, why),
    ...(target ? { targets: [withoutBackup(context, target, why)] } : {}),
    audit: [
      { actor: 'patchday', action: 'backup.failed', text: why, detail: { imageId, targets: effect.targets } },
    ],
    news: target ? [{ kind: 'failure', text: `${called(target)}: ${why}.`, excerpt: '' }] : [],
  };
}

/** Where a target goes from a verified backup. */
export function afterBackup(
  context: EffectContext,
  target: Target,
  set: { backupVerified: boolean; imageId: string },
) {
  if (context.state.run.kind === 'backup_only') {
    return moveTarget(target, {
      ...set,
      stage: 'done',
      outcome: 'backed_up',
      outcomeReason: `Backup ${set.imageId} is verified.`,
      nextStep: '',
    });
  }
  return moveTarget(target, { ...set, stage: target.wasStopped ? 'powering_on' : 'ready' });
}

/** No verified backup, no patch, unless the policy of the environment says so in words. */
function withoutBackup(context: EffectContext, target: Target, why: string) {
  const policy = context.state.plan?.backup;
  if (context.state.run.kind === 'backup_only') {
    return endTarget(target, 'failed', `${why}.`, 'Mend the cause and back it up again.');
  }
  if (policy?.withoutVerifiedBackup === 'patch-without-backup') {
    return moveTarget(target, { stage: target.wasStopped ? 'powering_on' : 'ready', backupVerified: false });
  }
  return endTarget(
    target,
    'skipped',
    `No verified backup, so it was not patched. ${why}.`,
    'Mend the cause, then /patch retry.',
  );
}
