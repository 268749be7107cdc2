import { clickMessage, type LooseClick } from './client/clicks.ts';
import { runCommand, sayMessage } from './client/commands.ts';
import { sendEvent } from './client/events.ts';
import { clickView, closeView, submitView } from './client/modals.ts';
import type { Fault } from './faults.ts';
import type { RecordedCall, RecordedMention, RecordedWarning } from './journal.ts';
import type { Json } from './json.ts';
import type {
  ActionAnswer,
  CommandRequest,
  MessageRequest,
  PageMessage,
  PageView,
  ViewClickRequest,
  ViewCloseRequest,
  ViewSubmitRequest,
} from './page-api.ts';
import type { Delivery, DisconnectReason } from './socket-mode.ts';
import { transcript } from './transcript.ts';
import { waitFor } from './wait.ts';
import { wireGroup } from './web-api/users.ts';
import type { UserDefinition } from './workspace.ts';
import type { World } from './world.ts';

/** Acts although the account is deactivated: the payload was on its way when the account was closed. */
type Forceable = { force?: boolean };

/**
 * What tests and scripted demos do with the workspace: act as a person, look, wait, break things.
 * Users and channels may be given by id or by name.
 */
export interface SlackControl {
  command(request: CommandRequest & Forceable): Promise<ActionAnswer>;
  message(request: MessageRequest): ActionAnswer;
  click(request: LooseClick): Promise<ActionAnswer>;
  submit(request: ViewSubmitRequest & Forceable): Promise<ActionAnswer>;
  closeView(request: ViewCloseRequest & Forceable): Promise<ActionAnswer>;
  viewClick(
    request: Omit<ViewClickRequest, 'blockId'> & { blockId?: string } & Forceable,
  ): Promise<ActionAnswer>;
  /** Opens the Home tab: sends app_home_opened if the app is subscribed to it. */
  openHome(user: string): void;
  /** Sends any event the app is subscribed to. */
  event(event: Json & { type: string }): void;

  /** Messages of a channel, oldest first, with the ephemeral ones of `user`; without a user, of everybody. */
  messages(of: { channel: string; user?: string }): PageMessage[];
  /** A thread: its first message, then the replies, everybody's ephemeral ones included. */
  thread(channel: string, ts: string): PageMessage[];
  /** The modals a person has open, the one on top last. */
  views(user: string): PageView[];
  /** The Home tab as Slack keeps it, or null. */
  home(user: string): Json | null;
  /** The bytes of an uploaded file. Throws for one that was never completed. */
  file(id: string): Buffer;
  /** A channel, or one message of it, as comparable plain text. */
  transcript(channel: string, ts?: string): string;
  /** The first message, old or new, that fits; rejects after `within` ms with what there is. */
  waitForMessage(
    predicate: (message: PageMessage) => boolean,
    options?: { within?: number; channel?: string; user?: string },
  ): Promise<PageMessage>;
  /** The top view of a person, once it fits; rejects after `within` ms. */
  waitForView(
    user: string,
    predicate?: (view: PageView) => boolean,
    options?: { within?: number },
  ): Promise<PageView>;
  /** Resolves once that many Socket Mode connections are open. */
  waitForConnections(count: number, options?: { within?: number }): Promise<void>;

  calls(): readonly RecordedCall[];
  warnings(): readonly RecordedWarning[];
  mentions(): readonly RecordedMention[];
  /** The bot scopes that were used so far, sorted. */
  scopesUsed(): string[];
  connections(): number;

  fault(fault: Fault): void;
  /** Every Web API request and response_url answers 503 until switched off. */
  outage(on: boolean): void;
  clearFaults(): void;
  rateLimits(mode: 'slack' | 'off'): void;
  /** Asks the `count` oldest connections (all when left out) to reconnect, then closes them. */
  disconnectSockets(reason: DisconnectReason, options?: { count?: number }): void;
  /** The newest envelopes of commands, clicks and submissions, exactly as they went to the bot. */
  envelopes(): readonly Json[];
  /** Sends an envelope once more, as it is or forged. Resolves with whether the bot acknowledged it. */
  redeliver(envelope: Json): Promise<Delivery>;
  /** Breaks connections without a word. */
  severSockets(options?: { count?: number }): void;
  /** Replaces the members of a user group; tells a subscribed app. */
  setGroup(id: string, members: string[]): void;
  setUser(id: string, change: Partial<Omit<UserDefinition, 'id'>>): void;
  setScopes(scopes: string[]): void;
}

