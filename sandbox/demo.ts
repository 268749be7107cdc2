/** `npm run demo`: Patchday against a simulated AWS and a simulated Slack, for a person or headless. */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headless } from './demo/headless.ts';
import { interactive } from './demo/interactive.ts';
import { type DemoOptions, HELP, readOptions, UsageError } from './demo/options.ts';

async function main(args: readonly string[]): Promise<number> {
  let options: DemoOptions;
  try {
    options = readOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.headless && options.data !== null && existsSync(join(options.data, 'patchday.sqlite'))) {
    process.stderr.write(
      `--headless checks a job from its start, and ${options.data} holds the database of an earlier one. Give another --data, or none.\n`,
    );
    return 2;
  }
  const folder = options.data ?? mkdtempSync(join(tmpdir(), 'patchday-demo-'));
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => ending.abort(new Error(`ended by ${name}`)));
  }
  const start = options.headless ? headless : interactive;
  return start({ ...options, folder, print, signal: ending.signal });
}

function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const taken = 'code' in error && error.code === 'EADDRINUSE';
  return taken ? `${error.message}. Choose another --port, or leave it out for a free one.` : error.message;
}

// Node's word about taking types out of TypeScript is no news to who watches a demo.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`);
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`The demo could not go on: ${why(error)}\n`);
  process.exitCode = 1;
}
process.exit();
