import type { KeyParameters } from './handlers/operation.ts';
import type { SeededRandom } from './random.ts';

export const FAULT_KINDS = [
  'reset',
  'stall',
  'http500',
  'http503',
  'throttle',
  'slow',
  'hide',
  'denied',
  'echo',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault to come. All given matches must hold. */
export interface FaultSpec {
  /** An operation's name, or `*`. */
  operation: string;
  /** Before the effect nothing happened; after it, only the answer suffers. */
  when: 'before' | 'after';
  /**
   * `hide` (after): what SendCommand or CreateImage made stays invisible until faults are cleared.
   * `denied` (before): the role has lost the permission. `echo` (before): the signature is refused, in
   * an answer that repeats what was signed, the session token of the request with it. `slow`: the answer takes `delayMs` longer.
   */
  kind: FaultKind;
  /** How often it strikes; `always` until cleared. Default 1. */
  times?: number | 'always';
  /** Strikes only with this probability, above 0 and up to 1, by the simulator's seed. Default 1. */
  chance?: number;
  /** For `slow`, in real milliseconds. Default 1000. */
  delayMs?: number;
  match?: {
    account?: string;
    region?: string;
    instanceId?: string;
    /** Key parameters as the ledger writes them, for example { Operation: 'Install' }. */
    parameter?: Record<string, string>;
  };
}

export interface FaultRequest {
  operation: string;
  accountId: string;
  region: string;
  params: KeyParameters;
}

interface Armed {
  id: string;
  spec: FaultSpec;
  left: number;
  fired: number;
  /** How many requests it looked at: each is another throw of the dice. */
  looked: number;
}

export interface FaultReport {
  id: string;
  spec: FaultSpec;
  fired: number;
}

const ONLY_WHEN: Partial<Record<FaultKind, FaultSpec['when']>> = {
  hide: 'after',
  denied: 'before',
  echo: 'before',
};

/** Faults by script, with a count of those that really struck: a test without any proves nothing. */
export class Faults {
  readonly #random: SeededRandom;
  #armed: Armed[] = [];
  #firedBefore = 0;
  #count = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Answers the id of the fault. Throws on a spec that could never strike. */
  add(spec: FaultSpec, knownOperations: ReadonlySet<string>): string {
    if (spec.operation !== '*' && !knownOperations.has(spec.operation)) {
      throw new RangeError(`No operation is called ${spec.operation}`);
    }
    if (!FAULT_KINDS.includes(spec.kind)) throw new RangeError(`A fault is one of ${FAULT_KINDS.join(', ')}`);
    if (spec.when !== 'before' && spec.when !== 'after') throw new RangeError(`when is 'before' or 'after'`);
    const only = ONLY_WHEN[spec.kind];
    if (only && spec.when !== only)
      throw new RangeError(`A fault of kind ${spec.kind} only comes ${only} the effect`);
    const times = spec.times ?? 1;
    if (times !== 'always' && !(Number.isInteger(times) && times > 0)) {
      throw new RangeError(`times is a whole number above 0 or 'always'`);
    }
    const { chance = 1 } = spec;
    if (!(chance > 0 && chance <= 1)) throw new RangeError('chance is above 0 and at most 1');
    this.#count += 1;
    const id = `fault-${this.#count}`;
    const left = times === 'always' ? Number.POSITIVE_INFINITY : times;
    this.#armed.push({ id, spec, left, fired: 0, looked: 0 });
    return id;
  }

  /** The faults that strike now; each is counted. At most one of each kind. */
  strike(when: FaultSpec['when'], request: FaultRequest): FaultSpec[] {
    const struck: FaultSpec[] = [];
    for (const fault of this.#armed) {
      if (fault.left <= 0 || fault.spec.when !== when || !matches(fault.spec, request)) continue;
      if (struck.some((spec) => spec.kind === fault.spec.kind)) continue;
      fault.looked += 1;
      if (this.#random.fraction(`${fault.id}:${fault.looked}`) >= (fault.spec.chance ?? 1)) continue;
      fault.left -= 1;
      fault.fired += 1;
      struck.push(fault.spec);
    }
    return struck;
  }

  clear(): void {
    this.#firedBefore = this.fired();
    this.#armed = [];
  }

  /** How many have struck since the start. */
  fired(): number {
    return this.#armed.reduce((sum, fault) => sum + fault.fired, this.#firedBefore);
  }

  report(): FaultReport[] {
    return this.#armed.map(({ id, spec, fired }) => ({ id, spec, fired }));
  }
}

function matches({ operation, match }: FaultSpec, request: FaultRequest): boolean {
  if (operation !== '*' && operation !== request.operation) return false;
  if (!match) return true;
  if (match.account !== undefined && match.account !== request.accountId) return false;
  if (match.region !== undefined && match.region !== request.region) return false;
  if (
    match.instanceId !== undefined &&
    !(request.params['instanceIds'] ?? '').split(',').includes(match.instanceId)
  ) {
    return false;
  }
  return Object.entries(match.parameter ?? {}).every(([name, value]) => request.params[name] === value);
}
