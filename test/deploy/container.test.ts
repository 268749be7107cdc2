import { existsSync, globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

interface Instruction {
  name: string;
  rest: string;
}

/** Instructions with continuation lines joined and comments left out. */
function instructions(dockerfile: string): Instruction[] {
  return dockerfile
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
      return { name, rest };
    });
}

const all = instructions(text('Dockerfile'));
const of = (name: string) => all.filter((i) => i.name === name).map((i) => i.rest);
const lastFrom = all.findLastIndex((i) => i.name === 'FROM');
const final = all.slice(lastFrom);

/** Paths that are copied from the working tree. */
function copied(from: readonly Instruction[]): string[] {
  return from
    .filter((i) => i.name === 'COPY' && !i.rest.includes('--from='))
    .flatMap((i) => i.rest.split(/\s+/).slice(0, -1));
}

const packageJson = z
  .object({
    version: z.string(),
    type: z.literal('module'),
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(text('package.json')));

describe('the Dockerfile', () => {
  it('copies only what exists, and what .dockerignore lets through', () => {
    const ignore = text('.dockerignore').split('\n');
    expect(ignore).toContain('*');
    for (const path of copied(all)) {
      expect(existsSync(`${root}/${path}`), path).toBe(true);
      expect(ignore).toContain(`!${path}`);
    }
    for (const line of ignore.filter((l) => l.startsWith('!'))) expect(copied(all)).toContain(line.slice(1));
  });

  it('puts nothing into the image but the program and its production dependencies', () => {
    expect(copied(final).sort()).toEqual(['LICENSE', 'package.json', 'src']);
    expect(of('RUN').join('\n')).toContain('npm ci --omit=dev');
    expect(of('COPY').join('\n')).not.toMatch(/test|sandbox|bench|scripts|\.git|\s\.\s/);
  });

  it('imports at run time only what production dependencies bring', () => {
    const builtin = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
    for (const file of globSync('src/**/*.ts', { cwd: root })) {
      for (const [, typeOnly, from = ''] of text(file).matchAll(
        /^(?:import|export)( type)? [^;]*?from '([^']+)'/gm,
      )) {
        if (typeOnly) continue;
        if (from.startsWith('.')) {
          expect(from, file).toMatch(/^\.{1,2}\//);
          expect(from, file).not.toMatch(/sandbox|\/test\//);
        } else if (!builtin.has(from) && !from.startsWith('node:')) {
          const name = from.split('/', from.startsWith('@') ? 2 : 1).join('/');
          expect(Object.keys(packageJson.dependencies), `${file} imports ${from}`).toContain(name);
        }
      }
    }
  });

  it('needs no install scripts, because no production dependency has one', () => {
    expect(of('RUN').join('\n')).toContain('--ignore-scripts');
    const lock = z
      .object({
        packages: z.record(
          z.string(),
          z.object({ dev: z.boolean().optional(), hasInstallScript: z.boolean().optional() }),
        ),
      })
      .parse(JSON.parse(text('package-lock.json')));
    const scripted = Object.entries(lock.packages).filter(([, p]) => p.hasInstallScript && !p.dev);
    expect(scripted.map(([path]) => path)).toEqual([]);
    // The one native module: its binaries come with the package.
    expect(existsSync(`${root}/node_modules/better-sqlite3/prebuilds/linux-x64.node`)).toBe(true);
    expect(existsSync(`${root}/node_modules/better-sqlite3/prebuilds/linux-arm64.node`)).toBe(true);
  });

  it('finds a lockfile that is complete for every platform, or npm ci refuses it', () => {
    const { packages } = z
      .object({
        packages: z.record(
          z.string(),
          z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() }),
        ),
      })
      .parse(JSON.parse(text('package-lock.json')));
    const missing = Object.entries(packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  it('runs a pinned Node 24 without a shell and not as root', () => {
    const [build = '', run = ''] = of('FROM');
    expect(build.startsWith(`node:${packageJson.devDependencies['node']}-`)).toBe(true);
    expect(run).toMatch(/^gcr\.io\/distroless\/nodejs24-debian\d+:nonroot$/);
    expect(build).not.toMatch(/latest/);
    expect(final.find((i) => i.name === 'USER')?.rest).toBe('65532:65532');
    for (const name of ['CMD', 'HEALTHCHECK', 'ENTRYPOINT'])
      for (const rest of final.filter((i) => i.name === name).map((i) => i.rest))
        expect(rest).toMatch(/\[".*"\]$/);
    expect(final.filter((i) => i.name === 'RUN')).toEqual([]);
    expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('starts a file that is in the image, outside node_modules, where types are stripped', () => {
    const command = z.array(z.string()).parse(JSON.parse(of('CMD')[0] ?? ''));
    expect(command[0]).toBe('/app/src/main.ts');
    expect(existsSync(`${root}/src/main.ts`)).toBe(true);
  });
});

const composeSchema = z.object({
  services: z.object({
    patchday: z.object({
      image: z.string(),
      read_only: z.literal(true),
      cap_drop: z.tuple([z.literal('ALL')]),
      security_opt: z.array(z.string()),
      tmpfs: z.array(z.string()),
      volumes: z.array(z.unknown()),
      environment: z.record(z.string(), z.string().nullable()),
      healthcheck: z.object({ test: z.array(z.string()) }),
      stop_grace_period: z.string(),
      ports: z.undefined().optional(),
      privileged: z.undefined().optional(),
    }),
  }),
});

describe('the compose file', () => {
  const { patchday } = composeSchema.parse(parse(text('deploy/compose.yaml'))).services;

  it('takes every privilege away that Patchday does not need', () => {
    expect(patchday.security_opt).toContain('no-new-privileges:true');
    expect(patchday.tmpfs[0]).toMatch(/^\/tmp:.*noexec/);
    expect(patchday.volumes[0]).toBe('patchday-data:/data');
    expect(patchday.volumes[1]).toMatchObject({ target: '/config/patchday.yaml', read_only: true });
  });

  it('holds no secret, and refuses to start without those it needs', () => {
    for (const name of ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN'])
      expect(patchday.environment[name]).toMatch(new RegExp(`^\\$\\{${name}:\\?`));
    for (const [name, value] of Object.entries(patchday.environment))
      if (name.startsWith('AWS_')) expect(value, name).toBeNull();
  });

  it('checks its health as the image does, and waits for it to drain', () => {
    const inImage = z
      .array(z.string())
      .parse(JSON.parse(/CMD (\[.*\])$/.exec(of('HEALTHCHECK')[0] ?? '')?.[1] ?? ''));
    expect(patchday.healthcheck.test.slice(1)).toEqual(inImage);
    const drain = Number(
      /DRAIN_LIMIT_MS = ([\d_]+)/.exec(text('src/cli/serve.ts'))?.[1]?.replaceAll('_', ''),
    );
    expect(Number.parseInt(patchday.stop_grace_period, 10) * 1000).toBeGreaterThan(drain);
  });

  it('names the version of the package', () => {
    expect(patchday.image).toBe(`patchday:${packageJson.version}`);
  });
});
