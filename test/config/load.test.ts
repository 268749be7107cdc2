import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { configPath, loadConfig, parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { toSettings } from '../../src/config/settings.ts';
import { GOOD, messages, withValue } from './support.ts';

const EXAMPLE = new URL('../../patchday.example.yaml', import.meta.url).pathname;
const HOUR = 3_600_000;

function loaded(text: string): Config {
  const result = parseConfig(text, {});
  if (!result.ok) throw new Error(messages(result).join('\n'));
  return result.config;
}

describe('a configuration file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchday-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is the flag before PATCHDAY_CONFIG before patchday.yaml here', () => {
    expect(configPath('a.yaml', { PATCHDAY_CONFIG: '/b.yaml' })).toBe(resolve('a.yaml'));
    expect(configPath(undefined, { PATCHDAY_CONFIG: '/b.yaml' })).toBe('/b.yaml');
    expect(configPath(undefined, { PATCHDAY_CONFIG: '' })).toBe(resolve('patchday.yaml'));
  });

  it('that is missing is said plainly, with what to do', () => {
    const path = join(folder, 'none.yaml');
    expect(messages(loadConfig(path, {}))).toEqual([
      `${path}: found no such file; allowed: a readable configuration file; give its path with --config or PATCHDAY_CONFIG, and begin with a copy of patchday.example.yaml.`,
    ]);
    expect(messages(loadConfig(folder, {}))[0]).toContain('found a folder');
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read is said plainly', () => {
    const path = join(folder, 'closed.yaml');
    writeFileSync(path, GOOD);
    chmodSync(path, 0);
    expect(messages(loadConfig(path, {}))[0]).toContain('found a file that this user may not read');
  });

  it('with Windows line ends and a byte order mark is read like any other', () => {
    const path = join(folder, 'windows.yaml');
    writeFileSync(path, `\uFEFF${GOOD.replaceAll('\n', '\r\n')}`);
    expect(messages(loadConfig(path, {}))).toEqual([]);
  });
});

describe('the example file', () => {
  it('loads without problems and without warnings', () => {
    expect(loadConfig(EXAMPLE, {})).toMatchObject({ ok: true, warnings: [] });
  });

  it('shows every section of the file', () => {
    const example = parse(readFileSync(EXAMPLE, 'utf8')) as Record<string, unknown>;
    const { name: _, ...environment } = loaded(GOOD).environments['prod'] ?? {};
    const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(Object.keys(example).sort()).toEqual(Object.keys(loaded(GOOD)).map(snake).sort());
    const shown = (example['environments'] as Record<string, object>)['prod'] ?? {};
    const missing = Object.keys(environment)
      .map(snake)
      .filter((key) => !(key in shown));
    expect(missing).toEqual(['batch_size']);
  });
});

