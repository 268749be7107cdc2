/** Everything that runs in a demo: the simulated AWS and Slack in this process, and the bot in its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FleetDefinition } from '../aws/fleet/fleet.ts';
import { DEFAULT_ACCESS_KEY } from '../aws/fleet/fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../aws/server.ts';
import { wallClock } from '../clock.ts';
import { CHANNELS, defaultWorkspace, GROUPS } from '../slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../slack/server.ts';
import type { ChannelDefinition } from '../slack/workspace.ts';
import { type BotProcess, type LogLine, startBot } from './bot-process.ts';
import { composerCommands } from './composer-commands.ts';
import { demoConfig, localTimeZone } from './config-file.ts';

export interface DemoSandboxOptions {
  fleet: FleetDefinition;
  seed: number;
  /** How much faster than life the simulated AWS is. */
  speed: number;
  /** Port of the Slack page; 0 takes a free one. */
  port: number;
  /** For database, reports, configuration and log; made if need be. */
  folder: string;
  onLog?: (line: LogLine) => void;
  /** The bot ended although nobody asked it to; `startBot` starts it again. */
  onDeath?: (how: string) => void;
}

export interface DemoSandbox {
  aws: AwsSimulator;
  slack: SlackSimulator;
  folder: string;
  logFile: string;
  /** The bot that runs now or ran last. */
  bot(): BotProcess;
  /** Starts the bot (again). Resolves once it takes commands; rejects when it ends before, or after 30 s. */
  startBot(): Promise<BotProcess>;
  /** Bot first, then the simulators. Says how the bot ended. */
  stop(): Promise<{ inOrder: boolean; how: string }>;
}

/** An empty channel says what to type first. */
function channelsWithHint(): ChannelDefinition[] {
  return defaultWorkspace.channels.map((channel) => {
    const [environment] = Object.entries(CHANNELS).find(([, id]) => id === channel.id) ?? [];
    return environment === undefined || channel.id === CHANNELS.general
      ? channel
      : { ...channel, topic: `${channel.topic}. Begin with: /patch scan ${environment}` };
  });
}

/** What the bot keeps open to Slack. */
const CONNECTIONS = 2;
const READY_WITHIN_MS = 30_000;
/** Of the log, when the bot does not start. */
const LAST_LINES = 15;

/** Starts both simulators and the bot. On failure nothing is left running. */
export async function startDemoSandbox(options: DemoSandboxOptions): Promise<DemoSandbox> {
  const { fleet, seed, speed, port } = options;
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const slack = await startSlackSimulator({
    port,
    seed,
    workspace: { ...defaultWorkspace, channels: channelsWithHint(), commands: composerCommands(fleet) },
  });
  const aws = await startAwsSimulator({ seed, fleet, clock: wallClock(speed) }).catch(
    async (error: unknown) => {
      await slack.close();
      throw error;
    },
  );
  const configFile = join(folder, 'patchday.yaml');
  const logFile = join(folder, 'bot.log');
  writeFileSync(
    configFile,
    demoConfig({
      fleet,
      team: defaultWorkspace.team.id,
      channels: CHANNELS,
      requesters: GROUPS.requesters,
      approvers: GROUPS.approvers,
      speed,
      folder,
      now: Date.now(),
      timeZone: localTimeZone(),
    }),
  );
  const env = {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: fleet.hub.accessKeyIds[0] ?? DEFAULT_ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: 'sandbox-needs-no-secret',
    AWS_REGION: fleet.zones[0]?.regions[0] ?? 'eu-west-1',
    // Nothing of a real account may be found.
    AWS_CONFIG_FILE: join(folder, 'no-aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-aws-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    PATCHDAY_AWS_PACE: String(speed),
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
  };
  let bot: BotProcess | null = null;

  async function start(): Promise<BotProcess> {
    let ready = false;
    const started = startBot({
      configFile,
      logFile,
      env,
      ...(options.onLog ? { onLog: options.onLog } : {}),
      onDeath: (how) => {
        if (ready) options.onDeath?.(how);
      },
    });
    bot = started;
    const died = started.ended.then((how) => {
      const last = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
      throw new Error(`Patchday ended before it took commands (${how}). The end of ${logFile}:\n${last}`);
    });
    const connected = slack.control.waitForConnections(CONNECTIONS, { within: READY_WITHIN_MS });
    await Promise.race([Promise.all([connected, started.ready]), died]);
    ready = true;
    return started;
  }

  async function stop(): Promise<{ inOrder: boolean; how: string }> {
    const end = await bot?.stop();
    await aws.close();
    await slack.close();
    return end ?? { inOrder: true, how: 'never started' };
  }

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    aws,
    slack,
    folder,
    logFile,
    bot() {
      if (!bot) throw new Error('the bot was never started');
      return bot;
    },
    startBot: start,
    stop,
  };
}
