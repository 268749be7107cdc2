/**
 * One seed, one simulated company: the real decisions, executor, service and store over a world in memory.
 * Time jumps from event to event; the same seed gives the same trace, byte for byte.
 */
import type Database from 'better-sqlite3';
import { readAudit, verifyAudit } from '../../../src/store/audit-chain.ts';
import { retell } from '../../../src/store/audit-replay.ts';
import { differencesToTables } from '../../../src/store/audit-tables.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { prepared } from '../../../src/store/statements.ts';
import type { Aws } from '../../../src/workflow/ports.ts';
import type { Settings } from '../../../src/workflow/settings.ts';
import { endsNotAnchored } from '../../support/ends-anchored.ts';
import { type ClickParts, clickHelpfully, clickSomething } from './clicks.ts';
import { emptyDatabase, giveBack } from './database.ts';
import { checkEnded } from './end-checks.ts';
import { fakeAws } from './fake-aws.ts';
import { type Fault, Faults } from './faults.ts';
import { HOUR, MINUTE, SECOND } from './machines.ts';
import type { Plant } from './planted.ts';
import { Process } from './process.ts';
import { Random } from './random.ts';
import { makeMachines, makeSettings, reconfigured, START } from './scenario.ts';
import { Staff } from './staff.ts';
import { Timeline } from './timeline.ts';
import { Witness } from './witness.ts';
import { World } from './world.ts';

export interface Simulated {
  seed: number;
  violations: readonly string[];
  /** What happened, line by line, with simulated times. */
  trace: readonly string[];
  fired: ReadonlyMap<Fault, number>;
  /** Clicks, effects and ends that took place. */
  succeeded: ReadonlyMap<string, number>;
  simulatedMs: number;
}

/** A run that has nothing against it and people who answer ends within this. */
const MOST_AFTER_QUIET = 4 * 24 * HOUR;
const MOST_EVENTS = 200_000;

export interface SimulationOptions {
  /** A defect put on the ports or the store, to see that it is noticed. */
  plant?: Plant;
}

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Simulated> {
  return new Simulation(seed, options).run();
}

class Simulation {
  readonly #seed: number;
  readonly #trace: string[] = [];
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #staff = new Staff();
  readonly #witness: Witness;
  readonly #world: World;
  readonly #db: Database.Database;
  readonly #reader: SqliteStore;
  readonly #aws: Aws;
  readonly #plant: Plant;
  #settings: Settings;
  readonly #quietAt: number;
  #process: Process | null = null;
  #lives = 0;
  #ids = 0;
  #clicks = 0;
  #helping = false;
  #waited = false;

