/**
 * What the sandbox's Slack page and tests exchange with the simulator, beside the real Slack protocols.
 * Everything here lives under `/sandbox/api/` and is the simulator's own: Slack has no such thing.
 *
 *   GET  /sandbox/api/state?user=U…        → PageState (what that user may see)
 *   GET  /sandbox/api/events?user=U…       → server-sent events, each `data:` a PageEvent
 *   POST /sandbox/api/command              CommandRequest     → ActionAnswer
 *   POST /sandbox/api/message              MessageRequest     → ActionAnswer (plain text typed in a channel)
 *   POST /sandbox/api/click                ClickRequest       → ActionAnswer
 *   POST /sandbox/api/view/submit          ViewSubmitRequest  → ActionAnswer
 *   POST /sandbox/api/view/close           ViewCloseRequest   → ActionAnswer
 *   POST /sandbox/api/view/click           ViewClickRequest   → ActionAnswer
 *   GET  /sandbox/files/F…/name.csv        the bytes of an uploaded file
 */
export interface PageUser {
  id: string;
  name: string;
  realName: string;
  /** A line shown in the user switch, e.g. "requester, in @patch-requesters". */
  role: string;
  isBot: boolean;
  deleted: boolean;
}

export interface PageChannel {
  id: string;
  name: string;
  topic: string;
  members: string[];
}

export interface PageFile {
  id: string;
  name: string;
  title: string;
  mimetype: string;
  size: number;
  /** Path on the simulator, e.g. /sandbox/files/F1/report.csv */
  url: string;
}

/** Block Kit as the bot sent it, already validated by the simulator. */
export type PageBlock = { readonly type: string; readonly block_id?: string } & Readonly<
  Record<string, unknown>
>;

export interface PageMessage {
  channel: string;
  ts: string;
  threadTs: string | null;
  user: string;
  text: string;
  blocks: PageBlock[];
  files: PageFile[];
  /** Time of the last chat.update, or null. */
  edited: string | null;
  /** Set for an ephemeral message: only this user ever receives it. */
  ephemeralTo: string | null;
  replyCount: number;
  replyBroadcast: boolean;
}

/** An open modal. `stack` positions: the last element of PageState.views for the user is the one on top. */
export interface PageView {
  id: string;
  user: string;
  callbackId: string;
  title: string;
  submit: string | null;
  close: string | null;
  blocks: PageBlock[];
  /** block_id → message, after a view_submission answered with response_action "errors". */
  errors: Record<string, string>;
}

export interface PageCommand {
  command: string;
  description: string;
  usageHint: string;
  /** Completions offered while typing: full lines such as "/patch scan prod". */
  suggestions: string[];
}

export interface PageState {
  team: { id: string; name: string };
  user: PageUser;
  users: PageUser[];
  userGroups: { id: string; handle: string; name: string; members: string[] }[];
  channels: PageChannel[];
  messages: PageMessage[];
  views: PageView[];
  commands: PageCommand[];
  /** How many Socket Mode connections of the bot are open. */
  botConnections: number;
}

export type PageEvent =
  | { type: 'message'; message: PageMessage }
  | { type: 'message_deleted'; channel: string; ts: string }
  | { type: 'views'; views: PageView[] }
  | { type: 'connections'; botConnections: number }
  | { type: 'channels'; channels: PageChannel[] }
  /** What Slack's client shows by itself, e.g. "/patch failed with the error dispatch_failed". */
  | { type: 'notice'; channel: string; text: string };

export interface CommandRequest {
  user: string;
  channel: string;
  /** The whole line, e.g. "/patch scan prod". */
  text: string;
}
export interface MessageRequest {
  user: string;
  channel: string;
  threadTs?: string;
  text: string;
}
/** Values of interactive elements in the shape of Slack's view.state.values / block action payloads. */
export interface ClickRequest {
  user: string;
  channel: string;
  ts: string;
  blockId: string;
  actionId: string;
  /** For selects and overflow menus: the chosen option's value. */
  selected?: string[];
}
export interface ViewSubmitRequest {
  user: string;
  viewId: string;
  /** block_id → action_id → value typed or option value(s) chosen. */
  values: Record<string, Record<string, string | string[] | null>>;
}
export interface ViewCloseRequest {
  user: string;
  viewId: string;
}
export interface ViewClickRequest {
  user: string;
  viewId: string;
  blockId: string;
  actionId: string;
  selected?: string[];
  /** What stands in the modal's inputs at the moment of the click (Slack sends view.state along). */
  values?: Record<string, Record<string, string | string[] | null>>;
}
/** `ok:false` carries what a person would see in Slack (e.g. the bot did not acknowledge within 3 s). */
export type ActionAnswer = { ok: true } | { ok: false; error: string };
