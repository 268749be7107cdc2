/** Which instance this process runs on: what the machine, its metadata service and the configuration say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMetadataService } from '../../sandbox/aws/metadata.ts';
import { createOwnHost, type OwnHostOptions } from '../../src/aws/own-host.ts';

const ID = 'i-0123456789abcdef0';
const OTHER = 'i-0fedcba9876543210';

let boardFolder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  boardFolder = mkdtempSync(join(tmpdir(), 'patchday-board-'));
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(boardFolder, { recursive: true, force: true });
});

function board(facts: { vendor?: string; tag?: string }): void {
  if (facts.vendor) writeFileSync(join(boardFolder, 'sys_vendor'), `${facts.vendor}\n`);
  if (facts.tag) writeFileSync(join(boardFolder, 'board_asset_tag'), `${facts.tag}\n`);
}

async function metadata(instanceId: string | null) {
  const service = await startMetadataService({ instanceId });
  closers.push(service.close);
  return service;
}

function host(options: Partial<OwnHostOptions> & { url?: string } = {}) {
  const { url, env, ...rest } = options;
  return createOwnHost({
    configured: [],
    env: { ...(url ? { AWS_EC2_METADATA_SERVICE_ENDPOINT: url } : {}), ...env },
    boardFolder,
    ...rest,
  });
}

describe('the instance that Patchday runs on', () => {
  it('is what the metadata service says, asked with a token', async () => {
    const service = await metadata(ID);
    const own = host({ url: `${service.url}/` });
    expect(own.instanceIds()).toEqual([]);
    expect(await own.look()).toMatchObject({ state: 'instance', instanceIds: [ID] });
    expect(own.instanceIds()).toEqual([ID]);
    expect(service.requests()).toEqual(['PUT /latest/api/token', 'GET /latest/meta-data/instance-id']);
    await own.look();
    expect(service.requests()).toHaveLength(2);
  });

  it('is what the mainboard says, where a container cannot reach the metadata service', async () => {
    board({ vendor: 'Amazon EC2', tag: ID });
    const silent = await metadata(null);
    expect(await host({ url: silent.url, limitMs: 50 }).look()).toMatchObject({
      state: 'instance',
      instanceIds: [ID],
    });
  });

  it('is what the configuration says, together with what is found', async () => {
    const service = await metadata(ID);
    const own = host({ url: service.url, configured: [OTHER] });
    expect(own.instanceIds()).toEqual([OTHER]);
    expect(await own.look()).toMatchObject({ instanceIds: [OTHER, ID] });
    const off = host({ configured: [OTHER], env: { AWS_EC2_METADATA_DISABLED: 'true' } });
    expect(await off.look()).toMatchObject({ state: 'instance', instanceIds: [OTHER] });
  });

  it('is asked for again while only the configuration says it: Patchday may have moved', async () => {
    board({ vendor: 'Amazon EC2' });
    const service = await metadata(ID);
    const env: Record<string, string> = { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' };
    const own = createOwnHost({ configured: [OTHER], env, boardFolder });
    const answer = await own.look();
    expect(answer).toMatchObject({ state: 'configured', instanceIds: [OTHER] });
    expect(answer.text).toMatch(/names i-\w+, which is not patched; .* could not be asked: .+ moved/);
    expect(own.instanceIds()).toEqual([OTHER]);
    env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = service.url;
    expect(await own.look()).toMatchObject({ state: 'instance', instanceIds: [OTHER, ID] });
    expect(own.instanceIds()).toEqual([OTHER, ID]);
  });

  it('is waited for no longer than the limit when the metadata service stalls, and is then not known', async () => {
    board({ vendor: 'Amazon EC2' });
    const silent = await metadata(null);
    const began = performance.now();
    const answer = await host({ url: silent.url, limitMs: 200 }).look();
    expect(performance.now() - began).toBeLessThan(1000);
    expect(answer).toMatchObject({ state: 'unknown' });
    expect(answer.text).toContain('did not answer within 200 ms');
    expect(answer.text).toContain('own_instance_ids');
    expect(answer.text).toContain('hop limit');
  });

  it('is found at a later look, when the first one failed', async () => {
    const service = await metadata(ID);
    const env: Record<string, string> = { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' };
    const own = createOwnHost({ configured: [], env, boardFolder });
    expect(await own.look()).toMatchObject({ state: 'unknown' });
    env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = service.url;
    expect(await own.look()).toMatchObject({ state: 'instance', instanceIds: [ID] });
  });

  it('is none where the machine is not of EC2, on Fargate, and where asking is switched off', async () => {
    board({ vendor: 'QEMU', tag: 'i-am-no-instance' });
    const nowhere = 'http://127.0.0.1:1';
    expect(await host({ url: nowhere }).look()).toMatchObject({ state: 'none' });
    rmSync(join(boardFolder, 'sys_vendor'));
    const fargate = host({ url: nowhere, env: { AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' } });
    expect(await fargate.look()).toMatchObject({ state: 'none' });
    const off = host({ url: nowhere, env: { AWS_EC2_METADATA_DISABLED: 'TRUE' } });
    expect(await off.look()).toMatchObject({ state: 'none' });
  });

  it.each([
    ['a container service on instances', null, { AWS_EXECUTION_ENV: 'AWS_ECS_EC2' }],
    ['an older machine of EC2, whose mainboard says Xen', 'Xen', {}],
    ['a machine of EC2', 'Amazon EC2', {}],
  ])('may be one on %s: nobody could be asked', async (_, vendor, env) => {
    if (vendor !== null) board({ vendor });
    expect(await host({ url: 'http://127.0.0.1:1', env }).look()).toMatchObject({ state: 'unknown' });
  });

  it.each([
    ['an answer that is no instance id', 200, '<html>captive portal</html>'],
    ['an error', 500, ''],
    ['an error that tells an instance id', 404, ID],
    ['an answer without end', 200, 'i-0'.repeat(10_000)],
  ])('is not taken from %s', async (_, status, body) => {
    const server = createServer((request, response) => {
      if (request.method === 'PUT') response.end('token');
      else response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const own = host({ url });
    expect(await own.look()).toMatchObject({ state: 'unknown' });
    expect(own.instanceIds()).toEqual([]);
  });
});
