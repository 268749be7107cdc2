/** What the handlers of commands, buttons and modals work with. */
import type { ModalView } from '@slack/types';
import type { RunId } from '../workflow/run-types.ts';
import type { Actor, PatchService } from '../workflow/service.ts';
import type { Message } from './card.ts';
import type { Log } from './log.ts';
import type { Mrkdwn } from './mrkdwn.ts';

export interface SlackEnvironment {
  name: string;
  channelId: string;
  /** IANA; times that people type are meant in it. */
  timeZone: string;
  requesters: { groups: readonly string[]; users: readonly string[] };
  approvers: { groups: readonly string[]; users: readonly string[] };
}

export interface SlackLandingZone {
  name: string;
  environment: string;
}

export interface Edge {
  service: PatchService;
  environments: readonly SlackEnvironment[];
  landingZones: readonly SlackLandingZone[];
  teamId: string;
  now: () => number;
  log: Log;
  /** A link to the card of a run; null before it is posted. */
  cardLink(runId: RunId): Mrkdwn | null;
}

/** One command, click or submission, after its acknowledgement. */
export interface Asked {
  actor: Actor;
  /** Shows it to that person only; tries the response url, then chat.postEphemeral. Never throws. */
  reply(message: Message): Promise<void>;
  /** Opens a modal; lives 3 s from the click. Returns the view, null when Slack would not (it was said then). */
  openView(view: ModalView): Promise<OpenedView | null>;
  /** Replaces an open modal. False when it was closed or changed meanwhile. */
  updateView(opened: OpenedView, view: ModalView): Promise<boolean>;
}

export interface OpenedView {
  id: string;
  hash: string | undefined;
}