export function createControl(world: World): SlackControl {
  const user = (id: string): string => {
    const found = world.workspace.user(id);
    if (!found) throw new RangeError(`there is no user ${id}`);
    return found.id;
  };
  const channel = (id: string): string => {
    const found = world.workspace.channel(id);
    if (!found) throw new RangeError(`there is no channel ${id}`);
    return found.id;
  };
  const messages: SlackControl['messages'] = (of) => {
    const id = channel(of.channel);
    const seen = world.messages.visibleTo(of.user === undefined ? null : user(of.user));
    return seen.filter((message) => message.channel === id);
  };
  return {
    command: (request) => runCommand(world, request),
    message: (request) => sayMessage(world, request),
    click: (request) => clickMessage(world, request),
    submit: (request) => submitView(world, request),
    closeView: (request) => closeView(world, request),
    viewClick: (request) => clickView(world, request),
    openHome: (id) =>
      sendEvent(world, {
        type: 'app_home_opened',
        user: user(id),
        tab: 'home',
        channel: `D${user(id).slice(1)}`,
        event_ts: world.ids.ts(),
      }),
    event: (event) => sendEvent(world, event),

    messages,
    thread: (channelId, ts) =>
      messages({ channel: channelId }).filter((message) => message.ts === ts || message.threadTs === ts),
    views: (id) => world.views.page(user(id)),
    home: (id) => {
      const home = world.views.home(user(id));
      return home ? world.views.wire(home) : null;
    },
    file: (id) => {
      const file = world.files.get(id);
      if (!file?.bytes || !file.completed) throw new RangeError(`there is no uploaded file ${id}`);
      return file.bytes;
    },
    transcript: (id, ts) => transcript(world, channel(id), ts),
    waitForMessage: (predicate, options = {}) =>
      waitFor(world, {
        look: () => seenBy(world, options).find(predicate),
        within: options.within ?? 10_000,
        describe: () => `no such message; there are:\n${summary(seenBy(world, options))}`,
      }),
    waitForView: (id, predicate = () => true, options = {}) =>
      waitFor(world, {
        look: () => world.views.page(user(id)).slice(-1).find(predicate),
        within: options.within ?? 10_000,
        describe: () =>
          `no such view; ${id} has open: ${
            world.views
              .page(user(id))
              .map((view) => view.title)
              .join(', ') || 'none'
          }`,
      }),
    waitForConnections: async (count, options = {}) => {
      await waitFor(world, {
        look: () => (world.sockets.open === count ? true : undefined),
        within: options.within ?? 10_000,
        describe: () => `${world.sockets.open} connections are open, not ${count}`,
      });
    },

    calls: () => world.journal.calls,
    warnings: () => world.journal.warnings,
    mentions: () => world.journal.mentions,
    scopesUsed: () => [...world.journal.scopesUsed].sort(),
    connections: () => world.sockets.open,

    fault: (fault) => world.faults.add(fault),
    outage: (on) => {
      world.faults.outage = on;
    },
    clearFaults: () => world.faults.clear(),
    rateLimits: (mode) => world.rateLimits.set(mode),
    disconnectSockets: (reason, options = {}) => world.sockets.disconnect(reason, options.count),
    envelopes: () => structuredClone(world.sockets.recorded),
    redeliver: (envelope) => world.sockets.send(envelope),
    severSockets: (options = {}) => world.sockets.sever(options.count),
    setGroup: (groupId, members) => {
      const group = world.workspace.userGroup(groupId);
      if (!group) throw new RangeError(`there is no user group ${groupId}`);
      const before = group.members;
      group.members = members.map(user);
      sendEvent(world, { type: 'subteam_updated', subteam: wireGroup(world, group, true) });
      sendEvent(world, {
        type: 'subteam_members_changed',
        subteam_id: group.id,
        team_id: world.workspace.team.id,
        added_users: group.members.filter((id) => !before.includes(id)),
        removed_users: before.filter((id) => !group.members.includes(id)),
      });
    },
    setUser: (id, change) => {
      Object.assign(world.workspace.user(user(id)) ?? {}, change);
    },
    setScopes: (scopes) => {
      world.scopes = [...scopes];
    },
  };
}

function seenBy(world: World, of: { channel?: string; user?: string }): PageMessage[] {
  const viewer = of.user === undefined ? null : (world.workspace.user(of.user)?.id ?? of.user);
  const id = of.channel === undefined ? null : (world.workspace.channel(of.channel)?.id ?? of.channel);
  return world.messages.visibleTo(viewer).filter((message) => id === null || message.channel === id);
}

function summary(messages: readonly PageMessage[]): string {
  const lines = messages
    .slice(-15)
    .map(
      (message) =>
        `  ${message.channel} ${message.ts} ${message.ephemeralTo ?? ''} ${message.text.slice(0, 160)}`,
    );
  return lines.join('\n') || '  none at all';
}
