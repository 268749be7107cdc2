/** One message: author, time, text or blocks, files, thread summary, hover tool bar. */
import type { PageMessage, PageState } from '../page-api.ts';
import { act } from './api.ts';
import { avatar } from './avatar.ts';
import { blockList } from './blocks.ts';
import { userName } from './context.ts';
import { formatDateTokens, fullStamp, timeOfDay, tsMillis } from './dates.ts';
import { h, icon } from './dom.ts';
import { fileCard } from './files.ts';
import { parseMrkdwn } from './mrkdwn.ts';
import { renderBlocks } from './render.ts';
import { findMessage, isReply, slackbot, threadReplies } from './state.ts';
import type { Store } from './store.ts';
import { mrkdwnWords } from './text.ts';

export interface MessageView {
  message: PageMessage;
  /** Follows a message of the same author closely: drawn without avatar and name. */
  grouped: boolean;
  place: 'channel' | 'thread';
}

const replySign = 'M4 4h12v9H9l-4 3v-3H4z';

export function authorName(store: Store, id: string): string {
  return id === slackbot ? 'Slackbot' : userName(store.directory, id);
}

export function drawMessage(view: MessageView, store: Store): HTMLElement {
  const { message, grouped } = view;
  const user = store.model.page.users.find((candidate) => candidate.id === message.user);
  const name = authorName(store, message.user);
  const ephemeral = message.ephemeralTo !== null;
  const clock = { now: Date.now() };
  const time = timeOfDay(tsMillis(message.ts), clock);
  const attrs = {
    role: 'article',
    tabindex: -1,
    'aria-label': `${name}, ${time}${ephemeral ? ', only visible to you' : ''}`,
    'data-ts': message.ts,
    'data-channel': message.channel,
    'data-user': message.user,
    'data-thread-ts': message.threadTs,
    'data-ephemeral': ephemeral ? 'true' : null,
    'data-edited': message.edited,
  };
  const stamp = h(
    'time',
    {
      class: 'stamp',
      attrs: {
        datetime: new Date(tsMillis(message.ts)).toISOString(),
        title: fullStamp(tsMillis(message.ts), clock),
      },
    },
    time,
  );
  return h(
    'div',
    { class: `message${grouped ? ' grouped' : ''}${ephemeral ? ' ephemeral' : ''}`, attrs },
    h('div', { class: 'gutter' }, grouped ? stamp : avatar(user, message.user, 'large')),
    h(
      'div',
      { class: 'message-main' },
      ephemeral &&
        h(
          'div',
          { class: 'only-you' },
          icon('M3 10s2.5-5 7-5 7 5 7 5-2.5 5-7 5-7-5-7-5zM10 8a2 2 0 100 4 2 2 0 000-4z', 14),
          'Only visible to you',
        ),
      !grouped &&
        h(
          'div',
          { class: 'message-head' },
          h('span', { class: 'author' }, name),
          (user?.isBot || message.user === slackbot) && h('span', { class: 'app-badge' }, 'APP'),
          stamp,
        ),
      view.place === 'channel' && isReply(message) && broadcastNote(message, store),
      body(message, store),
      message.files.length > 0 && h('div', { class: 'files' }, message.files.map(fileCard)),
      view.place === 'channel' && !isReply(message) && threadSummary(message, store),
    ),
    toolbar(view, store),
  );
}

function body(message: PageMessage, store: Store): HTMLElement | null {
  if (message.blocks.length === 0) {
    if (message.text === '') return null;
    const edited = message.edited !== null && h('span', { class: 'edited' }, ' (edited)');
    return h('div', { class: 'text' }, renderBlocks(parseMrkdwn(message.text), store.directory), edited);
  }
  const user = store.model.page.user.id;
  return blockList(message.blocks, {
    kind: 'message',
    directory: store.directory,
    values: store.form(`${message.channel} ${message.ts}`),
    errors: {},
    dispatch: (blockId, actionId, selected) => {
      const click = { user, channel: message.channel, ts: message.ts, blockId, actionId };
      return act('click', selected ? { ...click, selected } : click);
    },
  });
}

function broadcastNote(message: PageMessage, store: Store): HTMLElement {
  const parent =
    message.threadTs === null ? undefined : findMessage(store.model.page, message.channel, message.threadTs);
  const words = parent ? mrkdwnWords(parent.text).slice(0, 80) : 'a thread';
  const open = () => store.openThread(message.threadTs);
  return h(
    'div',
    { class: 'broadcast-note' },
    'replied to a thread: ',
    h('button', { class: 'link', attrs: { type: 'button' }, on: { click: open } }, words || 'a thread'),
  );
}

/** Replies as this person sees them; the count the server knows wins when not all replies are loaded. */
export function repliesTo(
  page: PageState,
  message: PageMessage,
): { count: number; authors: string[]; last: PageMessage | undefined } {
  const replies = threadReplies(page, message.channel, message.ts);
  const shown = replies.filter((reply) => reply.ephemeralTo === null);
  const authors = [...new Set(shown.map((reply) => reply.user))];
  return { count: Math.max(message.replyCount, shown.length), authors, last: shown.at(-1) };
}

function threadSummary(message: PageMessage, store: Store): HTMLElement | null {
  const { page } = store.model;
  const { count, authors, last } = repliesTo(page, message);
  if (count === 0) return null;
  const label = `${count} ${count === 1 ? 'reply' : 'replies'}`;
  const faces = authors.slice(0, 4).map((id) =>
    avatar(
      page.users.find((user) => user.id === id),
      id,
      'small',
    ),
  );
  const format = '{date_short_pretty} at {time}';
  const when = last
    ? `Last reply ${formatDateTokens(Math.floor(tsMillis(last.ts) / 1000), format, { now: Date.now() })}`
    : 'View thread';
  const attrs = { type: 'button', 'aria-label': `${label}, view thread`, 'data-thread': message.ts };
  return h(
    'button',
    { class: 'thread-summary', attrs, on: { click: () => store.openThread(message.ts) } },
    h('span', { class: 'faces' }, faces),
    h('span', { class: 'reply-count' }, label),
    h('span', { class: 'last-reply' }, when),
    h('span', { class: 'view-thread', attrs: { 'aria-hidden': 'true' } }, 'View thread'),
  );
}

function toolbar(view: MessageView, store: Store): HTMLElement | null {
  const { message, place } = view;
  if (message.ephemeralTo !== null || place === 'thread') return null;
  const root = isReply(message) ? message.threadTs : message.ts;
  const label = isReply(message) ? 'View thread' : 'Reply in thread';
  const attrs = { type: 'button', 'aria-label': label, title: label };
  return h(
    'div',
    { class: 'toolbar' },
    h('button', { class: 'tool', attrs, on: { click: () => store.openThread(root) } }, icon(replySign, 18)),
  );
}
