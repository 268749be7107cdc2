/**
 * A company whose people and troubles follow a script: the real decisions, executor, service and store over the
 * world of the simulation (test/prove/sim), in which nothing is left to chance. What it writes down is told line
 * by line, so that it can be read, and compared with what was told before.
 */
import type Database from 'better-sqlite3';
import { readAudit } from '../../../src/store/audit-chain.ts';
import { retell } from '../../../src/store/audit-replay.ts';
import { differencesToTables } from '../../../src/store/audit-tables.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import type { Run, RunOptions, Target } from '../../../src/workflow/run-types.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import type { Actor, Answer, PatchService } from '../../../src/workflow/service.ts';
import type { Settings } from '../../../src/workflow/settings.ts';
import type { QuestionAnswer, RunView } from '../../../src/workflow/view.ts';
import { emptyDatabase, giveBack } from '../../prove/sim/database.ts';
import { checkEnded } from '../../prove/sim/end-checks.ts';
import { fakeAws } from '../../prove/sim/fake-aws.ts';
import type { Machine } from '../../prove/sim/machines.ts';
import { Process } from '../../prove/sim/process.ts';
import { START } from '../../prove/sim/scenario.ts';
import type { Staff } from '../../prove/sim/staff.ts';
import { Timeline } from '../../prove/sim/timeline.ts';
import { Witness } from '../../prove/sim/witness.ts';
import { World } from '../../prove/sim/world.ts';
import { endsNotAnchored } from '../../support/ends-anchored.ts';
import {
  type Beginning,
  type Denial,
  machine,
  StaffWithStandIns,
  settings,
  withDenials,
} from './beginning.ts';
import { ScriptedFaults, Steady } from './script.ts';
import { Teller } from './teller.ts';

const MOST_STEPS = 20_000;

export class Company {
  readonly faults: ScriptedFaults;
  readonly staff: Staff;
  readonly world: World;
  readonly settings: Settings;
  readonly random = new Steady();
  readonly #teller = new Teller(START);
  readonly #timeline: Timeline;
  readonly #witness: Witness;
  readonly #db: Database.Database = emptyDatabase();
  readonly #reader: SqliteStore;
  /** Set when the disk has no room for the report's files. */
  diskFull = false;
  /** The instances on which Patchday itself runs. */
  ownInstanceIds: readonly string[] = [];
  /** Calls that fail for good, by name (`commands.document`), in one landing zone or in all. */
  readonly denied: Denial[] = [];
  #process: Process | null = null;
  #lives = 0;
  #ids = 0;
  #clicks = 0;

  constructor({ policy = {}, zones = [{}], machines = [{}, {}] }: Beginning) {
    this.settings = settings(policy, zones);
    this.staff = new StaffWithStandIns(this.settings);
    this.#timeline = new Timeline(START, this.random);
    const now = () => this.#timeline.now();
    const trace = (line: string) => {
      if (line.startsWith('AWS ') || line.startsWith('VIOLATION'))
        this.#teller.say(line.replace(/patchday .*/, ''));
    };
    this.faults = new ScriptedFaults((fault) => this.#teller.say(`(${fault.replaceAll('_', ' ')})`));
    this.#witness = new Witness({ trace, now, staff: this.staff });
    this.world = new World(this.#timeline, this.random, this.faults, this.#witness);
    this.#witness.world = this.world;
    for (const [index, changes] of machines.entries()) {
      const made = machine(this.settings, index, changes);
      this.world.machines.set(made.id, made);
    }
    this.#reader = new SqliteStore(this.#db, now);
    this.start();
  }

  /** A new life of the program, on the same rows. */
  start(): void {
    this.#teller.say(this.#lives === 0 ? 'Patchday starts.' : 'Patchday starts again.');
    this.#process = new Process({
      life: ++this.#lives,
      db: this.#db,
      aws: this.#teller.calls(withDenials(fakeAws(this.world), this.denied)),
      checks: {
        run: async () =>
          this.faults.fires('application_sick')
            ? { ok: false, text: 'connection refused' }
            : { ok: true, text: 'ok' },
      },
      directory: this.staff,
      plantStore: (store) => this.#teller.watch(store),
      settings: this.settings,
      timeline: this.#timeline,
      random: this.random,
      faults: this.faults,
      witness: this.#witness,
      ownInstanceIds: () => this.ownInstanceIds,
      writeReport: async () => {
        if (this.diskFull) throw new Error('The report could not be written: the disk is full.');
      },
      ids: { run: () => `r${++this.#ids}`, guid: () => `guid-${++this.#ids}` },
      trace: () => {},
      died: () => {
        this.#process = null;
        this.#teller.say('Patchday is killed.');
      },
    });
    this.#process.kickAll();
  }

