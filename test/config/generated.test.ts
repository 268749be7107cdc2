/** The JSON Schema and the reference page: in step with the code, and true. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { GENERATED, outdated } from '../../scripts/generate-docs.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { configurationPage } from '../../src/config/reference-page.ts';
import { configSchema } from '../../src/config/schema.ts';
import { GOOD, withValue } from './support.ts';

const example = readFileSync(new URL('../../patchday.example.yaml', import.meta.url), 'utf8');

describe('the generated files', () => {
  it('are up to date', () => {
    expect(outdated(), 'run: node scripts/with-node24.mjs node scripts/generate-docs.ts').toEqual([]);
  });

  it('are found out when they are missing or old', () => {
    const folder = mkdtempSync(join(tmpdir(), 'patchday-docs-'));
    try {
      const files = [
        { path: 'old.md', render: () => 'new\n' },
        { path: 'same.md', render: () => 'same\n' },
        { path: 'missing.md', render: () => '' },
      ];
      writeFileSync(join(folder, 'old.md'), 'old\n');
      writeFileSync(join(folder, 'same.md'), 'same\n');
      expect(outdated(files, folder)).toEqual(['old.md', 'missing.md']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are checked by the script, which exits 0 when all is well', () => {
    const script = new URL('../../scripts/generate-docs.ts', import.meta.url).pathname;
    const run = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    expect(GENERATED.map(({ path }) => path)).toContain('patchday.schema.json');
  });
});

describe('the JSON Schema', () => {
  // Read back by zod's own JSON Schema reader: a validator that knows nothing of our schema.
  const validator = z.fromJSONSchema(configJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);

  it('accepts the example and the smallest configuration', () => {
    expect(validator.safeParse(parse(example)).error).toBeUndefined();
    expect(validator.safeParse(parse(GOOD)).error).toBeUndefined();
  });

  it('refuses what an editor should mark', () => {
    for (const [path, value] of [
      ['workspace', undefined],
      ['databse', {}],
      ['http.port', 70_000],
      ['environments.prod.reboot', 'sometimes'],
      ['environments.prod.approvals_required', 6],
      ['environments.prod.backup.retentionDays', 3],
      ['landing_zones.0.account_id', 12345678901],
      ['landing_zones.0.regions', []],
      ['timing.poll_images', 30],
    ] as const)
      expect(validator.safeParse(parse(withValue(path, value))).success, path).toBe(false);
  });

  it('never refuses what the loader takes', () => {
    const values = fc.oneof(fc.constantFrom('30s', '25%', 5, '5', true, null, 'now', {}, []), fc.jsonValue());
    const paths = fc.constantFrom(
      'timing.poll_images',
      'environments.prod.wave.size',
      'environments.prod.failure_budget',
      'environments.prod.start',
      'landing_zones.0.tag_filters',
      'landing_zones.0.exclude',
      'landing_zones.0.patch_enabled',
      'http.port',
    );
    fc.assert(
      fc.property(paths, values, (path, value) => {
        const document: unknown = parse(withValue(path, value));
        if (configSchema.safeParse(document).success)
          expect(validator.safeParse(document).error).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('describes every key, and gives a default for every one that may be left out', () => {
    const gaps: string[] = [];
    walk(configJsonSchema() as Node, '', (path, node, required) => {
      if (!node.description) gaps.push(`${path}: no description`);
      if (!required && !('default' in node)) gaps.push(`${path}: no default`);
    });
    expect(gaps).toEqual([]);
  });

  it('holds no keyword of our own', () => {
    expect(JSON.stringify(configJsonSchema())).not.toContain('x-allowed');
  });
});

describe('the reference page', () => {
  it('has a row for every key', () => {
    const page = configurationPage();
    walk(configJsonSchema() as Node, '', (path) => {
      expect(page).toContain(`| \`${path.split('.').at(-1)}\` |`);
    });
  });
});

interface Node {
  description?: string;
  required?: string[];
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  items?: Node;
  anyOf?: Node[];
}

function walk(node: Node, path: string, visit: (path: string, node: Node, required: boolean) => void): void {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const at = path === '' ? key : `${path}.${key}`;
    visit(at, child, node.required?.includes(key) ?? false);
    walk(child, at, visit);
  }
  if (typeof node.additionalProperties === 'object') walk(node.additionalProperties, path, visit);
  if (node.items) walk(node.items, path, visit);
  for (const branch of node.anyOf ?? []) walk(branch, path, visit);
}
