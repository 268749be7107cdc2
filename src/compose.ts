/**
 * The composition root: config, store, AWS, workflow and Slack put together, and nothing else. What differs
 * between the sandbox and production is endpoints and credentials only.
 */
import { join } from 'node:path';
import cron from 'node-cron';
import {
  type AwsHooks,
  createApplicationChecks,
  createAws,
  createOwnHost,
  type HostAnswer,
  type OwnHost,
} from './aws/index.ts';
import type { Config } from './config/schema.ts';
import type { Secrets } from './config/secrets.ts';
import { toSettings } from './config/settings.ts';
import { startHealthServer } from './ops/health.ts';
import { randomIds } from './ops/ids.ts';
import type { Logger } from './ops/log.ts';
import { createScrubber } from './ops/scrub.ts';
import { createReportFiles } from './report/files.ts';
import {
  ClockWatch,
  createSlack,
  createSlackDirectory,
  type Slack,
  type SlackTiming,
} from './slack/index.ts';
import { ANCHOR_FILE, appendAnchor } from './store/anchor-file.ts';
import { anchorHead } from './store/anchoring.ts';
import type { CommitHooks } from './store/group-commit.ts';
import { type OpenedStore, openStore } from './store/open-store.ts';
import { SqliteAlarms } from './store/sqlite-alarms.ts';
import { SqliteOutbox } from './store/sqlite-outbox.ts';
import type { SqliteStore } from './store/sqlite-store.ts';
import { SqliteWatch } from './store/sqlite-watch.ts';
import { EmbeddedHost } from './workflow/host.ts';
import { createPatchService } from './workflow/patch-service.ts';
import { view, viewOfPlan } from './workflow/service/looking.ts';
import type { PatchService } from './workflow/service.ts';
import { CommandWatch } from './workflow/watch/command-watch.ts';

export interface PatchdayOptions {
  config: Config;
  secrets: Secrets;
  /** Other values that must never be written or shown, such as AWS credentials of the environment. */
  moreSecrets?: readonly string[];
  log: Logger;
  /** Base address of Slack's Web API; SLACK_API_URL. */
  slackApiUrl?: string | undefined;
  /** Above 1 only against a simulator; PATCHDAY_AWS_PACE. */
  awsPaceScale?: number;
  /** Variables by which the own instance is found: see createOwnHost. [process.env] */
  env?: Readonly<Record<string, string | undefined>>;
  /** Paces that suit Slack's limits are the default; tests against a simulator without limits go faster. */
  slackTiming?: SlackTiming;
  /** Choke points where tests end the process; none in production. */
  hooks?: { aws?: AwsHooks; commit?: CommitHooks };
}

export interface Patchday {
  /** Where /healthz and /readyz are. */
  healthUrl: string;
  service: PatchService;
  /** No new round begins, what is under way is committed, connections are closed. */
  stop(): Promise<void>;
}

/**
 * Starts everything: opens the database (alone), takes up open runs, renders open cards anew and connects to
 * Slack. Resolves once commands are taken. Throws with a plain sentence when it cannot start.
 */
export async function startPatchday(options: PatchdayOptions): Promise<Patchday> {
  const anchors = join(options.config.dataDir, ANCHOR_FILE);
  const database = openStore({
    path: options.config.database.path,
    now: () => Date.now(),
    anchors,
    hooks: options.hooks?.commit,
  });
  if (database.restored)
    options.log.warn(
      database.restored,
      'the database was restored: its open runs are parked, and everything is frozen until /patch unfreeze all',
    );
  try {
    return await compose(options, database, anchors);
  } catch (error) {
    database.close();
    throw error;
  }
}

