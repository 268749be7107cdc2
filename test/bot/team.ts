/**
 * The whole bot in this process, over the wire against both simulators, and the people of the default
 * workspace who type and click. The simulators' records and the database file are the witnesses.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Arrivals } from '../../sandbox/arrivals.ts';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { type SimClock, wallClock } from '../../sandbox/clock.ts';
import { USERS } from '../../sandbox/slack/default-workspace.ts';
import type { PageMessage, PageView } from '../../sandbox/slack/page-api.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { type Patchday, startPatchday } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/ops/log.ts';
import { botConfig } from '../support/bot-config.ts';
import { leaks } from '../support/canaries.ts';
import { until } from '../support/until.ts';
import { TeamRecords } from './team-records.ts';

export type Person = keyof typeof USERS;

export interface TeamOptions {
  fleet: FleetDefinition;
  environment?: Record<string, unknown>;
  zone?: Record<string, unknown>;
  /** Undefined: the default of production. */
  timing?: Record<string, string | undefined>;
  http?: Record<string, unknown>;
  /** Slack's clock, when it is not that of the bot. */
  slackClock?: SimClock;
  /** Sees every request to the simulated AWS as it arrives. */
  awsArrivals?: Arrivals;
  /** How much faster than life the simulated AWS goes; 1000 turns minutes of SSM into milliseconds. */
  speed?: number;
  /** Address of the metadata service of the instance that the bot runs on; none when left out. */
  metadataUrl?: string;
  ownInstanceIds?: readonly string[];
  /** 'none': the test starts the bot itself, as a process. */
  bot?: 'none';
  /** Of a process; 'debug' in this one. */
  logLevel?: string;
}

const ENDED =
  /🏁 |🛑 Stopped by a person|🛑 Halted|🚫 Rejected|⌛ Expired|📋 Dry run ended|❌ The instances could not/;

export async function startTeam(options: TeamOptions): Promise<Team> {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-bot-'));
  const [aws, slack] = await Promise.all([
    startAwsSimulator({
      fleet: options.fleet,
      throttle: 'off',
      visibilityDelayMs: 20,
      clock: wallClock(options.speed ?? 1),
      ...(options.awsArrivals ? { arrivals: options.awsArrivals } : {}),
    }),
    startSlackSimulator({
      rateLimits: 'off',
      ...(options.slackClock ? { clock: options.slackClock } : {}),
    }),
  ]);
  const team = new Team(options, folder, aws, slack);
  if (options.bot !== 'none') await team.startBot();
  return team;
}

export class Team extends TeamRecords {
  readonly #options: TeamOptions;
  readonly #closers: (() => Promise<void>)[] = [];
  #bot: Patchday | null = null;

  constructor(options: TeamOptions, folder: string, aws: AwsSimulator, slack: SlackSimulator) {
    super(folder, aws, slack);
    this.#options = options;
    const { fleet, environment, zone, timing, http, ownInstanceIds, logLevel = 'warn' } = options;
    const text = botConfig({
      fleet,
      folder,
      logLevel,
      ...(environment ? { environment } : {}),
      ...(zone ? { zone } : {}),
      ...(timing ? { timing } : {}),
      ...(http ? { http } : {}),
      ...(ownInstanceIds ? { ownInstanceIds } : {}),
    });
    writeFileSync(this.configFile, text);
  }

  /** By which the bot finds the instance that it runs on. */
  get hostEnv(): Record<string, string> {
    const { metadataUrl } = this.#options;
    return metadataUrl
      ? { AWS_EC2_METADATA_SERVICE_ENDPOINT: metadataUrl }
      : { AWS_EC2_METADATA_DISABLED: 'true' };
  }

  get hubKey(): string {
    return this.#options.fleet.hub.accessKeyIds[0] ?? '';
  }

  get configFile(): string {
    return join(this.folder, 'patchday.yaml');
  }

