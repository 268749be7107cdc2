/**
 * Between the bot and the simulators: every request waits here until the bot is at rest. Then those that came in
 * together are put into an order that does not depend on sockets (what they ask, then the bot's own numbers), and each arrives after a time that the seed says.
 */
import type { Arrival, Arrivals } from '../../../sandbox/arrivals.ts';
import type { Random } from '../sim/random.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Held {
  arrival: Arrival;
  let: (arrives: boolean) => void;
}

export class Gate implements Arrivals {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #trace: (line: string) => void;
  readonly #normal: (text: string) => string;
  /** Came in since the bot was last at rest. */
  #fresh: Held[] = [];
  /** On their way: each has its time. */
  readonly #travelling = new Set<Held & { callOff: () => void }>();
  /** Requests that have arrived, by what they ask. */
  readonly counted = new Map<string, number>();

  constructor(parts: {
    clock: VirtualClock;
    random: Random;
    trace: (line: string) => void;
    /** Takes out of a text what differs between two runs of one seed: port numbers. */
    normal: (text: string) => string;
  }) {
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#trace = parts.trace;
    this.#normal = parts.normal;
  }

  arrived(arrival: Arrival): Promise<boolean> {
    return new Promise((resolve) => this.#fresh.push({ arrival, let: resolve }));
  }

  answered(arrival: Arrival, answer: string): void {
    this.#trace(`  <- ${arrival.at} ${arrival.what}: ${short(this.#normal(answer))}`);
  }

  /** The bot is at rest: what it asked goes on its way. */
  dispatch(): void {
    if (this.#fresh.length === 0) return;
    const sorted = this.#fresh
      .map((held) => ({
        held,
        key: this.#normal(`${held.arrival.at} ${held.arrival.what} ${held.arrival.content}`),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.held.arrival.order - b.held.arrival.order));
    this.#fresh = [];
    for (const { held, key } of sorted) {
      const travelling = { ...held, callOff: (): void => undefined };
      this.#travelling.add(travelling);
      travelling.callOff = this.#clock.later(this.#random.between(3, 180), () => {
        this.#travelling.delete(travelling);
        this.#trace(`-> ${short(key)}`);
        const { what } = held.arrival;
        this.counted.set(what, (this.counted.get(what) ?? 0) + 1);
        held.let(true);
      });
    }
  }

  /**
   * The bot died. What it wrote in the instant of its death is lost; what was on its way arrives or does not, as
   * the seed says. Answers how many of them still arrive.
   */
  died(): { lost: number; arriving: number } {
    // What was never dispatched is not counted: how much of it could be read is a matter of real time.
    const count = { lost: 0, arriving: 0 };
    this.dropFresh();
    for (const one of [...this.#travelling]) {
      // A connection that was being made is gone with its process.
      if (one.arrival.what !== 'socket' && this.#random.chance(0.5)) {
        count.arriving++;
        continue;
      }
      one.callOff();
      this.#travelling.delete(one);
      one.let(false);
      count.lost++;
    }
    return count;
  }

  /** What was written in the last instant of a process, however much of it could still be read, is lost. */
  dropFresh(): void {
    for (const held of this.#fresh) held.let(false);
    this.#fresh = [];
  }

  /** Everything is over: nothing that is held arrives any more. */
  close(): void {
    for (const one of [...this.#fresh, ...this.#travelling]) one.let(false);
    this.#fresh = [];
    this.#travelling.clear();
  }
}

/** Long texts are told by their beginning and a checksum of the whole. */
function short(text: string): string {
  const flat = text.replaceAll('\n', ' ');
  if (flat.length <= 160) return flat;
  let sum = 0x811c9dc5;
  for (let i = 0; i < flat.length; i++) sum = Math.imul(sum ^ flat.charCodeAt(i), 0x01000193);
  return `${flat.slice(0, 140)}… ${flat.length} #${(sum >>> 0).toString(16)}`;
}
