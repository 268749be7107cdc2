import { contentOf, noteMentions, UPDATE_TEXT_MAX } from '../content.ts';
import { SlackError } from '../errors.ts';
import { isObject, type Json } from '../json.ts';
import { wireMessage } from '../wire-message.ts';
import type { World } from '../world.ts';
import type { Arguments } from './arguments.ts';
import { channelFor, publicMessage, userFor, writableChannel } from './lookup.ts';
import type { Methods } from './method.ts';

/** docs.slack.dev/reference/methods/chat.* */
export const chatMethods: Methods = {
  'chat.postMessage': { scope: 'chat:write', tier: 'post', token: 'bot', run: postMessage },
  'chat.update': { scope: 'chat:write', tier: 3, token: 'bot', run: update },
  'chat.postEphemeral': { scope: 'chat:write', tier: 4, token: 'bot', run: postEphemeral },
  'chat.delete': { scope: 'chat:write', tier: 3, token: 'bot', run: remove },
  'chat.getPermalink': { scope: null, tier: 'special', token: 'bot', run: getPermalink },
};

function postMessage(args: Arguments, world: World): Json {
  const channel = writableChannel(world, args.required('channel'));
  const content = contentOf(world, 'chat.postMessage', args);
  const threadTs = threadOf(world, channel.id, args);
  const { app } = world.workspace;
  const message = world.messages.post({
    channel: channel.id,
    user: app.botUserId,
    botId: app.botId,
    ...content,
    metadata: metadataOf(args),
    threadTs,
    replyBroadcast: threadTs !== null && args.boolean('reply_broadcast'),
  });
  noteMentions(world, message, args);
  return { channel: channel.id, ts: message.ts, message: wireMessage(world, message) };
}

function update(args: Arguments, world: World): Json {
  const channel = channelFor(world, args.required('channel'));
  const message = publicMessage(world, channel.id, args.required('ts'));
  if (message.botId !== world.workspace.app.botId) throw new SlackError('cant_update_message');
  const content = contentOf(world, 'chat.update', args);
  if (content.text.length > UPDATE_TEXT_MAX) throw new SlackError('msg_too_long');
  const metadata = metadataOf(args);
  world.messages.edit(message, {
    text: content.text,
    // Slack: text alone takes the blocks away.
    blocks: content.blocks,
    attachments: args.has('attachments') ? content.attachments : message.attachments,
    ...(metadata === null ? {} : { metadata: Object.keys(metadata).length === 0 ? null : metadata }),
  });
  noteMentions(world, message, args);
  return { channel: channel.id, ts: message.ts, text: message.text, message: wireMessage(world, message) };
}

function postEphemeral(args: Arguments, world: World): Json {
  const channel = writableChannel(world, args.required('channel'));
  const user = userFor(world, args.required('user'));
  if (!channel.members.includes(user.id)) throw new SlackError('user_not_in_channel');
  const content = contentOf(world, 'chat.postEphemeral', args);
  const { app } = world.workspace;
  const message = world.messages.post({
    channel: channel.id,
    user: app.botUserId,
    botId: app.botId,
    ...content,
    threadTs: threadOf(world, channel.id, args),
    ephemeralTo: user.id,
  });
  noteMentions(world, message, args);
  return { message_ts: message.ts };
}

function remove(args: Arguments, world: World): Json {
  const channel = channelFor(world, args.required('channel'));
  const message = publicMessage(world, channel.id, args.required('ts'));
  if (message.botId !== world.workspace.app.botId) throw new SlackError('cant_delete_message');
  world.messages.remove(message);
  return { channel: channel.id, ts: message.ts };
}

function getPermalink(args: Arguments, world: World): Json {
  const channel = channelFor(world, args.required('channel'));
  const message = publicMessage(world, channel.id, args.required('message_ts'));
  const thread = message.threadTs === null ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
  const permalink = `${world.url}/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`;
  return { channel: channel.id, permalink };
}

/** The thread to answer in. Slack refuses a thread_ts that is no message of the channel. */
export function threadOf(world: World, channel: string, args: Arguments): string | null {
  const ts = args.string('thread_ts');
  if (ts === null) return null;
  const parent = world.messages.find(channel, ts);
  if (!parent || parent.ephemeralTo !== null) throw new SlackError('thread_not_found');
  return parent.threadTs ?? parent.ts;
}

function metadataOf(args: Arguments): Json | null {
  const metadata = args.json('metadata', 'invalid_metadata_format');
  if (metadata === null) return null;
  if (!isObject(metadata)) throw new SlackError('invalid_metadata_format');
  const whole = typeof metadata['event_type'] === 'string' && isObject(metadata['event_payload']);
  if (Object.keys(metadata).length > 0 && !whole) throw new SlackError('invalid_metadata_schema');
  return metadata;
}
