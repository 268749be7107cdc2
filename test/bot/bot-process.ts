/** The bot as processes of their own, which tests kill, drain and start again on the same files. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compileCache } from '../support/compile-cache.ts';
import { until } from '../support/until.ts';
import type { Team } from './team.ts';

const FAST_BOT = fileURLToPath(new URL('../crash/bot.ts', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface BotProcess {
  readonly pid: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Ends at once, without a chance to tidy up. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  drain(): Promise<number | null>;
  exitCode(): Promise<number | null>;
}

/** The whole bot, with Slack paces that suit a test. Resolves once it takes commands. */
export async function startProcess(team: Team): Promise<BotProcess> {
  const child = fork(FAST_BOT, [team.configFile], {
    env: environment(team),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  const bot = wrap(team, child);
  await Promise.race([
    new Promise((resolve) => child.once('message', resolve)),
    bot.exitCode().then((code) => Promise.reject(new Error(`it ended with ${code}: ${bot.output()}`))),
  ]);
  await team.slack.control.waitForConnections(2);
  return bot;
}

/** `patchday <args>` exactly as an operator types it. */
export function runPatchday(
  team: Team,
  args: readonly string[],
  env: Record<string, string> = {},
  nodeArgs: readonly string[] = [],
): BotProcess {
  const child = spawn(process.execPath, [...nodeArgs, MAIN, ...args], {
    env: { ...environment(team), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return wrap(team, child);
}

export function environment(team: Team): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: team.folder,
    AWS_ENDPOINT_URL: team.aws.url,
    AWS_ACCESS_KEY_ID: team.hubKey,
    AWS_SECRET_ACCESS_KEY: team.hubSecret,
    AWS_REGION: 'eu-west-1',
    ...team.hostEnv,
    SLACK_API_URL: team.slack.apiUrl,
    SLACK_BOT_TOKEN: team.slack.botToken,
    SLACK_APP_TOKEN: team.slack.appToken,
    NODE_NO_WARNINGS: '1',
    ...compileCache(),
  };
}

function wrap(team: Team, child: ChildProcess): BotProcess {
  let output = '';
  child.stdout?.on('data', (d) => {
    output += d;
  });
  child.stderr?.on('data', (d) => {
    output += d;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const running = () => child.exitCode === null && child.signalCode === null;
  const kill = async () => {
    if (running()) child.kill('SIGKILL');
    await ended;
  };
  team.alsoClose(kill);
  team.alsoSearch(() => output);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    kill,
    async drain() {
      if (running()) child.kill('SIGTERM');
      return ended;
    },
    exitCode: () => ended,
  };
}

/** The first match in what it wrote. */
export function wrote(bot: BotProcess, says: RegExp, within = 15_000): Promise<RegExpExecArray> {
  return until(() => says.exec(bot.output()), { within, describe: `${says} in: ${bot.output()}` });
}
