/**
 * Time of the simulated process: Date, timers and performance.now stand still until they are moved. Installed
 * before anything of the program is loaded, so that nothing keeps a reference to the real ones. Sockets, files,
 * nextTick and setImmediate stay real.
 */
import { syncBuiltinESMExports } from 'node:module';
import nodeTimers from 'node:timers';
import timersPromises from 'node:timers/promises';

interface Pending {
  id: number;
  at: number;
  order: number;
  every: number | null;
  run: () => void;
}

const LONGEST = 2 ** 31 - 1;
const RealDate = Date;
const pending = new Map<number, Pending>();
let now = 0;
let startedAt = 0;
let order = 0;

/** As much of Node's Timeout as callers use. */
class VirtualTimeout {
  readonly #id: number;
  readonly #again: () => void;
  #ref = true;

  constructor(id: number, again: () => void) {
    this.#id = id;
    this.#again = again;
  }

  ref(): this {
    this.#ref = true;
    return this;
  }

  unref(): this {
    this.#ref = false;
    return this;
  }

  hasRef(): boolean {
    return this.#ref;
  }

  refresh(): this {
    this.#again();
    return this;
  }

  close(): this {
    pending.delete(this.#id);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

type Callback = (...values: unknown[]) => void;

function schedule(run: Callback, ms: unknown, every: boolean, values: unknown[]): VirtualTimeout {
  const wanted = Number(ms);
  // As Node does: what is no sensible length becomes 1 ms.
  const wait = wanted >= 1 && wanted <= LONGEST ? Math.trunc(wanted) : 1;
  const id = ++order;
  const arm = () =>
    pending.set(id, {
      id,
      at: now + wait,
      order: ++order,
      every: every ? wait : null,
      run: () => run(...values),
    });
  arm();
  return new VirtualTimeout(id, arm);
}

function clear(timer: unknown): void {
  if (timer instanceof VirtualTimeout) timer.close();
  else if (timer !== undefined && timer !== null) pending.delete(Number(timer));
}

class VirtualDate extends RealDate {
  constructor(...values: [] | [number | string | Date]) {
    if (values.length === 0) super(now);
    else super(...values);
  }

  static override now(): number {
    return now;
  }
}

function sleep<T>(ms?: number, value?: T, options: { signal?: AbortSignal } = {}): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = schedule(() => resolve(value as T), ms, false, []);
  options.signal?.addEventListener('abort', () => {
    timer.close();
    reject(options.signal?.reason);
  });
  return promise;
}

/** Replaces the clocks of this process; `start` is ms since the epoch. */
export function install(start: number): void {
  now = start;
  startedAt = start;
  const timers = {
    setTimeout: (run: Callback, ms?: unknown, ...values: unknown[]) => schedule(run, ms, false, values),
    clearTimeout: clear,
    setInterval: (run: Callback, ms?: unknown, ...values: unknown[]) => schedule(run, ms, true, values),
    clearInterval: clear,
  };
  // Called with several values or as a function, Date is the real one's business.
  const date = new Proxy(VirtualDate, {
    construct: (_target, values, newTarget) =>
      Reflect.construct(values.length === 0 ? VirtualDate : RealDate, values, newTarget),
    apply: () => new VirtualDate().toString(),
  });
  Object.assign(globalThis, timers, { Date: date });
  Object.assign(nodeTimers, timers);
  Object.assign(timersPromises, { setTimeout: sleep });
  performance.now = () => now - startedAt;
  AbortSignal.timeout = (ms: number) => {
    const controller = new AbortController();
    schedule(
      () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      ms,
      false,
      [],
    );
    return controller.signal;
  };
  syncBuiltinESMExports();
}

export function currentTime(): number {
  return now;
}

/** When the next timer is due, or null. */
export function nextDue(): number | null {
  return earliest()?.at ?? null;
}

/** Moves the time to the next timer that is due by `until` and runs it; without one, moves to `until`. */
export function fireNext(until: number): boolean {
  const next = earliest();
  if (!next || next.at > until) {
    now = Math.max(now, until);
    return false;
  }
  now = Math.max(now, next.at);
  if (next.every === null) pending.delete(next.id);
  else pending.set(next.id, { ...next, at: now + next.every, order: ++order });
  next.run();
  return true;
}

function earliest(): Pending | undefined {
  let first: Pending | undefined;
  for (const one of pending.values())
    if (!first || one.at < first.at || (one.at === first.at && one.order < first.order)) first = one;
  return first;
}
