import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sessionName } from '../../src/aws/sessions.ts';
import { CLI_COMMANDS } from '../../src/cli/table.ts';
import { commandNamed } from '../../src/slack/command-table.ts';
import { parseCommand } from '../../src/slack/parse.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import { begunCommand } from '../../src/workflow/effects/send-command.ts';
import { OUTCOMES } from '../../src/workflow/run-types.ts';
import { OUTCOME_WORDS } from '../../src/workflow/words.ts';
import { SETTINGS } from '../workflow/build.ts';
import {
  brokenLinks,
  cliCommandsIn,
  commandsIn,
  filesEnding,
  isFile,
  missingPaths,
  type Page,
  ROOT,
  readPage,
  scriptsIn,
  tableUnder,
} from './pages.ts';

const PAGES = filesEnding('.md').map(readPage);
const KNOWN = { environments: ['prod', 'nonprod'], landingZones: ['payments-prod'] };

function pageAt(path: string): Page {
  const page = PAGES.find((p) => p.path === path);
  if (!page) throw new Error(`${path} is missing`);
  return page;
}

/** Placeholders filled in and optional parts left out, so that the real grammar can judge it. */
function filledIn(command: string): string {
  let text = command;
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/\s*\[[^[\]]*\]/g, '');
  }
  return text
    .replace(/<environment\|landing zone>|<scope>|<landing zone>|<environment>|…/g, 'prod')
    .replace(/<run>/g, 'k3f9')
    .replace(/<instance>|<name>/g, 'web-01')
    .replace(/<reason>|<what you found>/g, 'looked: healthy')
    .trim();
}

function isUnderstood(command: string): boolean {
  const words = filledIn(command).split(/\s+/).slice(1);
  // A command that is only named, as in a heading.
  if (words.length === 1 && commandNamed(words[0] ?? '')) return true;
  if (words.length === 0 || words[0] === 'prod') return true;
  return !/[<>]/.test(words.join(' ')) && parseCommand(filledIn(command), KNOWN).ok;
}

describe('the documents', () => {
  it('are all there', () => {
    const expected = [
      'README.md',
      'ARCHITECTURE.md',
      'SECURITY.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      'LICENSE',
      'docs/README.md',
      'docs/runbook.md',
      'docs/for-project-owners.md',
      'docs/how-it-decides.md',
      'docs/flakes.md',
    ];
    expect(expected.filter((path) => !isFile(path))).toEqual([]);
    expect(PAGES.length).toBeGreaterThan(15);
  });

  it('link only to files and headings that exist', () => {
    expect(PAGES.flatMap(brokenLinks)).toEqual([]);
  });

  it('name only files and folders that exist', () => {
    expect(PAGES.flatMap(missingPaths)).toEqual([]);
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = PAGES.flatMap((page) => scriptsIn(page).map((script) => ({ page: page.path, script })));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
  });

  it('show only commands that the bot understands', () => {
    const shown = PAGES.flatMap((page) => commandsIn(page).map((command) => ({ page: page.path, command })));
    expect(shown.length).toBeGreaterThan(40);
    expect(shown.filter(({ command }) => !isUnderstood(command))).toEqual([]);
  });

  it('show only command lines that the program understands', () => {
    const known = [...CLI_COMMANDS.map((c) => c.words.join(' ')), 'help'];
    const shown = PAGES.flatMap((page) => cliCommandsIn(page).map((command) => `${page.path}: ${command}`));
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.filter((line) => !known.includes(line.split(': ')[1] ?? ''))).toEqual([]);
  });

  it('are all listed in the index', () => {
    const index = pageAt('docs/README.md').text;
    const unlisted = PAGES.map((p) => p.path)
      .filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md')
      .filter((path) => !index.includes(`](${path.slice('docs/'.length)})`));
    expect(unlisted).toEqual([]);
  });
});

describe('the page about decisions', () => {
  const page = pageAt('docs/how-it-decides.md');

  it('lists exactly the outcomes, in order, with the words that people read', () => {
    const rows = tableUnder(page, 'Outcomes').map(([code = '', words]) => [code.replaceAll('`', ''), words]);
    expect(rows).toEqual(OUTCOMES.map((outcome) => [outcome, OUTCOME_WORDS[outcome]]));
  });

  it('says a meaning and a next step for each outcome', () => {
    const short = tableUnder(page, 'Outcomes').filter((row) => row.length !== 4 || row.some((c) => c === ''));
    expect(short).toEqual([]);
  });

  it('lists exactly the reasons for which an instance is not in a plan', () => {
    const code = [
      'src/workflow/eligibility.ts',
      'src/workflow/tasks/discover.ts',
      'src/workflow/tasks/plan.ts',
    ]
      .map((path) => readFileSync(join(ROOT, path), 'utf8'))
      .join('\n');
    const codes = [...code.matchAll(/(?:\bno\(\s*|\bcode: )'([a-z_]+)'/g)].map(([, found = '']) => found);
    const remarks = ['never_scanned', 'pending_reboot'];
    const listed = tableUnder(page, 'Is an instance in the plan\\?').map(([cell = '']) =>
      cell.replaceAll('`', ''),
    );
    expect(codes.length).toBeGreaterThan(10);
    expect(new Set(listed)).toEqual(new Set(codes.filter((found) => !remarks.includes(found))));
    expect(remarks.filter((remark) => !page.text.includes(`\`${remark}\``))).toEqual([]);
  });
});

describe('the runbook', () => {
  it('looks for foreign commands by the sessions and the audit rows that there really are', async () => {
    const { text } = pageAt('docs/runbook.md');
    const prefix = /starts_with\(Username, '([^']+)'\)/.exec(text)?.[1] ?? 'not in the page';
    expect(sessionName('k3f9').startsWith(prefix)).toBe(true);
    expect(sessionName('watch').startsWith(prefix)).toBe(true);
    const sql = /"(SELECT detail ->> [^"]+)"/.exec(text)?.[1] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'patchday-docs-'));
    const open = openStore({
      path: join(folder, 'db.sqlite'),
      now: () => 1,
      anchors: join(folder, 'anchors.txt'),
    });
    try {
      const effect = { id: 1, targets: [], state: 'intended', tag: 't' };
      for (const kind of ['install', 'scan']) {
        const context = { now: 1, settings: SETTINGS } as EffectContext;
        const { audit } = begunCommand(context, { ...effect, kind } as never, { commandId: `id-${kind}` });
        for (const entry of audit ?? []) await open.store.audit(null, entry);
      }
      expect(open.store.db.prepare(sql).pluck().all().sort()).toEqual(['id-install', 'id-scan']);
    } finally {
      open.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the repository', () => {
  it('names no place where it was written and no registry', () => {
    // In parts, so that this file does not name them either.
    const forbidden = [
      ['/work', '/(main|shared|\\.)'],
      ['shared', '/reference'],
      ['registry\\.', '(npmjs|yarnpkg)'],
      ['\\b(issues|duplicates)', ' (show|search|list)\\b'],
    ].map((parts) => new RegExp(parts.join(''), 'i'));
    const endings = [
      '.md',
      '.ts',
      '.mjs',
      '.js',
      '.json',
      '.yaml',
      '.yml',
      '.html',
      '.css',
      '.sql',
      'Dockerfile',
    ];
    const named = endings.flatMap(filesEnding).flatMap((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return forbidden.flatMap((pattern) => {
        const hit = pattern.exec(text);
        return hit ? [`${path}: ${hit[0]}`] : [];
      });
    });
    expect(named).toEqual([]);
  });
});
