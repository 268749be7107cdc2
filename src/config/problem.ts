/** One mistake in the configuration, in the words shown to people. */
export interface Problem {
  /** A warning does not stop Patchday from starting. */
  severity: 'error' | 'warning';
  /** Where, such as `landing_zones[2].account_id`; empty for the file as a whole. */
  path: string;
  /** Line in the file, from 1; null where there is none (an environment variable, a missing file). */
  line: number | null;
  /** What was found there. Never holds a secret. */
  found: string;
  /** What is allowed there. */
  allowed: string;
  /** The whole as one sentence, with the line and, where there is one, the nearest correct spelling. */
  text: string;
}

export function problem(fields: {
  severity?: Problem['severity'];
  path: string;
  line: number | null;
  found: string;
  allowed: string;
  /** "did you mean …?" or what to do. A full sentence without its full stop. */
  hint?: string;
}): Problem {
  const { severity = 'error', path, line, found, allowed, hint } = fields;
  const where = [line === null ? '' : `line ${line}`, path].filter((part) => part !== '').join(': ');
  const text = `${where === '' ? '' : `${where}: `}found ${found}; allowed: ${allowed}${hint ? `. ${hint}` : ''}`;
  return { severity, path, line, found, allowed, text: /[.?!]$/.test(text) ? text : `${text}.` };
}

/** `['environments', 'prod', 0]` → `environments.prod[0]`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}

/** A value as it is shown in a problem: short, on one line. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty section' : 'a section';
  return String(value);
}

/** Reports one problem at a path of the file (snake_case). */
export type Report = (
  path: readonly PropertyKey[],
  what: { found: string; allowed: string; hint?: string; severity?: Problem['severity'] },
) => void;
