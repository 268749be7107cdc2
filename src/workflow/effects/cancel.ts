/** Takes back what had not started yet. Never for a command that runs: that would kill a package transaction. */
import { type EffectKind, placeOf, requestOf, settle } from './kind.ts';

export const cancelCommand: EffectKind = {
  repeatable: true,
  family: 'send_command',
  /** The look that found it waiting may be as old as the pause between looks: it is looked at once more. */
  async precheck({ aws, state }, intent, targets) {
    const { commandId } = requestOf(intent, 'cancel');
    const place = placeOf({ ...intent, runId: state.run.id });
    const seen = await aws.commands.invocations(place, commandId);
    const waiting = new Set(seen.filter((i) => i.status === 'waiting').map((i) => i.instanceId));
    return {
      drop: [],
      defer: targets.filter((t) => !waiting.has(t.instance.instanceId)).map((t) => t.key),
    };
  },

  async act({ aws }, effect) {
    const { commandId, instanceIds } = requestOf(effect, 'cancel');
    await aws.commands.cancel(placeOf(effect), commandId, instanceIds);
    return { commandId };
  },
  find: async () => 'absent',
  begun(_context, effect, ref) {
    // Whether it took effect is seen by following the patch command itself.
    return {
      effects: [{ id: effect.id, from: effect.state, state: 'settled', ref, note: '' }],
      audit: [
        {
          actor: 'patchday',
          action: 'command.cancelled',
          text: `Asked Systems Manager to cancel what had not started of ${ref.commandId}.`,
          detail: { commandId: ref.commandId, targets: effect.targets },
        },
      ],
    };
  },
  look: async (_context, effects) =>
    effects.map((effect) => ({ effect, changes: { effects: settle(effect) } })),
};
