/** The bot as a process of its own: `src/main.ts serve`, as in production, with the sandbox's endpoints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'src', 'main.ts');
const PRELOAD = join(import.meta.dirname, 'end-with-parent.ts');

/** What it logs once commands are taken and signals heard (src/cli/serve.ts). */
const READY = '"msg":"Patchday is ready"';

/** A line of the bot's log that a person should see. */
export interface LogLine {
  level: 'warn' | 'error' | 'fatal';
  text: string;
}

export interface BotOptions {
  configFile: string;
  /** Every line of standard output and standard error is added here. */
  logFile: string;
  env: Readonly<Record<string, string>>;
  onLog?: (line: LogLine) => void;
  /** It ended although nobody asked it to. */
  onDeath?: (how: string) => void;
}

export interface BotProcess {
  readonly pid: number;
  /** Resolves when the process has ended, with how it did: "exit code 1", "SIGKILL". */
  readonly ended: Promise<string>;
  /** Resolves once it says that it is ready; never, when it ends before. */
  readonly ready: Promise<void>;
  /** SIGTERM, then after `patienceMs` SIGKILL. Resolves once it has ended; says whether it ended in order. */
  stop(patienceMs?: number): Promise<{ inOrder: boolean; how: string }>;
}

/** Starts the bot. Whether it got connected is for the caller to see in Slack. */
export function startBot(options: BotOptions): BotProcess {
  const child = spawn(
    process.execPath,
    ['--import', PRELOAD, MAIN, 'serve', '--config', options.configFile],
    {
      cwd: ROOT,
      env: { ...ownEnvironment(process.env), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C reaches the demo only, which then ends the bot in order.
      detached: true,
    },
  );
  const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
  const ready = follow(child, log, options);
  let stopping = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  void ended.then((how) => {
    log.end();
    if (!stopping) options.onDeath?.(how);
  });
  return {
    pid: child.pid ?? 0,
    ended,
    ready,
    async stop(patienceMs = 20_000) {
      stopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      const how = await ended;
      clearTimeout(timer);
      return { inOrder: how === 'exit code 0', how };
    },
  };
}

/**
 * The environment without anything that leads to a real account, a real workspace or a proxy: the demo must
 * never touch them, whatever is set on the machine.
 */
export function ownEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        !/^(?:AWS_|SLACK_|PATCHDAY_|(?:https?|all|no|npm_config_\w*)_proxy$|NODE_USE_ENV_PROXY$)/i.test(name),
    ),
  );
}

/** Keeps the log; resolves once the bot says that it is ready. */
function follow(child: ChildProcess, log: WriteStream, { onLog }: BotOptions): Promise<void> {
  const ready = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (stream === child.stdout && line.includes(READY)) ready.resolve();
      const said = stream === child.stderr ? readPlain(line) : readLog(line);
      if (said) onLog?.(said);
    });
  }
  return ready.promise;
}

function readPlain(line: string): LogLine | null {
  return line.trim() === '' ? null : { level: 'error', text: line };
}

function readLog(line: string): LogLine | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return { level: 'error', text: line };
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { level, msg, err } = parsed as { level?: unknown; msg?: unknown; err?: { message?: unknown } };
  if (level !== 'warn' && level !== 'error' && level !== 'fatal') return null;
  const why = typeof err?.message === 'string' ? `: ${err.message}` : '';
  return { level, text: `${String(msg)}${why}` };
}
