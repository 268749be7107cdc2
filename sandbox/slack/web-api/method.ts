import type { Json } from '../json.ts';
import type { Tier } from '../rate-limits.ts';
import type { World } from '../world.ts';
import type { Arguments } from './arguments.ts';

/** One Web API method: what it needs and what it does. */
export interface Method {
  /** The bot scope it needs, or one that depends on the arguments; null when it needs none. */
  scope: string | null | ((args: Arguments, world: World) => string | null);
  tier: Tier;
  /** Which token Slack accepts. */
  token: 'bot' | 'app';
  /** Returns the members beside `ok: true`; refuses by throwing SlackError. */
  run: (args: Arguments, world: World) => Json;
}

export type Methods = Readonly<Record<string, Method>>;
