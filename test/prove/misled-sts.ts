/**
 * An STS that hands out sessions of another account under the name of ours: only whoever asks with such a session
 * whose it is can tell.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MisledSts {
  url: string;
  /** Sessions of the other account that were handed out as ours. */
  handedOut(): number;
  close(): Promise<void>;
}

/** Stands in front of the simulated AWS at `url`. Only who assumes `role` of `account` is misled, into `other`. */
export async function startMisledSts(options: {
  url: string;
  role: string;
  account: string;
  other: string;
}): Promise<MisledSts> {
  const { role, account, other } = options;
  let handedOut = 0;
  const server = createServer((request, response) => {
    const forward = async () => {
      const body = await textOf(request);
      const form = new URLSearchParams(body);
      const misled = form.get('RoleArn') === `arn:aws:iam::${account}:role/${role}`;
      if (misled) form.set('RoleArn', `arn:aws:iam::${other}:role/${role}`);
      const headers = Object.entries(request.headers).filter(
        ([name]) => name === 'authorization' || name === 'content-type' || name.startsWith('x-amz-'),
      );
      const answer = await fetch(`${options.url}${request.url}`, {
        method: request.method ?? 'POST',
        headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
        body: misled ? form.toString() : body,
      });
      const said = await answer.text();
      if (misled && answer.ok) handedOut++;
      response
        .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/xml' })
        .end(misled ? said.replaceAll(other, account) : said);
    };
    forward().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handedOut: () => handedOut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
