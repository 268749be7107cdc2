/**
 * Two Web API clients, because a 429 pauses everything that waits in one: a click that must open a modal
 * within 3 s never waits behind the editing of cards. Neither repeats a call by itself: the client's own
 * retries also cover answers that got lost after Slack had posted.
 */
import { WebClient, type WebClientOptions } from '@slack/web-api';
import type { ClockWatch } from './clock-watch.ts';
import { type Log, slackLogger } from './log.ts';

export interface ClientSettings {
  botToken: string;
  /** Where the Web API is; Slack's own when left out. */
  apiUrl?: string | undefined;
  log: Log;
  /** Told of the time of each answer. */
  clockWatch?: ClockWatch | undefined;
}

/** A trigger lives 3 s; what takes longer has lost its use. */
const INTERACTIVE_TIMEOUT = 2500;
const BACKGROUND_TIMEOUT = 10_000;

/** A fresh object each time: Slack's packages write into the options they are given. */
export function clientOptions(
  settings: Pick<ClientSettings, 'apiUrl' | 'log' | 'clockWatch'>,
  part: string,
  timeout: number,
): WebClientOptions {
  return {
    ...(settings.apiUrl === undefined ? {} : { slackApiUrl: settings.apiUrl }),
    ...(settings.clockWatch ? { fetch: settings.clockWatch.fetch } : {}),
    timeout,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: slackLogger(settings.log, part),
  };
}

/** For what a person waits for. */
export function interactiveClient(settings: ClientSettings): WebClient {
  return new WebClient(settings.botToken, clientOptions(settings, 'slack-interactive', INTERACTIVE_TIMEOUT));
}

/** For cards, news and files. */
export function backgroundClient(settings: ClientSettings): WebClient {
  return new WebClient(settings.botToken, clientOptions(settings, 'slack-background', BACKGROUND_TIMEOUT));
}
