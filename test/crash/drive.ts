/**
 * One job from the typed command to the report, done by people who are patient: when the bot dies they wait
 * for it to come back, retype what was lost, and answer what it asks after looking at AWS themselves.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import type { CommandSnapshot } from '../../sandbox/aws/control.ts';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { botConfig } from '../support/bot-config.ts';
import { until } from '../support/until.ts';

export interface DriveOptions {
  fleet: FleetDefinition;
  environment: string;
  /** The bot kills itself at this point of its first life, by number or at the first of that name; 0 = never. */
  fatalPoint: number | string;
  /** And again at this point of its second life. */
  secondFatalPoint?: number;
  /** How long AWS's lists do not show what was made. Default 20 ms. */
  visibilityDelayMs?: number;
  /**
   * Before answering a question, `patient` people look in Systems Manager until nothing can be hidden any more;
   * `hasty` ones believe what its lists show at that moment. Default patient.
   */
  people?: 'patient' | 'hasty';
  /** Instead of the configured grace; only for the control that must fail. */
  effectGraceMs?: number;
  /** The configuration that the bot finds when it comes back. */
  afterRestart?: { timing?: Record<string, string>; environment?: Record<string, unknown> };
  /** Called once both simulators are up: faults. */
  prepare?: (sims: { aws: AwsSimulator; slack: SlackSimulator }) => void;
  /**
   * When the job is done, the bot is started again so many times and ended in order each time, after it has
   * compared the commands at AWS with its own; the last one has told whatever it found.
   */
  restartsAfterTheEnd?: number;
  within?: number;
  config?: { timing?: Record<string, string>; environment?: Record<string, unknown> };
}

export interface DriveResult {
  /** The point was reached and the process died there. */
  killed: boolean;
  points: string[];
  outcomes: Record<string, string | null>;
  /** Installs that really ran, by instance name. */
  installs: Record<string, number>;
  /** Effects of CreateImage, by instance name. */
  images: Record<string, number>;
  /** Faults of AWS that struck. */
  fired: number;
  end: string | null;
  /** Rows that a finished job must not leave behind. */
  leftovers: string[];
  questionsAsked: number;
  commandsTyped: number;
  /** Commands that the bot says it did not send: how often it is in the audit and in the channel. */
  foreign: { commandId: string; code: string; audited: number; told: number }[];
}

interface Seen {
  runs: { id: string; phase: string; end: string | null; planHash: string | null }[];
  attention: { id: number; run_id: string; tag: string }[];
}

const BOT = fileURLToPath(new URL('./bot.ts', import.meta.url));

