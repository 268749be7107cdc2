import type { Service } from './wire/api-error.ts';

/** One request that had, or tried to have, an effect. */
export interface LedgerEntry {
  seq: number;
  /** Milliseconds since the epoch. */
  time: number;
  accountId: string;
  region: string;
  service: Service;
  operation: string;
  /** Role and session of the caller. */
  caller: string;
  /** Flat key parameters: instanceIds (joined by commas), comment, Operation, name … */
  params: Record<string, string>;
  /** `refused`: no effect, by a typed error or a fault before the effect. `throttled`: no effect either. */
  outcome: 'effect' | 'refused' | 'throttled';
  /** The error code of a refusal. */
  error: string | null;
  /** Whether the whole answer was handed to the caller's connection. */
  answerDelivered: boolean;
  /** commandId, imageId. */
  result: Record<string, string>;
}

/** What tests assert on: how often something really happened, seen from the wire. */
export class Ledger {
  readonly #entries: LedgerEntry[] = [];
  readonly #requests = new Map<string, number>();

  count(service: Service, operation: string): void {
    const key = `${service}:${operation}`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  add(entry: Omit<LedgerEntry, 'seq'>): LedgerEntry {
    const numbered = { seq: this.#entries.length + 1, ...entry };
    this.#entries.push(numbered);
    return numbered;
  }

  entries(): LedgerEntry[] {
    return this.#entries.map((entry) => structuredClone(entry));
  }

  /** Every request so far by `service:Operation`, also those that only read. */
  requests(): Record<string, number> {
    return Object.fromEntries([...this.#requests].sort());
  }
}
