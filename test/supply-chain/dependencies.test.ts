/** What is installed where Patchday runs: pinned, complete, without scripts, under licences that we may use. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALLOWED_LICENCES } from '../../scripts/licences-page.ts';
import { licenceOf, productionPackages, readLockfile } from '../../scripts/production-packages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const manifest: {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  scripts: Record<string, string>;
} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const lockfile = readLockfile();
const packages = productionPackages(lockfile);
const entries = Object.entries(lockfile.packages).filter(([path]) => path !== '');

/** Raise it knowingly: every package is somebody else's code in a process that may patch a fleet. */
const MOST_PRODUCTION_PACKAGES = 165;

describe('dependencies', () => {
  it('are pinned to one version each', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
    for (const [name, version] of Object.entries(manifest.dependencies))
      expect(lockfile.packages[`node_modules/${name}`]?.version).toBe(version);
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
