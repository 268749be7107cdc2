/** The real service, executor and store over the simulated world, driven one click at a time. */
import type Database from 'better-sqlite3';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { type Aws, InDoubt } from '../../../src/workflow/ports.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import type { Actor, PatchService } from '../../../src/workflow/service.ts';
import type { Settings } from '../../../src/workflow/settings.ts';
import { emptyDatabase } from '../sim/database.ts';
import { fakeAws } from '../sim/fake-aws.ts';
import { Faults } from '../sim/faults.ts';
import { Process } from '../sim/process.ts';
import { Random } from '../sim/random.ts';
import { makeMachines, makeSettings, START } from '../sim/scenario.ts';
import { Staff } from '../sim/staff.ts';
import { Timeline } from '../sim/timeline.ts';
import { Witness } from '../sim/witness.ts';
import { HOUR, MINUTE, SECOND, World } from '../sim/world.ts';

/** Within this everything that needs no waiting for AWS has happened. */
const AT_ONCE = 20 * SECOND;
export const ZONES = ['zone-1', 'zone-2'];

/** Plain answers of time and policy; what differs from the scenario's is what the model counts on. */
function settingsWith(required: number): Settings {
  const scenario = makeSettings(new Random(3));
  const [zone] = scenario.zones;
  if (!zone) throw new Error('the scenario has no landing zone');
  return {
    ...scenario,
    timing: {
      ...scenario.timing,
      effectGrace: 2 * MINUTE,
      pollCommands: 5 * MINUTE,
      pollImages: 5 * MINUTE,
      pollPower: MINUTE,
    },
    environments: scenario.environments.map((e) => ({
      ...e,
      approvalsRequired: required,
      approvalTtl: HOUR,
      startDefault: 'now' as const,
      stoppedInstances: 'start' as const,
      backup: { ...e.backup, required: true, withoutVerifiedBackup: 'skip' as const },
      waveSize: 2,
      batchSize: 1,
      failureBudget: 5,
      checks: [],
    })),
    zones: ZONES.map((name, i) => ({
      ...zone,
      name,
      accountId: `11110000000${i + 1}`,
      confirmAbove: 100,
    })),
  };
}

export class Company {
  readonly staff = new Staff();
  readonly world: World;
  readonly witness: Witness;
  readonly store: SqliteStore;
  /** So many patch commands are lost on their way, and nobody can tell. */
  lose = 0;
  readonly #timeline: Timeline;
  readonly #faults: Faults;
  readonly #db: Database.Database;
  readonly #settings: Settings;
  readonly #aws: Aws;
  #process: Process;
  #lives = 0;
  #ids = 0;
  #clicks = 0;

  constructor(required: number) {
    this.#timeline = new Timeline(START, new Random('ties'));
    const now = () => this.#timeline.now();
    this.#faults = new Faults(new Random(1), () => {});
    this.#faults.over = true;
    this.witness = new Witness({ trace: () => {}, now, staff: this.staff });
    this.world = new World(this.#timeline, new Random(1), this.#faults, this.witness);
    this.witness.world = this.world;
    this.#settings = settingsWith(required);
    for (const machine of makeMachines(new Random(3), this.#settings))
      this.world.machines.set(machine.id, {
        ...machine,
        tags: {},
        ...(machine.state === 'running' ? { agent: 'online' as const } : {}),
      });
    this.#db = emptyDatabase();
    this.store = new SqliteStore(this.#db, now);
    const aws = fakeAws(this.world);
    this.#aws = {
      ...aws,
      commands: {
        ...aws.commands,
        send: async (place, request) => {
          if (this.lose > 0 && request.parameters['Operation']?.[0] === 'Install') {
            this.lose--;
            throw new InDoubt('The connection was reset.');
          }
          return aws.commands.send(place, request);
        },
      },
    };
    this.#process = this.#start();
  }

  get now(): number {
    return this.#timeline.now();
  }

  actor(userId: string): Actor {
    return { userId, teamId: 'TOURS', channelId: 'C1', once: `click ${++this.#clicks}` };
  }

  /** Asks the service, waits for its answer, and lets what follows at once happen. */
  async ask<T>(question: (service: PatchService) => Promise<T>): Promise<T> {
    let answer: { value: T } | { error: unknown } | null = null;
    question(this.#process.service).then(
      (value) => {
        answer = { value };
      },
      (error: unknown) => {
        answer = { error };
      },
    );
    await this.#until(() => answer !== null);
    await this.pass(AT_ONCE);
    const settled = answer as { value: T } | { error: unknown } | null;
    if (settled === null) throw new Error('the service never answered');
    if ('error' in settled) throw settled.error;
    return settled.value;
  }

  async pass(ms: number): Promise<void> {
    let over = false;
    this.#timeline.after(ms, () => {
      over = true;
    });
    await this.#until(() => over);
  }

  /** SIGKILL at this instant, whatever is under way; the next life begins at once. */
  async restart(): Promise<void> {
    this.#process.kill();
    await this.pass(AT_ONCE);
  }

  /** Something is missing everywhere again. */
  publish(): void {
    for (const machine of this.world.machines.values()) {
      machine.missing = 3;
      machine.reported = null;
    }
  }

  questions(runId: string) {
    return view({ store: this.store }, runId)?.questions ?? [];
  }

  /** Landing zone → run. */
  locks(): Map<string, string> {
    const rows = this.#db.prepare('SELECT landing_zone AS zone, run_id AS run FROM zone_locks').all();
    return new Map((rows as { zone: string; run: string }[]).map(({ zone, run }) => [zone, run]));
  }

  /** Backups, starts and patch commands of a run that were begun, ever. */
  begun(runId: string): number {
    const row = this.#db
      .prepare(
        "SELECT count(*) AS n FROM effects WHERE run_id = ? AND kind IN ('create_image', 'start', 'install')",
      )
      .get(runId);
    return (row as { n: number }).n;
  }

  close(): void {
    this.#db.close();
  }

  #start(): Process {
    const life = ++this.#lives;
    const process = new Process({
      life,
      db: this.#db,
      aws: this.#aws,
      checks: { run: async () => ({ ok: true, text: 'ok' }) },
      directory: this.staff,
      plantStore: null,
      settings: this.#settings,
      timeline: this.#timeline,
      random: new Random(`life ${life}`),
      faults: this.#faults,
      witness: this.witness,
      ids: { run: () => `r${++this.#ids}`, guid: () => `guid-${++this.#ids}` },
      trace: () => {},
      died: () => {
        this.#process = this.#start();
      },
    });
    process.kickAll();
    return process;
  }

  /** Steps the clock from event to event; nothing is left half done between two of them. */
  async #until(done: () => boolean): Promise<void> {
    await this.#quiet();
    while (!done() && this.#timeline.step()) await this.#quiet();
  }

  async #quiet(): Promise<void> {
    for (;;) {
      const before = this.#timeline.scheduled;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#process.pending === 0 && this.#timeline.scheduled === before) return;
    }
  }
}
