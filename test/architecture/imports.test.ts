import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Import {
  file: string;
  /** A package, or a path from the root of the repository. */
  target: string;
}

function importsOf(pattern: string): Import[] {
  return globSync(pattern, { cwd: ROOT }).flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, target = '']) => ({
      file,
      target: target.startsWith('.') ? relative(ROOT, normalize(join(ROOT, dirname(file), target))) : target,
    }));
  });
}

function offenders(pattern: string, forbidden: RegExp, except: RegExp = /^$/): string[] {
  return importsOf(pattern)
    .filter((i) => forbidden.test(i.target) && !except.test(i.file))
    .map((i) => `${i.file} imports ${i.target}`);
}

describe('who may import whom', () => {
  it('finds imports at all', () => {
    expect(importsOf('src/**/*.ts').length).toBeGreaterThan(100);
    expect(offenders('src/store/*.ts', /^better-sqlite3/).length).toBeGreaterThan(0);
  });

  it('keeps Slack, AWS, SQLite, zod and the other folders out of the workflow', () => {
    expect(
      offenders('src/workflow/**/*.ts', /^(@slack|@aws-sdk|better-sqlite3|zod|undici|pino|node-cron)/),
    ).toEqual([]);
    expect(offenders('src/workflow/**/*.ts', /^src\/(?!workflow\/)/)).toEqual([]);
  });

  it('lets the workflow touch no file, socket or clock of its own', () => {
    const allowed = /^node:crypto$/;
    const used = importsOf('src/workflow/**/*.ts').filter(
      (i) => i.target.startsWith('node:') && !allowed.test(i.target),
    );
    expect(used.map((i) => `${i.file} imports ${i.target}`)).toEqual([]);
    const clocks = globSync('src/workflow/**/*.ts', { cwd: ROOT }).filter((f) =>
      /\bDate\.now\(\)|Math\.random\(/.test(readFileSync(join(ROOT, f), 'utf8')),
    );
    expect(clocks).toEqual([]);
  });

  it('gives each outside world one folder', () => {
    expect(offenders('src/**/*.ts', /^@aws-sdk|^@smithy/, /^src\/aws\//)).toEqual([]);
    expect(offenders('src/**/*.ts', /^@slack\//, /^src\/slack\//)).toEqual([]);
    expect(offenders('src/**/*.ts', /^better-sqlite3$/, /^src\/store\//)).toEqual([]);
  });

  it('never lets the product import the sandbox or the tests', () => {
    expect(offenders('src/**/*.ts', /^(sandbox|test)\//)).toEqual([]);
  });

  it('never lets a simulator import the product', () => {
    // Their own reading of the wire is the point; the demo and its word list are not simulators.
    expect(offenders('sandbox/{aws,slack}/**/*.ts', /^src\//)).toEqual([]);
  });

  it('starts no other program and evaluates no text', () => {
    expect(offenders('src/**/*.ts', /^(node:)?(child_process|vm|cluster)$/)).toEqual([]);
    const evaluating = globSync('src/**/*.ts', { cwd: ROOT }).filter((f) =>
      /\beval\(|\bnew Function\(/.test(readFileSync(join(ROOT, f), 'utf8')),
    );
    expect(evaluating).toEqual([]);
  });

  it('never builds SQL or runs async code inside a transaction', () => {
    const files = globSync('src/store/*.ts', { cwd: ROOT });
    const texts = files.map((f) => [f, readFileSync(join(ROOT, f), 'utf8')] as const);
    expect(texts.filter(([, t]) => /\.transaction\(\s*async/.test(t)).map(([f]) => f)).toEqual([]);
    const built = texts
      .filter(([, t]) => /prepared?\((?:\s*[\w.#]+,)?\s*`[^`]*\$\{(?!EFFECT_COLUMNS\})/.test(t))
      .map(([f]) => f);
    expect(built).toEqual([]);
  });
});
