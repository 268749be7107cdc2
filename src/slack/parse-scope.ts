/** The arguments of `scan` and `backups`: a scope, filters and options. */
import type { Scope } from '../workflow/plan-types.ts';
import { nearest } from './nearest.ts';
import type { Command } from './parse.ts';

type Result = { ok: true; command: Command } | { ok: false; problem: string };

const FLAGS = ['--fresh', '--dry-run', '--backup-only', '--now', '--at', '--until'] as const;
const FILTERS = ['tag', 'platform', 'region'];
const CLOCK = /^\d{1,2}:\d{2}$/;

interface Gathered {
  name: string | null;
  pattern: string | null;
  tags: { key: string; value: string }[];
  platform: Scope['platform'];
  regions: string[];
  flags: Set<string>;
  times: Map<string, string>;
}

export function parseScan(args: readonly string[]): Result {
  const gathered = gather(args, true);
  if (typeof gathered === 'string') return { ok: false, problem: gathered };
  const scope = scopeOf(gathered);
  if (!scope) return { ok: false, problem: 'Which environment or landing zone?' };
  const { flags, times } = gathered;
  if (flags.has('--now') && times.has('--at')) return { ok: false, problem: 'Say --now or --at, not both.' };
  if (times.has('--until') && !flags.has('--now') && !times.has('--at')) {
    return { ok: false, problem: '--until needs --now or --at.' };
  }
  return {
    ok: true,
    command: {
      do: 'scan',
      scope,
      fresh: flags.has('--fresh'),
      dryRun: flags.has('--dry-run'),
      backupOnly: flags.has('--backup-only'),
      now: flags.has('--now'),
      at: times.get('--at') ?? null,
      until: times.get('--until') ?? null,
    },
  };
}

export function parseScopeOnly(args: readonly string[]): Result {
  const gathered = gather(args, false);
  if (typeof gathered === 'string') return { ok: false, problem: gathered };
  const scope = scopeOf(gathered);
  return scope
    ? { ok: true, command: { do: 'backups', scope } }
    : { ok: false, problem: 'Which environment or landing zone?' };
}

function scopeOf(g: Gathered): Scope | null {
  if (g.name === null) return null;
  const { name, pattern, tags, platform, regions } = g;
  return { name, pattern, tags, platform, regions, only: null };
}

/** Returns what is wrong as a sentence, or what was said. */
function gather(args: readonly string[], withFlags: boolean): Gathered | string {
  const g: Gathered = {
    name: null,
    pattern: null,
    tags: [],
    platform: null,
    regions: [],
    flags: new Set(),
    times: new Map(),
  };
  for (let i = 0; i < args.length; ) {
    const word = args[i] ?? '';
    if (/^-+\p{L}/u.test(word)) {
      if (!withFlags) return `"${word}" is not an option here.`;
      const used = takeFlag(g, args, i);
      if (typeof used === 'string') return used;
      i += used;
      continue;
    }
    const filter = /^([a-z]+):(.*)$/is.exec(word);
    const problem = filter
      ? takeFilter(g, filter[1]?.toLowerCase() ?? '', filter[2] ?? '', word)
      : takeName(g, word);
    if (problem) return problem;
    i += 1;
  }
  return g;
}

/** Returns how many words were used, or what is wrong. */
function takeFlag(g: Gathered, args: readonly string[], index: number): number | string {
  const word = args[index] ?? '';
  // `-fresh` and a dash of any kind before it mean `--fresh`; `--at=18:00` is as good as `--at 18:00`.
  const match = /^-+([^=]*)(?:=(.*))?$/s.exec(word);
  const typed = `--${match?.[1]?.toLowerCase() ?? ''}`;
  const flag = FLAGS.find((f) => f === typed || f.replace(/-/g, '') === typed.replace(/-/g, ''));
  if (!flag) {
    const close = nearest(typed, FLAGS);
    return `There is no option ${word}.${close ? ` Did you mean ${close}?` : ''}`;
  }
  if (g.flags.has(flag) || g.times.has(flag)) return `${flag} is there twice.`;
  if (flag !== '--at' && flag !== '--until') {
    if (match?.[2] !== undefined) return `${flag} takes no value.`;
    g.flags.add(flag);
    return 1;
  }
  const inline = match?.[2];
  const value = inline ?? args[index + 1];
  if (!value || /^-+\p{L}/u.test(value)) return `${flag} needs a time, such as ${flag} "sun 06:00".`;
  let used = inline === undefined ? 2 : 1;
  let time = value;
  // Without quotes the day and the time of day are two words.
  const following = args[index + used];
  if (following !== undefined && CLOCK.test(following) && !/\d:\d/.test(value)) {
    time = `${value} ${following}`;
    used += 1;
  }
  g.times.set(flag, time);
  return used;
}

function takeFilter(g: Gathered, kind: string, value: string, word: string): string | null {
  switch (kind) {
    case 'tag': {
      const match = /^([^=]+)=(.*)$/s.exec(value);
      const key = match?.[1]?.trim();
      if (!match || !key)
        return `"${word}" is not a tag filter. Write tag:Key=Value, with quotes around spaces.`;
      g.tags.push({ key, value: match[2] ?? '' });
      return null;
    }
    case 'platform': {
      const platform = value.toLowerCase();
      if (platform !== 'windows' && platform !== 'linux')
        return `"${word}": the platform is windows or linux.`;
      if (g.platform !== null && g.platform !== platform) return 'Say one platform, or none for both.';
      g.platform = platform;
      return null;
    }
    case 'region': {
      for (const region of value.toLowerCase().split(',')) {
        if (!/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(region))
          return `"${region}" is not the name of a region such as eu-west-1.`;
        if (!g.regions.includes(region)) g.regions.push(region);
      }
      return null;
    }
    default: {
      const close = nearest(kind, FILTERS);
      return `There is no filter "${kind}:".${close ? ` Did you mean ${close}:?` : ' There are tag:, platform: and region:.'}`;
    }
  }
}

function takeName(g: Gathered, word: string): string | null {
  if (word === '') return null;
  if (g.name === null) g.name = word;
  else if (g.pattern === null) g.pattern = word;
  else return `"${word}" is one word too many. Names with spaces need quotes.`;
  return null;
}
