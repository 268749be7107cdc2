import { SlackError } from '../errors.ts';
import type { ActionAnswer, CommandRequest, MessageRequest } from '../page-api.ts';
import { postResponse } from '../response-url.ts';
import type { World } from '../world.ts';
import { escapeTyped } from './escape.ts';
import { sendEvent } from './events.ts';
import { actor, failureName, isRefusal, OK, refused, seenChannel } from './person.ts';

/**
 * Types a slash command, as the composer of Slack's client does. Resolves when the bot has acknowledged it, or
 * after 3 s with what the person would see.
 */
export async function runCommand(
  world: World,
  request: CommandRequest & { force?: boolean },
): Promise<ActionAnswer> {
  const user = actor(world, request.user, request.force);
  if (isRefusal(user)) return user;
  const channel = seenChannel(world, request.channel, user);
  if (isRefusal(channel)) return channel;
  const line = request.text.trim();
  const [command = '', ...rest] = line.split(/(?<=^\S+)\s+/);
  if (!world.workspace.commands.some((one) => one.command === command)) {
    return notice(world, user.id, channel.id, `"${command}" is not a valid command.`);
  }
  if (!channel.members.includes(user.id)) {
    const error = `You cannot use ${command} in #${channel.name}: you are not in that channel.`;
    return notice(world, user.id, channel.id, error);
  }
  if (!world.scopes.includes('commands')) {
    return notice(world, user.id, channel.id, `"${command}" is not a valid command.`);
  }
  world.journal.scopesUsed.add('commands');
  const text = rest.join(' ');
  const target = { channel: channel.id, user: user.id, ts: null, threadTs: null };
  const delivery = await world.sockets.deliver('slash_commands', {
    token: 'sandbox-verification-token',
    team_id: world.workspace.teamOf(user),
    team_domain: world.workspace.team.domain,
    channel_id: channel.id,
    channel_name: channel.isDirect ? 'directmessage' : channel.name,
    user_id: user.id,
    user_name: user.name,
    command,
    text: world.shouldEscape ? escapeTyped(text, world.workspace) : text,
    api_app_id: world.workspace.app.id,
    is_enterprise_install: 'false',
    response_url: `${world.url}${world.interactivity.newResponsePath(target)}`,
    trigger_id: world.interactivity.newTrigger(user.id),
  });
  if (!delivery.acked) {
    const name = failureName(delivery);
    return notice(world, user.id, channel.id, `${command} failed with the error "${name}"`);
  }
  const answer = delivery.payload;
  if ('text' in answer || 'blocks' in answer || 'attachments' in answer) {
    try {
      postResponse(world, target, answer);
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      world.journal.warn('ack', `the answer to ${command} was refused: ${error.message}`);
      return notice(world, user.id, channel.id, `${command} failed with the error "${error.error}"`);
    }
  }
  return OK;
}

/** Types plain text in a channel or a thread. */
export function sayMessage(world: World, request: MessageRequest): ActionAnswer {
  const user = actor(world, request.user);
  if (isRefusal(user)) return user;
  const channel = seenChannel(world, request.channel, user);
  if (isRefusal(channel)) return channel;
  if (!channel.members.includes(user.id)) return refused(`You are not in #${channel.name}.`);
  if (request.text.trim() === '') return refused('There is nothing to send.');
  if (request.threadTs !== undefined) {
    // slack.com: "Slash commands can't be used in threads".
    if (request.text.startsWith('/')) return refused('Slash commands are not supported in threads.');
    if (!world.messages.find(channel.id, request.threadTs)) return refused('That thread is gone.');
  }
  const message = world.messages.post({
    channel: channel.id,
    user: user.id,
    text: escapeTyped(request.text, world.workspace),
    threadTs: request.threadTs ?? null,
  });
  sendEvent(world, {
    type: 'message',
    channel: channel.id,
    channel_type: channel.isDirect ? 'im' : channel.isPrivate ? 'group' : 'channel',
    user: user.id,
    text: message.text,
    ts: message.ts,
    ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
  });
  return OK;
}

/** Shows the person what Slackbot would say, and answers the same. */
function notice(world: World, user: string, channel: string, text: string): ActionAnswer {
  world.changes.publish({ type: 'notice', channel, text }, [user]);
  return refused(text);
}
