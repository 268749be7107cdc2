/**
 * One job from the typed command to the report, over both simulators, with a bot that dies where it is told to
 * and people who are patient.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { botConfig } from '../support/bot-config.ts';
import { until } from '../support/until.ts';
import { type EndState, readEndState } from './end-state.ts';
import { botEnvironment, Lives, leaked, THIS_RELEASE } from './lives.ts';
import { People } from './people.ts';
import {
  alarmsToTell,
  dump,
  everythingTold,
  foreignCommands,
  look,
  newsOnItsWay,
  type Seen,
} from './rows.ts';

interface Config {
  timing?: Record<string, string>;
  environment?: Record<string, unknown>;
}

export interface DriveOptions {
  fleet: FleetDefinition;
  environment: string;
  /** The bot kills itself at this point of its first life: a name (`commit:after#003`) or a number; 0 = never. */
  fatalPoint: number | string;
  /** And at these points of its second, third, … life. */
  laterFatalPoints?: readonly (number | string)[];
  /**
   * A question is open: the first life is killed from outside as soon as it can be answered, and nobody answers
   * before this life. A life before it that does not reach its point is killed once it has been idle for a while.
   */
  answersFromLife?: number;
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
  afterRestart?: Config;
  /** Roots of other releases: of the first life, and of all later ones. Default this one. */
  releases?: { first?: string; later?: string };
  /** Called once both simulators are up: faults. */
  prepare?: (sims: { aws: AwsSimulator; slack: SlackSimulator }) => void;
  /**
   * When the job is done, the bot is started again so many times and ended in order each time, after it has
   * compared the commands at AWS with its own; the last one has told whatever it found.
   */
  restartsAfterTheEnd?: number;
  within?: number;
  config?: Config;
}

export interface DriveResult {
  /** The point was reached and the process died there. */
  killed: boolean;
  /** How many lives ended at their point. */
  kills: number;
  /** Which ones, the first being 1. */
  killedLives: readonly number[];
  /** Points passed by the first life, in order. */
  points: string[];
  /** The same for each life. */
  pointsOfLives: string[][];
  state: EndState;
  /** What people could not make sense of on the way, and what was done behind an open question. */
  wrong: string[];
  /** Faults of AWS that struck. */
  fired: number;
  /** Rows of the outbox that were on their way to Slack when a life had ended. */
  onItsWay: readonly number[];
  questionsAsked: number;
  commandsTyped: number;
  /** Commands that the bot says it did not send: how often it is in the audit and in the channel. */
  foreign: { commandId: string; code: string; audited: number; told: number }[];
}

/** A life in which a question stays open does nothing but look now and then. */
const IDLE_LIFE_MS = 1600;
/** A job is over when it was for some looks: the fatal point may be just after its last commit. */
const QUIET_LOOKS = 3;

