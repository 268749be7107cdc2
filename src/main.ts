#!/usr/bin/env node
/** The command line: finds the command in the table and ends with its exit code. 2 = used wrongly. */
import { parseArgs } from 'node:util';
import { CLI_COMMANDS, helpText } from './cli/table.ts';
import { nearest } from './config/nearest.ts';

async function main(args: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error('patchday help lists the commands.');
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help || positionals[0] === 'help' || positionals.length === 0) {
    console.log(helpText());
    return positionals.length === 0 && !values.help ? 2 : 0;
  }
  const command = CLI_COMMANDS.find((c) => c.words.join(' ') === positionals.join(' '));
  if (!command) {
    const typed = positionals.join(' ');
    const near = nearest(
      typed,
      CLI_COMMANDS.map((c) => c.words.join(' ')),
    );
    console.error(`patchday has no command "${typed}".${near ? ` Did you mean "patchday ${near}"?` : ''}`);
    console.error('patchday help lists the commands.');
    return 2;
  }
  return command.run({
    configFlag: values.config,
    json: values.json ?? false,
    anchors: values.anchor ?? [],
    run: values.run,
    to: values.to,
    from: values.from,
    env: process.env,
    out: (line) => console.log(line),
    err: (line) => console.error(line),
  });
}

function parse(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      json: { type: 'boolean' },
      anchor: { type: 'string', multiple: true },
      run: { type: 'string' },
      to: { type: 'string' },
      from: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

process.exitCode = await main(process.argv.slice(2));
// A listener that a library left behind must not keep a finished command alive.
process.exit(process.exitCode);