async function compose(options: PatchdayOptions, database: OpenedStore, anchors: string): Promise<Patchday> {
  const { config, secrets, log, hooks = {} } = options;
  const clock = { now: () => Date.now() };
  const settings = toSettings(config);
  const { store } = database;
  const outbox = new SqliteOutbox(store);
  const clockWatch = new ClockWatch({ now: clock.now, log });
  const slackOptions = {
    botToken: secrets.slackBotToken,
    apiUrl: options.slackApiUrl,
    teamId: config.workspace,
    log,
    clockWatch,
  };
  const directory = createSlackDirectory(slackOptions);
  const scrub = createScrubber([...Object.values(secrets), ...(options.moreSecrets ?? [])]);
  const ownHost = createOwnHost({ configured: config.ownInstanceIds, env: options.env ?? process.env });
  const lookingForHost = lookForHost(ownHost, log);
  const aws = createAws({
    scrub,
    ownInstanceIds: ownHost.instanceIds,
    zones: config.landingZones,
    apiTimeoutMs: config.timing.apiTimeout,
    clock,
    log,
    paceScale: options.awsPaceScale ?? 1,
    ...(hooks.aws ? { hooks: hooks.aws } : {}),
  });
  const reports = createReportFiles({
    dataDir: config.dataDir,
    view: (runId) => view({ store }, runId),
    viewOfPlan: (runId, version) => viewOfPlan({ store }, runId, version),
    scrub,
  });
  const watch = new CommandWatch({
    commands: aws.commands,
    store: new SqliteWatch(store, clock.now),
    settings,
    clock,
    log,
    every: config.timing.checkCommands,
    told: () => slack.kick(),
  });
  const host = new EmbeddedHost(
    {
      aws,
      checks: createApplicationChecks(),
      directory,
      store,
      clock,
      ids: randomIds,
      settings,
      ownInstanceIds: ownHost.instanceIds,
      clockTrouble: () => clockWatch.trouble,
      async writeReport(runId) {
        // Beside the report: a run never waits for it.
        watch.soon(store.run(runId)?.environment ?? '');
        await reports.write(runId);
      },
      view: (runId) => view({ store }, runId),
    },
    log,
  );
  const service = createPatchService({
    store,
    aws,
    directory,
    clock,
    ids: randomIds,
    settings,
    kick: (runId) => host.kick(runId),
    kickAll: () => host.kickAll(),
  });
  const slack = createSlack({
    ...slackOptions,
    appToken: secrets.slackAppToken,
    service,
    outbox,
    alarms: new SqliteAlarms(store),
    filesFor: reports.filesFor,
    environments: settings.environments,
    landingZones: settings.zones,
    timing: { cardInterval: config.timing.cardInterval, ...options.slackTiming },
    clock,
  });
  host.onRound = () => slack.kick();
  const anchorToFile = () => anchored(() => appendAnchor(anchors, store.auditHead(), clock.now()), log);
  host.onEnd = () => void anchorToFile();
  // A run may have ended just before the process did.
  await anchorToFile();
  let hostKnown = false;
  const everyMinute = async () => {
    host.kickAll();
    void watch.tick();
    if (!hostKnown) hostKnown = isKnown(await ownHost.look());
  };
  const tick = cron.schedule('* * * * *', everyMinute, { name: 'every-minute', noOverlap: true });
  const hourly = cron.schedule(
    '0 * * * *',
    async () => {
      await anchored(() => anchorHead(store, anchors, clock.now()), log);
      slack.kick();
    },
    { name: 'anchor', noOverlap: true },
  );
  const health = await startHealthServer({
    ...config.http,
    checks: [
      { name: 'slack', check: () => slackCheck(slack) },
      { name: 'clock', check: () => clockCheck(clockWatch) },
      {
        name: 'database',
        check: () => databaseCheck(store, host),
      },
      { name: 'aws commands', check: () => watch.readiness() },
    ],
  }).catch(async (error: unknown) => {
    await tick.destroy();
    await hourly.destroy();
    database.close();
    throw error;
  });
  outbox.refreshOpenCards();

  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      await tick.destroy();
      await hourly.destroy();
      await host.drain();
      await watch.drain();
      await slack.stop();
      store.commits.flush();
      await health.close();
      database.close();
    })();
    return stopped;
  };
  try {
    // A second at most: before anything goes on, it must be known what it must not touch.
    hostKnown = isKnown(await lookingForHost);
    host.kickAll();
    void watch.tick();
    await slack.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { healthUrl: health.url, service, stop };
}

/** Says once what is known of the own instance. */
async function lookForHost(ownHost: OwnHost, log: Logger): Promise<HostAnswer> {
  const answer = await ownHost.look();
  if (answer.state === 'unknown') log.warn({ own: answer.state }, answer.text);
  else log.info({ own: answer.state }, answer.text);
  return answer;
}

/** Else it is asked again every minute: what the configuration names may be where Patchday ran before. */
function isKnown({ state }: HostAnswer): boolean {
  return state === 'instance' || state === 'none';
}

/** A full disk must not end the process: the next hour tries again. */
async function anchored(write: () => void | Promise<void>, log: Logger): Promise<void> {
  try {
    await write();
  } catch (error) {
    log.error({ err: error }, 'the head of the audit could not be anchored');
  }
}

function databaseCheck(store: SqliteStore, host: EmbeddedHost): { ok: boolean; reason: string } {
  if (!store.db.open) return { ok: false, reason: 'closed' };
  const { failure } = store.commits;
  if (failure !== null)
    return {
      ok: false,
      reason: `the last write failed: ${failure}. Nothing new is begun until one succeeds.`,
    };
  const [first, ...more] = host.troubles();
  if (first)
    return {
      ok: false,
      reason: `run ${first[0]} cannot go on: ${first[1]}${more.length > 0 ? ` (and ${more.length} more runs)` : ''}`,
    };
  return { ok: true, reason: 'open' };
}

function clockCheck({ trouble }: ClockWatch): { ok: boolean; reason: string } {
  return trouble === null
    ? { ok: true, reason: "agrees with Slack's" }
    : {
        ok: false,
        reason: `the clock of this machine is ${trouble}: no click is taken and nothing new begins until it is set`,
      };
}

function slackCheck(slack: Slack): { ok: boolean; reason: string } {
  const n = slack.connected();
  return { ok: n > 0, reason: n > 0 ? `${n} Socket Mode connections` : 'no Socket Mode connection' };
}
