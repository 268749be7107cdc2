import { SlackError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { UserDefinition, UserGroupDefinition } from '../workspace.ts';
import type { World } from '../world.ts';
import type { Arguments } from './arguments.ts';
import { userFor } from './lookup.ts';
import type { Methods } from './method.ts';
import { page } from './pages.ts';

/** docs.slack.dev/reference/methods/users.*, usergroups.*, team.info, bots.info, auth.test */
export const userMethods: Methods = {
  'auth.test': { scope: null, tier: 'special', token: 'bot', run: authTest },
  'users.info': {
    scope: 'users:read',
    tier: 4,
    token: 'bot',
    run: (args, world) => ({ user: wireUser(world, userFor(world, args.required('user'))) }),
  },
  'users.list': {
    scope: 'users:read',
    tier: 2,
    token: 'bot',
    run: (args, world) => {
      const { items, rest } = page(world.workspace.users, args, { standard: 200, most: 1000 });
      return { members: items.map((user) => wireUser(world, user)), ...rest };
    },
  },
  'usergroups.list': { scope: 'usergroups:read', tier: 2, token: 'bot', run: listGroups },
  'usergroups.users.list': {
    scope: 'usergroups:read',
    tier: 2,
    token: 'bot',
    run: (args, world) => {
      const group = world.workspace.userGroups.find((one) => one.id === args.required('usergroup'));
      if (!group || (group.disabledAt && !args.boolean('include_disabled'))) {
        throw new SlackError('no_such_subteam');
      }
      return { users: [...group.members] };
    },
  },
  'team.info': {
    scope: 'team:read',
    tier: 3,
    token: 'bot',
    run: (_args, world) => ({ team: { ...world.workspace.team, url: `${world.url}/` } }),
  },
  'bots.info': { scope: 'users:read', tier: 3, token: 'bot', run: botInfo },
};

function authTest(_args: Arguments, world: World): Json {
  const { app, team } = world.workspace;
  return {
    url: `${world.url}/`,
    team: team.name,
    user: world.workspace.user(app.botUserId)?.name ?? '',
    team_id: team.id,
    user_id: app.botUserId,
    bot_id: app.botId,
    is_enterprise_install: false,
  };
}

function listGroups(args: Arguments, world: World): Json {
  const withUsers = args.boolean('include_users');
  const withDisabled = args.boolean('include_disabled');
  const groups = world.workspace.userGroups.filter((group) => withDisabled || !group.disabledAt);
  return { usergroups: groups.map((group) => wireGroup(world, group, withUsers)) };
}

function botInfo(args: Arguments, world: World): Json {
  const { app } = world.workspace;
  const id = args.string('bot');
  if (id !== null && id !== app.botId) throw new SlackError('bot_not_found');
  const user = world.workspace.user(app.botUserId);
  return {
    bot: { id: app.botId, deleted: false, name: user?.realName, user_id: app.botUserId, app_id: app.id },
  };
}

/** A user as users.info shows it. */
export function wireUser(world: World, user: UserDefinition): Json {
  const tz = user.tz ?? 'Europe/Amsterdam';
  return {
    id: user.id,
    team_id: world.workspace.teamOf(user),
    name: user.name,
    deleted: user.deleted ?? false,
    real_name: user.realName,
    tz,
    profile: { real_name: user.realName, display_name: user.name, team: world.workspace.teamOf(user) },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.isRestricted ?? false,
    is_ultra_restricted: user.isUltraRestricted ?? false,
    is_bot: user.isBot ?? false,
    is_app_user: false,
    is_stranger: user.isStranger ?? false,
    updated: 0,
  };
}

export function wireGroup(world: World, group: UserGroupDefinition, withUsers: boolean): Json {
  return {
    id: group.id,
    team_id: world.workspace.team.id,
    is_usergroup: true,
    name: group.name,
    handle: group.handle,
    description: '',
    date_delete: group.disabledAt ?? 0,
    user_count: group.members.length,
    ...(withUsers ? { users: [...group.members] } : {}),
  };
}
