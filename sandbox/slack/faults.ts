import type { Json } from './json.ts';

/** A scripted failure of the Web API, of an upload or of a response_url. */
export interface Fault {
  /** A method's name, "upload", "response_url", or "*" for every one. */
  method: string;
  /**
   * rate_limited: HTTP 429 · server_error: HTTP 5xx · reset: the connection breaks without an answer ·
   * slow: the work is done at once and the answer comes late · error: HTTP 200 with ok:false.
   */
  kind: 'rate_limited' | 'server_error' | 'reset' | 'slow' | 'error';
  /** How many requests it hits. Default 1; null means until cleared. */
  times?: number | null;
  /** Before the method does its work, or after (then the work is done and only the answer is lost). Default before. */
  when?: 'before' | 'after';
  /** Seconds for Retry-After. Default 1. */
  retryAfter?: number;
  /** HTTP status of a server_error. Default 503. */
  status?: number;
  /** Milliseconds of real time that a slow answer waits. Default 1,000. */
  delayMs?: number;
  /** Slack's error name for kind error. Default internal_error. */
  error?: string;
  /** Only requests whose arguments hold these values. */
  matching?: Json;
}

/** The scripted faults that are still to come. */
export class Faults {
  private readonly waiting: { fault: Fault; left: number }[] = [];
  /** Every Web API request answers 503. */
  outage = false;

  add(fault: Fault): void {
    const left = fault.times === null ? Number.POSITIVE_INFINITY : (fault.times ?? 1);
    if (!(left > 0)) throw new RangeError(`fault.times must be above 0 or null, got ${String(fault.times)}`);
    this.waiting.push({ fault, left });
  }

  clear(): void {
    this.waiting.length = 0;
    this.outage = false;
  }

  /** The first fault that hits this request, counted as used. */
  take(method: string, args: Json): Fault | null {
    if (this.outage) return { method, kind: 'server_error', status: 503 };
    const index = this.waiting.findIndex(
      ({ fault }) => (fault.method === method || fault.method === '*') && matches(fault.matching ?? {}, args),
    );
    const hit = this.waiting[index];
    if (!hit) return null;
    hit.left -= 1;
    if (hit.left <= 0) this.waiting.splice(index, 1);
    return hit.fault;
  }
}

function matches(wanted: Json, args: Json): boolean {
  return Object.entries(wanted).every(([key, value]) => JSON.stringify(args[key]) === JSON.stringify(value));
}
