/** What install and scan have in common: SendCommand has no idempotency token, so its comment is the tag. */
import type { Changes } from '../changes.ts';
import type { Effect, EffectRef } from '../run-types.ts';
import { count } from '../words.ts';
import { type EffectContext, placeOf, requestOf } from './kind.ts';

export async function sendCommand({ aws }: EffectContext, effect: Effect): Promise<EffectRef> {
  const { kind: _, ...send } = requestOf(effect, 'install', 'scan');
  return aws.commands.send(placeOf(effect), send);
}

export async function findCommand({ aws }: EffectContext, effect: Effect) {
  const found = await aws.commands.find(placeOf(effect), effect.tag, effect.intendedAt);
  return typeof found === 'string' ? found : { found: found.found as EffectRef };
}

export function begunCommand(context: EffectContext, effect: Effect, ref: EffectRef): Changes {
  return {
    effects: [
      {
        id: effect.id,
        from: effect.state,
        state: 'begun',
        ref,
        lookAt: context.now + context.settings.timing.pollCommands,
        note: '',
        failures: 0,
      },
    ],
    targets:
      effect.kind === 'install'
        ? effect.targets.map((key) => ({ key, set: { commandId: ref.commandId ?? null } }))
        : [],
    audit: [
      {
        actor: 'patchday',
        action: `command.sent.${effect.kind}`,
        text: `Command ${ref.commandId} went to ${count(effect.targets.length, 'instance')}.`,
        detail: { tag: effect.tag, commandId: ref.commandId, targets: effect.targets },
      },
    ],
  };
}
