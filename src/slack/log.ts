/** What the Slack edge logs with; pino fits. Tokens never get here: the Web API client redacts them. */
import type { Logger as SlackLogger } from '@slack/bolt';
import { LogLevel } from '@slack/bolt';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Slack's packages log through ours. Their debug lines hold whole payloads, so they are not passed on; and
 * their "http request failed" warnings repeat what we log ourselves.
 */
export function slackLogger(log: Log, part: string): SlackLogger {
  const text = (message: unknown[]) =>
    message.map((m) => (m instanceof Error ? m.message : String(m))).join(' ');
  return {
    debug: () => undefined,
    info: (...message) => log.debug({ part }, text(message)),
    warn: (...message) => log.warn({ part }, text(message)),
    error: (...message) => log.error({ part }, text(message)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
