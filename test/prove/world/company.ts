/**
 * The whole program in a simulated company: the real bot in a process of its own, both simulators, and one
 * virtual time for all of them. Nothing happens but in `step`, and a step ends when the bot, the wire and the
 * simulators are at rest. One seed, one sequence of events.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { FleetDefinition } from '../../../sandbox/aws/fleet/fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../../sandbox/aws/server.ts';
import { type SlackSimulator, startSlackSimulator } from '../../../sandbox/slack/server.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { newsOnItsWay } from '../../crash/rows.ts';
import { botConfig } from '../../support/bot-config.ts';
import { compileCache } from '../../support/compile-cache.ts';
import { Random } from '../sim/random.ts';
import { BotLife, ServerWire } from './bot-life.ts';
import { Gate } from './gate.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A Sunday, 00:30 in Berlin. */
export const START = Date.UTC(2026, 10, 14, 23, 30);
/** Where a process dies the file lives on either way; without a disk behind it, commits cost nothing. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

export interface CompanyOptions {
  seed: number;
  fleet: FleetDefinition;
  timing: Record<string, string>;
  environment: Record<string, unknown>;
  /** Slack's limits, and the paces of production. */
  slack: 'default' | 'fast';
  visibilityDelayMs?: number;
}

export class Company {
  readonly options: CompanyOptions;
  readonly clock = new VirtualClock(START);
  readonly trace: string[] = [];
  readonly gate: Gate;
  lives = 0;
  life: BotLife | null = null;
  /** Of the last death: it came at its choke point; and how many calls were on their way. */
  diedAtPoint = false;
  cutOff = 0;
  /** Rows of the outbox that were on their way to Slack when a life had ended. */
  readonly newsOnItsWay = new Set<number>();
  /** Called when the bot has died or ended; must see to it that another begins. */
  onDeath: (how: 'killed' | 'stopped') => void = () => undefined;
  aws!: AwsSimulator;
  slack!: SlackSimulator;
  readonly #folder = mkdtempSync(join(MEMORY, 'patchday-world-'));
  #wire!: ServerWire;
  #ports: [RegExp, string][] = [];
  #reader: SqliteStore | null = null;
  #starting = false;

  private constructor(options: CompanyOptions) {
    this.options = options;
    this.gate = new Gate({
      clock: this.clock,
      random: new Random(`network ${options.seed}`),
      trace: (line) => this.say(line),
      normal: (text) => this.normal(text),
    });
  }

