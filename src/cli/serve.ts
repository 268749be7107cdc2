import { startPatchday } from '../compose.ts';
import { configPath, loadConfig } from '../config/load.ts';
import { readSecrets, secretValues } from '../config/secrets.ts';
import { installLastResort } from '../ops/last-resort.ts';
import { createLogger } from '../ops/log.ts';
import { createScrubber } from '../ops/scrub.ts';
import type { CliContext } from './commands.ts';

/**
 * How long a draining process may take before it is ended; `docker stop` kills after 10 s. A change that AWS has not
 * answered by then is looked up at the next start, as after a crash.
 */
const DRAIN_LIMIT_MS = 8_000;

/** Runs the bot until SIGTERM or SIGINT. 0 = ended in order, 1 = could not start. */
export async function serve({ configFlag, env, err }: CliContext): Promise<number> {
  const loaded = loadConfig(configPath(configFlag, env), env);
  const secrets = readSecrets(env);
  const problems = [...(loaded.ok ? [] : loaded.problems), ...(secrets.ok ? [] : secrets.problems)];
  if (!loaded.ok || !secrets.ok) {
    for (const problem of problems) err(problem.text);
    err('Patchday was not started. `patchday config check` looks again.');
    return 1;
  }
  const scrub = createScrubber(secretValues(env));
  const log = createLogger({ level: loaded.config.logLevel, secrets: secretValues(env) });
  installLastResort(log);
  let patchday: Awaited<ReturnType<typeof startPatchday>>;
  try {
    patchday = await startPatchday({
      config: loaded.config,
      secrets: secrets.secrets,
      moreSecrets: secretValues(env),
      log,
      slackApiUrl: env['SLACK_API_URL'],
      awsPaceScale: Number(env['PATCHDAY_AWS_PACE'] ?? 1) || 1,
    });
  } catch (error) {
    err(`Patchday could not start: ${scrub(error instanceof Error ? error.message : String(error))}`);
    log.fatal({ err: error }, 'Patchday could not start');
    return 1;
  }
  // Before it says that it is ready: whoever waits for that may end it at once.
  const signalled = new Promise<string>((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
  });
  log.info({ health: patchday.healthUrl }, 'Patchday is ready');
  const signal = await signalled;
  log.info({ signal }, 'draining');
  const limit = setTimeout(() => {
    log.warn('draining took too long; open runs go on at the next start');
    process.exit(0);
  }, DRAIN_LIMIT_MS);
  await patchday.stop();
  clearTimeout(limit);
  log.info('stopped');
  return 0;
}
