/** Bytes on their way to Slack's upload address, and an address that does not take them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { backgroundClient } from '../../src/slack/clients.ts';
import { UploadNotBegun, uploadFiles } from '../../src/slack/file-upload.ts';
import { md } from '../../src/slack/mrkdwn.ts';
import { recordingLog } from './support/bench.ts';

let close: () => Promise<unknown> = async () => undefined;
afterEach(() => close());

/** Slack's three steps, with an upload address that answers as told. Returns what was asked, in order. */
async function upload(answer: (response: ServerResponse, own: string) => void) {
  const asked: string[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const path = request.url ?? '';
    asked.push(path.startsWith('/api/') ? path : `${path} ${Buffer.concat(parts)}`);
    if (path === '/upload') return answer(response, own);
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ ok: true, upload_url: `${own}/upload`, file_id: 'F0000000001', files: [] }),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  const client = backgroundClient({ botToken: 'xoxb-token', apiUrl: `${own}/api/`, log: recordingLog() });
  const error = await uploadFiles(
    client,
    { channel: 'C0PATCHPRD', threadTs: '1.000001', comment: md`The report.` },
    [{ name: 'a.csv', title: 'A', content: { bytes: Buffer.from('bytes') } }],
  ).catch((thrown: unknown) => thrown);
  return { asked, error };
}

describe('a file whose bytes', () => {
  it('were taken is shown', async () => {
    const { asked, error } = await upload((response) => response.end('OK - 5'));
    expect(error).toBeUndefined();
    expect(asked).toEqual([
      '/api/files.getUploadURLExternal',
      '/upload bytes',
      '/api/files.completeUploadExternal',
    ]);
  });

  it.each([400, 403, 413, 500, 503])(
    'were answered with %i is not shown: nothing has begun',
    async (status) => {
      const { asked, error } = await upload((response) => response.writeHead(status).end());
      expect(error).toBeInstanceOf(UploadNotBegun);
      expect(String(error)).toContain(`a.csv: Slack's upload address answered ${status}`);
      expect(asked).toEqual(['/api/files.getUploadURLExternal', '/upload bytes']);
    },
  );

  it.each([301, 302, 303, 307, 308])('were sent on with %i go nowhere else', async (status) => {
    const { asked, error } = await upload((response, own) =>
      response.writeHead(status, { location: `${own}/elsewhere` }).end(),
    );
    expect(error).toBeInstanceOf(UploadNotBegun);
    expect(asked).toEqual(['/api/files.getUploadURLExternal', '/upload bytes']);
  });
});
