import type { Json } from '../json.ts';
import type { ActionAnswer } from '../page-api.ts';
import type { Delivery } from '../socket-mode.ts';
import { type ChannelDefinition, canSee, type UserDefinition } from '../workspace.ts';
import type { World } from '../world.ts';

export const OK: ActionAnswer = { ok: true };

export function refused(error: string): ActionAnswer & { ok: false } {
  return { ok: false, error };
}

/**
 * The person who acts. `force` lets somebody act whose account is already deactivated: the race in which the
 * payload was on its way when the account was closed.
 */
export function actor(
  world: World,
  id: string,
  force = false,
): UserDefinition | (ActionAnswer & { ok: false }) {
  const user = world.workspace.user(id);
  if (!user) return refused(`there is no user ${id}`);
  if (user.isBot) return refused(`${user.name} is a bot: it cannot type or click`);
  if (user.deleted && !force) return refused(`${user.name}'s account is deactivated: they cannot sign in`);
  return user;
}

export function isRefusal(value: object): value is ActionAnswer & { ok: false } {
  return 'ok' in value && value.ok === false;
}

/** A channel that the person can see. */
export function seenChannel(
  world: World,
  id: string,
  user: UserDefinition,
): ChannelDefinition | (ActionAnswer & { ok: false }) {
  const channel = world.workspace.channel(id);
  if (!channel || !canSee(channel, user.id)) return refused(`${user.name} sees no channel ${id}`);
  return channel;
}

export function wireTeam(world: World): Json {
  return { id: world.workspace.team.id, domain: world.workspace.team.domain };
}

export function wirePerson(world: World, user: UserDefinition): Json {
  return { id: user.id, username: user.name, name: user.name, team_id: world.workspace.teamOf(user) };
}

/** What every interactive payload carries. */
export function payloadBase(world: World, user: UserDefinition): Json {
  return {
    team: wireTeam(world),
    user: wirePerson(world, user),
    api_app_id: world.workspace.app.id,
    token: 'sandbox-verification-token',
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** Slack's name for an envelope that was not acknowledged. */
export function failureName(delivery: Delivery & { acked: false }): string {
  return delivery.why === 'timeout' ? 'operation_timeout' : 'dispatch_failed';
}
