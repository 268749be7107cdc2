/** The purple bar: team, person in front of the page, channels, people and apps, bot connection, theme. */
import type { PageUser } from '../page-api.ts';
import { avatar } from './avatar.ts';
import { fill, h, icon } from './dom.ts';
import { openMenu } from './menu.ts';
import { channelTitle } from './state.ts';
import type { Store } from './store.ts';
import { themeButton } from './theme.ts';

export class Sidebar {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #body = h('div', { class: 'sidebar-body' });
  readonly #team = h('div', { class: 'team' });
  readonly #me = h('button', {
    class: 'me',
    attrs: { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false' },
  });
  readonly #status = h('div', { class: 'bot-status', attrs: { role: 'status' } });
  readonly #switchUser: (id: string) => void;
  #drawn = '';

  constructor(store: Store, switchUser: (id: string) => void, closeSidebar: () => void) {
    this.#store = store;
    this.#switchUser = switchUser;
    this.#me.addEventListener('click', () => this.#chooseUser());
    const close = h(
      'button',
      {
        class: 'btn quiet close-sidebar',
        attrs: { type: 'button', 'aria-label': 'Close channel list' },
        on: { click: closeSidebar },
      },
      icon('M5 5l10 10M15 5L5 15'),
    );
    const head = h('div', { class: 'sidebar-head' }, this.#team, themeButton(), close);
    this.element = h(
      'nav',
      { class: 'sidebar', attrs: { 'aria-label': 'Channels and people' } },
      head,
      this.#status,
      this.#body,
      this.#me,
    );
    this.element.addEventListener('click', (event) => {
      if (event.target instanceof Element && event.target.closest('.channel-link')) closeSidebar();
    });
  }

  update(): void {
    const { page, channel, online } = this.#store.model;
    fill(this.#team, h('span', { class: 'team-name', attrs: { title: page.team.name } }, page.team.name));
    this.#drawStatus(online, page.botConnections);
    const unread = page.channels.map(({ id }) => (id === channel ? 0 : this.#store.unread(id).length));
    const key = JSON.stringify([page.channels, unread, channel, page.users, page.botConnections > 0]);
    if (key !== this.#drawn) this.#drawBody();
    this.#drawn = key;
    const label = `Switch user, you are ${page.user.realName || page.user.name}`;
    if (this.#me.dataset['user'] === page.user.id) return;
    this.#me.dataset['user'] = page.user.id;
    this.#me.setAttribute('aria-label', label);
    fill(
      this.#me,
      avatar(page.user, page.user.id, 'large'),
      h(
        'span',
        { class: 'me-words' },
        h('b', {}, page.user.realName || page.user.name),
        h('span', { class: 'role' }, page.user.role),
      ),
      h('span', { class: 'switch' }, 'Switch'),
    );
  }

  #drawBody(): void {
    const { page, channel } = this.#store.model;
    const people = page.users.filter((user) => !user.isBot && !user.deleted);
    const apps = page.users.filter((user) => user.isBot && !user.deleted);
    const links = (direct: boolean) =>
      page.channels
        .map(({ id }) => ({ id, ...channelTitle(page, id) }))
        .filter((item) => item.direct === direct)
        .map((item) => this.#channelLink(item.id, item.name, item.direct, item.id === channel));
    const talks = links(true);
    const focused =
      document.activeElement instanceof HTMLElement ? document.activeElement.dataset['channelId'] : undefined;
    fill(
      this.#body,
      section('Channels', links(false)),
      talks.length > 0 && section('Direct messages', talks),
      section(
        'People',
        people.map((user) => this.#person(user)),
      ),
      section(
        'Apps',
        apps.map((user) => this.#app(user)),
      ),
    );
    if (focused) this.#body.querySelector<HTMLElement>(`[data-channel-id="${CSS.escape(focused)}"]`)?.focus();
  }

  #app(user: PageUser): HTMLElement {
    const dot = h('span', { class: `dot${this.#store.model.page.botConnections > 0 ? ' on' : ''}` });
    return h('li', { class: 'person' }, avatar(user, user.id, 'small'), user.realName || user.name, dot);
  }

  #drawStatus(online: boolean, connections: number): void {
    const state = !online ? 'lost' : connections > 0 ? 'up' : 'down';
    const words = {
      lost: 'Sandbox not reachable, trying again…',
      up: 'Bot connected',
      down: 'Bot not connected',
    }[state];
    this.#status.title = `Open Socket Mode connections of the bot: ${connections}`;
    this.#status.dataset['sockets'] = String(connections);
    if (this.#status.dataset['state'] === state) return;
    this.#status.dataset['state'] = state;
    fill(this.#status, h('span', { class: `dot ${state === 'up' ? 'on' : state}` }), words, sandboxBadge());
  }

  #channelLink(id: string, name: string, direct: boolean, current: boolean): HTMLElement {
    const unread = current ? 0 : this.#store.unread(id).length;
    const label = unread > 0 ? `${name}, ${unread} unread` : name;
    const attrs = {
      type: 'button',
      'aria-label': label,
      'aria-current': current ? 'page' : null,
      'data-channel-id': id,
      'data-unread': unread,
    };
    const open = () => this.#store.openChannel(id);
    return h(
      'li',
      {},
      h(
        'button',
        { class: `channel-link${unread > 0 ? ' unread' : ''}`, attrs, on: { click: open } },
        h('span', { class: 'hash', attrs: { 'aria-hidden': 'true' } }, direct ? '@' : '#'),
        h('span', { class: 'name' }, name),
        unread > 0 && h('span', { class: 'badge' }, String(unread)),
      ),
    );
  }

  #person(user: PageUser): HTMLElement {
    const me = user.id === this.#store.model.page.user.id;
    return h(
      'li',
      { class: 'person', attrs: { title: user.role } },
      avatar(user, user.id, 'small'),
      h('span', { class: 'name' }, user.realName || user.name),
      me && h('span', { class: 'you' }, 'you'),
    );
  }

  #chooseUser(): void {
    const { page } = this.#store.model;
    const people = page.users.filter((user) => !user.isBot);
    openMenu(
      this.#me,
      'Switch user',
      people.map((user) => ({
        label: `${user.realName || user.name}, ${user.deleted ? 'deactivated' : user.role}`,
        checked: user.id === page.user.id,
        disabled: user.deleted,
        content: [
          avatar(user, user.id, 'large'),
          h(
            'span',
            { class: 'me-words' },
            h('b', {}, user.realName || user.name),
            h('span', { class: 'role' }, user.deleted ? 'deactivated account' : user.role),
          ),
          h(
            'span',
            { class: 'check', attrs: { 'aria-hidden': 'true' } },
            user.id === page.user.id ? '✓' : '',
          ),
        ],
        choose: () => this.#switchUser(user.id),
      })),
    );
  }
}

function sandboxBadge(): HTMLElement {
  const title = 'A simulated Slack: nothing here leaves this machine';
  return h('span', { class: 'sandbox-badge', attrs: { title } }, 'Sandbox');
}

function section(title: string, items: HTMLElement[]): HTMLElement {
  return h('section', { attrs: { 'aria-label': title } }, h('h2', {}, title), h('ul', {}, items));
}
