/** What the page knows, and how events change it. Pure: the store in store.ts holds one of these. */
import type { PageEvent, PageMessage, PageState } from '../page-api.ts';

/** Author of what Slack's client says by itself. */
export const slackbot = 'USLACKBOT';

/** Orders message stamps ("1763700000.000100") by time, without losing digits to floating point. */
export function compareTs(a: string, b: string): number {
  const [aSeconds = '', aRest = ''] = a.split('.');
  const [bSeconds = '', bRest = ''] = b.split('.');
  return Number(aSeconds) - Number(bSeconds) || (aRest < bRest ? -1 : aRest > bRest ? 1 : 0);
}

export const isReply = (message: PageMessage): boolean =>
  message.threadTs !== null && message.threadTs !== message.ts;

/** The state after an event; the same object when nothing changed. */
export function applyEvent(state: PageState, event: PageEvent): PageState {
  switch (event.type) {
    case 'message':
      return { ...state, messages: withMessage(state.messages, event.message) };
    case 'message_deleted':
      return {
        ...state,
        messages: state.messages.filter(
          (message) => message.channel !== event.channel || message.ts !== event.ts,
        ),
      };
    case 'views':
      return { ...state, views: event.views };
    case 'connections':
      return { ...state, botConnections: event.botConnections };
    case 'channels':
      return { ...state, channels: event.channels };
    case 'notice':
      return {
        ...state,
        messages: withMessage(state.messages, notice(state, event.channel, event.text, null)),
      };
  }
}

function withMessage(messages: readonly PageMessage[], message: PageMessage): PageMessage[] {
  const others = messages.filter((other) => other.channel !== message.channel || other.ts !== message.ts);
  return [...others, message].sort((a, b) => compareTs(a.ts, b.ts));
}

/** A Slackbot message only this person sees, placed after everything that is already in the channel. */
export function notice(
  state: PageState,
  channel: string,
  text: string,
  threadTs: string | null,
): PageMessage {
  const last =
    state.messages.findLast((message) => message.channel === channel)?.ts ??
    `${Math.floor(Date.now() / 1000)}.000000`;
  const [seconds = '0', rest = ''] = last.split('.');
  return {
    channel,
    ts: `${seconds}.${rest}1`,
    threadTs,
    user: slackbot,
    text,
    blocks: [],
    files: [],
    edited: null,
    ephemeralTo: state.user.id,
    replyCount: 0,
    replyBroadcast: false,
  };
}

/** How a channel is called: a direct conversation by the other person in it. */
export function channelTitle(state: PageState, id: string): { name: string; direct: boolean } {
  const channel = state.channels.find((candidate) => candidate.id === id);
  if (!channel) return { name: id, direct: false };
  if (!id.startsWith('D')) return { name: channel.name, direct: false };
  const other = channel.members.find((member) => member !== state.user.id);
  const user = state.users.find((candidate) => candidate.id === other);
  return { name: user?.realName || user?.name || channel.name, direct: true };
}

/** What stands in the channel itself: no replies, unless they were also sent to the channel. */
export function channelMessages(state: PageState, channel: string): PageMessage[] {
  return state.messages.filter(
    (message) => message.channel === channel && (!isReply(message) || message.replyBroadcast),
  );
}

export function threadReplies(state: PageState, channel: string, ts: string): PageMessage[] {
  return state.messages.filter(
    (message) => message.channel === channel && message.threadTs === ts && message.ts !== ts,
  );
}

export function findMessage(state: PageState, channel: string, ts: string): PageMessage | undefined {
  return state.messages.find((message) => message.channel === channel && message.ts === ts);
}
