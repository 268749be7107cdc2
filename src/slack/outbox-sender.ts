/** Brings cards and news to Slack beside the workflow: nothing here can block or fail it. */
import { steady } from '../workflow/steady-clock.ts';
import { AlarmSender, type AlarmSenderOptions } from './alarm-sender.ts';
import { CardSender, type CardSenderOptions } from './card-sender.ts';
import { NewsSender, type NewsSenderOptions } from './news-sender.ts';
import { ChannelPace } from './pace.ts';

export type OutboxSenderOptions = Omit<
  CardSenderOptions & NewsSenderOptions & AlarmSenderOptions,
  'channels'
> & {
  /** Shortest time between two messages in one channel, ms; Slack allows about one a second. */
  messageInterval: number;
  /** Looks for work at least this often, ms, beside being kicked. */
  pollInterval: number;
};

export class OutboxSender {
  readonly #options: OutboxSenderOptions;
  readonly #cards: CardSender;
  readonly #news: NewsSender;
  readonly #alarms: AlarmSender;
  #running: Promise<number | null> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #kicked = false;
  #started = false;

  constructor(options: OutboxSenderOptions) {
    // All that is compared with it are pauses of our own.
    this.#options = { ...options, now: steady(options.now) };
    const parts = { ...this.#options, channels: new ChannelPace(options.messageInterval) };
    this.#cards = new CardSender(parts);
    this.#news = new NewsSender(parts);
    this.#alarms = new AlarmSender(parts);
  }

  /** News that a crash left half sent are given up: they may have arrived. Alarms are told again. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const given = this.#options.outbox.recover();
    if (given > 0) this.#options.log.warn({ given }, 'news in doubt after the restart are not told again');
    const again = this.#options.alarms.recover();
    if (again > 0) this.#options.log.warn({ again }, 'alarms in doubt after the restart are told again');
    this.kick();
  }

  /** Something may have changed. Cheap; may be called for every commit. */
  kick(): void {
    if (!this.#started) return;
    if (this.#running) {
      this.#kicked = true;
      return;
    }
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    void this.round();
  }

  /** Sends nothing more after this; waits for what is on the wire. */
  async stop(): Promise<void> {
    this.#started = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  /** Resolves when nothing can be sent now; what must wait for its time is left. */
  async idle(): Promise<void> {
    for (;;) {
      const next = await this.round();
      if (next === null || next > this.#options.now()) return;
    }
  }

  /** One round of cards, then of news. Returns when to come again (ms), null when there is nothing. Never throws. */
  round(): Promise<number | null> {
    this.#running ??= this.#round().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #round(): Promise<number | null> {
    let next: number | null = null;
    try {
      const alarms = await this.#alarms.round();
      // Cards before news, which need a card to be told under.
      const cards = await this.#cards.round();
      const news = await this.#news.round();
      const times = [alarms, cards, news].filter((at) => at !== null);
      next = times.length === 0 ? null : Math.min(...times);
    } catch (error) {
      this.#options.log.error({ err: error }, 'the outbox could not be read');
    }
    this.#schedule(next);
    return next;
  }

  #schedule(next: number | null): void {
    if (!this.#started) return;
    const wait = next === null ? this.#options.pollInterval : Math.max(0, next - this.#options.now());
    const delay = this.#kicked ? 0 : Math.min(wait, this.#options.pollInterval);
    this.#kicked = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.round(), delay);
  }
}
