/** Times until which an effect is left alone: the next look, the next attempt. */
import type { Timing } from './settings.ts';

/** The pause after a refusal doubles so often, and no more. */
export const MOST_DOUBLINGS = 6;

/**
 * Whether the time for it has come. No pause is longer than the longest that is ever written: what is further away
 * was written before the clock was set back, and has come too.
 */
export function isDue(at: number, now: number, timing: Timing): boolean {
  const longest = Math.max(
    timing.pollImages,
    timing.pollCommands,
    timing.pollPower,
    timing.effectGrace,
    timing.backOff * 2 ** MOST_DOUBLINGS,
  );
  return at <= now || at - now > longest;
}