  get bot(): Patchday {
    if (!this.#bot) throw new Error('the bot does not run');
    return this.#bot;
  }

  async startBot(): Promise<void> {
    process.env['AWS_ENDPOINT_URL'] = this.aws.url;
    process.env['AWS_ACCESS_KEY_ID'] = this.hubKey;
    process.env['AWS_SECRET_ACCESS_KEY'] = this.hubSecret;
    process.env['AWS_REGION'] = 'eu-west-1';
    const loaded = loadConfig(this.configFile, process.env);
    if (!loaded.ok) throw new Error(loaded.problems.map((p) => p.text).join('\n'));
    const { log } = this;
    const destination = new Writable({
      write(chunk, _encoding, done) {
        log.push(String(chunk));
        done();
      },
    });
    this.#bot = await startPatchday({
      config: loaded.config,
      secrets: { slackBotToken: this.slack.botToken, slackAppToken: this.slack.appToken },
      moreSecrets: [this.hubSecret],
      log: createLogger({
        level: 'debug',
        secrets: [this.slack.botToken, this.slack.appToken, this.hubSecret],
        destination,
      }),
      env: this.hostEnv,
      slackApiUrl: this.slack.apiUrl,
      awsPaceScale: 1000,
      slackTiming: { messageInterval: 1, pollInterval: 20, editsPerMinute: 100_000 },
    });
    await this.slack.control.waitForConnections(2);
  }

  async stopBot(): Promise<void> {
    await this.#bot?.stop();
    this.#bot = null;
  }

  /** Ended with the team, before the simulators. */
  alsoClose(end: () => Promise<void>): void {
    this.#closers.push(end);
  }

  /** Ends everything. Throws when a secret of this team was left anywhere, whatever the test was about. */
  async close(): Promise<void> {
    await this.stopBot();
    for (const end of this.#closers) await end();
    const leaked = leaks(this.places(), this.secrets());
    await Promise.all([this.aws.close(), this.slack.close()]);
    rmSync(this.folder, { recursive: true, force: true });
    if (leaked.length > 0) throw new Error(leaked.join('; '));
  }

  /** Types `/patch …`; returns the answer, which only that person sees. */
  say(who: Person, text: string): Promise<string> {
    return this.answer(who, () =>
      this.slack.control.command({ user: USERS[who], channel: this.channel, text: `/patch ${text}` }),
    );
  }

  /** Does something and waits for the ephemeral answer to it: all of its words. */
  async answer(who: Person, act: () => Promise<{ ok: boolean; error?: string }>): Promise<string> {
    const before = new Set(this.#toldTo(who).map((m) => m.ts));
    const done = await act();
    if (!done.ok) throw new Error(`Slack showed ${who}: ${done.error}`);
    const told = await until(() => this.#toldTo(who).find((m) => !before.has(m.ts)), {
      within: 5000,
      describe: `an answer to ${who}`,
    });
    return this.words(told);
  }

  #toldTo(who: Person): PageMessage[] {
    return this.slack.control
      .messages({ channel: this.channel, user: USERS[who] })
      .filter((m) => m.ephemeralTo === USERS[who]);
  }

  /** What a person reads of a message: text and blocks. */
  words(message: PageMessage): string {
    return `${message.text}\n${this.slack.control.transcript(message.channel, message.ts)}`;
  }

  /** Types a scan and returns the id of the run. */
  async scan(who: Person, text = 'scan test'): Promise<string> {
    const answer = await this.say(who, text);
    const id = /[Rr]un (\w+): looking/.exec(answer)?.[1];
    if (!id) throw new Error(`no run was begun: ${answer}`);
    return id;
  }

  card(runId: string): PageMessage | undefined {
    return this.slack.control
      .messages({ channel: this.channel })
      .findLast((m) => m.threadTs === null && m.ephemeralTo === null && m.text.includes(`run ${runId} for`));
  }

  /** The card once it says so. */
  cardThat(runId: string, says: string | RegExp, within = 10_000): Promise<PageMessage> {
    return until(
      () => {
        const card = this.card(runId);
        return card && this.words(card).search(says) >= 0 ? card : null;
      },
      {
        within,
        describe: `a card of ${runId} with ${says}`,
      },
    ).catch((error: unknown) => {
      const card = this.card(runId);
      throw new Error(`${String(error)}; there is: ${card ? this.words(card) : 'none'}`);
    });
  }

  /** The card while it waits for approval. */
  toApprove(runId: string): Promise<PageMessage> {
    return this.cardThat(runId, /\[Approve \d+ instance/);
  }

  thread(runId: string): PageMessage[] {
    const card = this.card(runId);
    return card
      ? this.slack.control
          .thread(this.channel, card.ts)
          .filter((m) => m.ts !== card.ts && m.ephemeralTo === null)
      : [];
  }

  /** The first message of the thread that fits. */
  told(runId: string, says: string | RegExp, within = 10_000): Promise<PageMessage> {
    return until(() => this.thread(runId).find((m) => this.words(m).search(says) >= 0), {
      within,
      describe: `${says} in the thread of ${runId}`,
    });
  }

  /** Clicks on a card; returns the answer that only that person sees. */
  click(who: Person, card: PageMessage, actionId: string): Promise<string> {
    return this.answer(who, () => this.press(who, card, actionId));
  }

  /** Clicks without waiting for an answer; also by an account that was closed meanwhile. */
  press(who: Person, card: PageMessage, actionId: string) {
    return this.slack.control.click({
      user: USERS[who],
      channel: card.channel,
      ts: card.ts,
      actionId,
      force: true,
    });
  }

  /** Clicks on what opens a modal; returns the modal once it has its content. */
  async open(who: Person, card: PageMessage, actionId: string, title: string): Promise<PageView> {
    const done = await this.press(who, card, actionId);
    if (!done.ok) throw new Error(done.error);
    return this.slack.control.waitForView(
      USERS[who],
      (view) => view.title === title && !JSON.stringify(view.blocks).includes('One moment'),
    );
  }

  submit(
    who: Person,
    view: PageView,
    values: Record<string, Record<string, string | string[]>>,
  ): Promise<string> {
    return this.answer(who, () => this.slack.control.submit({ user: USERS[who], viewId: view.id, values }));
  }

  /** Scan by priya, approval by aisha. */
  async approvedRun(text = 'scan test'): Promise<string> {
    const runId = await this.scan('priya', text);
    const answer = await this.click('aisha', await this.toApprove(runId), 'run_approve');
    if (!answer.includes('is approved')) throw new Error(answer);
    return runId;
  }

  /** The card of an ended run, when the run holds nothing any more. */
  async ended(runId: string, within = 15_000): Promise<PageMessage> {
    const card = await this.cardThat(runId, ENDED, within);
    await until(() => this.phase(runId) === 'ended', { within: 5000, describe: `the end of ${runId}` });
    return card;
  }
}
