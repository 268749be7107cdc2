import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, readPage } from './pages.ts';

interface Evidence {
  item: string;
  file: string;
  /** Name of one test in it, or null. */
  test: string | null;
}

const rows = readPage('docs/asvs.md')
  .text.split('\n')
  .filter((line) => /^\| \d/.test(line));

const evidence = rows.flatMap((row): Evidence[] => {
  const [, item = '', , , shown = ''] = row.split('|').map((cell) => cell.trim());
  return [...shown.matchAll(/`([^`]+)`(?: “([^”]+)”)?/g)].map(([, file = '', test]) => ({
    item,
    file,
    test: test ?? null,
  }));
});

describe('the page about the ASVS', () => {
  it('shows something for every row', () => {
    expect(rows.length).toBeGreaterThan(35);
    expect(new Set(evidence.map((e) => e.item)).size).toBe(rows.length);
  });

  it('names only files that exist', () => {
    expect(evidence.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('names only tests that exist', () => {
    const missing = evidence.filter(
      ({ file, test }) => test !== null && !readFileSync(join(ROOT, file), 'utf8').includes(test),
    );
    expect(missing).toEqual([]);
  });
});
