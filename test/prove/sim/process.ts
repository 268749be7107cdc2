/**
 * One life of the program: its ports, its store and its host, until it is killed. A killed one never hears
 * from the outside again; the rows and the world stay.
 */
import type Database from 'better-sqlite3';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import type { QueryStore } from '../../../src/workflow/changes.ts';
import { round } from '../../../src/workflow/executor.ts';
import { createPatchService } from '../../../src/workflow/patch-service.ts';
import type { ApplicationChecks, Aws, Directory } from '../../../src/workflow/ports.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import type { PatchService } from '../../../src/workflow/service.ts';
import type { Settings } from '../../../src/workflow/settings.ts';
import type { Outside } from '../../../src/workflow/tasks/context.ts';
import type { Faults } from './faults.ts';
import { SECOND } from './machines.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { Witness } from './witness.ts';

export interface ProcessParts {
  life: number;
  db: Database.Database;
  aws: Aws;
  checks: ApplicationChecks;
  directory: Directory;
  settings: Settings;
  timeline: Timeline;
  random: Random;
  faults: Faults;
  witness: Witness;
  /** The instances that the program itself runs on; left out = none of the company's. */
  ownInstanceIds?: () => readonly string[];
  /** When set, calls and writes wait for this and not for simulated time: somebody else chooses their order. */
  order?: () => ((what: string) => Promise<void>) | null;
  /** How the report's files are written; left out = without trouble. */
  writeReport?: () => Promise<void>;
  /** Shared over all lives, so that an id is never given twice. */
  ids: { run(): string; guid(): string };
  /** Puts a defect between the program and its store; null in an honest simulation. */
  plantStore: ((store: QueryStore) => QueryStore) | null;
  trace(line: string): void;
  /** The process is gone; whoever runs the world starts another. */
  died(): void;
}

/** What a dead process waits for. */
const NEVER = new Promise<never>(() => {});
const TURNS_OF_A_WRITE = 4;
/** Rounds of one run at one instant; more is a loop that does not rest. */
const MOST_ROUNDS_AT_ONCE = 400;

class Killed extends Error {}

