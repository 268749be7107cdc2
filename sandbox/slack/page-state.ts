import type { PageChannel, PageState, PageUser } from './page-api.ts';
import type { UserDefinition } from './workspace.ts';
import type { World } from './world.ts';

/** Everything one person sees, for a page that has just been opened. */
export function pageState(world: World, user: UserDefinition): PageState {
  const { workspace } = world;
  return {
    team: { id: workspace.team.id, name: workspace.team.name },
    user: pageUser(user),
    users: workspace.users.map(pageUser),
    userGroups: workspace.userGroups.map(({ id, handle, name, members }) => ({
      id,
      handle,
      name,
      members: [...members],
    })),
    channels: pageChannels(world, user.id),
    messages: world.messages.visibleTo(user.id),
    views: world.views.page(user.id),
    commands: structuredClone(workspace.commands),
    botConnections: world.sockets.open,
  };
}

/** Tells every person's page which channels they see now. */
export function announceChannels(world: World): void {
  for (const user of world.workspace.users) {
    world.changes.publish({ type: 'channels', channels: pageChannels(world, user.id) }, [user.id]);
  }
}

function pageChannels(world: World, userId: string): PageChannel[] {
  return world.workspace
    .visibleTo(userId)
    .map(({ id, name, topic, members }) => ({ id, name, topic, members: [...members] }));
}

function pageUser(user: UserDefinition): PageUser {
  return {
    id: user.id,
    name: user.name,
    realName: user.realName,
    role: user.role,
    isBot: user.isBot ?? false,
    deleted: user.deleted ?? false,
  };
}
