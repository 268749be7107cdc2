/** Where a person types: messages and slash commands, with completion and history. */
import type { PageState } from '../page-api.ts';
import { act } from './api.ts';
import { type Completion, completionsFor, History, type Name, nameCompletions } from './completion.ts';
import { fill, h, icon, uid } from './dom.ts';
import type { Store } from './store.ts';

const sendSign = 'M3 4l14 6-14 6 2-6zM5 10h6';

export class Composer {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #thread: () => string | null;
  readonly #input: HTMLTextAreaElement;
  readonly #list: HTMLElement;
  readonly #send: HTMLButtonElement;
  readonly #history: History;
  #offers: Completion[] = [];
  #current = -1;

  constructor(store: Store, thread: () => string | null) {
    this.#store = store;
    this.#thread = thread;
    this.#history = rememberedHistory(store.model.page.user.id);
    const listId = uid('completions');
    this.#input = h('textarea', {
      class: 'composer-input',
      attrs: {
        rows: 1,
        'aria-haspopup': 'listbox',
        'aria-autocomplete': 'list',
        'aria-controls': listId,
        autocomplete: 'off',
        spellcheck: 'false',
        enterkeyhint: 'send',
      },
      on: { input: () => this.#typed(), keydown: (event) => this.#key(event), blur: () => this.#offer([]) },
    });
    this.#list = h('div', {
      class: 'completions',
      attrs: { role: 'listbox', id: listId, 'aria-label': 'Completions', hidden: true },
    });
    this.#send = h(
      'button',
      {
        class: 'send',
        attrs: { type: 'button', 'aria-label': 'Send', title: 'Send', disabled: true },
        on: { click: () => void this.#submit() },
      },
      icon(sendSign, 18),
    );
    const hint = h(
      'div',
      { class: 'composer-hint', attrs: { 'aria-hidden': 'true' } },
      h('b', {}, 'Enter'),
      ' to send · ',
      h('b', {}, 'Shift+Enter'),
      ' for a new line · ',
      h('b', {}, '/'),
      ' for commands',
    );
    this.element = h(
      'div',
      { class: 'composer' },
      this.#list,
      h(
        'div',
        { class: 'composer-box' },
        this.#input,
        h('div', { class: 'composer-foot' }, hint, this.#send),
      ),
    );
  }

  /** Names the box after where it writes to. */
  label(text: string): void {
    if (this.#input.getAttribute('aria-label') === text) return;
    this.#input.setAttribute('aria-label', text);
    this.#input.placeholder = text;
  }

  focus(): void {
    this.#input.focus();
  }

  #typed(): void {
    this.#history.leave();
    this.#resize();
    this.#offer(this.#completions());
  }

  #completions(): Completion[] {
    const line = this.#input.value;
    const { page } = this.#store.model;
    const offers = completionsFor(line, page.commands);
    return offers.length > 0 ? offers : nameCompletions(line, namesIn(page));
  }

  #set(text: string): void {
    this.#input.value = text;
    this.#input.setSelectionRange(text.length, text.length);
    this.#resize();
  }

  #resize(): void {
    this.#input.style.setProperty('height', 'auto');
    this.#input.style.setProperty('height', `${Math.min(200, this.#input.scrollHeight)}px`);
    this.#send.disabled = this.#input.value.trim() === '';
  }

  #offer(offers: Completion[]): void {
    this.#offers = offers;
    this.#current = -1;
    this.#drawOffers();
  }

  #drawOffers(): void {
    const open = this.#offers.length > 0;
    this.#list.hidden = !open;
    const rows = this.#offers.map((offer, at) => {
      const attrs = {
        role: 'option',
        id: `${this.#list.id}-${at}`,
        'aria-selected': String(at === this.#current),
      };
      const choose = (event: Event) => {
        event.preventDefault();
        this.#choose(offer);
      };
      return h(
        'div',
        { class: `completion${at === this.#current ? ' current' : ''}`, attrs, on: { mousedown: choose } },
        h('span', { class: 'completion-line' }, offer.title),
        h('span', { class: 'muted' }, offer.detail),
      );
    });
    fill(
      this.#list,
      open &&
        h(
          'div',
          { class: 'completions-head', attrs: { 'aria-hidden': 'true' } },
          'Completions',
          h('span', {}, '↑ ↓ to move, Tab to complete'),
        ),
      rows,
    );
    if (this.#current >= 0)
      this.#input.setAttribute('aria-activedescendant', `${this.#list.id}-${this.#current}`);
    else this.#input.removeAttribute('aria-activedescendant');
    this.#list.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
  }

  #choose(offer: Completion): void {
    this.#set(offer.line);
    this.#offer(this.#completions().filter((next) => next.line !== offer.line));
    this.#input.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const offers = this.#offers;
    const vertical = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    const offer = offers[Math.max(0, this.#current)];
    if (event.key === 'Tab' && !event.shiftKey && offer) {
      event.preventDefault();
      this.#choose(offer);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      const picked = offers[this.#current];
      if (picked) this.#choose(picked);
      else void this.#submit();
    } else if (event.key === 'Escape' && offers.length > 0) {
      event.stopPropagation();
      this.#offer([]);
    } else if (vertical !== 0 && this.#walks(vertical)) {
      const line = vertical < 0 ? this.#history.older(this.#input.value) : this.#history.newer();
      if (line === null) return;
      event.preventDefault();
      this.#set(line);
      this.#offer([]);
    } else if (vertical !== 0 && offers.length > 0) {
      event.preventDefault();
      this.#current =
        (this.#current + vertical + offers.length + (this.#current < 0 && vertical < 0 ? 1 : 0)) %
        offers.length;
      this.#drawOffers();
    }
  }

  /** Arrow keys walk the history from an empty box on, and go on doing so until something is typed. */
  #walks(direction: number): boolean {
    return this.#history.walking || (direction < 0 && this.#input.value === '');
  }

  async #submit(): Promise<void> {
    const text = this.#input.value.trim();
    if (text === '') return;
    const { page, channel } = this.#store.model;
    const thread = this.#thread();
    this.#offer([]);
    if (text.startsWith('/') && thread !== null) {
      const command = text.split(/\s/)[0] ?? '';
      this.#store.say(
        channel,
        `\`${command}\` is not supported in threads. Sorry! Type it in the channel instead.`,
        thread,
      );
      return;
    }
    this.#history.add(text);
    this.#set('');
    const where = { user: page.user.id, channel, text };
    const answer = text.startsWith('/')
      ? await act('command', where)
      : await act('message', thread === null ? where : { ...where, threadTs: thread });
    if (!answer.ok) this.#store.say(channel, answer.error, thread);
  }
}

function namesIn(page: PageState): Name[] {
  return [
    ...page.users
      .filter((user) => !user.deleted)
      .map((user) => ({ sign: '@', name: user.name, detail: user.realName })),
    ...page.userGroups.map((group) => ({ sign: '@', name: group.handle, detail: group.name })),
    ...page.channels
      .filter(({ id }) => !id.startsWith('D'))
      .map(({ name, topic }) => ({ sign: '#', name, detail: topic })),
  ];
}

function rememberedHistory(user: string): History {
  const key = `slack-sandbox-history-${user}`;
  let lines: string[] = [];
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]');
    if (Array.isArray(kept)) lines = kept.filter((line) => typeof line === 'string');
  } catch {
    lines = [];
  }
  return new History(lines, (all) => {
    try {
      sessionStorage.setItem(key, JSON.stringify(all));
    } catch {
      // Without storage the history lasts as long as the page.
    }
  });
}
