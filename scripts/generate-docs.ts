/**
 * Writes the files that are made from code: the configuration's reference page and JSON Schema. With
 * `--check` it writes nothing, and exits 1 when one of them is out of date. Further pages are further
 * entries of GENERATED.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLinePage } from '../src/cli/help.ts';
import { CLI_COMMANDS } from '../src/cli/table.ts';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { configurationPage } from '../src/config/reference-page.ts';
import { reportFormatPage } from '../src/report/format-page.ts';
import { commandsMarkdown } from '../src/slack/command-table.ts';
import { slackManifestYaml } from '../src/slack/manifest.ts';
import { permissionsPage } from '../src/workflow/permissions-page.ts';
import { licencesPage } from './licences-page.ts';

export interface GeneratedFile {
  /** From the root of the repository. */
  path: string;
  render(): string;
}

export const GENERATED: readonly GeneratedFile[] = [
  { path: 'docs/configuration.md', render: configurationPage },
  { path: 'patchday.schema.json', render: () => `${JSON.stringify(configJsonSchema(), null, 2)}\n` },
  { path: 'docs/commands.md', render: commandsMarkdown },
  { path: 'docs/command-line.md', render: () => commandLinePage(CLI_COMMANDS) },
  { path: 'docs/permissions.md', render: permissionsPage },
  { path: 'docs/report-format.md', render: reportFormatPage },
  { path: 'docs/licences.md', render: licencesPage },
  { path: 'slack-manifest.yaml', render: slackManifestYaml },
];

const root = fileURLToPath(new URL('..', import.meta.url));

/** Paths whose file is missing or differs from what the code gives now. */
export function outdated(files: readonly GeneratedFile[] = GENERATED, folder = root): string[] {
  return files
    .filter((file) => readOr(join(folder, file.path), null) !== file.render())
    .map(({ path }) => path);
}

function readOr<T>(path: string, otherwise: T): string | T {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function main(args: readonly string[]): number {
  const stale = outdated();
  if (args.includes('--check')) {
    if (stale.length === 0) return 0;
    console.error(
      `Out of date: ${stale.join(', ')}. Run: node scripts/with-node24.mjs node scripts/generate-docs.ts`,
    );
    return 1;
  }
  for (const file of GENERATED) writeFileSync(join(root, file.path), file.render());
  console.log(stale.length === 0 ? 'Everything was up to date.' : `Written: ${stale.join(', ')}.`);
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
