/** The pane at the right that shows one thread. */
import { Composer } from './composer.ts';
import { fill, h, icon } from './dom.ts';
import { MessageList } from './message-list.ts';
import { channelTitle, findMessage, threadReplies } from './state.ts';
import type { Store } from './store.ts';

const closeSign = 'M5 5l10 10M15 5L5 15';

export class ThreadPane {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #list: MessageList;
  readonly #composer: Composer;
  readonly #subtitle = h('span', { class: 'muted' });
  #open: string | null = null;
  #opener: Element | null = null;

  constructor(store: Store) {
    this.#store = store;
    this.#list = new MessageList(store, 'thread');
    this.#composer = new Composer(store, () => store.model.thread);
    const close = h(
      'button',
      {
        class: 'btn quiet',
        attrs: { type: 'button', 'aria-label': 'Close thread' },
        on: { click: () => store.openThread(null) },
      },
      icon(closeSign),
    );
    this.element = h(
      'aside',
      { class: 'thread', attrs: { 'aria-label': 'Thread', hidden: true } },
      h('header', { class: 'pane-head' }, h('h2', {}, 'Thread', this.#subtitle), close),
      this.#list.element,
      this.#composer.element,
    );
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') store.openThread(null);
    });
  }

  update(): void {
    const { page, channel, thread } = this.#store.model;
    const root = thread === null ? undefined : findMessage(page, channel, thread);
    this.element.hidden = thread === null;
    this.element.dataset['thread'] = thread ?? '';
    if (thread === null) {
      if (this.#open !== null) this.#focusBack(this.#open);
      this.#open = null;
      return;
    }
    const { name, direct } = channelTitle(page, channel);
    fill(this.#subtitle, ` ${direct ? '' : '#'}${name}`);
    this.#composer.label('Reply…');
    const replies = threadReplies(page, channel, thread);
    const missing = h('div', { class: 'muted pad' }, 'The message this thread belongs to is gone.');
    this.#list.update(
      `${channel} ${thread}`,
      'Messages in this thread',
      root ? [root, ...replies] : replies,
      root ? [] : [missing],
    );
    if (this.#open === thread) return;
    this.#opener = this.#open === null ? document.activeElement : this.#opener;
    this.#open = thread;
    this.#composer.focus();
  }

  /** Focus goes back to what opened the thread, or, when that was drawn anew meanwhile, to its message. */
  #focusBack(thread: string): void {
    const message = document.querySelector<HTMLElement>(`main .message[data-ts="${CSS.escape(thread)}"]`);
    const opener = this.#opener instanceof HTMLElement && this.#opener.isConnected ? this.#opener : message;
    opener?.focus({ preventScroll: true });
  }
}