  static async open(options: CompanyOptions): Promise<Company> {
    const company = new Company(options);
    const { clock, gate: arrivals } = company;
    company.aws = await startAwsSimulator({
      fleet: options.fleet,
      seed: options.seed,
      clock,
      arrivals,
      throttle: 'published',
      visibilityDelayMs: options.visibilityDelayMs ?? 1500,
    });
    company.slack = await startSlackSimulator({ seed: options.seed, clock, arrivals });
    const ports = [company.aws.url, company.slack.url].map((url) => Number(new URL(url).port));
    company.#ports = ports.map((port, i) => [
      new RegExp(`127\\.0\\.0\\.1(:|%3A)${port}\\b`, 'g'),
      i === 0 ? 'aws.simulated' : 'slack.simulated',
    ]);
    company.#wire = new ServerWire(ports);
    company.configure({});
    return company;
  }

  /** What the bot finds in its configuration file the next time it begins. */
  configure(environment: Record<string, unknown>): void {
    const { fleet, timing, environment: basis } = this.options;
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(
      join(this.#folder, 'patchday.yaml'),
      botConfig({ fleet, folder: this.#folder, timing, environment: { ...basis, ...environment } }),
    );
  }

  say(line: string): void {
    const seconds = (this.clock.now() - START) / SECOND;
    this.trace.push(`${seconds.toFixed(3).padStart(10)} ${this.normal(line)}`);
  }

  /** Without what differs between two runs of one seed: the ports that the operating system gave. */
  normal(text: string): string {
    return this.#ports.reduce((said, [port, name]) => said.replace(port, name), text);
  }

  /** Begins a life of the bot. It dies at that choke point; 0 = never. */
  start(fatalPoint: number): void {
    if (this.life || this.#starting) throw new Error('the bot runs already');
    this.#starting = true;
    this.#fatalPoint = fatalPoint;
  }

  #fatalPoint = 0;

  async #load(): Promise<void> {
    this.#starting = false;
    this.#reader?.db.close();
    this.#reader = null;
    this.lives++;
    this.say(`life ${this.lives} begins`);
    const { seed, fleet, slack } = this.options;
    this.life = await BotLife.load(
      {
        configFile: join(this.#folder, 'patchday.yaml'),
        now: this.clock.now(),
        seed: `${seed} life ${this.lives}`,
        fatalPoint: this.#fatalPoint,
        paces: slack,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: this.#folder,
          TZ: 'UTC',
          ...compileCache(),
          AWS_CONFIG_FILE: '/dev/null',
          AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
          AWS_ENDPOINT_URL: this.aws.url,
          AWS_ACCESS_KEY_ID: fleet.hub.accessKeyIds[0] ?? '',
          AWS_SECRET_ACCESS_KEY: 'sandbox',
          AWS_REGION: 'eu-west-1',
          SLACK_API_URL: this.slack.apiUrl,
          SLACK_BOT_TOKEN: this.slack.botToken,
          SLACK_APP_TOKEN: this.slack.appToken,
          NODE_NO_WARNINGS: '1',
        },
      },
      this.#wire,
    );
    await this.life.tell({ do: 'begin' });
  }

  /** SIGKILL from outside, between two events. */
  async kill(): Promise<void> {
    const { life } = this;
    if (!life) return;
    await life.kill();
    await this.#died(life);
  }

  /** SIGTERM: it ends by itself, in its own time. */
  async stop(): Promise<void> {
    await this.life?.tell({ do: 'stop' });
  }

  /** The next thing that can happen, and all that comes of it at once. */
  async step(): Promise<void> {
    if (this.#starting) {
      await this.#load();
      return this.#rest();
    }
    this.gate.dispatch();
    const mine = this.clock.nextAt();
    const { life } = this;
    if (life) {
      const report = await life.tell({ do: 'pass', until: mine ?? life.last?.next ?? this.clock.now() });
      if (report) {
        this.clock.moveTo(report.now);
        if (report.seen || mine === null) return this.#rest();
      } else return this.#rest();
    }
    this.clock.runNext();
    return this.#rest();
  }

  async #rest(): Promise<void> {
    const { life } = this;
    if (!life) return this.#wire.settled();
    const report = await life.rest();
    if (report === null) return this.#died(life);
    if (report.now !== this.clock.now())
      throw new Error(`the bot's clock says ${report.now}, the world's ${this.clock.now()}`);
  }

  async #died(life: BotLife): Promise<void> {
    const how = await life.ended();
    this.#reader?.db.close();
    this.#reader = null;
    this.life = null;
    const stopped = how.code === 0;
    if (!stopped && how.signal !== 'SIGKILL')
      throw new Error(`the bot ended by itself with ${how.code ?? how.signal}: ${life.errors}`);
    await this.#wire.settled();
    const { lost, arriving } = this.gate.died();
    await this.#wire.allClosed();
    this.gate.dropFresh();
    this.diedAtPoint = life.errors.includes('at its point');
    this.cutOff = lost + arriving;
    for (const id of newsOnItsWay(this.#folder)) this.newsOnItsWay.add(id);
    this.say(
      `life ${this.lives} ${stopped ? 'ends' : `is killed ${life.errors.trim()}`}; ${lost} calls lost, ${arriving} on their way`,
    );
    this.onDeath(stopped ? 'stopped' : 'killed');
  }

  /** The database as the bot has committed it; null while it does not run or has none. */
  store(): SqliteStore | null {
    if (!this.life) return null;
    if (!this.#reader) {
      try {
        const db = new Database(join(this.#folder, 'patchday.sqlite'), {
          readonly: true,
          fileMustExist: true,
        });
        db.prepare('SELECT count(*) FROM runs').get();
        this.#reader = new SqliteStore(db, () => this.clock.now());
      } catch {
        return null;
      }
    }
    return this.#reader;
  }

  async close(): Promise<void> {
    this.gate.close();
    this.#reader?.db.close();
    await this.life?.kill();
    await Promise.all([this.aws.close(), this.slack.close()]);
    this.#wire.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
