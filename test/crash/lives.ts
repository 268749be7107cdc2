/** The bot's lives: each is a process of its own on the same folder, the next begins when one has died. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import type { AwsSimulator } from '../../sandbox/aws/server.ts';
import type { SlackSimulator } from '../../sandbox/slack/server.ts';
import { filesUnder, leaks } from '../support/canaries.ts';

export interface LivesOptions {
  folder: string;
  environment: Record<string, string | undefined>;
  /** The point at which each life ends itself, by number or name; a life beyond the list has none. */
  fatalPoints: readonly (number | string)[];
  /** Lives that are begun on purpose after the job is done. */
  spare: number;
  effectGraceMs: number | undefined;
  /** The root of the release that a life is started from. */
  release: (life: number) => string;
  /** Called before a life begins. */
  before: (life: number) => void;
}

/** What a bot finds in its environment: both simulators, and its keys. */
export function botEnvironment(
  aws: AwsSimulator,
  slack: SlackSimulator,
  fleet: FleetDefinition,
): Record<string, string | undefined> {
  return {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: fleet.hub.accessKeyIds[0],
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
  };
}

/** Our tokens and what AWS handed out, in what the bots printed and wrote in all their lives, and told Slack. */
export function leaked(folder: string, output: string, aws: AwsSimulator, slack: SlackSimulator): string[] {
  const told = slack.control.calls().map((call) => JSON.stringify(call.arguments));
  return leaks(
    [
      { where: 'what the bots printed', text: output },
      { where: 'what Slack was sent', text: told.join('\n') },
      ...filesUnder(folder),
    ],
    [slack.botToken, slack.appToken, ...aws.control.sessionSecrets()],
  );
}

export const THIS_RELEASE = fileURLToPath(new URL('../..', import.meta.url));

export class Lives {
  readonly #options: LivesOptions;
  #bot: ChildProcess | null = null;
  #ready = false;
  #readyAt = 0;
  #count = 0;
  readonly #killedAtPoint: number[] = [];
  #diedOfItself: string | null = null;
  #output = '';

  constructor(options: LivesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  get ready(): boolean {
    return this.#ready && !this.dead;
  }

  /** When this life took its first command, ms since the epoch. */
  get readyAt(): number {
    return this.#readyAt;
  }

  /** Which lives ended at their point, the first being 1. */
  get killedAtPoint(): readonly number[] {
    return this.#killedAtPoint;
  }

  /** What the bots printed. */
  get output(): string {
    return this.#output;
  }

  get dead(): boolean {
    return this.#bot === null || this.#bot.exitCode !== null || this.#bot.signalCode !== null;
  }

  /** Points that a life passed, in order. */
  points(life = 1): string[] {
    try {
      return readFileSync(join(this.#options.folder, `points-${life}`), 'utf8')
        .trim()
        .split('\n');
    } catch {
      return [];
    }
  }

  fatalPointOf(life: number): number | string {
    const point = this.#options.fatalPoints[life - 1] ?? 0;
    return typeof point === 'string' && !point.includes('#') ? `${point}#001` : point;
  }

  /** Throws when it has died of itself, or more often than it was told to. */
  begin(): void {
    if (this.#diedOfItself !== null)
      throw new Error(
        `life ${this.#count} ended of itself (${this.#diedOfItself}): ${this.#output.slice(-2000)}`,
      );
    const { folder, environment, fatalPoints, spare, effectGraceMs, release, before } = this.#options;
    this.#count++;
    this.#ready = false;
    if (this.#count > fatalPoints.length + 2 + spare)
      throw new Error(`the bot died ${this.#count - 1} times: ${this.#output.slice(-2000)}`);
    before(this.#count);
    const life = this.#count;
    const fatal = this.fatalPointOf(life);
    const bot = fork(
      join(release(life), 'test/crash/bot.ts'),
      [
        join(folder, 'patchday.yaml'),
        String(fatal),
        join(folder, `points-${life}`),
        effectGraceMs === undefined ? '' : String(effectGraceMs),
      ],
      {
        env: { ...process.env, ...environment, NODE_NO_WARNINGS: '1' },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        execArgv: [],
      },
    );
    for (const stream of [bot.stderr, bot.stdout])
      stream?.on('data', (d) => {
        this.#output += d;
      });
    bot.on('message', () => {
      this.#ready = true;
      this.#readyAt = Date.now();
    });
    bot.on('exit', (code, signal) => {
      // What was ended from outside is not this life any more.
      if (this.#bot !== bot) return;
      if (signal === 'SIGKILL' && fatal !== 0) this.#killedAtPoint.push(life);
      else this.#diedOfItself = signal ?? `exit code ${code}`;
    });
    this.#bot = bot;
  }

  /** Ended from outside; resolves once it is dead. It does not count as killed at a point. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const bot = this.#bot;
    if (!bot || this.dead) return;
    this.#bot = null;
    await new Promise<void>((resolve) => {
      bot.once('exit', () => resolve());
      bot.kill(signal);
    });
  }
}