describe('a loaded configuration', () => {
  it('has every default, in milliseconds and camelCase', () => {
    const config = loaded(GOOD);
    expect(config.timing).toEqual({
      pollImages: 30_000,
      pollCommands: 15_000,
      pollPower: 10_000,
      agentGrace: HOUR / 4,
      effectGrace: 120_000,
      apiTimeout: 20_000,
      lostAgentAfter: HOUR / 2,
      verifyTimeout: HOUR / 2,
      backupTimeout: 6 * HOUR,
      startTimeout: HOUR / 4,
      deliveryTimeout: 600_000,
      installWorstCase: 130 * 60_000,
      rebootAllowance: HOUR / 4,
      scanStaleAfter: 7 * 24 * HOUR,
      backOff: 1000,
      checkCommands: HOUR / 4,
      cardInterval: 3000,
    });
    expect(config).toMatchObject({
      database: { path: 'data/patchday.sqlite' },
      dataDir: 'data/reports',
      http: { host: '127.0.0.1', port: 8080 },
      logLevel: 'info',
    });
    expect(config.environments['prod']).toEqual({
      name: 'prod',
      channel: 'C0123ABCD',
      timeZone: 'UTC',
      requesters: { groups: ['S0123REQS'], users: [] },
      approvers: { groups: ['S0123APPS'], users: [], standIns: [] },
      approvalsRequired: 1,
      approvalTtl: 24 * HOUR,
      start: { default: 'scheduled', window: { days: ['sun'], from: '02:00', until: '06:00' } },
      backup: { required: true, noReboot: true, retentionDays: 14, withoutVerifiedBackup: 'skip' },
      reboot: 'if-needed',
      wave: { size: { percent: 25 } },
      failureBudget: { percent: 10 },
      runLengthLimit: 8 * HOUR,
      stoppedInstances: 'skip',
      batchSize: 50,
      verify: { checks: [] },
    });
  });

  it('keeps the landing zone switched off unless the file switches it on', () => {
    const zone = loaded(withValue('landing_zones.0.patch_enabled', undefined)).landingZones[0];
    expect(zone?.patchEnabled).toBe(false);
    expect(zone?.confirmAbove).toBe(50);
  });

  it('leaves the names of tags and environments as they are written', () => {
    const config = loaded(withValue('landing_zones.0.tag_filters', { my_tag_key: ['a_b', 'c'], Team: 'x*' }));
    expect(config.landingZones[0]?.tagFilters).toEqual([
      { key: 'my_tag_key', values: ['a_b', 'c'] },
      { key: 'Team', values: ['x*'] },
    ]);
  });

  it('reads the short times of the sandbox', () => {
    const config = loaded(
      withValue('timing', {
        poll_images: '500ms',
        poll_commands: '50ms',
        effect_grace: '2s',
        api_timeout: '1s',
      }),
    );
    expect(config.timing).toMatchObject({ pollImages: 500, pollCommands: 50, effectGrace: 2000 });
  });

  it('has no environment that nobody wrote, whatever its name', () => {
    const { environments } = loaded(GOOD);
    expect(['constructor', 'toString', '__proto__'].map((name) => environments[name])).toEqual(
      Array(3).fill(undefined),
    );
  });

  it('takes YAML anchors and merge keys, and finds mistakes behind them', () => {
    const merged = GOOD.replace(
      '  prod:\n',
      '  base: &base\n    reboot: sometimes\n  prod:\n    <<: *base\n',
    );
    const said = messages(parseConfig(merged, {}));
    expect(said.some((line) => line.includes('environments.prod.reboot: found "sometimes"'))).toBe(true);
  });

  it('shows a mistake behind an alias at the line where it is written', () => {
    const aliased = GOOD.replace('approvers:\n      groups: [S0123APPS]', 'approvers: *people').replace(
      'requesters:\n      groups: [S0123REQS]',
      'requesters: &people\n      groups:\n        - "@team"',
    );
    expect(messages(parseConfig(aliased, {})).map((line) => line.split(': found ')[0])).toEqual([
      'line 7: environments.prod.requesters.groups[0]',
      'line 7: environments.prod.approvers.groups[0]',
    ]);
  });

  it('becomes the settings of the workflow without losing a rule', () => {
    const settings = toSettings(
      loaded(
        withValue('landing_zones.0.protected_tags', { Keep: ['yes', 'please'], DoNotPatch: 'true' }).replace(
          '  prod:\n',
          '  prod:\n    verify: {checks: [{name: up, type: tcp, port: 22, tag: {key: a, value: b}}]}\n',
        ),
      ),
    );
    expect(settings.zones[0]?.protectedTags).toEqual([
      { key: 'Keep', value: 'yes' },
      { key: 'Keep', value: 'please' },
      { key: 'DoNotPatch', value: 'true' },
    ]);
    expect(settings.environments[0]).toMatchObject({
      name: 'prod',
      channelId: 'C0123ABCD',
      startDefault: 'scheduled',
      waveSize: { percent: 25 },
      checks: [
        {
          name: 'up',
          type: 'tcp',
          tag: { key: 'a', value: 'b' },
          port: 22,
          path: '/',
          expectStatus: 200,
          timeoutMs: 5000,
        },
      ],
    });
  });
});

describe('whatever the file holds', () => {
  it('loading answers and never throws', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[a-z\-:[\]{}&*!|>'"%@`#, \n]{0,80}$/),
      fc.anything().map((value) => {
        try {
          return stringify(value) ?? '';
        } catch {
          return '';
        }
      }),
      fc.integer({ min: 1, max: 5000 }).map((depth) => '['.repeat(depth)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const result = parseConfig(text, {});
        expect(result.ok).toBe(false);
        expect(messages(result).length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('any one value put in place of any other is loaded or explained', () => {
    const places = placesIn(parse(GOOD), []);
    expect(places.length).toBeGreaterThan(15);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (path, value) => {
        const result = parseConfig(replaced(path, value), {});
        if (!result.ok)
          for (const line of messages(result)) expect(line).toMatch(/found .+; allowed: .+[.?!]$/s);
      }),
      { numRuns: 500 },
    );
  });

  it('__proto__ and constructor are unknown keys like any other', () => {
    expect(messages(parseConfig(`${GOOD}__proto__: {a: 1}\nconstructor: {}\n`, {})).join('\n')).toMatch(
      /unknown key "constructor"/,
    );
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});

function placesIn(value: unknown, path: (string | number)[]): (string | number)[][] {
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, child]) =>
          placesIn(child, [...path, Array.isArray(value) ? Number(key) : key]),
        )
      : [];
  return path.length === 0 ? inner : [path, ...inner];
}

function replaced(path: readonly (string | number)[], value: unknown): string {
  const document = parse(GOOD) as Record<string | number, unknown>;
  let at = document;
  for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return stringify(document);
}
