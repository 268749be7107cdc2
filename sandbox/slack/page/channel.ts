/** The middle pane: one channel with its messages and composer. */
import { Composer } from './composer.ts';
import { fill, h, icon } from './dom.ts';
import { MessageList } from './message-list.ts';
import { channelMessages, channelTitle } from './state.ts';
import type { Store } from './store.ts';

const menuSign = 'M3 5h14M3 10h14M3 15h14';

export class ChannelPane {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #list: MessageList;
  readonly #composer: Composer;
  readonly #title = h('div', { class: 'channel-title' });
  readonly #jump: HTMLButtonElement;

  constructor(store: Store, openSidebar: () => void) {
    this.#store = store;
    this.#list = new MessageList(store, 'channel', () => this.#offerJump());
    this.#composer = new Composer(store, () => null);
    this.#jump = h(
      'button',
      { class: 'jump', attrs: { type: 'button', hidden: true }, on: { click: () => this.#list.toBottom() } },
      'Jump to latest ↓',
    );
    const menu = h(
      'button',
      {
        class: 'btn quiet open-sidebar',
        attrs: { type: 'button', 'aria-label': 'Open channel list' },
        on: { click: openSidebar },
      },
      icon(menuSign),
    );
    this.element = h(
      'main',
      { class: 'channel', attrs: { id: 'channel' } },
      h('header', { class: 'pane-head' }, menu, this.#title),
      h('div', { class: 'list-frame' }, this.#list.element, this.#jump),
      this.#composer.element,
    );
  }

  focusComposer(): void {
    this.#composer.focus();
  }

  update(): void {
    const { page, channel: id } = this.#store.model;
    const channel = page.channels.find((candidate) => candidate.id === id);
    const { name, direct } = channelTitle(page, id);
    const sign = direct ? '' : '#';
    this.element.dataset['channel'] = id;
    const members = channel?.members.length ?? 0;
    fill(
      this.#title,
      h('h1', {}, h('span', { class: 'hash', attrs: { 'aria-hidden': 'true' } }, sign), name),
      h('span', { class: 'topic', attrs: { title: channel?.topic ?? '' } }, channel?.topic ?? ''),
      h(
        'span',
        { class: 'members', attrs: { title: 'Members of this channel' } },
        icon(
          'M7 9a3 3 0 100-6 3 3 0 000 6zM1.500 16c0-3 2.500-5 5.500-5s5.500 2 5.500 5M13 4a3 3 0 010 5M15 11.500c2 .6 3.500 2.300 3.500 4.500',
          16,
        ),
        String(members),
      ),
    );
    const lead = h(
      'div',
      { class: 'channel-lead' },
      h('h2', {}, `${direct ? '' : '# '}${name}`),
      h('p', { class: 'muted' }, `This is the very beginning of ${sign}${name}. ${channel?.topic ?? ''}`),
    );
    this.#composer.label(`Message ${sign}${name}`);
    this.#list.update(id, `Messages in ${sign}${name}`, channelMessages(page, id), [lead]);
    this.#offerJump();
  }

  #offerJump(): void {
    this.#jump.hidden = this.#list.atBottom();
  }
}
