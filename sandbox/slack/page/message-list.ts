/** A scrolling list of messages that is brought up to date in place: what did not change is not drawn again. */
import type { PageMessage } from '../page-api.ts';
import { dayKey, dayLabel, tsMillis } from './dates.ts';
import { h } from './dom.ts';
import { drawMessage, type MessageView, repliesTo } from './message.ts';
import { isReply } from './state.ts';
import type { Store } from './store.ts';

const groupWithin = 5 * 60_000;
const nearBottom = 60;

export class MessageList {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #place: 'channel' | 'thread';
  readonly #drawn = new Map<string, { key: string; message: PageMessage; element: HTMLElement }>();
  readonly #sizes: ResizeObserver;
  #subject = '';
  #stick = true;
  #top = 0;

  /** `onMove` runs when the list was scrolled or its content changed in size. */
  constructor(store: Store, place: 'channel' | 'thread', onMove: () => void = () => {}) {
    this.#store = store;
    this.#place = place;
    this.element = h('div', { class: 'messages', attrs: { role: 'log', 'aria-live': 'off', tabindex: 0 } });
    this.element.addEventListener('keydown', (event) => this.#keys(event));
    // Previews grow after they were drawn; someone reading the newest message should keep seeing it.
    this.#sizes = new ResizeObserver(() => {
      if (this.#stick) this.toBottom();
      onMove();
    });
    this.#sizes.observe(this.element);
    this.element.addEventListener('scroll', () => {
      // Content that grew moves the end away without any scrolling back: only that ends the sticking.
      if (this.element.scrollTop < this.#top || this.atBottom()) this.#stick = this.atBottom();
      this.#top = this.element.scrollTop;
      onMove();
    });
  }

  atBottom(): boolean {
    return this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight < nearBottom;
  }

  toBottom(): void {
    this.element.scrollTop = this.element.scrollHeight;
    this.#top = this.element.scrollTop;
    this.#stick = true;
  }

  /** Shows `messages`; `subject` names the channel or thread, and another one starts at its end. */
  update(
    subject: string,
    label: string,
    messages: readonly PageMessage[],
    lead: readonly HTMLElement[] = [],
  ): void {
    const changed = subject !== this.#subject;
    if (changed) {
      for (const { element } of this.#drawn.values()) this.#sizes.unobserve(element);
      this.#drawn.clear();
      this.#subject = subject;
    }
    this.element.setAttribute('aria-label', label);
    const stick = changed || this.#stick;
    const keep = focusMark(this.element);
    const rows: Node[] = [...lead];
    const seen = new Set<string>();
    let previous: PageMessage | undefined;
    for (const message of messages) {
      if (this.#place === 'channel') rows.push(...this.#dividers(message, previous));
      seen.add(message.ts);
      rows.push(this.#row(message, previous));
      if (this.#place === 'thread' && message.ts === messages[0]?.ts && messages.length > 1)
        rows.push(this.#replyDivider(messages.length - 1));
      previous = message;
    }
    for (const [ts, { element }] of [...this.#drawn]) {
      if (seen.has(ts)) continue;
      this.#sizes.unobserve(element);
      this.#drawn.delete(ts);
    }
    patchChildren(this.element, rows);
    restoreFocus(this.element, keep);
    if (stick) this.toBottom();
  }

  #row(message: PageMessage, previous: PageMessage | undefined): HTMLElement {
    const view: MessageView = { message, grouped: this.#grouped(message, previous), place: this.#place };
    const { count, last } = repliesTo(this.#store.model.page, message);
    const key = `${view.grouped} ${count} ${last?.ts ?? ''}`;
    const old = this.#drawn.get(message.ts);
    if (
      old &&
      old.key === key &&
      (old.message === message || JSON.stringify(old.message) === JSON.stringify(message))
    )
      return old.element;
    const element = drawMessage(view, this.#store);
    if (old) this.#sizes.unobserve(old.element);
    this.#sizes.observe(element);
    this.#drawn.set(message.ts, { key, message, element });
    return element;
  }

  #grouped(message: PageMessage, previous: PageMessage | undefined): boolean {
    if (!previous || previous.user !== message.user) return false;
    // A card with a heading begins something new, however soon it follows.
    if (message.blocks[0]?.type === 'header') return false;
    if (
      previous.ephemeralTo !== message.ephemeralTo ||
      (this.#place === 'channel' && (isReply(message) || isReply(previous)))
    )
      return false;
    if (this.#place === 'thread' && !isReply(previous)) return false;
    return (
      tsMillis(message.ts) - tsMillis(previous.ts) < groupWithin && this.#store.model.newLine !== message.ts
    );
  }

  #dividers(message: PageMessage, previous: PageMessage | undefined): HTMLElement[] {
    const clock = { now: Date.now() };
    const at = tsMillis(message.ts);
    const rows: HTMLElement[] = [];
    if (!previous || dayKey(tsMillis(previous.ts), clock) !== dayKey(at, clock)) {
      rows.push(
        h(
          'div',
          { class: 'day', attrs: { role: 'separator', 'aria-label': dayLabel(at, clock) } },
          h('span', {}, dayLabel(at, clock)),
        ),
      );
    }
    if (this.#store.model.newLine === message.ts) {
      rows.push(
        h(
          'div',
          { class: 'new-line', attrs: { role: 'separator', 'aria-label': 'New messages' } },
          h('span', {}, 'New'),
        ),
      );
    }
    return rows;
  }

  #replyDivider(count: number): HTMLElement {
    return h('div', { class: 'reply-divider' }, `${count} ${count === 1 ? 'reply' : 'replies'}`);
  }

  #keys(event: KeyboardEvent): void {
    const target = event.target;
    const rows = [...this.element.querySelectorAll<HTMLElement>('.message')];
    if (target === this.element && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      rows.at(-1)?.focus();
    }
    if (!(target instanceof HTMLElement) || !target.classList.contains('message')) return;
    const at = rows.indexOf(target);
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      rows[at + (event.key === 'ArrowUp' ? -1 : 1)]?.focus();
    } else if (event.key === 't' || event.key === 'T') {
      event.preventDefault();
      const { threadTs, ts, ephemeral } = target.dataset;
      if (this.#place === 'channel' && ts && !ephemeral) this.#store.openThread(threadTs || ts);
    }
  }
}

/** Makes the children exactly `wanted`, moving and adding only what differs (so focus and scrolling survive). */
function patchChildren(parent: Element, wanted: readonly Node[]): void {
  const set = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!set.has(child)) child.remove();
  wanted.forEach((node, at) => {
    const current = parent.childNodes[at];
    if (current !== node) parent.insertBefore(node, current ?? null);
  });
}

interface FocusMark {
  ts: string;
  selector: string | null;
}

function focusMark(within: Element): FocusMark | null {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !within.contains(active)) return null;
  const ts = active.closest<HTMLElement>('.message')?.dataset['ts'];
  if (!ts) return null;
  const action = active.closest<HTMLElement>('[data-action-id]')?.dataset['actionId'];
  return { ts, selector: action ? `[data-action-id="${CSS.escape(action)}"]` : null };
}

/** After a redraw took the focused element away: the same control in the new drawing, else the message. */
function restoreFocus(within: Element, mark: FocusMark | null): void {
  if (!mark || within.contains(document.activeElement)) return;
  const message = within.querySelector<HTMLElement>(`.message[data-ts="${CSS.escape(mark.ts)}"]`);
  const control = mark.selector ? message?.querySelector<HTMLElement>(mark.selector) : null;
  (control ?? message)?.focus({ preventScroll: true });
}
