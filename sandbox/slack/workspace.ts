import type { PageCommand } from './page-api.ts';

export interface UserDefinition {
  id: string;
  /** The handle: what people type after @. */
  name: string;
  realName: string;
  /** A line shown in the page's user switch. */
  role: string;
  isBot?: boolean;
  deleted?: boolean;
  /** A multi-channel guest. */
  isRestricted?: boolean;
  /** A single-channel guest. */
  isUltraRestricted?: boolean;
  /** From a workspace connected by Slack Connect, not known to ours. */
  isStranger?: boolean;
  /** The workspace the person belongs to, when it is not ours. */
  teamId?: string;
  tz?: string;
}

export interface ChannelDefinition {
  id: string;
  name: string;
  topic: string;
  members: string[];
  isPrivate?: boolean;
  isArchived?: boolean;
  /** The two members of a direct-message conversation. */
  isDirect?: boolean;
}

export interface UserGroupDefinition {
  id: string;
  handle: string;
  name: string;
  members: string[];
  /** 0, or the second at which the group was disabled. */
  disabledAt?: number;
}

/** Everything a simulated workspace starts with. Ids have Slack's shapes: T…, U…, C…, S…, A…, B…. */
export interface WorkspaceDefinition {
  team: { id: string; name: string; domain: string };
  app: { id: string; botId: string; botUserId: string };
  users: UserDefinition[];
  channels: ChannelDefinition[];
  userGroups: UserGroupDefinition[];
  commands: PageCommand[];
}

/** The people, channels and groups as they are now; a copy, so that one definition serves many servers. */
export class Workspace {
  readonly team: WorkspaceDefinition['team'];
  readonly app: WorkspaceDefinition['app'];
  readonly users: UserDefinition[];
  readonly channels: ChannelDefinition[];
  readonly userGroups: UserGroupDefinition[];
  readonly commands: PageCommand[];

  constructor(definition: WorkspaceDefinition) {
    const copy = structuredClone(definition);
    this.team = copy.team;
    this.app = copy.app;
    this.users = copy.users;
    this.channels = copy.channels;
    this.userGroups = copy.userGroups;
    this.commands = copy.commands;
    if (!this.user(this.app.botUserId)) {
      throw new Error(`the workspace has no user ${this.app.botUserId}, which app.botUserId names`);
    }
  }

  /** By id, or by handle without @. */
  user(idOrName: string): UserDefinition | undefined {
    return this.users.find((user) => user.id === idOrName || user.name === idOrName);
  }

  /** By id, or by name with or without #. */
  channel(idOrName: string): ChannelDefinition | undefined {
    const name = idOrName.replace(/^#/, '');
    return this.channels.find(
      (channel) => channel.id === idOrName || (!channel.isDirect && channel.name === name),
    );
  }

  userGroup(idOrHandle: string): UserGroupDefinition | undefined {
    const handle = idOrHandle.replace(/^@/, '');
    return this.userGroups.find((group) => group.id === idOrHandle || group.handle === handle);
  }

  teamOf(user: UserDefinition): string {
    return user.teamId ?? this.team.id;
  }

  /** Public channels, and private or direct ones the person is in. */
  visibleTo(userId: string): ChannelDefinition[] {
    return this.channels.filter((channel) => canSee(channel, userId));
  }

  /** The direct conversation between the bot and a person, opened if there was none. */
  directChannel(userId: string): ChannelDefinition {
    const found = this.channels.find((channel) => channel.isDirect && channel.members.includes(userId));
    if (found) return found;
    const opened: ChannelDefinition = {
      id: `D${userId.slice(1)}`,
      name: this.user(this.app.botUserId)?.name ?? 'bot',
      topic: '',
      members: [userId, this.app.botUserId],
      isPrivate: true,
      isDirect: true,
    };
    this.channels.push(opened);
    return opened;
  }
}

export function canSee(channel: ChannelDefinition, userId: string): boolean {
  return channel.members.includes(userId) || !(channel.isPrivate || channel.isDirect);
}
