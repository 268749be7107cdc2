/** The command line of the demo. */
import { parseArgs } from 'node:util';
import { FASTEST, SLOWEST, SPEED_HEADLESS, SPEED_TO_WATCH } from './timing.ts';

export const HELP = `Starts Patchday against a simulated AWS and a simulated Slack. Needs no account and changes nothing real.

  npm run demo                             opens a Slack-like page on this machine for you to use
  npm run demo -- --headless [--seed N]    does a whole job over the same wire in the terminal; exits 0 only if
                                           every instance ended as the simulated fleet says it must

  --port N       port of the page on 127.0.0.1 (default: a free one)
  --speed N      how much faster than life AWS is, ${SLOWEST} to ${FASTEST} (default ${SPEED_TO_WATCH}; headless ${SPEED_HEADLESS})
  --seed N       varies durations and patches of the fleet, never how an instance must end (default 1)
  --data DIR     keep the bot's database, reports and log there (default: a new temporary folder). The simulated
                 AWS and Slack begin anew at every start.
  --headless     script the requester and the approver, print what happens, check the result
  --help         this text

Exit codes: 0 ended in order, headless: all as expected; 1 something differed or did not start; 2 used wrongly.
`;

export interface DemoOptions {
  help: boolean;
  headless: boolean;
  port: number;
  speed: number;
  seed: number;
  /** Null: a new temporary folder. */
  data: string | null;
}

/** The demo was called wrongly; the message says what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Throws UsageError. */
export function readOptions(args: readonly string[]): DemoOptions {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const headless = values.headless ?? false;
  if (values.data === '') throw new UsageError('--data needs the name of a folder');
  return {
    help: values.help ?? false,
    headless,
    port: whole('--port', values.port ?? '0', 0, 65_535),
    speed: whole(
      '--speed',
      values.speed ?? String(headless ? SPEED_HEADLESS : SPEED_TO_WATCH),
      SLOWEST,
      FASTEST,
    ),
    seed: whole('--seed', values.seed ?? '1', 0, 4_294_967_295),
    data: values.data ?? null,
  };
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      headless: { type: 'boolean' },
      port: { type: 'string' },
      speed: { type: 'string' },
      seed: { type: 'string' },
      data: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  return values;
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`${flag} must be a whole number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}
