#!/usr/bin/env node
/** The command line. */
import { runCommandLine } from './cli/run.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  out: (line) => console.log(line),
  err: (line) => console.error(line),
});
// A listener that a library left behind must not keep a finished command alive.
process.exit(process.exitCode);
