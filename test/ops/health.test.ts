import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type HealthServer, type ReadinessCheck, startHealthServer } from '../../src/ops/health.ts';

const running: HealthServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(checks: readonly ReadinessCheck[] = [], checkTimeout?: number): Promise<HealthServer> {
  const server = await startHealthServer({ port: 0, checks, ...(checkTimeout ? { checkTimeout } : {}) });
  running.push(server);
  return server;
}

const fine = (name: string): ReadinessCheck => ({ name, check: () => ({ ok: true, reason: 'connected' }) });

describe('/healthz', () => {
  it('says that the process is alive and how freely its event loop turns', async () => {
    const { url } = await start([{ name: 'slack', check: () => ({ ok: false, reason: 'down' }) }]);
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      alive: true,
      uptimeSeconds: expect.any(Number),
      longestEventLoopDelayMs: expect.any(Number),
    });
  });

  it('shows an event loop that was blocked', async () => {
    const { url } = await start();
    await fetch(`${url}/healthz`);
    const blockedUntil = performance.now() + 300;
    while (performance.now() < blockedUntil);
    const body = (await (await fetch(`${url}/healthz`)).json()) as { longestEventLoopDelayMs: number };
    expect(body.longestEventLoopDelayMs).toBeGreaterThanOrEqual(150);
  });
});

describe('/readyz', () => {
  it('is 200 with every check and its reason when all are ok', async () => {
    const { url } = await start([fine('slack'), fine('database')]);
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      ready: true,
      checks: [
        { name: 'slack', ok: true, reason: 'connected' },
        { name: 'database', ok: true, reason: 'connected' },
      ],
    });
  });

  it('is 503 when one is not ok, and names the others too', async () => {
    const { url } = await start([
      fine('slack'),
      { name: 'database', check: async () => ({ ok: false, reason: 'disk full' }) },
    ]);
    const response = await fetch(`${url}/readyz?verbose`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      ready: false,
      checks: [{ ok: true }, { name: 'database', ok: false, reason: 'disk full' }],
    });
  });

  it('follows a check that changes its mind', async () => {
    let ok = false;
    const { url } = await start([{ name: 'slack', check: () => ({ ok, reason: ok ? 'back' : 'lost' }) }]);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    ok = true;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('counts a check that throws or never answers as not ok', async () => {
    const { url } = await start(
      [
        {
          name: 'throws',
          check: () => {
            throw new Error('database is closed');
          },
        },
        { name: 'rejects', check: () => Promise.reject(new Error('no route')) },
        { name: 'hangs', check: () => new Promise(() => {}) },
      ],
      50,
    );
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      checks: [
        { name: 'throws', ok: false, reason: 'the check failed: database is closed' },
        { name: 'rejects', ok: false, reason: 'the check failed: no route' },
        { name: 'hangs', ok: false, reason: 'no answer within 50 ms' },
      ],
    });
  });
});

describe('the health server', () => {
  it('listens on 127.0.0.1 unless told otherwise', async () => {
    expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('answers HEAD without a body, refuses other methods and other pages', async () => {
    const { url } = await start([fine('slack')]);
    const head = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(`${url}/healthz`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const other = await fetch(`${url}/metrics`);
    expect([other.status, await other.json()]).toEqual([
      404,
      { error: 'no such page; there are /healthz and /readyz' },
    ]);
  });

  it('says what to change when its port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await expect(startHealthServer({ port, checks: [] })).rejects.toThrow(
        `the health pages cannot listen on 127.0.0.1:${port}: another process uses it; set http.port in the configuration to another one`,
      );
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });

  it('says what to change when the machine has no such address', async () => {
    await expect(startHealthServer({ host: '192.0.2.1', port: 0, checks: [] })).rejects.toThrow(
      'this machine has no such address; correct http.host in the configuration',
    );
  });

  it('closes at once, also with a connection kept open and when asked twice', async () => {
    const server = await start();
    await (await fetch(`${server.url}/healthz`)).text();
    await Promise.all([server.close(), server.close()]);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });
});
