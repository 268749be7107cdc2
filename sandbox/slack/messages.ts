import type { Changes } from './changes.ts';
import type { FileStore } from './files.ts';
import type { Ids } from './ids.ts';
import type { Json } from './json.ts';
import type { PageBlock, PageMessage } from './page-api.ts';
import { canSee, type Workspace } from './workspace.ts';

export interface StoredMessage {
  channel: string;
  ts: string;
  threadTs: string | null;
  user: string;
  botId: string | null;
  text: string;
  blocks: PageBlock[];
  attachments: Json[];
  fileIds: string[];
  metadata: Json | null;
  /** ts of the last update. */
  edited: string | null;
  ephemeralTo: string | null;
  replyBroadcast: boolean;
  reactions: { name: string; users: string[] }[];
}

export interface Draft {
  channel: string;
  user: string;
  botId?: string | null;
  text: string;
  blocks?: PageBlock[];
  attachments?: Json[];
  fileIds?: string[];
  metadata?: Json | null;
  threadTs?: string | null;
  replyBroadcast?: boolean;
  ephemeralTo?: string | null;
}

/** Every message of the workspace, oldest first, ephemeral ones included. */
export class MessageStore {
  private readonly all: StoredMessage[] = [];
  private readonly ids: Ids;
  private readonly changes: Changes;
  private readonly files: FileStore;
  private readonly workspace: Workspace;

  constructor(parts: { ids: Ids; changes: Changes; files: FileStore; workspace: Workspace }) {
    this.ids = parts.ids;
    this.changes = parts.changes;
    this.files = parts.files;
    this.workspace = parts.workspace;
  }

  post(draft: Draft): StoredMessage {
    const message: StoredMessage = {
      channel: draft.channel,
      ts: this.ids.ts(),
      threadTs: draft.threadTs ?? null,
      user: draft.user,
      botId: draft.botId ?? null,
      text: draft.text,
      blocks: draft.blocks ?? [],
      attachments: draft.attachments ?? [],
      fileIds: draft.fileIds ?? [],
      metadata: draft.metadata ?? null,
      edited: null,
      ephemeralTo: draft.ephemeralTo ?? null,
      replyBroadcast: draft.replyBroadcast ?? false,
      reactions: [],
    };
    this.all.push(message);
    this.announce(message);
    this.announceParent(message);
    return message;
  }

  /** Changes a message in place and stamps it as edited. */
  edit(
    message: StoredMessage,
    change: Partial<Pick<StoredMessage, 'text' | 'blocks' | 'attachments' | 'metadata'>>,
  ): void {
    Object.assign(message, change, { edited: this.ids.ts() });
    this.announce(message);
  }

  react(message: StoredMessage, name: string, user: string): void {
    const reaction = message.reactions.find((one) => one.name === name);
    if (reaction) reaction.users.push(user);
    else message.reactions.push({ name, users: [user] });
  }

  remove(message: StoredMessage): void {
    this.all.splice(this.all.indexOf(message), 1);
    this.changes.publish(
      { type: 'message_deleted', channel: message.channel, ts: message.ts },
      this.audience(message),
    );
    this.announceParent(message);
  }

  find(channel: string, ts: string): StoredMessage | undefined {
    return this.all.find((message) => message.channel === channel && message.ts === ts);
  }

  /** Oldest first. */
  in(channel: string): StoredMessage[] {
    return this.all.filter((message) => message.channel === channel);
  }

  replies(channel: string, ts: string): StoredMessage[] {
    return this.in(channel).filter((message) => message.threadTs === ts && message.ts !== ts);
  }

  /** What a person may see: visible channels, and only their own ephemeral messages. null sees everything. */
  visibleTo(userId: string | null): PageMessage[] {
    const channels = userId === null ? this.workspace.channels : this.workspace.visibleTo(userId);
    const ids = new Set(channels.map((channel) => channel.id));
    const replies = new Map<string, number>();
    for (const message of this.all)
      if (isPublicReply(message)) replies.set(parentOf(message), (replies.get(parentOf(message)) ?? 0) + 1);
    return this.all
      .filter((message) => ids.has(message.channel))
      .filter((message) => userId === null || message.ephemeralTo === null || message.ephemeralTo === userId)
      .map((message) => this.page(message, replies.get(`${message.channel} ${message.ts}`) ?? 0));
  }

  /** `replyCount`: looked up when it is left out. */
  page(message: StoredMessage, replyCount = this.publicReplies(message)): PageMessage {
    return {
      channel: message.channel,
      ts: message.ts,
      threadTs: message.threadTs,
      user: message.user,
      text: message.text,
      blocks: structuredClone(message.blocks),
      files: message.fileIds.flatMap((id) => {
        const file = this.files.page(id);
        return file ? [file] : [];
      }),
      edited: message.edited,
      ephemeralTo: message.ephemeralTo,
      replyCount,
      replyBroadcast: message.replyBroadcast,
    };
  }

  private publicReplies({ channel, ts }: StoredMessage): number {
    return this.all.filter((reply) => isPublicReply(reply) && parentOf(reply) === `${channel} ${ts}`).length;
  }

  private announce(message: StoredMessage): void {
    this.changes.publish({ type: 'message', message: this.page(message) }, this.audience(message));
  }

  private announceParent(message: StoredMessage): void {
    if (message.threadTs === null || message.ephemeralTo !== null) return;
    const parent = this.find(message.channel, message.threadTs);
    if (parent) this.announce(parent);
  }

  private audience(message: StoredMessage): readonly string[] | null {
    if (message.ephemeralTo !== null) return [message.ephemeralTo];
    const channel = this.workspace.channel(message.channel);
    if (!channel) return [];
    return this.workspace.users.filter((user) => canSee(channel, user.id)).map((user) => user.id);
  }
}

function isPublicReply({ threadTs, ts, ephemeralTo }: StoredMessage): boolean {
  return threadTs !== null && threadTs !== ts && ephemeralTo === null;
}

function parentOf({ channel, threadTs }: StoredMessage): string {
  return `${channel} ${threadTs}`;
}