export class Process {
  alive = true;
  /** Writes on their way to the store: the world waits for them before it goes on. */
  pending = 0;
  readonly store: QueryStore;
  readonly service: PatchService;
  readonly #parts: ProcessParts;
  readonly #inner: SqliteStore;
  readonly #outside: Outside;
  readonly #loops = new Map<string, { running: boolean; again: boolean; ticket: number }>();
  #tickets = 0;
  #roundsNow = { at: 0, count: 0 };

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    const { db, timeline, settings, ids } = parts;
    this.#inner = new SqliteStore(db, () => timeline.now(), {
      beforeCommit: () => {
        if (!this.alive || this.#dies('crash_before_commit')) throw new Killed();
      },
      afterCommit: () => {
        this.#dies('crash_after_commit');
      },
    });
    this.store = this.#watched(parts.plantStore?.(this.#inner) ?? this.#inner);
    const aws = this.#lossyAws(parts.aws);
    const directory = this.#lossy('directory', parts.directory);
    this.#outside = {
      aws,
      checks: this.#lossy('checks', parts.checks),
      directory,
      store: this.store,
      clock: timeline,
      ids,
      settings,
      ownInstanceIds: parts.ownInstanceIds ?? (() => []),
      writeReport: parts.writeReport ?? (async () => {}),
      view: (runId) => view({ store: this.store }, runId),
    };
    this.service = createPatchService({
      store: this.store,
      aws,
      directory,
      clock: timeline,
      ids,
      settings,
      kick: (runId) => this.kick(runId),
      kickAll: () => this.kickAll(),
    });
  }

  kickAll(): void {
    for (const { id } of this.#inner.openRuns()) this.kick(id);
  }

  /** As the embedded host does it: one round of a run at a time, again when it was kicked meanwhile. */
  kick(runId: string): void {
    if (!this.alive) return;
    const loop = this.#loops.get(runId) ?? { running: false, again: false, ticket: 0 };
    this.#loops.set(runId, loop);
    if (loop.running) loop.again = true;
    else this.#schedule(runId, loop, this.#parts.timeline.now());
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#parts.trace(`life ${this.#parts.life} killed`);
    this.#parts.died();
  }

  #schedule(runId: string, loop: { running: boolean; again: boolean; ticket: number }, at: number): void {
    const ticket = ++this.#tickets;
    loop.ticket = ticket;
    this.#parts.timeline.at(at, () => {
      if (this.alive && loop.ticket === ticket && !loop.running) void this.#run(runId, loop);
    });
  }

  async #run(runId: string, loop: { running: boolean; again: boolean; ticket: number }): Promise<void> {
    const { timeline, witness } = this.#parts;
    loop.running = true;
    loop.again = false;
    this.#countRound(runId);
    let next: number | null;
    try {
      next = await round(this.#outside, runId);
    } catch (error) {
      if (!this.alive) return;
      witness.violation(
        `a round of ${runId} failed unexpectedly: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      next = timeline.now() + 5 * SECOND;
    }
    if (!this.alive) return;
    loop.running = false;
    if (!loop.again) witness.afterRound(runId, next, this.#inner);
    if (loop.again) this.#schedule(runId, loop, timeline.now());
    else if (next !== null) this.#schedule(runId, loop, next);
  }

  #countRound(runId: string): void {
    const now = this.#parts.timeline.now();
    this.#roundsNow = { at: now, count: this.#roundsNow.at === now ? this.#roundsNow.count + 1 : 1 };
    if (this.#roundsNow.count === MOST_ROUNDS_AT_ONCE)
      this.#parts.witness.violation(`${runId} does not rest: ${MOST_ROUNDS_AT_ONCE} rounds at one instant`);
  }

  #dies(
    how: 'crash_before_call' | 'crash_after_call' | 'crash_before_commit' | 'crash_after_commit',
  ): boolean {
    if (this.alive && this.#parts.faults.fires(how)) this.kill();
    return !this.alive;
  }

  async #takesTime(what: string, ms: () => number): Promise<void> {
    const order = this.#parts.order?.() ?? null;
    await (order ? order(what) : this.#parts.timeline.sleep(ms()));
  }

  #lossyAws(aws: Aws): Aws {
    return {
      fleet: this.#lossy('fleet', aws.fleet),
      power: this.#lossy('power', aws.power),
      images: this.#lossy('images', aws.images),
      commands: this.#lossy('commands', aws.commands),
      patchStates: this.#lossy('patchStates', aws.patchStates),
      identity: this.#lossy('identity', aws.identity),
      pace: async (place, family) => {
        await aws.pace(place, family);
        if (!this.alive) await NEVER;
      },
    };
  }

  /** Every call takes time and may be the last thing that this process does. */
  #lossy<T extends object>(name: string, port: T): T {
    const { random, faults, witness, trace } = this.#parts;
    return new Proxy(port, {
      get: (target, property) => {
        const method: unknown = Reflect.get(target, property);
        if (typeof method !== 'function') return method;
        const call = `${name}.${String(property)}`;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          if (!this.alive || this.#dies('crash_before_call')) return NEVER;
          await this.#takesTime(`asks ${call}`, () => random.between(5, 200));
          if (!this.alive) return NEVER;
          witness.calling(this.#parts.life);
          let answer: { ok: true; value: unknown } | { ok: false; error: unknown };
          try {
            answer = { ok: true, value: await Reflect.apply(method, target, args) };
          } catch (error) {
            answer = { ok: false, error };
          }
          const said = answer.ok ? 'ok' : answer.error instanceof Error ? answer.error.name : 'error';
          trace(`${call} ${said}`);
          if (this.#dies('crash_after_call')) return NEVER;
          await this.#takesTime(
            `hears from ${call}`,
            () =>
              random.between(5, 200) + (faults.fires('slow_call') ? random.between(SECOND, 18 * SECOND) : 0),
          );
          if (!this.alive) return NEVER;
          if (!answer.ok) throw answer.error;
          return answer.value;
        };
      },
    });
  }

  /** The real store, with a witness of every write that became durable. */
  #watched(inner: QueryStore): QueryStore {
    const { witness, life } = this.#parts;
    const write = async <T>(call: () => Promise<T>, durable: (answer: T) => void): Promise<T> => {
      if (!this.alive) return NEVER;
      const order = this.#parts.order?.() ?? null;
      // Longer than a call, so that two that were decided on the same rows often meet.
      for (let turn = 0; order && turn < TURNS_OF_A_WRITE; turn++) {
        await order('writes');
        if (!this.alive) return NEVER;
      }
      this.pending++;
      try {
        const answer = await call();
        durable(answer);
        if (!this.alive) return NEVER;
        return answer;
      } catch (error) {
        if (!this.alive) return NEVER;
        throw error;
      } finally {
        this.pending--;
      }
    };
    return {
      load: (runId) => inner.load(runId),
      openRuns: () => inner.openRuns(),
      instanceLocks: (keys) => inner.instanceLocks(keys),
      allTargets: (runId) => inner.allTargets(runId),
      run: (runId) => inner.run(runId),
      runs: (limit) => inner.runs(limit),
      plan: (runId, version) => inner.plan(runId, version),
      approvals: (runId) => inner.approvals(runId),
      effectTagged: (tag) => inner.effectTagged(tag),
      effectsNeedingAttention: (runId) => inner.effectsNeedingAttention(runId),
      freezes: () => inner.freezes(),
      commit: (runId, changes) =>
        write(
          () => inner.commit(runId, changes),
          (answer) => witness.committed(runId, changes, answer, this.#inner),
        ),
      intend: (runId, intent) =>
        write(
          () => inner.intend(runId, intent),
          (answer) => witness.intended(runId, intent, answer, life),
        ),
      createRun: (request) =>
        write(
          () => inner.createRun(request),
          (answer) => witness.created(request, answer),
        ),
      setFreeze: (freeze, once) =>
        write(
          () => inner.setFreeze(freeze, once),
          (answer) => witness.freezeSet(freeze, answer),
        ),
      audit: (runId, entry) =>
        write(
          () => inner.audit(runId, entry),
          () => {},
        ),
    };
  }
}
