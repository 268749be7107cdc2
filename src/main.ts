#!/usr/bin/env node
/** The command line. */
import { runCommandLine } from './cli/run.ts';
import { secretValues } from './config/secrets.ts';
import { createScrubber } from './ops/scrub.ts';

try {
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    env: process.env,
    out: (line) => console.log(line),
    err: (line) => console.error(line),
  });
} catch (error) {
  // Not left to Node, which would print every property of it, tokens included.
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(createScrubber(secretValues(process.env))(`Patchday failed unexpectedly: ${said}`));
  process.exitCode = 1;
}
// A listener that a library left behind must not keep a finished command alive.
process.exit(process.exitCode);
