/** How long things may take in the demo: the limits of real life, divided by the speed of the sandbox. */

/** The interactive demo: a run over prod takes two to three minutes. */
export const SPEED_TO_WATCH = 60;
/** The headless demo: as fast as polling and Slack's rate limits are worth it. */
export const SPEED_HEADLESS = 300;
export const SLOWEST = 1;
export const FASTEST = 1000;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** `timing` of patchday.yaml for a sandbox that is `speed` times faster than life. */
export function demoTiming(speed: number): Record<string, string> {
  /** Calls, processes and timers do not get faster with the sandbox, hence the least length of each. */
  const scaled = (lifeMs: number, leastMs: number): string =>
    `${Math.ceil(Math.max(lifeMs / speed, leastMs))}ms`;
  return {
    poll_images: scaled(30 * SECOND, 250),
    poll_commands: scaled(15 * SECOND, 250),
    poll_power: scaled(10 * SECOND, 250),
    agent_grace: scaled(15 * MINUTE, 5 * SECOND),
    // Calls take as long as the machine needs, whatever the speed.
    api_timeout: '10s',
    effect_grace: '15s',
    // Longer than any reboot of the sandbox with the pings before and after it.
    lost_agent_after: scaled(20 * MINUTE, 4 * SECOND),
    verify_timeout: scaled(15 * MINUTE, 6 * SECOND),
    backup_timeout: scaled(6 * 60 * MINUTE, 60 * SECOND),
    start_timeout: scaled(15 * MINUTE, 10 * SECOND),
    // The least that Systems Manager takes.
    delivery_timeout: '30s',
    install_worst_case: scaled(130 * MINUTE, 30 * SECOND),
    reboot_allowance: scaled(15 * MINUTE, 5 * SECOND),
    back_off: scaled(SECOND, 100),
    // 40 edits a minute: what Patchday allows itself of Slack's 50.
    card_interval: '1500ms',
  };
}
