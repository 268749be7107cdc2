/** The part of `decide` for a run of a database that was restored from a copy. Pure. */
import type { Parked, RunState } from './changes.ts';
import type { Decision } from './decide.ts';
import { followEffects } from './decide-wave.ts';
import type { Settings } from './settings.ts';

/** Waits until nothing of the old process can be on its way any more, asks AWS once, follows what was begun, and waits for a person. */
export function decideParked(state: RunState, parked: Parked, now: number, settings: Settings): Decision {
  const quietAt = parked.at + settings.timing.effectGrace;
  const because = [
    {
      code: 'parked',
      text: parked.finding ?? `${parked.why} AWS is asked what was done since; nothing is changed meanwhile.`,
    },
  ];
  if (parked.finding === null) {
    return now < quietAt
      ? { actions: [], wakeAt: quietAt, because }
      : { actions: [{ do: 'task', task: { name: 'reconcile' } }], wakeAt: null, because };
  }
  if (state.run.stopRequestedAt !== null) {
    return {
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
    };
  }
  return { ...followEffects(state.effects, now, settings.timing), because };
}
