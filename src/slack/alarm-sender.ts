/**
 * Brings alarms to the channels of their environments. One that Slack may have taken is told again and says
 * so: an alarm that is there twice is better than one that nobody saw.
 */
import type { WebClient } from '@slack/web-api';
import type { AlarmOutbox, AlarmRow } from '../workflow/service.ts';
import { renderAlarm } from './alarm.ts';
import type { Log } from './log.ts';
import { Outcomes } from './outcomes.ts';
import type { ChannelPace } from './pace.ts';
import { classify } from './slack-errors.ts';

export interface AlarmSenderOptions {
  client: WebClient;
  alarms: AlarmOutbox;
  log: Log;
  now: () => number;
  channels: ChannelPace;
}

const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 300_000;
const AT_ONCE = 20;

export class AlarmSender {
  readonly #options: AlarmSenderOptions;
  readonly #outcomes: Outcomes<number>;

  constructor(options: AlarmSenderOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options.log);
  }

  /** Never throws, unless the rows cannot be read. Returns when to come again (ms), null when nothing is open. */
  async round(): Promise<number | null> {
    const { alarms, now, channels } = this.#options;
    this.#outcomes.settle();
    for (const row of alarms.due(now(), AT_ONCE)) {
      if (channels.nextAt(row.channel) <= now()) await this.#tell(row);
    }
    const next = alarms.nextAt();
    if (next === null || next > now()) return next;
    // Some are due and wait for their channel.
    const waits = alarms.due(now(), AT_ONCE).map((row) => channels.nextAt(row.channel));
    return Math.max(now() + 1, Math.min(...waits));
  }

  async #tell(row: AlarmRow): Promise<void> {
    const { client, alarms, now, log, channels } = this.#options;
    channels.used(row.channel, now());
    try {
      alarms.sending(row.id);
    } catch (error) {
      // Nothing was sent, and the row is as it was.
      log.error({ alarm: row.id, err: error }, 'an alarm could not be told');
      channels.pause(row.channel, now() + FIRST_PAUSE);
      return;
    }
    // What a refused message lacks are its blocks; the text says all of it.
    const plainOnly = row.error.startsWith('refused');
    const message = renderAlarm(row.alarm, row.mayBeDoubled);
    let outcome: () => void;
    try {
      const answer = await client.chat.postMessage({
        channel: row.channel,
        text: message.text,
        ...(plainOnly ? {} : { blocks: message.blocks }),
        unfurl_links: false,
        unfurl_media: false,
      });
      const ts = answer.ts ?? null;
      outcome = () => alarms.sent(row.id, ts);
    } catch (error) {
      const failure = classify(error);
      const pause =
        failure.retryAfter ?? Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(row.attempts, 10));
      log.error(
        { alarm: row.id, channel: row.channel, slack: failure.code, pause },
        'an alarm was not told yet',
      );
      const why = failure.again ? failure.code : `refused: ${failure.code}`;
      const again = now() + pause;
      outcome = () => alarms.failed(row.id, why, again, failure.effect === 'in_doubt');
      if (failure.retryAfter !== null) channels.pause(row.channel, again);
    }
    this.#outcomes.record(row.id, outcome);
  }
}
