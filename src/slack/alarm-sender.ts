/**
 * Brings alarms to the channels of their environments. One that Slack may have taken is told again and says
 * so: an alarm that is there twice is better than one that nobody saw.
 */
import type { WebClient } from '@slack/web-api';
import type { AlarmOutbox, AlarmRow } from '../workflow/service.ts';
import { renderAlarm } from './alarm.ts';
import type { Log } from './log.ts';
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

  constructor(options: AlarmSenderOptions) {
    this.#options = options;
  }

  /** Never throws, unless the rows cannot be read. Returns when to come again (ms), null when nothing is open. */
  async round(): Promise<number | null> {
    const { alarms, now, channels } = this.#options;
    for (const row of alarms.due(now(), AT_ONCE)) {
      if (channels.nextAt(row.channel) <= now()) await this.#tell(row);
    }
    const next = alarms.nextAt();
    return next === null ? null : Math.max(next, now() + 1);
  }

  async #tell(row: AlarmRow): Promise<void> {
    const { client, alarms, now, log, channels } = this.#options;
    channels.used(row.channel, now());
    alarms.sending(row.id);
    // What a refused message lacks are its blocks; the text says all of it.
    const plainOnly = row.error.startsWith('refused');
    const message = renderAlarm(row.alarm, row.mayBeDoubled);
    try {
      const answer = await client.chat.postMessage({
        channel: row.channel,
        text: message.text,
        ...(plainOnly ? {} : { blocks: message.blocks }),
        unfurl_links: false,
        unfurl_media: false,
      });
      alarms.sent(row.id, answer.ts ?? null);
    } catch (error) {
      const failure = classify(error);
      const pause =
        failure.retryAfter ?? Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(row.attempts, 10));
      log.error(
        { alarm: row.id, channel: row.channel, slack: failure.code, pause },
        'an alarm was not told yet',
      );
      const why = failure.again ? failure.code : `refused: ${failure.code}`;
      alarms.failed(row.id, why, now() + pause, failure.effect === 'in_doubt');
      if (failure.retryAfter !== null) channels.pause(row.channel, now() + failure.retryAfter);
    }
  }
}
