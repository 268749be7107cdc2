/**
 * Is our clock right? Every answer of Slack carries its time (the Date header, RFC 9110), which costs nothing to
 * look at. A machine whose clock is off refuses every click as recorded, so it must be able to say why.
 */
import type { Log } from './log.ts';

/** Slack's own bound for signed requests: what is further away from now did not just happen. */
export const MOST_SKEW = 5 * 60_000;

export class ClockWatch {
  readonly #now: () => number;
  readonly #log: Log;
  #ahead: number | null = null;

  constructor(options: { now: () => number; log: Log }) {
    this.#now = options.now;
    this.#log = options.log;
  }

  /** How far our clock is ahead of Slack's, ms; negative = behind. Null before the first answer. */
  get ahead(): number | null {
    return this.#ahead;
  }

  /** So far that no click can be told to be of now, and no window to be open. */
  get wrong(): boolean {
    return Math.abs(this.#ahead ?? 0) > MOST_SKEW;
  }

  /** `inWords` when it is wrong, else null. */
  get trouble(): string | null {
    return this.wrong ? this.inWords : null;
  }

  /** "12 minutes ahead of Slack's" */
  get inWords(): string {
    const minutes = Math.round(Math.abs(this.#ahead ?? 0) / 60_000);
    const size = minutes >= 120 ? `${Math.round(minutes / 60)} hours` : `${minutes} minutes`;
    return `${size} ${(this.#ahead ?? 0) > 0 ? 'ahead of' : 'behind'} Slack's`;
  }

  /** As globalThis.fetch, with a look at the time of the answer. */
  readonly fetch = async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    this.note(response.headers.get('date'));
    return response;
  };

  note(date: string | null): void {
    const slack = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(slack)) return;
    const before = this.wrong;
    this.#ahead = this.#now() - slack;
    if (this.wrong && !before)
      this.#log.error(
        { aheadMs: this.#ahead },
        `the clock of this machine is ${this.inWords}: no click is taken and nothing new begins until it is set`,
      );
    if (before && !this.wrong) this.#log.info({}, 'the clock of this machine is right again');
  }
}

/** What is wrong with the time of a click (Slack's action_ts, seconds since the epoch), in words; null when nothing is. */
export function notOfNow(actionTs: string, now: number): string | null {
  const at = /^\d{1,12}(?:\.\d+)?$/.test(actionTs) ? Number(actionTs) * 1000 : null;
  if (at === null) return 'carries no time';
  if (Math.abs(at - now) <= MOST_SKEW) return null;
  return `was dated ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC, which is not now`;
}
