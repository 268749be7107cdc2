/** The written word of the repository, read as data. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const NOT_OURS = new Set(['node_modules', '.git', 'data', 'coverage', 'test-results', 'tmp']);

/** Every file of ours whose name ends so, from the root, sorted. */
export function filesEnding(ending: string): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && entry.name.endsWith(ending)) found.push(path);
    }
  };
  walk('.');
  return found.sort();
}

export interface Page {
  path: string;
  text: string;
  /** Without fenced blocks. */
  prose: string;
  /** Lines inside fenced blocks. */
  fenced: string[];
  /** What stands between single backticks in the prose. */
  spans: string[];
}

export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const fenced: string[] = [];
  const prose: string[] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    if (/^\s*```/.test(line)) inside = !inside;
    else (inside ? fenced : prose).push(line);
  }
  const plain = prose.join('\n');
  const spans = [...plain.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map((m) =>
    (m[1] ?? '').replaceAll('\\|', '|'),
  );
  return { path, text, prose: plain, fenced, spans };
}

/** GitHub's way of making an anchor from a heading. */
function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

export function anchorsOf(page: Page): Set<string> {
  return new Set([...page.prose.matchAll(/^#{1,6}\s+(.+)$/gm)].map((m) => anchorOf(m[1] ?? '')));
}

/** Relative links of a page that lead nowhere, with the reason. */
export function brokenLinks(page: Page): string[] {
  const withoutCode = page.prose.replace(/`[^`\n]*`/g, '');
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/i.test(link)) return [];
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page.path : relative(ROOT, normalize(join(ROOT, dirname(page.path), file)));
    if (!existsSync(join(ROOT, target))) return [`${page.path}: ${link} does not exist`];
    if (anchor === undefined) return [];
    if (!target.endsWith('.md') || !anchorsOf(readPage(target)).has(anchor))
      return [`${page.path}: ${link} has no such heading`];
    return [];
  });
}

const OUR_FOLDERS = /^(?:src|test|docs|sandbox|deploy|scripts|bench|\.ci)\//;

/** Paths of ours in backticks that do not exist. A folder may end in a slash. */
export function missingPaths(page: Page): string[] {
  return page.spans
    .flatMap((span) => span.split(/\s+/))
    .map((word) => word.replace(/^\.\//, '').replace(/[,;:]$/, ''))
    .filter((word) => OUR_FOLDERS.test(word) && !/[<>*{}…]/.test(word))
    .filter((word) => !existsSync(join(ROOT, word)))
    .map((word) => `${page.path}: ${word}`);
}

/** `/patch …` as the page has it, in prose and in blocks, comments and trailing columns cut off. */
export function commandsIn(page: Page): string[] {
  const inBlocks = page.fenced
    .map((line) => line.trim())
    .filter((line) => /^\/patch\s/.test(line))
    .map((line) => line.split(/\s{3,}|\s#\s/)[0] ?? '');
  return [...page.spans.filter((span) => /^\/patch\s/.test(span)), ...inBlocks];
}

/** Words after `patchday`, or after `npm run patchday --`, without options: as in `patchday config check`. */
export function cliCommandsIn(page: Page): string[] {
  return [...page.spans, ...page.fenced.map((line) => line.trim())].flatMap((text) => {
    const words = /^(?:npm run patchday --|patchday) ([a-z][a-z ]*)/.exec(text)?.[1];
    return words ? [words.trim()] : [];
  });
}

/** Names after `npm run`, wherever they stand. */
export function scriptsIn(page: Page): string[] {
  return [...page.text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, name = '']) => name);
}

/** Cells of the first table under a heading, without its head. */
export function tableUnder(page: Page, heading: string): string[][] {
  const [, after = ''] = page.prose.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const rows: string[][] = [];
  for (const line of after.split('\n')) {
    if (/^#/.test(line)) break;
    if (line.startsWith('|'))
      rows.push(
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    else if (rows.length > 0) break;
  }
  return rows.slice(2);
}

export function isFile(path: string): boolean {
  return existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isFile();
}
