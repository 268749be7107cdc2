/** Patchday's Slack edge: everything that main needs. */
import type { RunId } from '../workflow/run-types.ts';
import type { AlarmOutbox, Outbox, PatchService } from '../workflow/service.ts';
import { SlackApp } from './app.ts';
import { renderCard } from './card.ts';
import { backgroundClient, interactiveClient } from './clients.ts';
import type { ClockWatch } from './clock-watch.ts';
import { SlackDirectory } from './directory.ts';
import type { Edge, SlackEnvironment, SlackLandingZone } from './edge.ts';
import type { Log } from './log.ts';
import { type Identity, login, SlackLoginError } from './login.ts';
import { link, type Mrkdwn } from './mrkdwn.ts';
import type { FilesFor } from './news-sender.ts';
import { OutboxSender } from './outbox-sender.ts';
import { SocketsReceiver } from './sockets.ts';

export { ClockWatch } from './clock-watch.ts';
export type { SlackEnvironment, SlackLandingZone } from './edge.ts';
export type { FileToUpload } from './file-upload.ts';
export type { Log } from './log.ts';
export { SlackLoginError } from './login.ts';
export type { FilesFor } from './news-sender.ts';

export interface SlackTiming {
  /** Shortest time between two edits of one card, ms. [3000] */
  cardInterval?: number;
  /** Shortest time between two messages in one channel, ms. [1100] */
  messageInterval?: number;
  /** Looks for work at least this often, ms. [1000] */
  pollInterval?: number;
  /** Edits of all cards together. [40] */
  editsPerMinute?: number;
}

export interface SlackOptions {
  botToken: string;
  appToken: string;
  /** Base address of the Web API, ending in /api/; Slack's own when left out (SLACK_API_URL). */
  apiUrl?: string | undefined;
  teamId: string;
  service: PatchService;
  outbox: Outbox;
  alarms: AlarmOutbox;
  filesFor: FilesFor;
  environments: readonly SlackEnvironment[];
  landingZones: readonly SlackLandingZone[];
  timing?: SlackTiming;
  /** Socket Mode connections. [2] */
  connections?: number;
  log: Log;
  clock: { now(): number };
  /** Told of the time of each of Slack's answers. */
  clockWatch: ClockWatch;
}

export interface Slack {
  /**
   * Sends the outbox, and resolves once a connection takes commands. Waits through every outage; rejects with
   * SlackLoginError when Slack refuses the tokens.
   */
  start(): Promise<void>;
  /** No more commands and no more messages; waits for what was begun. Resolves within about 10 s. */
  stop(): Promise<void>;
  /** Something was committed: cards or news may be due. */
  kick(): void;
  /** Open Socket Mode connections. */
  connected(): number;
}

/** Facts about people, for the workflow; needs only the bot token. */
export function createSlackDirectory(
  options: Pick<SlackOptions, 'botToken' | 'apiUrl' | 'teamId' | 'log' | 'clockWatch'>,
): SlackDirectory {
  return new SlackDirectory({ client: interactiveClient(options), teamId: options.teamId, pause });
}

export function createSlack(options: SlackOptions): Slack {
  const { service, outbox, log, clock, clockWatch, timing = {} } = options;
  const now = () => clock.now();
  const interactive = interactiveClient(options);
  const background = backgroundClient(options);
  let identity: Identity | null = null;
  let app: SlackApp | null = null;
  let stopped = false;

  const receiver = new SocketsReceiver({
    appToken: options.appToken,
    apiUrl: options.apiUrl,
    connections: options.connections ?? 2,
    log,
    pause,
  });
  const sender = new OutboxSender({
    client: background,
    outbox,
    alarms: options.alarms,
    filesFor: options.filesFor,
    log,
    now,
    render: (runId, { mayBeDoubled }) => {
      const view = service.view(runId);
      if (!view) return null;
      return { ...renderCard(view, { now: now(), mayBeDoubled }), revision: view.run.revision };
    },
    cardInterval: timing.cardInterval ?? 3000,
    messageInterval: timing.messageInterval ?? 1100,
    pollInterval: timing.pollInterval ?? 1000,
    editsPerMinute: timing.editsPerMinute ?? 40,
  });

  const edge: Edge = {
    service,
    environments: options.environments,
    landingZones: options.landingZones,
    teamId: options.teamId,
    now,
    log,
    cardLink: (runId) => cardLink(outbox, identity, runId),
  };

  return {
    async start() {
      stopped = false;
      sender.start();
      identity = await login({
        client: background,
        teamId: options.teamId,
        log,
        pause,
        stopped: () => stopped,
      });
      if (!identity || stopped) return;
      app = new SlackApp({
        edge,
        identity,
        botToken: options.botToken,
        apiUrl: options.apiUrl,
        receiver,
        client: interactive,
        clockWatch,
      });
      await receiver.start().catch((error: unknown) => {
        throw new SlackLoginError(
          'Slack refuses the app-level token. Nothing can be asked of Patchday in Slack. Check SLACK_APP_TOKEN and its scope connections:write.',
          { cause: error },
        );
      });
    },
    async stop() {
      stopped = true;
      await receiver.stop();
      await Promise.race([Promise.all([app?.settled(), sender.stop()]), pause(8000)]);
    },
    kick: () => sender.kick(),
    connected: () => receiver.connected(),
  };
}

/** https://workspace.slack.com/archives/C…/p…: the address that Slack's "Copy link" gives. */
function cardLink(outbox: Outbox, identity: Identity | null, runId: RunId): Mrkdwn | null {
  const card = outbox.card(runId);
  if (!identity?.workspaceUrl || !card?.ts) return null;
  return link(
    `${identity.workspaceUrl.replace(/\/*$/, '/')}archives/${card.channel}/p${card.ts.replace('.', '')}`,
    'open the card',
  );
}

/** A timer that does not keep the process alive by itself. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
