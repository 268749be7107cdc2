/** Starts the page: reads who is in front of it, loads the state, follows events, draws. */
import { follow, loadState } from './api.ts';
import { ChannelPane } from './channel.ts';
import { fill, h } from './dom.ts';
import { authorName } from './message.ts';
import { ModalStack } from './modal.ts';
import { Sidebar } from './sidebar.ts';
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

async function firstState(): Promise<Awaited<ReturnType<typeof loadState>>> {
  const user = new URLSearchParams(location.search).get('user');
  for (;;) {
    try {
      return await loadState(user);
    } catch {
      if (
        user !== null &&
        (await loadState(null).then(
          () => true,
          () => false,
        ))
      ) {
        // The person in the address is unknown here (another workspace): begin with the first one.
        return loadState(null);
      }
      await new Promise((resolve) => setTimeout(resolve, retryAfter));
    }
  }
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
  const live = h('div', { class: 'visually-hidden', attrs: { 'aria-live': 'polite', id: 'announcer' } });
  const skip = h('a', { class: 'skip', attrs: { href: '#channel' } }, 'Skip to messages');
  skip.setAttribute('href', '#channel');
  const scrim = h('div', { class: 'scrim', on: { click: () => setSidebar(false) } });
  fill(root, skip, sidebar.element, scrim, channel.element, thread.element, live);

  const draw = () => {
    const { model } = store;
    root.classList.toggle('thread-open', model.thread !== null);
    root.dataset['online'] = String(model.online);
    sidebar.update();
    channel.update();
    thread.update();
    modals.update();
    const name = model.page.channels.find((candidate) => candidate.id === model.channel)?.name ?? '';
    const waiting = model.page.channels.some(
      (candidate) => candidate.id !== model.channel && store.unread(candidate.id).length > 0,
    );
    document.title = `${waiting ? '* ' : ''}#${name} – ${model.page.team.name} (${model.page.user.realName})`;
    history.replaceState(null, '', addressOf(me, model.channel, model.thread));
  };
  store.subscribe(draw);
  store.onArrival((message) => {
    if (message.channel !== store.model.channel || message.user === me) return;
    // A screen reader hears the top-level text, which is what Slack's client announces too.
    live.textContent = `${authorName(store, message.user)}: ${mrkdwnWords(message.text)}`;
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') store.markRead();
  });

  draw();
  channel.focusComposer();
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
