/**
 * Two pages for whoever watches the process: /healthz (is it alive?) and /readyz (can it do its work, and
 * if not, why?). They hold no secrets and change nothing.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { watchLoopLag } from './loop-lag.ts';

/** A plain sentence in `reason`, also when all is well ("connected since 10:02"). */
export interface CheckResult {
  ok: boolean;
  reason: string;
}

export interface ReadinessCheck {
  /** Short and stable, such as "slack" or "database". */
  name: string;
  /** Looks at what is known; it should not call out to the network. Throwing counts as not ok. */
  check(): CheckResult | Promise<CheckResult>;
}

export interface HealthOptions {
  /** 127.0.0.1 when left out. */
  host?: string;
  /** 0 takes any free port. */
  port: number;
  checks: readonly ReadinessCheck[];
  /** Longest time for one check, in ms. 2000 when left out. */
  checkTimeout?: number;
}

export interface HealthServer {
  /** Such as http://127.0.0.1:8080 */
  url: string;
  /** Ends open connections too. May be called twice. */
  close(): Promise<void>;
}

/** Begins to listen. Throws an Error that says what to change when the address cannot be used. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const { host = '127.0.0.1', port, checks, checkTimeout = 2000 } = options;
  const lag = watchLoopLag();
  const startedAt = performance.now();

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      send(response, request, 500, { error: error instanceof Error ? error.message : String(error) }),
    );
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0];
    if (path !== '/healthz' && path !== '/readyz')
      return send(response, request, 404, { error: 'no such page; there are /healthz and /readyz' });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return send(response, request, 405, { error: 'only GET and HEAD' });
    }
    if (path === '/healthz') {
      // That this line runs is the proof that the event loop turns; the figure, over the last minute, says how freely.
      const body = {
        alive: true,
        uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
        longestEventLoopDelayMs: lag.longestInLastMinute(),
      };
      return send(response, request, 200, body);
    }
    const results = await Promise.all(checks.map((check) => runCheck(check, checkTimeout)));
    const ready = results.every(({ ok }) => ok);
    send(response, request, ready ? 200 : 503, { ready, checks: results });
  }

  try {
    await listen(server, host, port);
  } catch (error) {
    lag.stop();
    throw error;
  }
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  return {
    url: `http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`,
    close() {
      closing ??= new Promise<void>((resolve) => {
        lag.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

async function runCheck(
  { name, check }: ReadinessCheck,
  timeout: number,
): Promise<CheckResult & { name: string }> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, reason: `no answer within ${timeout} ms` }), timeout);
  });
  try {
    const { ok, reason } = await Promise.race([(async () => check())(), tooLate]);
    return { name, ok, reason };
  } catch (error) {
    return {
      name,
      ok: false,
      reason: `the check failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    clearTimeout(timer);
  }
}

function send(response: ServerResponse, request: IncomingMessage, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'another process uses it; set http.port in the configuration to another one'
          : error.code === 'EACCES'
            ? 'this user may not use it; set http.port to 1024 or more'
            : error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND'
              ? 'this machine has no such address; correct http.host in the configuration'
              : error.message;
      reject(new Error(`the health pages cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}
