/**
 * The metadata service of one EC2 instance, version 2: a token by PUT, the instance id by GET with that token.
 * On real instances it is at 169.254.169.254; the SDKs find this one by AWS_EC2_METADATA_SERVICE_ENDPOINT.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MetadataService {
  url: string;
  /** What it was asked: "PUT /latest/api/token". */
  requests(): string[];
  close(): Promise<void>;
}

const TOKEN = 'AQAAAsandboxtokenOfTheMetadataService==';

/** `instanceId` null: every request is taken and never answered, as behind a hop limit or a silent firewall. */
export async function startMetadataService(options: {
  instanceId: string | null;
  port?: number;
}): Promise<MetadataService> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume();
    const { instanceId } = options;
    if (instanceId === null) return;
    const end = (status: number, body: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
    if (request.url === '/latest/api/token') {
      const life = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      const good = request.method === 'PUT' && life >= 1 && life <= 21_600;
      return end(good ? 200 : request.method === 'PUT' ? 400 : 405, good ? TOKEN : '');
    }
    // IMDSv2 only: without a token the answer is 401.
    if (request.headers['x-aws-ec2-metadata-token'] !== TOKEN) return end(401, '');
    if (request.url === '/latest/meta-data/instance-id') return end(200, instanceId);
    return end(404, '');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => [...seen],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
