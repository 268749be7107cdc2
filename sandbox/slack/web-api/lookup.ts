import { SlackError } from '../errors.ts';
import type { StoredMessage } from '../messages.ts';
import { announceChannels } from '../page-state.ts';
import type { ChannelDefinition, UserDefinition } from '../workspace.ts';
import { canSee } from '../workspace.ts';
import type { World } from '../world.ts';

/** The channel that the bot names; channel_not_found when it does not exist or the bot cannot see it. */
export function channelFor(world: World, id: string): ChannelDefinition {
  const channel = world.workspace.channel(id);
  if (!channel || !canSee(channel, world.workspace.app.botUserId)) throw new SlackError('channel_not_found');
  return channel;
}

/** Where the bot may write: a channel it is in, or any public one with chat:write.public, or a person. */
export function writableChannel(world: World, id: string): ChannelDefinition {
  const person = /^[UW]/.test(id) ? world.workspace.users.find((user) => user.id === id) : undefined;
  if (person) {
    refuseUnreachable(person);
    const direct = world.workspace.directChannel(person.id);
    announceChannels(world);
    return direct;
  }
  const channel = channelFor(world, id);
  if (channel.isArchived) throw new SlackError('is_archived');
  if (!channel.members.includes(world.workspace.app.botUserId)) {
    if (channel.isPrivate || !world.scopes.includes('chat:write.public'))
      throw new SlackError('not_in_channel');
    world.journal.scopesUsed.add('chat:write.public');
  }
  return channel;
}

/** Nobody can write to a bot or to a closed account. */
export function refuseUnreachable(person: UserDefinition): void {
  if (person.isBot) throw new SlackError('cannot_dm_bot');
  if (person.deleted) throw new SlackError('user_disabled');
}

/** A channel whose content the bot may read. */
export function readableChannel(world: World, id: string): ChannelDefinition {
  const channel = channelFor(world, id);
  if (!channel.members.includes(world.workspace.app.botUserId)) throw new SlackError('not_in_channel');
  return channel;
}

export function userFor(world: World, id: string): UserDefinition {
  const user = world.workspace.users.find((one) => one.id === id);
  if (!user) throw new SlackError('user_not_found');
  return user;
}

/** A message that everyone in the channel sees (no method reaches an ephemeral one). */
export function publicMessage(world: World, channel: string, ts: string): StoredMessage {
  const message = world.messages.find(channel, ts);
  if (!message || message.ephemeralTo !== null) throw new SlackError('message_not_found');
  return message;
}

/** The scope family of a conversation, e.g. history → channels:history, groups:history or im:history. */
export function conversationScope(world: World, id: string, what: string): string {
  const channel = world.workspace.channel(id);
  if (channel?.isDirect) return `im:${what}`;
  return channel?.isPrivate ? `groups:${what}` : `channels:${what}`;
}
