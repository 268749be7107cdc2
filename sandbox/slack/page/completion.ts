/** Which completions the composer offers for what was typed so far. Pure. */
import type { PageCommand } from '../page-api.ts';

export interface Completion {
  /** The line after choosing it. */
  line: string;
  title: string;
  detail: string;
}

const most = 10;

/** Completions for a line that begins with a slash: first the commands, then the lines the bot suggests. */
export function completionsFor(line: string, commands: readonly PageCommand[]): Completion[] {
  if (!line.startsWith('/') || line.includes('\n')) return [];
  const typed = line.toLowerCase();
  const found: Completion[] = [];
  for (const { command, description, usageHint, suggestions } of commands) {
    if (command.toLowerCase().startsWith(typed)) {
      found.push({ line: `${command} `, title: `${command} ${usageHint}`.trim(), detail: description });
    }
    if (!typed.startsWith(command.toLowerCase().slice(0, typed.length))) continue;
    for (const suggestion of suggestions) {
      const lower = suggestion.toLowerCase();
      if (lower.startsWith(typed) && lower !== typed.trimEnd())
        found.push({ line: suggestion, title: suggestion, detail: '' });
    }
  }
  return found.slice(0, most);
}

export interface Name {
  sign: string;
  name: string;
  detail: string;
}

/** Completions for a last word that begins with @ or #: people, groups and channels. */
export function nameCompletions(line: string, names: readonly Name[]): Completion[] {
  const word = /(?:^|\s)([@#])([\w.-]*)$/.exec(line);
  if (!word) return [];
  const [, sign = '', typed = ''] = word;
  const start = line.slice(0, line.length - typed.length - 1);
  return names
    .filter(
      (name) =>
        name.sign === sign && `${name.name} ${name.detail}`.toLowerCase().includes(typed.toLowerCase()),
    )
    .map(({ name, detail }) => ({ line: `${start}${sign}${name} `, title: `${sign}${name}`, detail }))
    .slice(0, most);
}

/** Lines sent before, newest last: arrow up and down walk through them. */
export class History {
  readonly #lines: string[];
  readonly #save: (lines: readonly string[]) => void;
  #at: number;
  #draft = '';

  constructor(lines: readonly string[], save: (lines: readonly string[]) => void = () => {}) {
    this.#lines = [...lines];
    this.#save = save;
    this.#at = this.#lines.length;
  }

  add(line: string): void {
    if (this.#lines.at(-1) !== line) this.#lines.push(line);
    if (this.#lines.length > 100) this.#lines.shift();
    this.#at = this.#lines.length;
    this.#save(this.#lines);
  }

  /** The line before the current one, or null at the first. `current` is kept as draft. */
  older(current: string): string | null {
    if (this.#at === 0) return null;
    if (this.#at === this.#lines.length) this.#draft = current;
    this.#at -= 1;
    return this.#lines[this.#at] ?? null;
  }

  /** The line after the current one, at the end the draft; null when already there. */
  newer(): string | null {
    if (this.#at >= this.#lines.length) return null;
    this.#at += 1;
    return this.#lines[this.#at] ?? this.#draft;
  }

  /** Typing anew: the walk starts at the end again. */
  leave(): void {
    this.#at = this.#lines.length;
  }

  get walking(): boolean {
    return this.#at < this.#lines.length;
  }
}
