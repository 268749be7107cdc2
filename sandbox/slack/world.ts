import type { Arrivals } from '../arrivals.ts';
import type { SimClock } from '../clock.ts';
import type { Changes } from './changes.ts';
import type { Faults } from './faults.ts';
import type { FileStore } from './files.ts';
import type { Ids } from './ids.ts';
import type { Interactivity } from './interactivity.ts';
import type { Journal } from './journal.ts';
import type { MessageStore } from './messages.ts';
import type { RateLimits } from './rate-limits.ts';
import type { SocketMode } from './socket-mode.ts';
import type { ViewStore } from './views.ts';
import type { Workspace } from './workspace.ts';

/** The parts of one simulated Slack, as its protocols see them. */
export interface World {
  /** http://127.0.0.1:PORT */
  url: string;
  now: () => number;
  clock: SimClock;
  arrivals: Arrivals;
  ids: Ids;
  workspace: Workspace;
  changes: Changes;
  messages: MessageStore;
  views: ViewStore;
  files: FileStore;
  interactivity: Interactivity;
  sockets: SocketMode;
  journal: Journal;
  faults: Faults;
  rateLimits: RateLimits;
  scopes: string[];
  botToken: string;
  appToken: string;
  /** Largest upload in bytes. */
  maxFileBytes: number;
  /** Whether slash commands arrive with names turned into <@U…>, <#C…>, <!subteam^S…>. */
  shouldEscape: boolean;
  /** Event types the app is subscribed to. */
  eventSubscriptions: ReadonlySet<string>;
  /** Milliseconds before each retry of an event. Slack: at once, 1 min, 5 min. */
  eventRetryDelaysMs: readonly number[];
}
