/**
 * Files into a thread, in Slack's three steps: get an address, send the bytes there, complete. Only the last
 * one shows anything, so whatever fails before it had no effect.
 * (docs.slack.dev/messaging/working-with-files)
 */
import { readFile } from 'node:fs/promises';
import type { WebClient } from '@slack/web-api';
import type { Mrkdwn } from './mrkdwn.ts';

export interface FileToUpload {
  /** File name with its ending, e.g. "run-k3f9.csv". */
  name: string;
  /** What it is, for people. */
  title: string;
  content: { bytes: Uint8Array } | { path: string };
}

/** The files could not be brought to Slack; nothing is visible and all of it may be tried again. */
export class UploadNotBegun extends Error {
  override readonly name = 'UploadNotBegun';
}

const UPLOAD_TIMEOUT = 60_000;

/**
 * Posts the files with `comment` as one message of the thread. Throws UploadNotBegun for what had no
 * effect, and the client's error of the completing call, whose effect `classify` tells.
 */
export async function uploadFiles(
  client: WebClient,
  to: { channel: string; threadTs: string; comment: Mrkdwn },
  files: readonly FileToUpload[],
): Promise<void> {
  const uploaded: { id: string; title: string }[] = [];
  for (const file of files) {
    try {
      uploaded.push({ id: await uploadOne(client, file), title: file.title.slice(0, 200) });
    } catch (cause) {
      throw new UploadNotBegun(`${file.name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  }
  const [first, ...rest] = uploaded;
  if (!first) throw new UploadNotBegun('there are no files');
  await client.files.completeUploadExternal({
    files: [first, ...rest],
    channel_id: to.channel,
    thread_ts: to.threadTs,
    initial_comment: to.comment,
  });
}

async function uploadOne(client: WebClient, file: FileToUpload): Promise<string> {
  const bytes = 'bytes' in file.content ? file.content.bytes : await readFile(file.content.path);
  const place = await client.files.getUploadURLExternal({ filename: file.name, length: bytes.byteLength });
  if (!place.upload_url || !place.file_id) throw new Error('Slack gave no address to upload to');
  const answer = await fetch(place.upload_url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    // A copy, because the bytes may be a view of a larger shared buffer.
    body: new Uint8Array(bytes),
    redirect: 'error',
    signal: AbortSignal.timeout(UPLOAD_TIMEOUT),
  });
  if (!answer.ok) throw new Error(`Slack's upload address answered ${answer.status}`);
  return place.file_id;
}
