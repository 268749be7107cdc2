/**
 * Keeps the card of every run up to date: only the newest state is ever sent, at most one edit per run and
 * `cardInterval`, and all edits together under a budget. An edit is repeatable; a post is not, but a run
 * without a card could not be approved, so one in doubt is posted again and says that it may be doubled.
 */
import type { WebClient } from '@slack/web-api';
import type { RunId } from '../workflow/run-types.ts';
import type { Outbox } from '../workflow/service.ts';
import type { Message } from './card.ts';
import type { Log } from './log.ts';
import { Outcomes } from './outcomes.ts';
import { Budget, type ChannelPace } from './pace.ts';
import { classify, isLost, type SlackFailure } from './slack-errors.ts';

/** The card of a run as it is now; null when the run is gone. */
export type RenderCard = (
  runId: RunId,
  options: { mayBeDoubled: boolean },
) => (Message & { revision: number }) | null;

export interface CardSenderOptions {
  client: WebClient;
  outbox: Outbox;
  render: RenderCard;
  log: Log;
  now: () => number;
  /** Shortest time between two edits of one card, ms. */
  cardInterval: number;
  /** For posting a card; edits do not count there. */
  channels: ChannelPace;
  /** All edits together; Slack allows 50 and more (tier 3). */
  editsPerMinute: number;
}

const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 60_000;

interface CardState {
  /** Not before this, ms. */
  nextAt: number;
  failures: number;
  /** The blocks were refused: only the text is sent. */
  plainOnly: boolean;
}

export class CardSender {
  readonly #options: CardSenderOptions;
  readonly #edits: Budget;
  readonly #states = new Map<RunId, CardState>();
  readonly #outcomes: Outcomes<RunId>;
  /** Slack asked for a pause of all edits. */
  #pausedUntil = 0;

  constructor(options: CardSenderOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options.log);
    this.#edits = new Budget({ perMinute: options.editsPerMinute, burst: 10, now: options.now() });
  }

  /** Sends what may be sent now. Never throws. Returns when to come again (ms), null when all cards are true. */
  async round(): Promise<number | null> {
    const { outbox, now } = this.#options;
    this.#outcomes.settle();
    let next: number | null = null;
    const stale = outbox.staleCards();
    for (const runId of this.#states.keys()) {
      const state = this.#states.get(runId);
      // What happened long ago has no say any more.
      if (state && !stale.includes(runId) && state.nextAt < now()) this.#states.delete(runId);
    }
    for (const runId of stale) {
      if (this.#outcomes.isOpen(runId)) continue;
      const waitUntil = this.#mayGoAt(runId);
      if (waitUntil > now()) {
        next = Math.min(next ?? waitUntil, waitUntil);
        continue;
      }
      await this.#send(runId);
      if (outbox.staleCards().includes(runId)) {
        const again = this.#mayGoAt(runId);
        next = Math.min(next ?? again, again);
      }
    }
    return next;
  }

  #mayGoAt(runId: RunId): number {
    const now = this.#options.now();
    const card = this.#options.outbox.card(runId);
    const own = this.#state(runId).nextAt;
    if (!card) return own;
    return card.state === 'posted'
      ? Math.max(own, this.#pausedUntil, this.#edits.nextAt(now))
      : Math.max(own, this.#options.channels.nextAt(card.channel));
  }

  #state(runId: RunId): CardState {
    let state = this.#states.get(runId);
    if (!state) {
      state = { nextAt: 0, failures: 0, plainOnly: false };
      this.#states.set(runId, state);
    }
    return state;
  }

  async #send(runId: RunId): Promise<void> {
    const { outbox, render, log } = this.#options;
    const state = this.#state(runId);
    try {
      const card = outbox.card(runId);
      if (!card) {
        state.nextAt = this.#options.now() + LONGEST_PAUSE;
        return;
      }
      // Left behind by a crash.
      const interrupted = card.state === 'sending';
      if (interrupted) outbox.cardInDoubt(runId);
      const message = render(runId, { mayBeDoubled: card.mayBeDoubled || interrupted });
      if (!message) {
        state.nextAt = this.#options.now() + LONGEST_PAUSE;
        return;
      }
      if (card.state === 'posted' && card.ts !== null)
        await this.#edit(runId, card.channel, card.ts, message);
      else await this.#post(runId, card.channel, message);
    } catch (error) {
      log.error({ runId, err: error }, 'the card could not be prepared');
      this.#later(runId, null);
    }
  }

  async #post(runId: RunId, channel: string, message: Message & { revision: number }): Promise<void> {
    const { client, outbox, log, now, channels } = this.#options;
    const state = this.#state(runId);
    outbox.cardSending(runId);
    channels.used(channel, now());
    try {
      const answer = await client.chat.postMessage({
        channel,
        text: message.text,
        ...(state.plainOnly ? {} : { blocks: message.blocks }),
        unfurl_links: false,
        unfurl_media: false,
      });
      const { ts } = answer;
      if (!ts) throw new Error('Slack answered without a timestamp');
      this.#outcomes.record(runId, () => outbox.cardPosted(runId, ts, message.revision));
      state.failures = 0;
      state.nextAt = now() + this.#options.cardInterval;
    } catch (error) {
      const failure = classify(error);
      this.#outcomes.record(runId, () =>
        failure.effect === 'in_doubt' ? outbox.cardInDoubt(runId) : outbox.cardLost(runId),
      );
      log.warn({ runId, channel, slack: failure.code, effect: failure.effect }, 'the card was not posted');
      if (failure.retryAfter !== null) channels.pause(channel, now() + failure.retryAfter);
      this.#refused(runId, failure);
      this.#later(runId, failure);
    }
  }

  async #edit(
    runId: RunId,
    channel: string,
    ts: string,
    message: Message & { revision: number },
  ): Promise<void> {
    const { client, outbox, log, now } = this.#options;
    const state = this.#state(runId);
    this.#edits.take(now());
    try {
      await client.chat.update({
        channel,
        ts,
        text: message.text,
        blocks: state.plainOnly ? [] : message.blocks,
      });
      this.#outcomes.record(runId, () => outbox.cardShown(runId, message.revision));
      state.failures = 0;
      state.nextAt = now() + this.#options.cardInterval;
    } catch (error) {
      const failure = classify(error);
      log.warn({ runId, channel, slack: failure.code }, 'the card was not edited');
      if (isLost(failure)) this.#outcomes.record(runId, () => outbox.cardLost(runId));
      this.#refused(runId, failure);
      if (failure.retryAfter !== null) this.#pausedUntil = now() + failure.retryAfter;
      this.#later(runId, isLost(failure) && state.failures === 0 ? { ...failure, retryAfter: 0 } : failure);
    }
  }

  /** A card that Slack does not take with its blocks is still better than none. */
  #refused(runId: RunId, failure: SlackFailure): void {
    if (!failure.again) this.#state(runId).plainOnly = true;
  }

  #later(runId: RunId, failure: SlackFailure | null): void {
    const state = this.#state(runId);
    const pause =
      failure?.retryAfter ?? Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(state.failures, 10));
    state.failures += 1;
    state.nextAt = this.#options.now() + pause;
  }
}
