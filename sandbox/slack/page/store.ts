/** The page's one changing value: state of the simulator, what is selected, what was read; listeners draw it. */
import type { PageEvent, PageMessage, PageState } from '../page-api.ts';
import { type Directory, FormValues } from './context.ts';
import { applyEvent, compareTs, isReply, notice } from './state.ts';

/** Milliseconds between the answer to a command and the event that says the same. */
const echoWithin = 3000;

export interface Model {
  page: PageState;
  channel: string;
  thread: string | null;
  /** channel → ts of the last message this person has seen. */
  read: Record<string, string>;
  /** Where the "New" line stands in the channel being shown. */
  newLine: string | null;
  /** Whether the event stream to the simulator is open. */
  online: boolean;
}

export class Store {
  #model: Model;
  readonly #listeners: (() => void)[] = [];
  readonly #arrivals: ((message: PageMessage) => void)[] = [];
  readonly #forms = new Map<string, FormValues>();
  #scheduled = false;
  #lastNotice: { channel: string; text: string; source: string; at: number } | null = null;

  constructor(page: PageState, channel: string | null, thread: string | null) {
    const known = page.channels.some((candidate) => candidate.id === channel);
    const selected = known && channel !== null ? channel : (page.channels[0]?.id ?? '');
    this.#model = {
      page,
      channel: selected,
      thread: known ? thread : null,
      read: loadRead(page.user.id),
      newLine: null,
      online: true,
    };
    for (const { id } of page.channels) this.#model.read[id] ??= this.#lastTs(id);
    this.#enter(selected);
  }

  get model(): Readonly<Model> {
    return this.#model;
  }

  get directory(): Directory {
    const { user, users, channels, userGroups } = this.#model.page;
    return { me: user.id, users, channels, groups: userGroups };
  }

  /** Runs `listener` after every change, at most once per frame. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Runs `listener` for each message that was not there before. */
  onArrival(listener: (message: PageMessage) => void): void {
    this.#arrivals.push(listener);
  }

  /** Entered values of one message or view. */
  form(key: string): FormValues {
    const form = this.#forms.get(key) ?? new FormValues();
    this.#forms.set(key, form);
    return form;
  }

  replace(page: PageState): void {
    const notices = this.#model.page.messages.filter((message) => message.user === 'USLACKBOT');
    const messages = [...page.messages, ...notices].sort((a, b) => compareTs(a.ts, b.ts));
    this.#change({ page: { ...page, messages }, online: true });
  }

  apply(event: PageEvent): void {
    if (event.type === 'notice' && this.#isEcho(event.channel, event.text, 'event')) return;
    const before = this.#model.page.messages;
    this.#change({ page: applyEvent(this.#model.page, event) });
    if (event.type !== 'message' && event.type !== 'notice') return;
    const known = new Set(before.map((message) => `${message.channel} ${message.ts}`));
    for (const message of this.#model.page.messages) {
      if (!known.has(`${message.channel} ${message.ts}`))
        for (const listener of this.#arrivals) listener(message);
    }
    if (document.visibilityState === 'visible') this.markRead();
  }

  setOnline(online: boolean): void {
    if (online !== this.#model.online) this.#change({ online });
  }

  openChannel(channel: string): void {
    this.#enter(channel);
    this.#change({ channel, thread: null });
  }

  openThread(thread: string | null): void {
    this.#change({ thread });
  }

  /** Says something as Slackbot that only this person sees. */
  say(channel: string, text: string, thread: string | null = null): void {
    if (this.#isEcho(channel, text, 'answer')) return;
    const page = this.#model.page;
    const message = notice(page, channel, text, thread);
    this.#change({
      page: { ...page, messages: [...page.messages, message].sort((a, b) => compareTs(a.ts, b.ts)) },
    });
    for (const listener of this.#arrivals) listener(message);
    this.markRead();
  }

  /** Everything in the channel being shown counts as seen. */
  markRead(): void {
    const { channel, read, page } = this.#model;
    const last = this.#lastTs(channel);
    if (compareTs(last, read[channel] ?? '0') <= 0) return;
    this.#change({ read: { ...read, [channel]: last } });
    saveRead(page.user.id, this.#model.read);
  }

  unread(channel: string): PageMessage[] {
    const { page, read } = this.#model;
    const since = read[channel] ?? '0';
    return page.messages.filter(
      (message) =>
        message.channel === channel &&
        !isReply(message) &&
        message.user !== page.user.id &&
        compareTs(message.ts, since) > 0,
    );
  }

  /** A refused command comes twice, as the answer to the request and as an event: said once is enough. */
  #isEcho(channel: string, text: string, source: 'event' | 'answer'): boolean {
    const last = this.#lastNotice;
    const echo =
      last?.channel === channel &&
      last.text === text &&
      last.source !== source &&
      performance.now() - last.at < echoWithin;
    this.#lastNotice = echo ? null : { channel, text, source, at: performance.now() };
    return echo;
  }

  #enter(channel: string): void {
    this.#model.channel = channel;
    this.#model.newLine = this.unread(channel)[0]?.ts ?? null;
    this.markRead();
  }

  #lastTs(channel: string): string {
    return this.#model.page.messages.findLast((message) => message.channel === channel)?.ts ?? '0';
  }

  #change(part: Partial<Model>): void {
    this.#model = { ...this.#model, ...part };
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

const readKey = (user: string) => `slack-sandbox-read-${user}`;

function loadRead(user: string): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(readKey(user)) ?? '{}');
    const pairs = typeof kept === 'object' && kept !== null ? Object.entries(kept) : [];
    return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
  } catch {
    return {};
  }
}

function saveRead(user: string, read: Record<string, string>): void {
  try {
    sessionStorage.setItem(readKey(user), JSON.stringify(read));
  } catch {
    // Storage may be switched off; then unread marks simply start anew with each load.
  }
}
