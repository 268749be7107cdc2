/** Finds the command that was typed in the table and runs it. Exit code 2: used wrongly, nothing was done. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.ts';
import type { CliCommand, CliContext } from './commands.ts';
import { helpFor, helpText, optionsOf } from './help.ts';
import { CLI_COMMANDS } from './table.ts';

export type Surroundings = Pick<CliContext, 'env' | 'out' | 'err'>;

const OPTIONS = {
  config: { type: 'string' },
  json: { type: 'boolean' },
  anchor: { type: 'string', multiple: true },
  run: { type: 'string' },
  to: { type: 'string' },
  from: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

/** Resolves with the exit code. */
export async function runCommandLine(args: readonly string[], around: Surroundings): Promise<number> {
  const { out, err } = around;
  const parsed = parse(args);
  if ('problem' in parsed) return wrong(err, parsed.problem);
  const { values, positionals } = parsed;
  const typed = positionals.join(' ');
  if (values.version || typed === 'version') {
    out(`patchday ${version()}, Node.js ${process.versions.node}`);
    return 0;
  }
  if (typed === '' && !values.help) {
    err(helpText(CLI_COMMANDS));
    return 2;
  }
  const asksForHelp = values.help === true || positionals[0] === 'help';
  const name = positionals[0] === 'help' ? positionals.slice(1).join(' ') : typed;
  if (asksForHelp && name === '') {
    out(helpText(CLI_COMMANDS));
    return 0;
  }
  const command = CLI_COMMANDS.find((c) => c.words.join(' ') === name);
  if (!command) return wrong(err, unknown(name));
  if (asksForHelp) {
    out(helpFor(command));
    return 0;
  }
  const known = optionsOf(command);
  const strange = Object.keys(values).find((option) => !known.includes(option));
  if (strange !== undefined) return wrong(err, noOption(command, `--${strange}`));
  return command.run({
    ...around,
    configFlag: values.config,
    json: values.json ?? false,
    anchors: values.anchor ?? [],
    run: values.run,
    to: values.to,
    from: values.from,
  });
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const option = /^Unknown option '([^']+)'/.exec(message)?.[1];
    if (option === undefined) return { problem: `${message.split('. ')[0]?.replace(/\.$/, '')}.` };
    const words = args.filter((arg) => !arg.startsWith('-')).join(' ');
    const command = CLI_COMMANDS.find((c) => words.startsWith(c.words.join(' ')));
    return { problem: command ? noOption(command, option) : `patchday has no option ${option}.` };
  }
}

function noOption(command: CliCommand, option: string): string {
  const close = nearest(
    option,
    [...optionsOf(command), 'help'].map((o) => `--${o}`),
  );
  return `patchday ${command.words.join(' ')} has no option ${option}.${close ? ` Did you mean ${close}?` : ''} Usage: ${command.usage}`;
}

function unknown(typed: string): string {
  const under = CLI_COMMANDS.filter((c) => c.words[0] === typed).map((c) => `patchday ${c.words.join(' ')}`);
  if (under.length > 0) return `"patchday ${typed}" is one of: ${under.join(', ')}.`;
  const close = nearest(
    typed,
    CLI_COMMANDS.map((c) => c.words.join(' ')),
  );
  return `patchday has no command "${typed}".${close ? ` Did you mean "patchday ${close}"?` : ''}`;
}

function wrong(err: (line: string) => void, problem: string): number {
  err(problem);
  err('Nothing was done. "patchday help" lists the commands.');
  return 2;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String(JSON.parse(text).version);
}
