/** Finding out what became of an effect whose outcome is not known. */
import type { Changes } from './changes.ts';
import { blindForLong, type EffectContext, type EffectKind } from './effects/kind.ts';
import { EFFECT_KINDS } from './effects/kinds.ts';
import { LookFailed } from './ports.ts';
import type { Effect } from './run-types.ts';
import type { Outside } from './tasks/context.ts';
import { count } from './words.ts';

/** What an action came to: go on at once, or not before so many ms. */
export type Done = { again: 'now' } | { again: number; why?: string };
export const NOW: Done = { again: 'now' };

/** An intent without an outcome: the call may have been made. Look for it longer than it can hide. */
export async function resolve(outside: Outside, context: EffectContext, effect: Effect): Promise<Done> {
  const kind = EFFECT_KINDS[effect.kind];
  const { timing } = outside.settings;
  const { store } = outside;
  const asked = effect.state === 'needs_attention';
  let found: Awaited<ReturnType<EffectKind['find']>>;
  try {
    found = await kind.find(context, effect);
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    const at = { ...context, now: outside.clock.now() };
    const over = at.now >= effect.intendedAt + timing.effectGrace && blindForLong(at, effect);
    if (!asked && over) {
      await store.commit(
        effect.runId,
        kind.repeatable ? absent(effect, at.now, error.message) : question(effect, at, error.message),
      );
      return NOW;
    }
    const pause = asked ? Math.max(timing.pollCommands, timing.effectGrace) : timing.pollCommands;
    await store.commit(effect.runId, {
      effects: [
        {
          id: effect.id,
          from: effect.state,
          state: effect.state,
          lookAt: at.now + pause,
          // A question keeps its own words.
          ...(asked ? {} : { note: error.message }),
          failures: effect.failures + 1,
        },
      ],
    });
    return { again: pause, why: error.message };
  }
  const now = outside.clock.now();
  if (typeof found === 'object') {
    const changes = kind.begun({ ...context, now }, effect, found.found);
    await store.commit(effect.runId, {
      ...changes,
      audit: [
        ...(changes.audit ?? []),
        {
          actor: 'patchday',
          action: 'effect.adopted',
          text: 'Found at AWS what was begun before; it is followed from here.',
          detail: { tag: effect.tag },
        },
      ],
    });
    return NOW;
  }
  // The grace runs from the last moment at which the call can have been made, and by AWS's own slowness.
  const over = now >= effect.intendedAt + timing.effectGrace;
  if (asked || !over || (found === 'unsure' && kind.repeatable)) {
    const pause = asked ? Math.max(timing.pollCommands, timing.effectGrace) : timing.pollCommands;
    await store.commit(effect.runId, {
      effects: [{ id: effect.id, from: effect.state, state: effect.state, lookAt: now + pause }],
    });
    return { again: pause };
  }
  await store.commit(
    effect.runId,
    kind.repeatable
      ? absent(effect, now, 'It was looked for and not found.')
      : question(
          effect,
          { ...context, now },
          found === 'unsure'
            ? 'Several commands carry its comment.'
            : 'It was looked for and not found, which proves nothing.',
        ),
  );
  return NOW;
}

/** What can be done twice without harm may be done again. */
function absent(effect: Effect, now: number, note: string): Changes {
  return {
    effects: [{ id: effect.id, from: 'intended', state: 'no_effect', note, lookAt: now }],
    audit: [
      {
        actor: 'patchday',
        action: 'effect.absent',
        text: `${note} It may be done again.`,
        detail: { tag: effect.tag },
      },
    ],
  };
}

/** Only a person can say what became of a patch command that nobody can see. */
function question(effect: Effect, { now, settings }: EffectContext, found: string): Changes {
  const note = `The patch command to ${count(effect.targets.length, 'instance')} in ${effect.landingZone} (${effect.region}) may or may not have been sent.`;
  return {
    effects: [
      {
        id: effect.id,
        from: 'intended',
        state: 'needs_attention',
        note,
        lookAt: now + settings.timing.effectGrace,
      },
    ],
    audit: [
      {
        actor: 'patchday',
        action: 'effect.needs_attention',
        text: note,
        detail: { tag: effect.tag, targets: effect.targets },
      },
    ],
    news: [
      {
        kind: 'question',
        effectId: effect.id,
        text: `${note} ${found} Look in Systems Manager, Run Command, for the comment "${effect.tag}" before answering.`,
      },
    ],
  };
}
