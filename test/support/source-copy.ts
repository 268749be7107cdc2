/** Copies of this repository's sources in a temporary folder, to be changed there: never src/ itself. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A text that is there exactly once becomes another; or, with `create`, a file that was not there. */
export type SourceChange = { file: string; find: string; replace: string } | { file: string; create: string };

export interface SourceCopy {
  folder: string;
  remove(): void;
}

/** Throws when a change does not fit the sources any more. */
export function copySources(changes: readonly SourceChange[]): SourceCopy {
  return prepared((folder) => {
    for (const part of ['src', 'sandbox', 'test', 'docs', 'deploy', 'package.json', 'tsconfig.json'])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    for (const change of changes) apply(folder, change);
  });
}

/**
 * The sources of an earlier commit, with today's bot of the kill sweep to drive them. Null when this clone does
 * not hold that commit.
 */
export function copyOfCommit(commit: string): SourceCopy | null {
  let archive: Buffer;
  try {
    archive = execFileSync('git', ['archive', '--format=tar', commit, 'src', 'package.json'], {
      cwd: ROOT,
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
  return prepared((folder) => {
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    mkdirSync(join(folder, 'test/crash'), { recursive: true });
    cpSync(join(ROOT, 'test/crash/bot.ts'), join(folder, 'test/crash/bot.ts'));
  });
}

function prepared(fill: (folder: string) => void): SourceCopy {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-sources-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    fill(folder);
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function apply(folder: string, change: SourceChange): void {
  const path = join(folder, change.file);
  if ('create' in change) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, change.create, { flag: 'wx' });
    return;
  }
  const text = readFileSync(path, 'utf8');
  const times = text.split(change.find).length - 1;
  if (times !== 1)
    throw new Error(
      `a change does not fit the sources any more: in ${change.file} this is there ${times} times: ${change.find}`,
    );
  writeFileSync(
    path,
    text.replace(change.find, () => change.replace),
  );
}
