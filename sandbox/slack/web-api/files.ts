import { contentOf, noteMentions } from '../content.ts';
import { SlackError } from '../errors.ts';
import { asObjects, asString, type Json } from '../json.ts';
import type { World } from '../world.ts';
import { Arguments } from './arguments.ts';
import { threadOf } from './chat.ts';
import { writableChannel } from './lookup.ts';
import type { Methods } from './method.ts';

const SNIPPET_MAX_BYTES = 1_048_576;
const ALT_TEXT_MAX = 1_000;

/** docs.slack.dev/reference/methods/files.getUploadURLExternal and files.completeUploadExternal */
export const fileMethods: Methods = {
  'files.getUploadURLExternal': { scope: 'files:write', tier: 4, token: 'bot', run: getUploadUrl },
  'files.completeUploadExternal': { scope: 'files:write', tier: 4, token: 'bot', run: complete },
};

function getUploadUrl(args: Arguments, world: World): Json {
  const name = args.required('filename');
  const length = args.integer('length', 0, { min: 0, max: Number.MAX_SAFE_INTEGER });
  if (length < 1) throw invalid('must be greater than 0 [json-pointer:/length]');
  if (length > world.maxFileBytes) throw new SlackError('file_upload_size_restricted');
  if (args.string('snippet_type') !== null && length > SNIPPET_MAX_BYTES) {
    throw new SlackError('snippet_too_large');
  }
  const altText = args.string('alt_txt') ?? args.string('alt_text');
  if ((altText?.length ?? 0) > ALT_TEXT_MAX) throw new SlackError('alt_txt_too_large');
  const file = world.files.begin(name, length, altText);
  return { upload_url: `${world.url}/upload/v1/${file.ticket}`, file_id: file.id };
}

function complete(args: Arguments, world: World): Json {
  const list = args.json('files', 'invalid_arguments');
  const wanted = asObjects(list);
  if (wanted.length === 0) throw invalid('missing required field: files');
  const files = wanted.map((one) => {
    const file = world.files.get(asString(one['id']) ?? '');
    if (!file || file.completed || file.bytes === null) throw new SlackError('file_not_found');
    return { file, title: asString(one['title']) };
  });
  const target = args.string('channel_id') ?? args.string('channels');
  const channel = target === null ? null : writableChannel(world, target);
  const threadTs = channel === null ? null : threadOf(world, channel.id, args);
  const comment = new Arguments({ text: args.raw['initial_comment'], blocks: args.raw['blocks'] });
  const empty = !comment.has('text') && !comment.has('blocks');
  const content = empty
    ? { text: '', blocks: [], attachments: [] }
    : contentOf(world, 'files.completeUploadExternal', comment);
  for (const { file, title } of files) {
    file.completed = true;
    if (title) file.title = title;
  }
  if (channel !== null) {
    const { app } = world.workspace;
    const fileIds = files.map(({ file }) => file.id);
    const message = world.messages.post({
      channel: channel.id,
      user: app.botUserId,
      botId: app.botId,
      ...content,
      fileIds,
      threadTs,
    });
    noteMentions(world, message, comment);
  }
  return { files: files.map(({ file }) => ({ id: file.id, title: file.title })) };
}

function invalid(what: string): SlackError {
  return new SlackError('invalid_arguments', [`[ERROR] ${what}`]);
}
