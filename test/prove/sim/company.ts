/** The real service, executor and store over the simulated world, driven one click at a time. */
import type Database from 'better-sqlite3';
import { readAudit, verifyAudit } from '../../../src/store/audit-chain.ts';
import { retell } from '../../../src/store/audit-replay.ts';
import { differencesToTables } from '../../../src/store/audit-tables.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { type Aws, InDoubt } from '../../../src/workflow/ports.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import type { Actor, PatchService } from '../../../src/workflow/service.ts';
import type { Settings } from '../../../src/workflow/settings.ts';
import { endsNotAnchored } from '../../support/ends-anchored.ts';
import { clickHelpfully } from './clicks.ts';
import { emptyDatabase, giveBack } from './database.ts';
import { checkEnded } from './end-checks.ts';
import { fakeAws } from './fake-aws.ts';
import { Faults } from './faults.ts';
import { HOUR, MINUTE, SECOND } from './machines.ts';
import { Process } from './process.ts';
import { Random } from './random.ts';
import { makeMachines, makeSettings, START } from './scenario.ts';
import { Staff } from './staff.ts';
import { Timeline } from './timeline.ts';
import { Witness } from './witness.ts';
import { World } from './world.ts';

/** Within this everything that needs no waiting for AWS has happened. */
const AT_ONCE = 20 * SECOND;
/** Twenty simulated minutes each. */
const MOST_ROUNDS_OF_HELP = 200;
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
  /** When set, it chooses the order of calls and writes, and nothing of that takes simulated time. */
  order: ((what: string) => Promise<void>) | null = null;
  readonly #timeline: Timeline;
  readonly #faults: Faults;
  readonly #db: Database.Database;
  readonly #settings: Settings;
  readonly #aws: Aws;
  readonly #random = new Random('people');
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

  /** How many times the process was started. */
  get lives(): number {
    return this.#lives;
  }

  /** The service of the process that lives now: one that is killed never answers. */
  get service(): PatchService {
    return this.#process.service;
  }

  /** Asks the service, waits for its answer, and lets what follows at once happen. */
  async ask<T>(question: (service: PatchService) => Promise<T>): Promise<T> {
    let answer: { value: T } | { error: unknown } | null = null;
    question(this.service).then(
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
  kill(): void {
    this.#process.kill();
  }

  async restart(): Promise<void> {
    this.kill();
    await this.pass(AT_ONCE);
  }

  /** The next event, unless it is after this moment; false then. Nothing is left half done that needs no call. */
  async step(latest = Number.POSITIVE_INFINITY): Promise<boolean> {
    const stepped = this.#timeline.step(latest);
    await this.quiet();
    return stepped;
  }

  /** Everybody does what is asked of them, until every run has ended and nobody is left unknown. */
  async comeToAnEnd(): Promise<void> {
    for (const who of this.staff.removed()) this.staff.restore(who);
    for (let i = 0; i < MOST_ROUNDS_OF_HELP; i++) {
      this.checkEnded();
      if (this.witness.openRuns().length === 0 && this.store.freezes().length === 0 && !this.#someLocked())
        return;
      await this.ask((service) =>
        clickHelpfully({
          service,
          store: this.store,
          random: this.#random,
          faults: this.#faults,
          witness: this.witness,
          zones: ZONES,
          now: this.now,
          once: () => `click ${++this.#clicks}`,
          trace: () => {},
        }),
      );
      await this.pass(20 * MINUTE);
    }
    this.witness.violation('what was begun does not come to an end');
  }

  /** Runs that ended since the last time are as the world is. */
  checkEnded(): void {
    for (const runId of this.witness.justEnded.splice(0))
      checkEnded(this.world, this.store, this.witness, runId);
  }

  /** The audit is whole, and tells what the tables hold. */
  checkAudit(): void {
    const verdict = verifyAudit(readAudit(this.#db));
    if (!verdict.ok) this.witness.violation(`the audit is broken at ${verdict.seq}: ${verdict.why}`);
    for (const missing of endsNotAnchored(this.#db)) this.witness.violation(missing);
    for (const difference of differencesToTables(this.#db, retell(readAudit(this.#db))))
      this.witness.violation(`audit and tables differ: ${difference}`);
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
    giveBack(this.#db);
  }

  #someLocked(): boolean {
    const row = this.#db.prepare('SELECT count(*) AS n FROM instance_locks').get();
    return (row as { n: number }).n > 0;
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
      order: () => this.order,
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
    await this.quiet();
    while (!done() && this.#timeline.step()) await this.quiet();
  }

  /** Until nothing moves any more without the clock, or without an answer that `order` holds back. */
  async quiet(): Promise<void> {
    for (;;) {
      const before = this.#timeline.scheduled;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#process.pending === 0 && this.#timeline.scheduled === before) return;
    }
  }
}