  constructor(seed: number, { plant = {} }: SimulationOptions) {
    const stream = (name: string) => new Random(`${name} ${seed}`);
    this.#seed = seed;
    this.#timeline = new Timeline(START, stream('ties'));
    const now = () => this.#timeline.now();
    const trace = (line: string) => this.#say(line);
    this.#random = stream('story');
    this.#faults = new Faults(stream('faults'), (fault) => trace(`fault ${fault}`));
    this.#witness = new Witness({ trace, now, staff: this.#staff });
    this.#world = new World(this.#timeline, stream('world'), this.#faults, this.#witness);
    this.#witness.world = this.#world;
    const scenario = stream('scenario');
    this.#settings = makeSettings(scenario);
    for (const machine of makeMachines(scenario, this.#settings))
      this.#world.machines.set(machine.id, machine);
    this.#quietAt = START + this.#random.between(3, 14) * HOUR;
    this.#db = emptyDatabase();
    this.#reader = new SqliteStore(this.#db, now);
    const aws = fakeAws(this.#world);
    this.#aws = plant.aws?.(aws) ?? aws;
    this.#plant = plant;
  }

  async run(): Promise<Simulated> {
    const timeline = this.#timeline;
    this.#start();
    this.#people();
    this.#mischief();
    let events = 0;
    while (!this.#over()) {
      if (timeline.now() > this.#quietAt + MOST_AFTER_QUIET || ++events > MOST_EVENTS) {
        for (const { run } of this.#witness.openRuns()) {
          const state = this.#reader.load(run.id);
          this.#witness.violation(
            `${run.id} does not end: ${state?.run.phase} ${JSON.stringify(state?.run.because)} ${state?.targets.map((t) => `${t.key.slice(-4)}:${t.stage}:${t.power}`).join(' ')}`,
          );
        }
        break;
      }
      if (!timeline.step()) {
        this.#witness.violation('nothing is left that could happen');
        break;
      }
      await this.#settle();
      this.#noticeWaiting();
      for (const runId of this.#witness.justEnded.splice(0))
        checkEnded(this.#world, this.#reader, this.#witness, runId);
    }
    this.#last();
    giveBack(this.#db);
    return {
      seed: this.#seed,
      violations: this.#witness.violations,
      trace: this.#trace,
      fired: this.#faults.fired,
      succeeded: this.#witness.succeeded,
      simulatedMs: timeline.now() - START,
    };
  }

  /** Quiet, everything ended, and nobody is left unknown. */
  #over(): boolean {
    return (
      this.#timeline.now() > this.#quietAt &&
      this.#process !== null &&
      this.#witness.openRuns().length === 0 &&
      !this.#helping &&
      this.#openLocks() === 0
    );
  }

  #openLocks(): number {
    return (prepared(this.#db, 'SELECT count(*) AS n FROM instance_locks').get() as { n: number }).n;
  }

  #last(): void {
    const verdict = verifyAudit(readAudit(this.#db));
    if (!verdict.ok) this.#witness.violation(`the audit is broken at ${verdict.seq}: ${verdict.why}`);
    else this.#say(`audit ${verdict.head.seq}:${verdict.head.hash}`);
    for (const missing of endsNotAnchored(this.#db)) this.#witness.violation(missing);
    for (const difference of differencesToTables(this.#db, retell(readAudit(this.#db))))
      this.#witness.violation(`audit and tables differ: ${difference}`);
  }

  /** Until nothing moves any more without the clock. */
  async #settle(): Promise<void> {
    for (;;) {
      const before = this.#timeline.scheduled;
      await new Promise((resolve) => setImmediate(resolve));
      if ((this.#process?.pending ?? 0) === 0 && this.#timeline.scheduled === before) return;
    }
  }

  #start(): void {
    const life = ++this.#lives;
    this.#say(`life ${life} begins`);
    if (life > 1 && this.#faults.fires('reconfigured'))
      this.#settings = reconfigured(this.#random, this.#settings);
    this.#process = new Process({
      life,
      db: this.#db,
      aws: this.#aws,
      checks: {
        run: async () =>
          this.#faults.fires('application_sick')
            ? { ok: false, text: 'connection refused' }
            : { ok: true, text: 'ok' },
      },
      directory: this.#plant.directory?.(this.#staff) ?? this.#staff,
      plantStore: this.#plant.store ?? null,
      settings: this.#settings,
      timeline: this.#timeline,
      random: new Random(`life ${life} ${this.#seed}`),
      faults: this.#faults,
      witness: this.#witness,
      ids: {
        run: () => `r${++this.#ids}`,
        guid: () => `guid-${++this.#ids}`,
      },
      trace: (line) => this.#say(line),
      died: () => {
        this.#process = null;
        const away = this.#random.weighted([
          [this.#random.between(1, 60) * SECOND, 6],
          [this.#random.between(1, 60) * MINUTE, 3],
          [this.#random.between(1, 8) * HOUR, 1],
        ]);
        this.#timeline.after(this.#faults.over ? SECOND : away, () => this.#start());
      },
    });
    this.#process.kickAll();
  }

  #people(): void {
    const random = this.#random;
    const click = () => {
      const quiet = this.#timeline.now() >= this.#quietAt;
      if (quiet && !this.#faults.over) this.#calm();
      const process = this.#process;
      if (process) void this.#click(process, quiet);
      if (process && !quiet && this.#faults.fires('clicked_at_once')) void this.#click(process, quiet);
      const asked =
        this.#witness.somethingWaits() ||
        this.#witness.openRuns().some((r) => r.planHash !== null && !r.begun);
      const pause = quiet ? 20 : random.between(1, random.pick(asked ? [3, 10] : [5, 40]));
      this.#timeline.after(pause * MINUTE, click);
    };
    this.#timeline.after(SECOND, click);
  }

  /** Somebody looks at the card when a patch command has not started yet: the last moment for a cancellation. */
  #noticeWaiting(): void {
    const waits = this.#witness.somethingWaits();
    if (waits && !this.#waited && this.#random.chance(0.6))
      this.#timeline.after(this.#random.between(1, 60) * SECOND, () => {
        if (this.#process && !this.#faults.over) void this.#click(this.#process, false);
      });
    this.#waited = waits;
  }

  async #click(process: Process, helpful: boolean): Promise<void> {
    if (this.#helping) return;
    const parts: ClickParts = {
      service: process.service,
      store: this.#reader,
      random: this.#random,
      faults: this.#faults,
      witness: this.#witness,
      zones: this.#settings.zones.map((z) => z.name),
      now: this.#timeline.now(),
      once: () => `click ${++this.#clicks}`,
      trace: (line) => this.#say(line),
    };
    if (!helpful) return clickSomething(parts);
    this.#helping = true;
    try {
      await clickHelpfully(parts);
    } finally {
      this.#helping = false;
    }
  }

  /** From now on nothing goes wrong, and everybody is at work. */
  #calm(): void {
    this.#say('quiet');
    this.#faults.over = true;
    this.#staff.unreachable = false;
    for (const user of [...this.#staff.removed()]) this.#staff.restore(user);
  }

  /** What others do, hour by hour. */
  #mischief(): void {
    const random = this.#random;
    const faults = this.#faults;
    const hour = () => {
      if (faults.over) return;
      for (const machine of this.#world.machines.values()) this.#harm(machine);
      if (random.chance(0.5) && this.#witness.openRuns().length === 0) this.#world.publishPatches();
      if (faults.fires('slack_down')) {
        this.#staff.unreachable = true;
        this.#timeline.after(random.between(1, 60) * MINUTE, () => {
          this.#staff.unreachable = false;
        });
      }
      if (faults.fires('approver_removed')) {
        const user = random.pick(['UAPP1', 'UAPP2', 'UBOTH']);
        this.#staff.remove(user, this.#timeline.now());
        this.#timeline.after(random.between(10, 300) * MINUTE, () => this.#staff.restore(user));
      }
      if (faults.fires('crash_at_random'))
        this.#timeline.after(random.between(0, 60 * MINUTE), () => this.#process?.kill());
      this.#timeline.after(HOUR, hour);
    };
    this.#timeline.after(random.between(1, 60) * MINUTE, hour);
  }

  #harm(machine: ReturnType<typeof makeMachines>[number]): void {
    const world = this.#world;
    const random = this.#random;
    const later = (what: () => void) => this.#timeline.after(random.between(0, 59 * MINUTE), what);
    if (machine.state === 'terminated') return;
    if (this.#faults.fires('terminated_by_others')) later(() => world.terminate(machine));
    if (this.#faults.fires('stopped_by_others')) later(() => world.stop(null, [machine]));
    if (this.#faults.fires('started_by_others')) later(() => world.startByOthers(machine));
    if (this.#faults.fires('agent_lost')) {
      later(() => {
        if (machine.agent !== 'online') return;
        world.setAgent(machine, 'connection_lost');
        this.#timeline.after(random.between(5, 200) * MINUTE, () => {
          if (machine.state === 'running') world.setAgent(machine, 'online');
        });
      });
    }
    if (this.#faults.fires('other_command'))
      later(() => {
        machine.otherCommandUntil = this.#timeline.now() + 30 * MINUTE;
      });
    if (this.#faults.fires('tagged_protected'))
      later(() => {
        machine.tags['protected'] = 'yes';
      });
  }

  #say(line: string): void {
    const seconds = (this.#timeline.now() - START) / SECOND;
    this.#trace.push(`${seconds.toFixed(3).padStart(11)} ${line}`);
  }
}
