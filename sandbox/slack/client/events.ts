import type { Json } from '../json.ts';
import type { World } from '../world.ts';

/**
 * Sends an event to the app if it is subscribed to its type. An event that is not acknowledged is sent again,
 * three times in all, unlike commands and clicks.
 */
export function sendEvent(world: World, event: Json & { type: string }): void {
  if (!world.eventSubscriptions.has(event.type)) return;
  const payload: Json = {
    token: 'sandbox-verification-token',
    team_id: world.workspace.team.id,
    api_app_id: world.workspace.app.id,
    event,
    type: 'event_callback',
    event_id: world.ids.next('Ev'),
    event_time: Math.floor(world.now() / 1000),
    authorizations: [
      { team_id: world.workspace.team.id, user_id: world.workspace.app.botUserId, is_bot: true },
    ],
  };
  void attempt(world, payload, 0);
}

async function attempt(world: World, payload: Json, number: number): Promise<void> {
  const reason = number === 0 ? '' : 'timeout';
  const delivery = await world.sockets.deliver('events_api', payload, { attempt: number, reason });
  const delay = world.eventRetryDelaysMs[number];
  if (delivery.acked || delay === undefined) return;
  world.clock.later(delay, () => void attempt(world, payload, number + 1));
}
