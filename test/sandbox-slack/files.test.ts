import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { refusedBy } from './refused.ts';
import { clientOptions } from './support.ts';

let slack: SlackSimulator;
let client: WebClient;

beforeEach(async () => {
  slack = await startSlackSimulator({ rateLimits: 'off', maxFileBytes: 2_000_000 });
  client = new WebClient(slack.botToken, clientOptions(slack));
});
afterEach(() => slack.close());

const CSV = 'instance,outcome\ni-1,"patched, verified"\n';

async function begin(content: string, more: object = {}): Promise<{ upload_url: string; file_id: string }> {
  const answer = await client.files.getUploadURLExternal({
    filename: 'report.csv',
    length: Buffer.byteLength(content),
    ...more,
  });
  return { upload_url: String(answer.upload_url), file_id: String(answer.file_id) };
}

describe('uploads', () => {
  it('by filesUploadV2 end up in the thread, bytes unchanged', async () => {
    const { ts } = await client.chat.postMessage({ channel: CHANNELS.prod, text: 'card' });

    await client.filesUploadV2({
      channel_id: CHANNELS.prod,
      thread_ts: String(ts),
      initial_comment: 'The report',
      filename: 'report.csv',
      title: 'Run 42',
      file: Buffer.from(CSV),
    });

    const reply = slack.control.thread('patching-prod', String(ts))[1];
    expect(reply).toMatchObject({ text: 'The report', threadTs: ts });
    const [file] = reply?.files ?? [];
    expect(file).toMatchObject({
      name: 'report.csv',
      title: 'Run 42',
      mimetype: 'text/csv',
      size: CSV.length,
    });
    expect(slack.control.file(file?.id ?? '').toString()).toBe(CSV);
    const download = await fetch(`${slack.url}${file?.url}`);
    expect(download.headers.get('content-security-policy')).toBe('sandbox');
    expect(await download.text()).toBe(CSV);
  });

  it('of several files make one message', async () => {
    await client.filesUploadV2({
      channel_id: CHANNELS.prod,
      initial_comment: 'All of it',
      file_uploads: ['a.csv', 'b.json'].map((filename) => ({ filename, file: Buffer.from(filename) })),
    });

    const messages = slack.control.messages({ channel: 'patching-prod' });
    expect(messages.map((one) => one.files.map((file) => file.name))).toEqual([['a.csv', 'b.json']]);
  });

  it('may be posted as plain bytes', async () => {
    const { upload_url, file_id } = await begin(CSV);
    const response = await fetch(upload_url, { method: 'POST', body: CSV });
    await client.files.completeUploadExternal({ files: [{ id: file_id }], channel_id: CHANNELS.prod });

    expect([response.status, await response.text()]).toEqual([200, `OK - ${CSV.length}`]);
    expect(slack.control.file(file_id).toString()).toBe(CSV);
  });

  it('must be as long as announced', async () => {
    const { upload_url, file_id } = await begin(CSV);
    const response = await fetch(upload_url, { method: 'POST', body: `${CSV}more` });

    expect(response.status).toBe(400);
    const complete = client.files.completeUploadExternal({
      files: [{ id: file_id }],
      channel_id: CHANNELS.prod,
    });
    expect(await refusedBy(complete)).toMatchObject({ error: 'file_not_found' });
  });

  it('are completed once', async () => {
    const { upload_url, file_id } = await begin(CSV);
    await fetch(upload_url, { method: 'POST', body: CSV });
    const complete = () =>
      client.files.completeUploadExternal({ files: [{ id: file_id }], channel_id: CHANNELS.prod });
    await complete();

    expect(await refusedBy(complete())).toMatchObject({ error: 'file_not_found' });
    expect((await fetch(upload_url, { method: 'POST', body: CSV })).status).toBe(404);
  });

  it.each([
    ['nothing', { length: 0 }, 'invalid_arguments'],
    ['more than Slack takes', { length: 2_000_001 }, 'file_upload_size_restricted'],
    ['a snippet above 1 MB', { length: 1_048_577, snippet_type: 'text' }, 'snippet_too_large'],
    ['a long alt text', { alt_text: 'x'.repeat(1_001) }, 'alt_txt_too_large'],
  ])('of %s are refused', async (_what, args, error) => {
    expect(await refusedBy(begin(CSV, args))).toMatchObject({ error });
  });

  it('into a channel the bot is not in are refused', async () => {
    const { upload_url, file_id } = await begin(CSV);
    await fetch(upload_url, { method: 'POST', body: CSV });

    const complete = client.files.completeUploadExternal({
      files: [{ id: file_id }],
      channel_id: CHANNELS.general,
    });

    expect(await refusedBy(complete)).toMatchObject({ error: 'not_in_channel' });
  });
});