export async function drive(options: DriveOptions): Promise<DriveResult> {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-crash-'));
  const aws = await startAwsSimulator({
    fleet: options.fleet,
    throttle: 'off',
    visibilityDelayMs: options.visibilityDelayMs ?? 20,
  });
  const slack = await startSlackSimulator({ rateLimits: 'off' });
  const job = new Job(options, folder, aws, slack);
  try {
    options.prepare?.({ aws, slack });
    return await job.toTheEnd();
  } finally {
    await job.lives.kill();
    await Promise.all([aws.close(), slack.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

class Job {
  readonly lives: Lives;
  readonly #options: DriveOptions;
  readonly #folder: string;
  readonly #aws: AwsSimulator;
  readonly #slack: SlackSimulator;
  readonly #people: People;
  readonly #onItsWay: number[] = [];

  constructor(options: DriveOptions, folder: string, aws: AwsSimulator, slack: SlackSimulator) {
    this.#options = options;
    this.#folder = folder;
    this.#aws = aws;
    this.#slack = slack;
    this.#people = new People(options.environment, aws.control, slack, options.people === 'hasty');
    const { fatalPoint, laterFatalPoints = [], releases = {} } = options;
    this.lives = new Lives({
      folder,
      environment: botEnvironment(aws, slack, options.fleet),
      fatalPoints: [fatalPoint, ...laterFatalPoints],
      spare: options.restartsAfterTheEnd ?? 0,
      effectGraceMs: options.effectGraceMs,
      release: (life) => (life === 1 ? releases.first : releases.later) ?? THIS_RELEASE,
      before: (life) => {
        this.#people.botIsBack();
        this.#people.answersWereLost(look(folder));
        this.#onItsWay.push(...newsOnItsWay(folder));
        if (life === 2 && (options.afterRestart || releases.first))
          this.#writeConfig({ ...options.config, ...options.afterRestart });
      },
    });
    this.#writeConfig({ ...options.config, ...(releases.first ? { ownInstanceIds: null } : {}) });
  }

  #writeConfig(config: Config | undefined): void {
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
    const { lives } = this;
    const deadline = Date.now() + (this.#options.within ?? 60_000);
    let quietLooks = 0;
    for (;;) {
      if (Date.now() > deadline)
        throw new Error(
          `stuck at point ${this.#options.fatalPoint}: ${dump(this.#folder)} ready=${lives.ready} lives=${lives.count} ${lives.output.slice(-2000)}`,
        );
      if (lives.dead) lives.begin();
      else if (lives.ready) {
        const seen = look(this.#folder);
        if (seen.runs.length > 0 && seen.runs.every((r) => r.phase === 'ended')) {
          // The thread's last message may still be on its way; the fatal point may be there too.
          const over = everythingTold(this.#folder) && (lives.count > 1 || this.#killedOrPast());
          if (over && ++quietLooks > QUIET_LOOKS) {
            await this.#restartAfterTheEnd(deadline);
            return this.#result();
          }
        } else await this.#goOn(seen);
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  async #restartAfterTheEnd(deadline: number): Promise<void> {
    const { lives } = this;
    const { restartsAfterTheEnd = 0 } = this.#options;
    for (let i = 1; i <= restartsAfterTheEnd; i++) {
      await lives.kill();
      const before = this.#aws.control.requests()['ssm:ListCommands'] ?? 0;
      lives.begin();
      const soon = { within: deadline - Date.now(), describe: 'a comparison of the commands' };
      await until(
        () => lives.ready && (this.#aws.control.requests()['ssm:ListCommands'] ?? 0) > before,
        soon,
      );
      if (i === restartsAfterTheEnd)
        await until(() => alarmsToTell(this.#folder) === 0, { ...soon, describe: 'the alarms' });
      // Ended in order, it finishes the comparison that is under way.
      await lives.kill('SIGTERM');
    }
  }

  async #goOn(seen: Seen): Promise<void> {
    const { lives } = this;
    const { answersFromLife = 1 } = this.#options;
    const answers = lives.count >= answersFromLife;
    this.#people.watch(seen);
    this.#people.act(seen, answers);
    const asked = seen.attention.length > 0 && seen.attention.every((q) => this.#people.buttonOf(q.tag));
    if (answers || !asked) return;
    if (lives.count === 1 || Date.now() - lives.readyAt > IDLE_LIFE_MS) await lives.kill();
  }

  #killedOrPast(): boolean {
    const fatal = this.lives.fatalPointOf(1);
    const passed = this.lives.points().length;
    // A name may not come again: then the whole job was the run that did not reach it.
    return fatal === 0 || typeof fatal === 'string' || passed < fatal;
  }

  #result(): DriveResult {
    const pointsOfLives = Array.from({ length: this.lives.count }, (_, i) => this.lives.points(i + 1));
    return {
      killed: this.lives.killedAtPoint.length > 0,
      kills: this.lives.killedAtPoint.length,
      killedLives: this.lives.killedAtPoint,
      points: pointsOfLives[0] ?? [],
      pointsOfLives,
      state: readEndState(this.#folder, this.#aws.control, this.#slack.control),
      wrong: [...this.#people.wrong, ...leaked(this.#folder, this.lives.output, this.#aws, this.#slack)],
      fired: this.#aws.control.firedFaults(),
      onItsWay: this.#onItsWay,
      questionsAsked: this.#people.questionsAnswered,
      commandsTyped: this.#people.commandsTyped,
      foreign: foreignCommands(this.#folder).map((one) => ({
        ...one,
        told: this.#slack.control
          .messages({ channel: CHANNELS.nonprod })
          .filter(
            (m) => m.threadTs === null && `${m.text}${JSON.stringify(m.blocks)}`.includes(one.commandId),
          ).length,
      })),
    };
  }
}
