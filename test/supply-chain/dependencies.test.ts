/** What is installed where Patchday runs: pinned, complete, without scripts, under licences that we may use. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALLOWED_LICENCES } from '../../scripts/licences-page.ts';
import { licenceOf, productionPackages, readLockfile } from '../../scripts/production-packages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
interface Manifest {
  dependencies: Record<string, string>;
  [section: string]: unknown;
}
const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const lockfile = readLockfile();
const packages = productionPackages(lockfile);
const entries = Object.entries(lockfile.packages).filter(([path]) => path !== '');

/** Raise it knowingly: every package is somebody else's code in a process that may patch a fleet. */
const MOST_PRODUCTION_PACKAGES = 165;

/** Sections of package.json whose leaves are versions of other packages; overrides may be nested. */
const VERSIONED = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'overrides',
] as const;

/** What is not pinned to exactly one version, as `section.package: version`. */
function loose(about: Readonly<Record<string, unknown>>): string[] {
  const within = (value: unknown, path: string): string[] => {
    if (value !== null && typeof value === 'object')
      return Object.entries(value).flatMap(([name, inner]) => within(inner, `${path}.${name}`));
    return typeof value === 'string' && /^\d+\.\d+\.\d+$/.test(value) ? [] : [`${path}: ${value}`];
  };
  return VERSIONED.flatMap((section) => within(about[section] ?? {}, section));
}

describe('dependencies', () => {
  it('are pinned to one version each', () => {
    expect(loose(manifest)).toEqual([]);
    for (const [name, version] of Object.entries(manifest.dependencies))
      expect(lockfile.packages[`node_modules/${name}`]?.version).toBe(version);
  });

  it('would not pass unpinned in any section of package.json', () => {
    for (const section of VERSIONED)
      expect(loose({ ...manifest, [section]: { x: '^1.2.3' } })).toEqual([`${section}.x: ^1.2.3`]);
    expect(loose({ ...manifest, overrides: { a: { b: '*' } } })).toEqual(['overrides.a.b: *']);
  });

  it('count as installed where Patchday runs unless they are for development alone', () => {
    const entry = (flags: object) => ({ version: '1.0.0', ...flags });
    const listed = productionPackages({
      lockfileVersion: 3,
      packages: {
        '': {},
        'node_modules/a': entry({}),
        'node_modules/b': entry({ dev: true }),
        'node_modules/c': entry({ devOptional: true }),
        'node_modules/d': entry({ optional: true }),
        'node_modules/e': entry({ dev: true, optional: true }),
      },
    });
    expect(listed.map((p) => p.name)).toEqual(['a', 'c', 'd']);
  });

  it('come from the registry that is configured, and are what they were when they were locked', () => {
    expect(lockfile.lockfileVersion).toBe(3);
    expect(entries.filter(([, e]) => e.resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, e]) => e.link).map(([path]) => path)).toEqual([]);
    expect(
      entries.filter(([, e]) => !/^sha512-[\w+/]{86}==$/.test(e.integrity ?? '')).map(([path]) => path),
    ).toEqual([]);
  });

  it('run no script when they are installed where Patchday runs', () => {
    expect(packages.filter((p) => p.hasInstallScript).map((p) => p.name)).toEqual([]);
    // What npm itself would run: a binding.gyp without an install script is built as well.
    const built = packages.filter((p) => {
      const { scripts = {}, gypfile } = JSON.parse(
        readFileSync(join(ROOT, p.path, 'package.json'), 'utf8'),
      ) as {
        scripts?: Record<string, string>;
        gypfile?: boolean;
      };
      return (
        ['preinstall', 'install', 'postinstall'].some((name) => name in scripts) ||
        (existsSync(join(ROOT, p.path, 'binding.gyp')) && gypfile !== false)
      );
    });
    expect(built.map((p) => p.name)).toEqual([]);
  });

  it('run no script at a desk or in CI either, but for the one that brings Node 24', () => {
    const withScripts = entries.filter(([, e]) => e.hasInstallScript).map(([path]) => path);
    expect(withScripts).toEqual(['node_modules/node']);
    expect(manifest['allowScripts']).toEqual({ node: true });
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^strict-allow-scripts=true$/m);
  });

  it('are under licences that were decided on', () => {
    expect(
      packages
        .filter((p) => !ALLOWED_LICENCES.includes(licenceOf(p)))
        .map((p) => `${p.name}: ${licenceOf(p)}`),
    ).toEqual([]);
  });

  it(`are at most ${MOST_PRODUCTION_PACKAGES} where Patchday runs`, () => {
    console.log(`production packages: ${packages.length} (at most ${MOST_PRODUCTION_PACKAGES})`);
    expect(packages.length).toBeGreaterThan(Object.keys(manifest.dependencies).length);
    expect(packages.length).toBeLessThanOrEqual(MOST_PRODUCTION_PACKAGES);
  });

  it('are listed by npm run sbom, each of them and nothing else', () => {
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'sbom'], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(status, stderr).toBe(0);
    const sbom = JSON.parse(stdout) as { bomFormat: string; components: { name: string; version: string }[] };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const named = (all: readonly { name: string; version: string }[]) =>
      [...new Set(all.map((p) => `${p.name} ${p.version}`))].sort();
    expect(named(sbom.components)).toEqual(named(packages));
  }, 30_000);
});
