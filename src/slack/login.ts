/** Who we are at Slack. Asked once before anything else, for as long as Slack cannot be reached. */
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Log } from './log.ts';
import { classify, isHopelessLogin } from './slack-errors.ts';

const identity = z.object({
  team_id: z.string(),
  user_id: z.string(),
  bot_id: z.string(),
  url: z.string().default(''),
});

export interface Identity {
  teamId: string;
  botUserId: string;
  botId: string;
  /** https://workspace.slack.com/ */
  workspaceUrl: string;
}

/** The bot cannot work with these credentials; the message says what to do. */
export class SlackLoginError extends Error {
  override readonly name = 'SlackLoginError';
}

const LONGEST_PAUSE = 30_000;

/**
 * Throws SlackLoginError when Slack refuses the bot token or it belongs to another workspace; waits through
 * everything else until `stopped()`, then returns null.
 */
export async function login(options: {
  client: WebClient;
  teamId: string;
  log: Log;
  pause: (ms: number) => Promise<void>;
  stopped: () => boolean;
}): Promise<Identity | null> {
  const { client, teamId, log, pause, stopped } = options;
  for (let attempt = 0; !stopped(); attempt++) {
    try {
      const found = identity.parse(await client.auth.test());
      if (found.team_id !== teamId) {
        throw new SlackLoginError(
          `The bot token belongs to the workspace ${found.team_id}, but the configuration says ${teamId}. Nothing was started. Correct one of them.`,
        );
      }
      return {
        teamId: found.team_id,
        botUserId: found.user_id,
        botId: found.bot_id,
        workspaceUrl: found.url,
      };
    } catch (error) {
      if (error instanceof SlackLoginError) throw error;
      const failure = classify(error);
      if (isHopelessLogin(failure.code)) {
        throw new SlackLoginError(
          `Slack refuses the bot token (${failure.code}). Nothing was started. Check SLACK_BOT_TOKEN, and whether the app is still installed.`,
          { cause: error },
        );
      }
      const wait = failure.retryAfter ?? Math.min(LONGEST_PAUSE, 500 * 2 ** Math.min(attempt, 10));
      log.warn({ slack: failure.code, wait }, 'Slack cannot be reached; trying again');
      await pause(wait);
    }
  }
  return null;
}
