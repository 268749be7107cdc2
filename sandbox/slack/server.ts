import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Arrivals, AT_ONCE, orderOf } from '../arrivals.ts';
import { type SimClock, wallClock } from '../clock.ts';
import { Changes } from './changes.ts';
import { createControl, type SlackControl } from './control.ts';
import { defaultWorkspace } from './default-workspace.ts';
import { Faults } from './faults.ts';
import { FileStore } from './files.ts';
import { actionRoutes } from './http/action-routes.ts';
import { BodyError, sendJson } from './http/body.ts';
import { controlRoutes } from './http/control-routes.ts';
import { pageRoutes } from './http/page-routes.ts';
import { slackRoutes } from './http/slack-routes.ts';
import { Ids, seededRandom } from './ids.ts';
import { Interactivity } from './interactivity.ts';
import { Journal } from './journal.ts';
import { MessageStore } from './messages.ts';
import type { PageCommand } from './page-api.ts';
import { RateLimits } from './rate-limits.ts';
import { SocketMode } from './socket-mode.ts';
import { ViewStore } from './views.ts';
import { Workspace, type WorkspaceDefinition } from './workspace.ts';
import type { World } from './world.ts';

export type { SlackControl } from './control.ts';

/** The bot scopes granted when no others are given: those the app's manifest asks for. */
export const DEFAULT_SCOPES = [
  'commands',
  'chat:write',
  'files:write',
  'usergroups:read',
  'users:read',
] as const;

export interface SlackSimulatorOptions {
  /** 0, the default, takes a free port. */
  port?: number;
  /** Seed of everything random, e.g. which connection gets a payload. [1] */
  seed?: number;
  /** [the Northwind Platform team of default-workspace.ts] */
  workspace?: WorkspaceDefinition;
  /** ['slack'] */
  rateLimits?: 'slack' | 'off';
  /** Bot scopes granted. [DEFAULT_SCOPES] */
  scopes?: string[];
  /** Slash commands and their completions, in place of the workspace's. */
  commands?: PageCommand[];
  /** Decides about expiry, rate limits and everything that waits. [the machine's clock] */
  clock?: SimClock;
  /** [requests are looked at as they come in] */
  arrivals?: Arrivals;
  /** Milliseconds the bot has to acknowledge. [3,000, as in Slack] */
  ackTimeoutMs?: number;
  /** [10,000] */
  pingIntervalMs?: number;
  /** Milliseconds from a `warning` to the close. [10,000] */
  warningCloseMs?: number;
  /** Largest upload in bytes. [1 GB, as in Slack] */
  maxFileBytes?: number;
  /** Whether names in command text become <@U…>, <#C…>, <!subteam^S…>, as the manifest's should_escape asks. [true] */
  shouldEscape?: boolean;
  /** [the manifest's: app_home_opened, subteam_members_changed, subteam_updated, app_uninstalled, tokens_revoked] */
  eventSubscriptions?: string[];
  /** Milliseconds before each retry of an unacknowledged event. [0, 1 min, 5 min] */
  eventRetryDelaysMs?: number[];
}

export interface SlackSimulator {
  /** http://127.0.0.1:PORT, where the page is. */
  url: string;
  /** What SLACK_API_URL must be: …/api/ */
  apiUrl: string;
  botToken: string;
  appToken: string;
  control: SlackControl;
  /** Closes every connection and the port. */
  close(): Promise<void>;
}

const DEFAULT_EVENTS = [
  'app_home_opened',
  'subteam_members_changed',
  'subteam_updated',
  'app_uninstalled',
  'tokens_revoked',
];

/** Starts a simulated Slack on 127.0.0.1. Rejects when the port is taken. */
export async function startSlackSimulator(options: SlackSimulatorOptions = {}): Promise<SlackSimulator> {
  const world = buildWorld(options);
  const control = createControl(world);
  const server = createServer((request, response) => {
    response.setHeader('date', new Date(world.now()).toUTCString());
    route(world, control, request, response).catch((error: unknown) => fail(response, error));
  });
  // Node's 5 s would now and then break off a request sent on a connection that was idle: a fault nobody scripted.
  server.keepAliveTimeout = 65_000;
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/link/')) void connect(world, request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  world.url = `http://127.0.0.1:${address.port}`;
  return {
    url: world.url,
    apiUrl: `${world.url}/api/`,
    botToken: world.botToken,
    appToken: world.appToken,
    control,
    close: () =>
      new Promise((resolve) => {
        world.sockets.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function buildWorld(options: SlackSimulatorOptions): World {
  const definition = options.workspace ?? defaultWorkspace;
  const clock = options.clock ?? wallClock();
  const now = (): number => clock.now();
  const workspace = new Workspace(
    options.commands === undefined ? definition : { ...definition, commands: options.commands },
  );
  const ids = new Ids(now);
  const changes = new Changes();
  const files = new FileStore(ids);
  const seed = options.seed ?? 1;
  return {
    url: '',
    now,
    clock,
    arrivals: options.arrivals ?? AT_ONCE,
    ids,
    workspace,
    changes,
    files,
    messages: new MessageStore({ ids, changes, files, workspace }),
    views: new ViewStore(ids, changes, workspace),
    interactivity: new Interactivity(ids, now),
    sockets: new SocketMode({
      appId: workspace.app.id,
      random: seededRandom(seed),
      clock,
      ackTimeoutMs: options.ackTimeoutMs ?? 3_000,
      pingIntervalMs: options.pingIntervalMs ?? 10_000,
      warningCloseMs: options.warningCloseMs ?? 10_000,
      onConnectionsChanged: (open) => changes.publish({ type: 'connections', botConnections: open }, null),
    }),
    journal: new Journal(now),
    faults: new Faults(),
    rateLimits: new RateLimits(options.rateLimits ?? 'slack', now),
    scopes: [...(options.scopes ?? DEFAULT_SCOPES)],
    botToken: 'xoxb-sandbox-patchday-bot-token',
    appToken: 'xapp-sandbox-patchday-app-token',
    maxFileBytes: options.maxFileBytes ?? 1_073_741_824,
    shouldEscape: options.shouldEscape ?? true,
    eventSubscriptions: new Set(options.eventSubscriptions ?? DEFAULT_EVENTS),
    eventRetryDelaysMs: options.eventRetryDelaysMs ?? [0, 60_000, 300_000],
  };
}

async function connect(world: World, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy());
  const arrival = {
    at: 'slack',
    what: 'socket',
    content: request.url ?? '',
    order: orderOf(request),
  } as const;
  if (!(await world.arrivals.arrived(arrival))) {
    socket.destroy();
    return;
  }
  world.sockets.upgrade(request, socket, head);
}

async function route(
  world: World,
  control: SlackControl,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', world.url);
  const handled =
    (await slackRoutes(world, request, response, url)) ||
    (await actionRoutes(control, request, response, url)) ||
    (await controlRoutes(control, request, response, url)) ||
    (await pageRoutes(world, request, response, url));
  if (!handled) sendJson(response, 404, { ok: false, error: `nothing is at ${url.pathname}` });
}

function fail(response: ServerResponse, error: unknown): void {
  const status = error instanceof BodyError ? error.status : 500;
  const text = error instanceof Error ? error.message : String(error);
  if (status === 500) console.error('slack sandbox:', error);
  if (response.headersSent) response.destroy();
  else sendJson(response, status, { ok: false, error: text });
}
