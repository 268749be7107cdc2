import { SlackError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { StoredMessage } from '../messages.ts';
import { announceChannels } from '../page-state.ts';
import { wireMessage } from '../wire-message.ts';
import type { ChannelDefinition } from '../workspace.ts';
import type { World } from '../world.ts';
import type { Arguments } from './arguments.ts';
import {
  channelFor,
  conversationScope,
  publicMessage,
  readableChannel,
  refuseUnreachable,
  userFor,
} from './lookup.ts';
import type { Methods } from './method.ts';
import { page } from './pages.ts';

const scoped = (what: string) => (args: Arguments, world: World) =>
  conversationScope(world, args.string('channel') ?? '', what);

/** docs.slack.dev/reference/methods/conversations.* and reactions.add */
export const conversationMethods: Methods = {
  'conversations.info': {
    scope: scoped('read'),
    tier: 3,
    token: 'bot',
    run: (args, world) => ({ channel: wireChannel(world, channelFor(world, args.required('channel'))) }),
  },
  'conversations.list': { scope: listScope, tier: 2, token: 'bot', run: list },
  'conversations.members': {
    scope: scoped('read'),
    tier: 4,
    token: 'bot',
    run: (args, world) => {
      const channel = channelFor(world, args.required('channel'));
      const { items, rest } = page(channel.members, args, { standard: 100, most: 1000 });
      return { members: items, ...rest };
    },
  },
  'conversations.history': { scope: scoped('history'), tier: 3, token: 'bot', run: history },
  'conversations.replies': { scope: scoped('history'), tier: 3, token: 'bot', run: replies },
  'conversations.join': { scope: 'channels:join', tier: 3, token: 'bot', run: join },
  'conversations.open': { scope: 'im:write', tier: 3, token: 'bot', run: open },
  'reactions.add': { scope: 'reactions:write', tier: 3, token: 'bot', run: addReaction },
};

/** One scope per type of conversation; Slack names the first that is missing. */
function listScope(args: Arguments, world: World): string {
  const scopes = (args.string('types') ?? 'public_channel').split(',').map((type) => {
    if (type === 'im') return 'im:read';
    return type === 'private_channel' ? 'groups:read' : 'channels:read';
  });
  return scopes.find((scope) => !world.scopes.includes(scope)) ?? scopes[0] ?? 'channels:read';
}

function list(args: Arguments, world: World): Json {
  const types = (args.string('types') ?? 'public_channel').split(',');
  const bot = world.workspace.app.botUserId;
  const channels = world.workspace.visibleTo(bot).filter((channel) => {
    const type = channel.isDirect ? 'im' : channel.isPrivate ? 'private_channel' : 'public_channel';
    return types.includes(type) && !(args.boolean('exclude_archived') && channel.isArchived);
  });
  const { items, rest } = page(channels, args, { standard: 100, most: 1000 });
  return { channels: items.map((channel) => wireChannel(world, channel)), ...rest };
}

/** Newest first, as Slack answers; replies only when they were broadcast. */
function history(args: Arguments, world: World): Json {
  const channel = readableChannel(world, args.required('channel'));
  const messages = world.messages
    .in(channel.id)
    .filter((one) => one.ephemeralTo === null && within(args, one))
    .filter((one) => one.threadTs === null || one.threadTs === one.ts || one.replyBroadcast)
    .reverse();
  return wirePage(args, world, messages);
}

/** The parent first, then its replies, oldest first. */
function replies(args: Arguments, world: World): Json {
  const channel = readableChannel(world, args.required('channel'));
  const message = world.messages.find(channel.id, args.required('ts'));
  const parent = message && world.messages.find(channel.id, message.threadTs ?? message.ts);
  if (!parent || parent.ephemeralTo !== null) throw new SlackError('thread_not_found');
  const answers = world.messages
    .replies(channel.id, parent.ts)
    .filter((one) => one.ephemeralTo === null && within(args, one));
  return wirePage(args, world, [parent, ...answers]);
}

function wirePage(args: Arguments, world: World, messages: readonly StoredMessage[]): Json {
  const metadata = args.boolean('include_all_metadata');
  const { items, rest } = page(messages, args, { standard: 100, most: 999 });
  return { messages: items.map((one) => wireMessage(world, one, { metadata })), ...rest };
}

function within(args: Arguments, message: StoredMessage): boolean {
  const ts = Number(message.ts);
  const oldest = Number(args.string('oldest') ?? 0);
  const latest = Number(args.string('latest') ?? Number.POSITIVE_INFINITY);
  return args.boolean('inclusive') ? ts >= oldest && ts <= latest : ts > oldest && ts < latest;
}

function join(args: Arguments, world: World): Json {
  const channel = channelFor(world, args.required('channel'));
  if (channel.isPrivate) throw new SlackError('method_not_supported_for_channel_type');
  if (channel.isArchived) throw new SlackError('is_archived');
  const bot = world.workspace.app.botUserId;
  if (!channel.members.includes(bot)) channel.members.push(bot);
  announceChannels(world);
  return { channel: wireChannel(world, channel) };
}

function open(args: Arguments, world: World): Json {
  const users = args.required('users').split(',');
  if (users.length !== 1) {
    throw new SlackError('invalid_arguments', ['[ERROR] the sandbox has no group conversations']);
  }
  const user = userFor(world, users[0] ?? '');
  refuseUnreachable(user);
  const known = world.workspace.channels.length;
  const channel = world.workspace.directChannel(user.id);
  announceChannels(world);
  return { channel: { id: channel.id }, already_open: world.workspace.channels.length === known };
}

function addReaction(args: Arguments, world: World): Json {
  const channel = readableChannel(world, args.required('channel'));
  const message = publicMessage(world, channel.id, args.required('timestamp'));
  const name = args.required('name');
  const bot = world.workspace.app.botUserId;
  if (message.reactions.some((one) => one.name === name && one.users.includes(bot))) {
    throw new SlackError('already_reacted');
  }
  world.messages.react(message, name, bot);
  return {};
}

function wireChannel(world: World, channel: ChannelDefinition): Json {
  return {
    id: channel.id,
    name: channel.name,
    is_channel: !channel.isDirect && !channel.isPrivate,
    is_group: !channel.isDirect && (channel.isPrivate ?? false),
    is_im: channel.isDirect ?? false,
    is_private: channel.isPrivate ?? false,
    is_archived: channel.isArchived ?? false,
    is_member: channel.members.includes(world.workspace.app.botUserId),
    topic: { value: channel.topic, creator: '', last_set: 0 },
    num_members: channel.members.length,
    context_team_id: world.workspace.team.id,
  };
}
