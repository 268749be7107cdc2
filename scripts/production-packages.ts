/** The packages that are installed where Patchday runs, as the lockfile and their own metadata say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** One entry of package-lock.json, as far as it is looked at here. */
export interface LockEntry {
  version?: string;
  integrity?: string;
  resolved?: string;
  license?: string;
  dev?: boolean;
  link?: boolean;
  hasInstallScript?: boolean;
}

export interface Lockfile {
  lockfileVersion: number;
  packages: Record<string, LockEntry>;
}

export function readLockfile(): Lockfile {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile;
}

export interface ProductionPackage {
  /** node_modules/… */
  path: string;
  name: string;
  version: string;
  hasInstallScript: boolean;
}

/**
 * What `npm ci --omit=dev` installs, by name and version: also what the lockfile calls `devOptional`, needed by a
 * development dependency and by an optional one that is installed with us.
 */
export function productionPackages(lockfile = readLockfile()): ProductionPackage[] {
  return Object.entries(lockfile.packages)
    .filter(([path, entry]) => path !== '' && !entry.dev)
    .map(([path, entry]) => ({
      path,
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version ?? '',
      hasInstallScript: entry.hasInstallScript ?? false,
    }))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** The licence that the package itself declares (SPDX), read from where it is installed. */
export function licenceOf({ path }: ProductionPackage): string {
  const { license } = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as {
    license?: unknown;
  };
  return typeof license === 'string' ? license : 'not declared';
}
