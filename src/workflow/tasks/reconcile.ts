import type { Changes, RunState } from '../changes.ts';
import { targetKey } from '../instance.ts';
import { LookFailed, type Place } from '../ports.ts';
import { type ImageTrace, matchWithAws, type Trace } from '../reconcile.ts';
import { endBlind } from '../reconcile-blind.ts';
import { tagsOf } from '../tag.ts';
import type { Outside, TaskResult } from './context.ts';

/**
 * Asks AWS for everything that it remembers of a parked run: its commands by their comments, its backups by
 * their tags. Reads only. What cannot be read leaves the run parked, and is asked again; a run that was told to stop
 * ends without an answer where asking again cannot help.
 */
export async function reconcile(outside: Outside, state: RunState): Promise<TaskResult> {
  const { run } = state;
  const { aws, settings, store, clock } = outside;
  const traces: Trace[] = [];
  const images: ImageTrace[] = [];
  try {
    const places = placesOf(outside, state);
    for (const place of places) {
      // In another account than the planned one there would be nothing to be found.
      await aws.identity.confirmAccount(place);
      const { landingZone, accountId, region } = place;
      const commands = await aws.commands.sentSince(place, tagsOf(run.id), run.createdAt);
      traces.push(...commands.map((command) => ({ landingZone, accountId, region, command })));
    }
    for (const landingZone of new Set(places.map((p) => p.landingZone))) {
      const own = (await aws.images.list(landingZone)).filter((b) => b.runId === run.id);
      for (const place of places.filter((p) => p.landingZone === landingZone)) {
        const here = own.filter((b) => b.region === place.region);
        const looks =
          here.length > 0
            ? await aws.images.look(
                place,
                here.map((b) => b.imageId),
              )
            : new Map();
        for (const { imageId, instanceId } of here)
          images.push({
            key: targetKey(place.accountId, place.region, instanceId),
            imageId,
            verified: looks.get(imageId)?.state === 'verified',
          });
      }
    }
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    if (run.stopRequestedAt === null || error.transient)
      return {
        done: false,
        why: `AWS could not be asked what was done since the copy: ${error.message} Nothing is changed until it answers${error.transient ? '' : `; /patch stop ${run.id} ends the run without an answer`}.`,
        retryInMs: settings.timing.pollPower,
      };
    return committed(outside, state, endBlind(state, store.allTargets(run.id), error.message));
  }
  return committed(
    outside,
    state,
    matchWithAws(state, store.allTargets(run.id), traces, images, clock.now()),
  );
}

async function committed(
  { store, settings }: Outside,
  { run }: RunState,
  changes: Changes,
): Promise<TaskResult> {
  const answer = await store.commit(run.id, { expect: { phase: run.phase }, ...changes });
  return answer.ok ? { done: true } : { done: false, why: answer.text, retryInMs: settings.timing.pollPower };
}

/** Where the run may have done something: where its plan is, or everywhere in its environment before it had one. */
function placesOf({ settings }: Outside, { run, plan }: RunState): Place[] {
  const planned = plan?.targets ?? [];
  const all = settings.zones
    .filter((z) => z.environment === run.environment)
    .flatMap(({ name, accountId, regions }) =>
      regions.map((region) => ({ landingZone: name, accountId, region })),
    );
  // A plan that was changed after the copy is narrower, never wider.
  const places = planned.length > 0 ? planned : all;
  const unique = new Map(
    places.map(({ landingZone, accountId, region }) => [
      `${accountId}/${region}`,
      { landingZone, accountId, region, runId: run.id },
    ]),
  );
  return [...unique.values()];
}