  kill(): void {
    this.#process?.kill();
  }

  /** Somebody clicks or types; tells the answer. */
  async person<T>(
    userId: string,
    does: string,
    click: (service: PatchService, actor: Actor) => Promise<Answer<T>>,
    changes: Partial<Actor> = {},
  ): Promise<Answer<T>> {
    const { service } = this.#process ?? {};
    if (!service) throw new Error(`${userId} cannot ${does}: Patchday is not running`);
    const actor = { userId, teamId: 'TOURS', channelId: 'C1', once: `click ${++this.#clicks}`, ...changes };
    this.#teller.say('', `${userId}: ${does}`);
    let answer: Answer<T> | undefined;
    void click(service, actor).then((a) => {
      answer = a;
    });
    await this.until(`the answer to ${does}`, () => answer !== undefined);
    if (!answer) throw new Error('no answer');
    this.#teller.say(answer.ok ? `=> ${answer.text}` : `=> refused, ${answer.code}: ${answer.text}`);
    return answer;
  }

  /** Several people click at the same instant; tells the answers in their order. */
  async together(
    ...clicks: readonly [
      userId: string,
      does: string,
      click: (service: PatchService, actor: Actor) => Promise<Answer<unknown>>,
    ][]
  ): Promise<void> {
    const { service } = this.#process ?? {};
    if (!service) throw new Error('Patchday is not running');
    this.#teller.say('', `At once, ${clicks.map(([who, does]) => `${who}: ${does}`).join('; ')}`);
    const answers: (Answer<unknown> | undefined)[] = clicks.map(() => undefined);
    for (const [index, [userId, , click]] of clicks.entries()) {
      const actor = { userId, teamId: 'TOURS', channelId: 'C1', once: `click ${++this.#clicks}` };
      void click(service, actor).then((answer) => {
        answers[index] = answer;
      });
    }
    await this.until('every answer', () => answers.every((a) => a !== undefined));
    for (const answer of answers)
      this.#teller.say(answer?.ok ? `=> ${answer.text}` : `=> refused, ${answer?.code}: ${answer?.text}`);
  }

  /** `/patch scan test`; the id of the run. */
  async scan(changes: Partial<RunOptions> = {}, who = 'UREQ1', name = 'test'): Promise<string> {
    const options = {
      fresh: false,
      dryRun: false,
      backupOnly: false,
      now: true,
      at: null,
      until: null,
      ...changes,
    };
    const scope = { name, pattern: null, tags: [], platform: null, regions: [], only: null };
    const asked = Object.entries(changes).map(([option, value]) => ` ${option}=${value}`);
    const answer = await this.person(who, `scan ${name}${asked.join('')}`, (service, actor) =>
      service.scan(actor, { scope, options }),
    );
    return answer.ok ? answer.value.runId : '';
  }

  async approve(runId: string, who = 'UAPP1'): Promise<void> {
    await this.phase(runId, 'await_approval');
    const planHash = this.run(runId).planHash ?? '';
    await this.person(who, `approve ${runId}`, (service, actor) =>
      service.approve(actor, { runId, planHash, confirmed: true }),
    );
  }

  /** Every other click on a run, by its name in the service. */
  async click(
    who: string,
    does: 'reject' | 'stop' | 'retry' | 'release' | 'report',
    runId: string,
    changes: { planHash?: string; reason?: string; actor?: Partial<Actor> } = {},
  ): Promise<string> {
    const planHash = changes.planHash ?? this.#reader.run(runId)?.planHash ?? '';
    const answer = await this.person<unknown>(
      who,
      `${does} ${runId}`,
      (service, actor) => service[does](actor, { runId, planHash, reason: changes.reason ?? 'not today' }),
      changes.actor,
    );
    return answer.ok && does === 'retry' ? (answer.value as { runId: string }).runId : '';
  }

  async exclude(runId: string, who: string, ...numbers: readonly number[]): Promise<void> {
    const planHash = this.run(runId).planHash ?? '';
    const targets = numbers.map((n) => this.machine(n).key);
    await this.person(who, `exclude ${numbers.map((n) => `app-${n}`).join(', ')} of ${runId}`, (s, actor) =>
      s.exclude(actor, { runId, planHash, targets, reason: 'not these' }),
    );
  }

