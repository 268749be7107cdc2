/**
 * The embedded host: one process, one loop per open run. It calls `round` and sleeps until the time that
 * round names or until it is kicked. It decides nothing and remembers nothing that a restart would miss.
 */
import { round } from './executor.ts';
import type { RunId } from './run-types.ts';
import type { Outside } from './tasks/context.ts';

export interface HostLog {
  error(details: Record<string, unknown>, message: string): void;
}

/** Longest sleep: a safety net under every "when something happens". */
const LONGEST_SLEEP_MS = 60_000;
/** After an unexpected error of a round, so that a bug does not spin. */
const AFTER_ERROR_MS = 5_000;

interface Loop {
  running: boolean;
  again: boolean;
  timer: NodeJS.Timeout | undefined;
}

export class EmbeddedHost {
  readonly #outside: Outside;
  readonly #log: HostLog;
  readonly #loops = new Map<RunId, Loop>();
  readonly #idle = new Set<() => void>();
  readonly #troubles = new Map<RunId, string>();
  #stopping = false;
  /** Called after every round: the front end may have something to show. */
  onRound: (runId: RunId) => void = () => {};
  /** Called when a run is found to have ended, however it ended. Not after a crash in between: a start is for that. */
  onEnd: (runId: RunId) => void = () => {};

  constructor(outside: Outside, log: HostLog) {
    this.#outside = { ...outside, draining: () => this.#stopping };
    this.#log = log;
  }

  /** Takes up every run that has not ended. Never throws: what cannot be read now is read at the next call. */
  kickAll(): void {
    let open: { id: RunId }[];
    try {
      open = this.#outside.store.openRuns();
    } catch (error) {
      this.#log.error({ err: error }, 'the open runs could not be read; they are read again within a minute');
      return;
    }
    for (const { id } of open) this.kick(id);
  }

  /** Runs whose last round failed unexpectedly, and why; they are tried again every few seconds. */
  troubles(): ReadonlyMap<RunId, string> {
    return this.#troubles;
  }

  /** Have this run looked at now. */
  kick(runId: RunId): void {
    if (this.#stopping) return;
    const loop = this.#loops.get(runId) ?? { running: false, again: false, timer: undefined };
    this.#loops.set(runId, loop);
    clearTimeout(loop.timer);
    if (loop.running) loop.again = true;
    else void this.#run(runId, loop);
  }

  /** No new round begins; resolves when the ones under way have committed. */
  async drain(): Promise<void> {
    this.#stopping = true;
    for (const loop of this.#loops.values()) clearTimeout(loop.timer);
    if (this.#atRest()) return;
    await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  async #run(runId: RunId, loop: Loop): Promise<void> {
    loop.running = true;
    let next: number | null = null;
    try {
      do {
        loop.again = false;
        next = await round(this.#outside, runId);
        this.#troubles.delete(runId);
        this.onRound(runId);
      } while (!this.#stopping && (loop.again || (next !== null && next <= this.#outside.clock.now())));
    } catch (error) {
      this.#troubles.set(runId, error instanceof Error ? error.message : String(error));
      this.#log.error({ run: runId, err: error }, 'a round failed unexpectedly; it is tried again');
      next = this.#outside.clock.now() + AFTER_ERROR_MS;
    }
    loop.running = false;
    if (this.#stopping) {
      if (this.#atRest()) for (const resolve of this.#idle) resolve();
      return;
    }
    if (!this.#isOpen(runId)) {
      this.#loops.delete(runId);
      this.#troubles.delete(runId);
      this.onEnd(runId);
      return;
    }
    const sleep = Math.min(
      LONGEST_SLEEP_MS,
      next === null ? LONGEST_SLEEP_MS : Math.max(1, next - this.#outside.clock.now()),
    );
    loop.timer = setTimeout(() => this.kick(runId), sleep);
  }

  #atRest(): boolean {
    return [...this.#loops.values()].every((loop) => !loop.running);
  }

  /** In doubt it is open: a run is never forgotten because the file could not be read. */
  #isOpen(runId: RunId): boolean {
    try {
      return this.#outside.store.openRuns().some((r) => r.id === runId);
    } catch {
      return true;
    }
  }
}
