/**
 * `/patch …` as typed → a command, or what to say instead. Pure, never throws. Names and time zones are
 * resolved by the handlers; here it is only grammar.
 */
import type { Scope } from '../workflow/plan-types.ts';
import { COMMANDS, type CommandName, commandNamed } from './command-table.ts';
import { nearest } from './nearest.ts';
import { parseScan, parseScopeOnly } from './parse-scope.ts';
import { normaliseTyped, words } from './typed-text.ts';

export interface ScanCommand {
  do: 'scan';
  scope: Scope;
  fresh: boolean;
  dryRun: boolean;
  backupOnly: boolean;
  now: boolean;
  /** As typed; see workflow/when.ts. */
  at: string | null;
  until: string | null;
}

export type Command =
  | ScanCommand
  | { do: 'status'; run: string | null }
  | { do: 'runs' }
  | { do: 'stop'; run: string; reason: string }
  | { do: 'retry'; run: string }
  | { do: 'resolve'; run: string; instance: string; reason: string }
  | { do: 'release'; run: string; reason: string }
  | { do: 'report'; run: string }
  | { do: 'backups'; scope: Scope }
  | { do: 'cves'; instance: string }
  | { do: 'freeze'; reason: string }
  | { do: 'unfreeze' }
  | { do: 'help'; topic: CommandName | null };

/** `text`: what was wrong and the usage, plain, unescaped. */
export type Parsed = { ok: true; command: Command } | { ok: false; text: string };

/** Names a person may have meant instead of a command. */
export interface KnownNames {
  environments: readonly string[];
  landingZones: readonly string[];
}

export function parseCommand(typed: string, known: KnownNames): Parsed {
  const text = normaliseTyped(typed).replace(/^\/patch\b\s*/i, '');
  const [first, ...args] = words(text);
  if (first === undefined) return { ok: true, command: { do: 'help', topic: null } };
  const name = first.replace(/^-+/, '').toLowerCase();
  const entry = commandNamed(name);
  if (!entry) return { ok: false, text: unknownText(first, name, known) };
  return parseArguments(entry.name, args, afterWords(text, 1));
}

function parseArguments(name: CommandName, args: readonly string[], rest: string): Parsed {
  const [one, two] = args;
  switch (name) {
    case 'scan':
      return orUsage('scan', parseScan(args));
    case 'backups':
      return orUsage('backups', parseScopeOnly(args));
    case 'status':
      return args.length > 1
        ? tooMany('status', args[1])
        : done({ do: 'status', run: one ? runId(one) : null });
    case 'runs':
      return one === undefined ? done({ do: 'runs' }) : tooMany('runs', one);
    case 'stop':
      if (one === undefined) return missing('stop', 'Which run?');
      return done({ do: 'stop', run: runId(one), reason: unquoted(afterWords(rest, 1)) });
    case 'retry':
    case 'report':
      if (one === undefined) return missing(name, 'Which run?');
      return two === undefined ? done({ do: name, run: runId(one) }) : tooMany(name, two);
    case 'resolve': {
      if (one === undefined) return missing('resolve', 'Which run?');
      if (two === undefined) return missing('resolve', 'Which instance?');
      const reason = unquoted(afterWords(rest, 2));
      if (reason === '') return missing('resolve', 'Why can it be closed? A reason is needed for the audit.');
      return done({ do: 'resolve', run: runId(one), instance: two, reason });
    }
    case 'release': {
      if (one === undefined) return missing('release', 'Which run?');
      const reason = unquoted(afterWords(rest, 1));
      if (reason === '') return missing('release', 'Why may it go on? A reason is needed for the audit.');
      return done({ do: 'release', run: runId(one), reason });
    }
    case 'cves':
      if (one === undefined) return missing('cves', 'Which instance?');
      return two === undefined ? done({ do: 'cves', instance: one }) : tooMany('cves', two);
    case 'freeze':
      if (one?.toLowerCase() !== 'all') return missing('freeze', 'Say "all": only everything can be frozen.');
      return done({ do: 'freeze', reason: unquoted(afterWords(rest, 1)) });
    case 'unfreeze':
      if (one?.toLowerCase() !== 'all') return missing('unfreeze', 'Say "all".');
      return two === undefined ? done({ do: 'unfreeze' }) : tooMany('unfreeze', two);
    case 'help':
      return parseHelp(one);
  }
}

function parseHelp(topic: string | undefined): Parsed {
  if (topic === undefined) return done({ do: 'help', topic: null });
  const wanted = topic.replace(/^\//, '').toLowerCase();
  const entry = commandNamed(wanted);
  if (entry) return done({ do: 'help', topic: entry.name });
  const close = nearest(
    wanted,
    COMMANDS.map((c) => c.name),
  );
  return {
    ok: false,
    text: `There is no command "${topic}". ${close ? `Did you mean /patch help ${close}? ` : ''}All commands: /patch help`,
  };
}

function orUsage(
  name: CommandName,
  parsed: { ok: true; command: Command } | { ok: false; problem: string },
): Parsed {
  return parsed.ok ? parsed : missing(name, parsed.problem);
}

function done(command: Command): Parsed {
  return { ok: true, command };
}

function missing(name: CommandName, problem: string): Parsed {
  return {
    ok: false,
    text: `${problem} Nothing was done.\nUsage: /patch ${commandNamed(name)?.usage ?? name}`,
  };
}

function tooMany(name: CommandName, word: string | undefined): Parsed {
  return missing(name, `"${word ?? ''}" is one word too many for ${name}.`);
}

function unknownText(first: string, name: string, known: KnownNames): string {
  if (name === 'approve' || name === 'reject' || name === 'exclude') {
    return `To ${name}, use the buttons on the card of the run: they belong to exactly the plan that you see. Nothing was done.`;
  }
  const place = [...known.environments, ...known.landingZones].find((p) => p.toLowerCase() === name);
  if (place) return `Did you mean /patch scan ${place}? Nothing was done.`;
  const close = nearest(
    name,
    COMMANDS.map((c) => c.name),
  );
  const entry = close ? commandNamed(close) : undefined;
  return entry
    ? `There is no command "${first}". Did you mean ${entry.name}? Nothing was done.\nUsage: /patch ${entry.usage}`
    : `There is no command "${first}". Nothing was done.\nCommands: ${COMMANDS.map((c) => c.name).join(', ')}. More: /patch help`;
}

/** `#K3F9` → k3f9: as people write it. */
function runId(word: string): string {
  return word.replace(/^(?:run)?#/i, '').toLowerCase();
}

/** The text after its first `count` words, as typed. */
function afterWords(text: string, count: number): string {
  let rest = text.trim();
  for (let i = 0; i < count; i++) {
    const word = /^(?:"[^"]*"|'[^']*'|\S+)\s*/.exec(rest);
    rest = word ? rest.slice(word[0].length) : '';
  }
  return rest.trim();
}

function unquoted(text: string): string {
  const match = /^(["'])(.*)\1$/.exec(text);
  return (match?.[2] ?? text).trim();
}
