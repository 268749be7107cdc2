/** What can go wrong in a simulated world, how often in this seed, and how often it really did. */
import type { Random } from './random.ts';

/** Name and the highest probability per occasion; each seed draws its own, often none (swarm testing). */
const MOST = {
  // Calls that change something.
  no_effect_later: 0.4,
  no_effect_never: 0.08,
  in_doubt_before: 0.3,
  in_doubt_after: 0.3,
  /** The client gave up, and AWS carries it out afterwards. */
  in_doubt_late: 0.15,
  slow_call: 0.2,
  pace_wait: 0.3,
  // Reads.
  look_failed: 0.15,
  command_hidden: 0.5,
  /** Longer than anybody looks: absence proves nothing. */
  command_hidden_long: 0.15,
  image_hidden: 0.5,
  patch_state_late: 0.4,
  power_state_late: 0.5,
  wrong_account: 0.02,
  // What happens on an instance.
  install_failed: 0.25,
  install_partial: 0.25,
  /** Says success and leaves something out. */
  install_incomplete: 0.25,
  install_hangs: 0.2,
  agent_lost_in_install: 0.2,
  undeliverable: 0.15,
  delivery_timed_out: 0.1,
  denied: 0.15,
  needs_reboot: 0.2,
  scan_failed: 0.15,
  application_sick: 0.4,
  slow_delivery: 0.5,
  image_failed: 0.15,
  image_hangs: 0.12,
  start_falls_back: 0.3,
  start_hangs: 0.3,
  stop_hangs: 0.3,
  checks_impaired: 0.3,
  // Chances per hour and instance that somebody else does something.
  terminated_by_others: 0.03,
  stopped_by_others: 0.06,
  started_by_others: 0.1,
  agent_lost: 0.1,
  other_command: 0.06,
  tagged_protected: 0.02,
  // Slack and people.
  slack_down: 0.2,
  approver_removed: 0.1,
  clicked_twice: 0.2,
  /** Two people click at the same moment. */
  clicked_at_once: 0.4,
  // The process.
  crash_before_call: 0.02,
  crash_after_call: 0.02,
  crash_before_commit: 0.01,
  crash_after_commit: 0.01,
  crash_at_random: 0.3,
  /** The next life begins with another configuration. */
  reconfigured: 0.5,
} as const;

export type Fault = keyof typeof MOST;
export const FAULTS = Object.keys(MOST) as Fault[];

export class Faults {
  readonly fired = new Map<Fault, number>();
  /** Once over, nothing goes wrong any more. */
  over = false;
  readonly #random: Random;
  readonly #rates: ReadonlyMap<Fault, number>;
  readonly #tell: (fault: Fault) => void;

  constructor(random: Random, tell: (fault: Fault) => void) {
    this.#random = random;
    this.#tell = tell;
    const share = random.pick([0.1, 0.3, 0.5, 0.8]);
    this.#rates = new Map(
      FAULTS.map((fault) => [fault, random.chance(share) ? MOST[fault] * (0.2 + 0.8 * random.next()) : 0]),
    );
  }

  /** Does it happen on this occasion? Counts it. */
  fires(fault: Fault): boolean {
    if (this.over || !this.#random.chance(this.#rates.get(fault) ?? 0)) return false;
    this.fired.set(fault, (this.fired.get(fault) ?? 0) + 1);
    this.#tell(fault);
    return true;
  }

  /** The first of several that happens. */
  oneOf(...faults: readonly Fault[]): Fault | null {
    return faults.find((fault) => this.fires(fault)) ?? null;
  }
}
