import { contentOf, noteMentions } from './content.ts';
import { SlackError } from './errors.ts';
import type { ResponseTarget } from './interactivity.ts';
import type { Json } from './json.ts';
import { Arguments } from './web-api/arguments.ts';
import { type HttpAnswer, refusal } from './web-api/dispatch.ts';
import type { World } from './world.ts';

/** Answers a POST to a response_url. Slack: 200 "ok", 404 for an unknown, expired or used-up address. */
export function answerResponseUrl(world: World, path: string, body: Json): HttpAnswer {
  const headers: Record<string, string> = {};
  try {
    postResponse(world, world.interactivity.respond(path), body);
    return { status: 200, headers, body: { ok: true } };
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    return { status: error.error.endsWith('_url') ? 404 : 400, headers, body: refusal(error) };
  }
}

/** Shows what a response says: replaces or deletes the message it belongs to, or posts a new one. */
export function postResponse(world: World, target: ResponseTarget, body: Json): void {
  const args = new Arguments(body);
  const original = target.ts === null ? undefined : world.messages.find(target.channel, target.ts);
  if (args.boolean('delete_original')) {
    if (original) world.messages.remove(original);
    return;
  }
  const content = contentOf(world, 'response_url', args);
  if (target.ts !== null && !args.has('replace_original')) {
    world.journal.warn(
      'response_url',
      'replace_original is not given: the message that was clicked is replaced',
    );
  }
  // An answer to a click replaces the message unless it says otherwise; Slack's pages leave the default open.
  const replaces = target.ts !== null && (!args.has('replace_original') || args.boolean('replace_original'));
  if (replaces && original) {
    world.messages.edit(original, content);
    noteMentions(world, original, args);
    return;
  }
  const { app } = world.workspace;
  const message = world.messages.post({
    channel: target.channel,
    user: app.botUserId,
    botId: app.botId,
    ...content,
    threadTs: args.string('thread_ts') ?? target.threadTs,
    ephemeralTo: args.string('response_type') === 'in_channel' ? null : target.user,
  });
  noteMentions(world, message, args);
}