export async function drive(options: DriveOptions): Promise<DriveResult> {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-crash-'));
  const aws = await startAwsSimulator({
    fleet: options.fleet,
    throttle: 'off',
    visibilityDelayMs: options.visibilityDelayMs ?? 20,
  });
  const slack = await startSlackSimulator({ rateLimits: 'off' });
  options.prepare?.({ aws, slack });
  const job = new Job(options, folder, aws, slack);
  try {
    return await job.toTheEnd();
  } finally {
    await job.endBot();
    await Promise.all([aws.close(), slack.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

class Job {
  readonly #options: DriveOptions;
  readonly #folder: string;
  readonly #aws: AwsSimulator;
  readonly #slack: SlackSimulator;
  #bot: ChildProcess | null = null;
  #ready = false;
  #lives = 0;
  #killed = false;
  #stderr = '';
  #typed = 0;
  #typedAt = 0;
  #clickedAt = 0;
  #answered = new Set<number>();

  constructor(options: DriveOptions, folder: string, aws: AwsSimulator, slack: SlackSimulator) {
    this.#options = options;
    this.#folder = folder;
    this.#aws = aws;
    this.#slack = slack;
    this.#writeConfig(options.config);
  }

  #writeConfig(config: DriveOptions['config']): void {
    writeFileSync(
      join(this.#folder, 'patchday.yaml'),
      botConfig({
        fleet: this.#options.fleet,
        folder: this.#folder,
        ...config,
        // A restart on a busy machine takes seconds: what is proved here is not how fast it is.
        timing: { backup_timeout: '60s', verify_timeout: '60s', start_timeout: '60s', ...config?.timing },
      }),
    );
  }

  async toTheEnd(): Promise<DriveResult> {
    const deadline = Date.now() + (this.#options.within ?? 60_000);
    for (;;) {
      if (Date.now() > deadline)
        throw new Error(`stuck at point ${this.#options.fatalPoint}: ${this.#whereIsIt()}`);
      if (this.#bot === null || this.#bot.exitCode !== null || this.#bot.signalCode !== null)
        this.#startBot();
      else if (this.#ready) {
        const seen = this.#look();
        if (seen.runs.length > 0 && seen.runs.every((r) => r.phase === 'ended')) {
          // The thread's last message may still be on its way; the fatal point may be there too.
          if (this.#outboxEmpty() && (this.#lives > 1 || this.#killedOrPast())) {
            await this.#restartAfterTheEnd(deadline);
            return this.#result();
          }
        } else await this.#actLikePeople(seen);
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  async endBot(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const bot = this.#bot;
    if (!bot || bot.exitCode !== null || bot.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      bot.once('exit', () => resolve());
      bot.kill(signal);
    });
  }

  async #restartAfterTheEnd(deadline: number): Promise<void> {
    const { restartsAfterTheEnd = 0 } = this.#options;
    for (let i = 1; i <= restartsAfterTheEnd; i++) {
      await this.endBot();
      const before = this.#aws.control.requests()['ssm:ListCommands'] ?? 0;
      this.#startBot('extra');
      const soon = { within: deadline - Date.now(), describe: 'a comparison of the commands' };
      await until(
        () => this.#ready && (this.#aws.control.requests()['ssm:ListCommands'] ?? 0) > before,
        soon,
      );
      if (i === restartsAfterTheEnd)
        await until(() => this.#openAlarms() === 0, { ...soon, describe: 'the alarms' });
      // Ended in order, it finishes the comparison that is under way.
      await this.endBot('SIGTERM');
    }
  }

  #openAlarms(): number {
    return this.#query(
      (db) =>
        (
          db.prepare("SELECT count(*) AS n FROM alarms WHERE state IN ('pending', 'sending')").get() as {
            n: number;
          }
        ).n,
      1,
    );
  }

  #startBot(life: 'counted' | 'extra' = 'counted'): void {
    this.#lives++;
    this.#ready = false;
    if (life === 'counted' && this.#lives > 3)
      throw new Error(`the bot died ${this.#lives - 1} times: ${this.#stderr}`);
    const { fatalPoint, secondFatalPoint = 0, afterRestart, effectGraceMs } = this.#options;
    const fatal =
      life === 'extra' ? 0 : this.#lives === 1 ? fatalPoint : this.#lives === 2 ? secondFatalPoint : 0;
    if (life === 'counted' && this.#lives === 2 && afterRestart)
      this.#writeConfig({ ...this.#options.config, ...afterRestart });
    const bot = fork(
      BOT,
      [
        join(this.#folder, 'patchday.yaml'),
        String(fatal),
        this.#lives === 1 ? join(this.#folder, 'points') : '',
        effectGraceMs === undefined ? '' : String(effectGraceMs),
      ],
      {
        env: {
          ...process.env,
          AWS_ENDPOINT_URL: this.#aws.url,
          AWS_ACCESS_KEY_ID: this.#options.fleet.hub.accessKeyIds[0],
          AWS_SECRET_ACCESS_KEY: 'sandbox',
          AWS_REGION: 'eu-west-1',
          AWS_EC2_METADATA_DISABLED: 'true',
          SLACK_API_URL: this.#slack.apiUrl,
          SLACK_BOT_TOKEN: this.#slack.botToken,
          SLACK_APP_TOKEN: this.#slack.appToken,
          NODE_NO_WARNINGS: '1',
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        execArgv: [],
      },
    );
    bot.stderr?.on('data', (d) => {
      this.#stderr += d;
    });
    bot.stdout?.on('data', (d) => {
      this.#stderr += d;
    });
    bot.on('message', () => {
      this.#ready = true;
    });
    bot.on('exit', (_code, signal) => {
      if (signal === 'SIGKILL' && fatal !== 0) this.#killed = true;
    });
    this.#bot = bot;
  }

  #killedOrPast(): boolean {
    const { fatalPoint } = this.#options;
    if (fatalPoint === 0 || this.#killed) return true;
    return typeof fatalPoint === 'number' && this.#points().length < fatalPoint;
  }

  /** Retype, click, answer; whatever the bot did not take is simply done again. */
  async #actLikePeople(seen: Seen): Promise<void> {
    const now = Date.now();
    const run = seen.runs.find((r) => r.phase !== 'ended');
    if (seen.runs.length === 0) {
      if (now - this.#typedAt < 700) return;
      this.#typedAt = now;
      this.#typed++;
      void this.#slack.control
        .command({
          user: USERS.priya,
          channel: CHANNELS.nonprod,
          text: `/patch scan ${this.#options.environment}`,
        })
        .catch(() => undefined);
      return;
    }
    if (run?.phase === 'await_approval' && now - this.#clickedAt > 400) {
      const card = this.#slack.control
        .messages({ channel: CHANNELS.nonprod })
        .findLast(
          (m) =>
            JSON.stringify(m.blocks).includes('"run_approve"') &&
            JSON.stringify(m.blocks).includes(String(run.planHash)),
        );
      if (!card) return;
      this.#clickedAt = now;
      void this.#slack.control
        .click({ user: USERS.aisha, channel: CHANNELS.nonprod, ts: card.ts, actionId: 'run_approve' })
        .catch(() => undefined);
      return;
    }
    for (const question of seen.attention) {
      if (this.#answered.has(question.id)) continue;
      // A person looks in Systems Manager first. What is there is adopted without an answer.
      const hasty = this.#options.people === 'hasty';
      const shows = (c: CommandSnapshot) => !hasty || (c.visibleFrom !== null && c.visibleFrom <= now);
      if (this.#aws.control.commands().some((c) => c.comment === question.tag && shows(c))) continue;
      const button = this.#buttonOf(question.id);
      if (!button) continue;
      this.#answered.add(question.id);
      const answer = await this.#slack.control
        .click({ user: USERS.aisha, channel: CHANNELS.nonprod, actionId: 'question_send_again', ...button })
        .catch(() => null);
      if (!answer?.ok) this.#answered.delete(question.id);
    }
  }

  /** Where the answer to this question is clicked: several may be open, each with a block of its own. */
  #buttonOf(effectId: number): { ts: string; blockId: string } | null {
    for (const message of this.#slack.control.messages({ channel: CHANNELS.nonprod }).toReversed()) {
      for (const block of message.blocks) {
        const text = JSON.stringify(block);
        const asks = text.includes('question_send_again') && text.includes(`\\"effectId\\":${effectId},`);
        if (asks && block.block_id) return { ts: message.ts, blockId: block.block_id };
      }
    }
    return null;
  }

  #query<T>(read: (db: Database.Database) => T, otherwise: T): T {
    try {
      const db = new Database(join(this.#folder, 'patchday.sqlite'), { readonly: true, fileMustExist: true });
      try {
        return read(db);
      } finally {
        db.close();
      }
    } catch {
      return otherwise;
    }
  }

  #look(): Seen {
    return this.#query(
      (db) => ({
        runs: db
          .prepare(
            'SELECT id, phase, plan_hash AS planHash, data ->> \'$.end\' AS "end" FROM runs ORDER BY created_at',
          )
          .all() as Seen['runs'],
        attention: db
          .prepare("SELECT id, run_id, tag FROM effects WHERE state = 'needs_attention'")
          .all() as Seen['attention'],
      }),
      { runs: [], attention: [] },
    );
  }

  #outboxEmpty(): boolean {
    return this.#query(
      (db) =>
        (
          db.prepare("SELECT count(*) AS n FROM outbox WHERE state IN ('pending', 'sending')").get() as {
            n: number;
          }
        ).n === 0,
      false,
    );
  }

  #points(): string[] {
    try {
      return readFileSync(join(this.#folder, 'points'), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  }

  #result(): DriveResult {
    const byName = <T>(value: (name: string, id: string) => T) =>
      Object.fromEntries(this.#aws.control.instances().map((i) => [i.name, value(i.name, i.id)]));
    const rows = this.#query(
      (db) => ({
        targets: db.prepare("SELECT data ->> '$.instance.instanceId' AS id, outcome FROM targets").all() as {
          id: string;
          outcome: string | null;
        }[],
        open: db
          .prepare(
            "SELECT kind || ' ' || state AS what FROM effects WHERE state IN ('intended', 'begun', 'needs_attention')",
          )
          .all() as { what: string }[],
        foreign: db
          .prepare(
            "SELECT f.command_id AS commandId, f.code, (SELECT count(*) FROM audit a WHERE a.action = 'command.foreign' AND a.detail ->> '$.commandId' = f.command_id) AS audited FROM foreign_commands f ORDER BY f.at",
          )
          .all() as { commandId: string; code: string; audited: number }[],
        locks: db
          .prepare(
            "SELECT 'lock ' || landing_zone AS what FROM zone_locks UNION ALL SELECT 'lock ' || key FROM instance_locks",
          )
          .all() as { what: string }[],
        unfinished: db
          .prepare("SELECT key || ' ' || stage AS what FROM targets WHERE stage <> 'done'")
          .all() as { what: string }[],
      }),
      { targets: [], open: [], foreign: [], locks: [], unfinished: [] },
    );
    const ledger = this.#aws.control
      .ledger()
      .filter((e) => e.operation === 'CreateImage' && e.outcome === 'effect');
    return {
      killed: this.#killed,
      points: this.#points(),
      outcomes: byName((_, id) => rows.targets.find((t) => t.id === id)?.outcome ?? null),
      installs: byName((name) => this.#aws.control.instance(name).counters.installs),
      images: byName((_, id) => ledger.filter((e) => JSON.stringify(e).includes(id)).length),
      fired: this.#aws.control.firedFaults(),
      end: this.#look().runs.at(-1)?.end ?? null,
      leftovers: [...rows.open, ...rows.locks, ...rows.unfinished].map((r) => r.what),
      questionsAsked: this.#answered.size,
      commandsTyped: this.#typed,
      foreign: rows.foreign.map((one) => ({
        ...one,
        told: this.#slack.control
          .messages({ channel: CHANNELS.nonprod })
          .filter(
            (m) => m.threadTs === null && `${m.text}${JSON.stringify(m.blocks)}`.includes(one.commandId),
          ).length,
      })),
    };
  }

  #whereIsIt(): string {
    const rows = this.#query(
      (db) => ({
        runs: db.prepare('SELECT id, phase, data FROM runs').all(),
        effects: db.prepare('SELECT kind, state, tag, note FROM effects').all(),
        outbox: db.prepare("SELECT state, news, error FROM outbox WHERE state <> 'sent'").all(),
      }),
      { runs: [], effects: [], outbox: [] },
    );
    return `${JSON.stringify(rows)} ready=${this.#ready} lives=${this.#lives} ${this.#stderr.slice(-2000)}`;
  }
}
