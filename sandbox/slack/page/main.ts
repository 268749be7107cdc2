/** Starts the page: reads who is in front of it, loads the state, follows events, draws. */
import type { PageState } from '../page-api.ts';
import { follow, loadState } from './api.ts';
import { ChannelPane } from './channel.ts';
import { fill, h } from './dom.ts';
import { authorName } from './message.ts';
import { ModalStack } from './modal.ts';
import { Sidebar } from './sidebar.ts';
import { channelTitle } from './state.ts';
import { Store } from './store.ts';
import { mrkdwnWords } from './text.ts';
import { restoreTheme } from './theme.ts';
import { ThreadPane } from './thread.ts';

const retryAfter = 1500;

/** Address of a person's view; kept in the address bar, so two windows can be two people. */
function addressOf(user: string, channel: string, thread: string | null): string {
  const query = new URLSearchParams({ user, channel });
  if (thread !== null) query.set('thread', thread);
  return `${location.pathname}?${query.toString()}`;
}

/** Whom the page begins with when the address names nobody: the first person of the default workspace. */
const firstPerson = 'U0PRIYAREQ';

async function firstState(): Promise<PageState> {
  const named = new URLSearchParams(location.search).get('user');
  for (;;) {
    for (const user of named === null ? [firstPerson, null] : [named, firstPerson, null]) {
      const state = await loadState(user).catch(() => null);
      if (state !== null) return state;
    }
    await new Promise((resolve) => setTimeout(resolve, retryAfter));
  }
}

/** Speaks to screen readers from a closed shadow root, so that finding text in the page finds a message once. */
function announcerIn(host: HTMLElement): { host: HTMLElement; say(text: string): void } {
  const live = h('div', { attrs: { 'aria-live': 'polite' } });
  host.attachShadow({ mode: 'closed' }).appendChild(live);
  return {
    host,
    say: (text) => {
      live.textContent = text;
    },
  };
}

async function start(root: HTMLElement): Promise<void> {
  restoreTheme();
  const page = await firstState();
  const query = new URLSearchParams(location.search);
  const store = new Store(page, query.get('channel'), query.get('thread'));
  const me = page.user.id;

  const setSidebar = (open: boolean) => root.classList.toggle('sidebar-open', open);
  const switchUser = (id: string) => location.assign(addressOf(id, store.model.channel, store.model.thread));
  const sidebar = new Sidebar(store, switchUser, () => setSidebar(false));
  const channel = new ChannelPane(store, () => setSidebar(true));
  const thread = new ThreadPane(store);
  const modals = new ModalStack(store);
  const announcer = announcerIn(h('div', { class: 'visually-hidden' }));
  const skip = h('a', { class: 'skip', attrs: { href: '#channel' } }, 'Skip to messages');
  skip.setAttribute('href', '#channel');
  const scrim = h('div', { class: 'scrim', on: { click: () => setSidebar(false) } });
  fill(root, skip, sidebar.element, scrim, channel.element, thread.element, announcer.host);

  const draw = () => {
    const { model } = store;
    root.classList.toggle('thread-open', model.thread !== null);
    root.dataset['online'] = String(model.online);
    sidebar.update();
    channel.update();
    thread.update();
    modals.update();
    const { name } = channelTitle(model.page, model.channel);
    const waiting = model.page.channels.some(
      (candidate) => candidate.id !== model.channel && store.unread(candidate.id).length > 0,
    );
    document.title = `${waiting ? '* ' : ''}#${name} – ${model.page.team.name} (${model.page.user.realName})`;
    const address = addressOf(me, model.channel, model.thread);
    if (address !== `${location.pathname}${location.search}`) history.replaceState(null, '', address);
  };
  store.subscribe(draw);
  store.onArrival((message) => {
    if (message.channel !== store.model.channel || message.user === me) return;
    // A screen reader hears the top-level text, which is what Slack's client announces too.
    announcer.say(`${authorName(store, message.user)}: ${mrkdwnWords(message.text)}`);
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') store.markRead();
  });

  draw();
  // On a touch screen the keyboard would cover half the page before anything was read.
  if (matchMedia('(hover: hover)').matches) channel.focusComposer();
  let generation = 0;
  follow(me, {
    event: (event) => {
      generation += 1;
      store.apply(event);
    },
    opened: () => void refresh(),
    lost: () => store.setOnline(false),
  });
  /** Events are followed before the state is read; if some came while it was read, it is read once more. */
  async function refresh(): Promise<void> {
    const before = generation;
    const state = await loadState(me).catch(() => null);
    if (state === null) return;
    if (generation !== before) return refresh();
    store.replace(state);
  }
}

const root = document.getElementById('app');
if (root) await start(root);