  async freeze(who: string): Promise<void> {
    await this.person(who, 'freeze', (s, actor) => s.freeze(actor, { scope: 'all', reason: 'incident' }));
  }

  async unfreeze(who: string): Promise<void> {
    await this.person(who, 'unfreeze', (s, actor) => s.unfreeze(actor, { scope: 'all' }));
  }

  /** Waits for a question, and answers the oldest. */
  async answer(runId: string, answer: QuestionAnswer['id'], who = 'UAPP1'): Promise<void> {
    await this.asked(runId);
    const [question] = this.seen(runId).questions;
    const tag = question?.tag ?? '';
    await this.person(who, `answer ${answer} to ${tag}`, (s, actor) => s.answer(actor, { tag, answer }));
  }

  /** Patch commands that wait for their agents. */
  async waiting(runId: string, commands: number): Promise<void> {
    await this.until(`${commands} wait for their agent`, () => {
      const { targets } = this.seen(runId);
      return targets.filter((t) => t.invocation === 'waiting').length === commands;
    });
  }

  async asked(runId: string, questions = 1): Promise<void> {
    await this.until(`${runId} asks`, () => this.seen(runId).questions.length >= questions);
  }

  async resolve(runId: string, number: number, who = 'UAPP1'): Promise<void> {
    await this.person(who, `resolve app-${number} of ${runId}`, (s, actor) =>
      s.resolve(actor, { runId, instance: `app-${number}`, reason: 'looked at it' }),
    );
  }

  async phase(runId: string, phase: Run['phase']): Promise<void> {
    await this.until(`${runId} is in ${phase}`, () => this.run(runId).phase === phase);
  }

  async stage(runId: string, number: number, stage: Target['stage']): Promise<void> {
    const { key } = this.machine(number);
    await this.until(`app-${number} is ${stage}`, () =>
      this.seen(runId).targets.some((t) => t.key === key && t.stage === stage),
    );
  }

  run(runId: string): Run {
    const run = this.#reader.run(runId);
    if (!run) throw new Error(`there is no run ${runId}`);
    return run;
  }

  seen(runId: string): RunView {
    const seen = view({ store: this.#reader }, runId);
    if (!seen) throw new Error(`there is no run ${runId}`);
    return seen;
  }

  /** Goes on until it is so. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    await this.#settle();
    for (let step = 0; !isSo(); step++) {
      if (step > MOST_STEPS || !this.#timeline.step())
        throw new Error(`it never came to this: ${what}\n${this.#teller.lines.slice(-40).join('\n')}`);
      await this.#settle();
    }
  }

  async pass(ms: number): Promise<void> {
    const until = this.#timeline.now() + ms;
    let over = false;
    this.#timeline.at(until, () => {
      over = true;
    });
    await this.until(`${ms} ms pass`, () => over);
  }

  machine(number: number): Machine {
    const found = [...this.world.machines.values()][number - 1];
    if (!found) throw new Error(`there is no instance ${number}`);
    return found;
  }

  say(text: string): void {
    this.#teller.say('', text);
  }

  /** A look at a run, as the card and the status answer have it. */
  look(runId: string): void {
    this.#teller.seen(this.seen(runId));
  }

  /** Starts again on a database that is an older copy: its open runs are parked, as the store does it. */
  restore(): void {
    this.kill();
    this.#reader.parkIfBehind([{ name: 'the anchor file', anchor: { seq: 9999, hash: 'f' } }]);
    this.start();
  }

  /** To the end of every run; what was told, and what broke a promise. */
  async end(): Promise<{ told: string; violations: readonly string[] }> {
    await this.until('every run ended', () => this.#witness.openRuns().length === 0);
    for (const { run } of [...this.#witness.runs.values()]) this.look(run.id);
    for (const runId of this.#witness.justEnded.splice(0))
      checkEnded(this.world, this.#reader, this.#witness, runId);
    for (const missing of endsNotAnchored(this.#db)) this.#witness.violation(missing);
    for (const difference of differencesToTables(this.#db, retell(readAudit(this.#db))))
      this.#witness.violation(`the tables differ from the audit: ${difference}`);
    giveBack(this.#db);
    return { told: `${this.#teller.lines.join('\n')}\n`, violations: this.#witness.violations };
  }

  /** Until nothing moves any more without the clock. */
  async #settle(): Promise<void> {
    for (;;) {
      const before = this.#timeline.scheduled;
      await new Promise((resolve) => setImmediate(resolve));
      if ((this.#process?.pending ?? 0) === 0 && this.#timeline.scheduled === before) return;
    }
  }
}
