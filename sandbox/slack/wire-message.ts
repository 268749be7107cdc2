import type { Json } from './json.ts';
import type { StoredMessage } from './messages.ts';
import type { World } from './world.ts';

/** A message in the shape in which Slack sends it in answers and payloads. */
export function wireMessage(
  world: World,
  message: StoredMessage,
  options: { metadata?: boolean } = {},
): Json {
  const { app, team } = world.workspace;
  const wire: Json = {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: team.id,
  };
  if (message.botId !== null) Object.assign(wire, { bot_id: message.botId, app_id: app.id });
  if (message.blocks.length > 0) wire['blocks'] = message.blocks;
  if (message.attachments.length > 0) wire['attachments'] = message.attachments;
  if (message.fileIds.length > 0) {
    wire['files'] = message.fileIds.flatMap((id) => {
      const file = world.files.page(id);
      return file ? [{ ...file, url_private: `${world.url}${file.url}` }] : [];
    });
  }
  if (message.threadTs !== null) wire['thread_ts'] = message.threadTs;
  const replies = world.messages
    .replies(message.channel, message.ts)
    .filter((reply) => reply.ephemeralTo === null);
  if (replies.length > 0) {
    Object.assign(wire, {
      thread_ts: message.ts,
      reply_count: replies.length,
      reply_users: [...new Set(replies.map((reply) => reply.user))],
      latest_reply: replies.at(-1)?.ts,
    });
  }
  if (message.edited !== null && message.blocks.length === 0) {
    wire['edited'] = { user: message.user, ts: message.edited };
  }
  if (message.reactions.length > 0) {
    wire['reactions'] = message.reactions.map((one) => ({ ...one, count: one.users.length }));
  }
  if (options.metadata && message.metadata !== null) wire['metadata'] = message.metadata;
  return wire;
}
