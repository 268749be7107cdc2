import { createServer as httpServer } from 'node:http';
import { type Server, createServer as tcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createApplicationChecks } from '../../src/aws/checks.ts';
import type { ApplicationCheck } from '../../src/workflow/plan-types.ts';

const instance = { instanceId: 'i-0aaaaaaaaaaaaaaaa', privateAddress: '127.0.0.1' };
const checks = createApplicationChecks();
const open: Server[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address.port;
}

function check(port: number, more: Partial<ApplicationCheck> = {}): ApplicationCheck {
  return {
    name: 'shop',
    type: 'http',
    tag: null,
    port,
    path: '/health',
    expectStatus: 200,
    timeoutMs: 2_000,
    ...more,
  };
}

const answering = (routes: Record<string, [number, Record<string, string>?]>) =>
  httpServer((request, response) => {
    const [status, headers] = routes[request.url ?? ''] ?? [404];
    response.writeHead(status, headers).end('body');
  });

describe('an application check', () => {
  it('is ok when the port accepts a connection', async () => {
    const port = await listen(tcpServer((socket) => socket.destroy()));

    expect(await checks.run(instance, check(port, { type: 'tcp' }))).toEqual({
      ok: true,
      text: `shop: 127.0.0.1:${port} accepts connections`,
    });
  });

  it('is not ok when nothing listens, and says so', async () => {
    const server = tcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    open.length = 0;

    for (const type of ['tcp', 'http'] as const) {
      expect(await checks.run(instance, check(port, { type }))).toEqual({
        ok: false,
        text: `shop: 127.0.0.1:${port} cannot be reached (ECONNREFUSED)`,
      });
    }
  });

  it('compares the status of an HTTP answer', async () => {
    const port = await listen(answering({ '/health': [200], '/down': [503] }));

    expect(await checks.run(instance, check(port))).toEqual({ ok: true, text: 'shop: /health answered 200' });
    expect(await checks.run(instance, check(port, { path: '/down' }))).toEqual({
      ok: false,
      text: 'shop: /down answered 503, expected 200',
    });
    expect((await checks.run(instance, check(port, { path: '/down', expectStatus: 503 }))).ok).toBe(true);
  });

  it('follows a redirect on the same host only, and not for ever', async () => {
    const port = await listen(
      answering({
        '/health': [302, { location: '/ready' }],
        '/ready': [200],
        '/away': [302, { location: 'http://example.invalid/ready' }],
        '/round': [302, { location: '/round' }],
      }),
    );

    expect((await checks.run(instance, check(port))).ok).toBe(true);
    expect((await checks.run(instance, check(port, { path: '/away' }))).text).toBe(
      'shop: /away redirects to http://example.invalid, which is not followed',
    );
    expect((await checks.run(instance, check(port, { path: '/round' }))).text).toBe(
      'shop: more than 3 redirects',
    );
  });

  it('ends within its time-out when the application does not answer', async () => {
    const server = httpServer(() => undefined);
    const port = await listen(server);
    const started = performance.now();

    const result = await checks.run(instance, check(port, { timeoutMs: 150 }));

    expect(result).toEqual({ ok: false, text: `shop: no answer from 127.0.0.1:${port} within 150 ms` });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('does not guess an address', async () => {
    expect(await checks.run({ ...instance, privateAddress: null }, check(80))).toMatchObject({ ok: false });
  });

  it('refuses a path that leads to another host', async () => {
    const port = await listen(answering({}));

    expect((await checks.run(instance, check(port, { path: '//example.invalid/' }))).text).toContain(
      'leads to another host',
    );
  });
});
