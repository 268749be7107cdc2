/** Reads patchday.yaml: everything that is wrong with it at once, or the whole configuration. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { explain, schemaNode } from './explain.ts';
import { lint } from './lint.ts';
import { type Problem, problem } from './problem.ts';
import { salvage } from './salvage.ts';
import { type Config, configSchema } from './schema.ts';
import { type Env, findSecretsInFile } from './secrets.ts';
import { readYaml } from './yaml-source.ts';

export type Loaded = { ok: true; config: Config; warnings: Problem[] } | { ok: false; problems: Problem[] };

const root = schemaNode(configSchema);

/** The file to read: the flag, else PATCHDAY_CONFIG, else patchday.yaml in the working directory. */
export function configPath(flag: string | undefined, env: Env): string {
  return resolve(flag ?? (env['PATCHDAY_CONFIG'] || 'patchday.yaml'));
}

/**
 * Reads and checks a file. Never throws. `env` is only asked for secrets that must not stand in the file;
 * `readSecrets` reads them.
 */
export function loadConfig(path: string, env: Env): Loaded {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why =
      code === 'ENOENT'
        ? 'no such file'
        : code === 'EACCES'
          ? 'a file that this user may not read'
          : code === 'EISDIR'
            ? 'a folder'
            : `a file that cannot be read (${code})`;
    return {
      ok: false,
      problems: [
        problem({
          path,
          line: null,
          found: why,
          allowed:
            'a readable configuration file; give its path with --config or PATCHDAY_CONFIG, and begin with a copy of patchday.example.yaml',
        }),
      ],
    };
  }
  return parseConfig(text, env);
}

/** The same for a text. Never throws. Problems are in the order of their lines and never hold a secret. */
export function parseConfig(text: string, env: Env): Loaded {
  // From here on only the text without secrets is looked at: it is refused anyway when it had any.
  const { problems: inFile, clean } = findSecretsInFile(text, env);
  const yaml = readYaml(clean);
  if (!yaml.ok) return { ok: false, problems: byLine([...inFile, ...yaml.problems]) };
  const { source } = yaml;
  if (source.value === null || source.value === undefined)
    return {
      ok: false,
      problems: [
        ...inFile,
        problem({
          path: '',
          line: null,
          found: 'an empty file',
          allowed: 'a configuration; begin with a copy of patchday.example.yaml',
        }),
      ],
    };
  const parsed = configSchema.safeParse(source.value);
  const mistakes = parsed.success ? [] : explain(parsed.error, source, root);
  // The cross-checks also run on what is right in a file that has mistakes, so that one round shows them all.
  const cross = lint(parsed.success ? parsed.data : salvage(source.value), (at) => source.lineOf(at));
  const all = byLine([...inFile, ...mistakes, ...cross]);
  if (parsed.success && all.every(({ severity }) => severity === 'warning'))
    return { ok: true, config: parsed.data, warnings: all };
  return { ok: false, problems: all };
}

function byLine(problems: Problem[]): Problem[] {
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
