import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { exportRun, verify } from '../../src/cli/audit.ts';
import type { CliContext } from '../../src/cli/commands.ts';
import { ANCHOR_FILE, appendAnchor } from '../../src/store/anchor-file.ts';
import { botConfig } from '../support/bot-config.ts';
import { type Harness, startHarness } from '../support/workflow-harness.ts';

let harness: Harness;
let runId = '';
const lines: string[] = [];

function context(changes: Partial<CliContext> = {}): CliContext {
  lines.length = 0;
  return {
    configFlag: join(harness.folder, 'patchday.yaml'),
    json: false,
    anchors: [],
    run: undefined,
    to: undefined,
    env: {},
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    ...changes,
  };
}

beforeAll(async () => {
  const fleet = smallFleet({ linux: 2 });
  harness = await startHarness({ fleet });
  writeFileSync(join(harness.folder, 'patchday.yaml'), botConfig({ fleet, folder: harness.folder }));
  runId = await harness.scan();
  await harness.approve(runId);
  await harness.ended(runId);
});
afterAll(() => harness.close());

describe('patchday audit, beside a running bot', () => {
  it('finds the chain whole, and says when no anchor was there to compare with', async () => {
    expect(await verify(context())).toBe(0);
    expect(lines.join('\n')).toMatch(/whole: \d+ rows, 0 anchors met[\s\S]*No anchor was there/);

    appendAnchor(join(harness.folder, 'reports', ANCHOR_FILE), harness.store.auditHead(), Date.now());
    expect(await verify(context())).toBe(0);
    expect(lines.join('\n')).toMatch(/1 anchors met/);
  });

  it('says what an anchor looks like when it is given something else', async () => {
    expect(await verify(context({ anchors: ['yesterday'] }))).toBe(2);
    expect(lines.join('\n')).toContain('It looks like 123:');
  });

  it('names the row that somebody changed behind its back', async () => {
    const copy = join(harness.folder, 'tampered.sqlite');
    await harness.store.db.backup(copy);
    const db = new Database(copy);
    db.exec("DROP TRIGGER audit_is_append_only; UPDATE audit SET actor = 'UGHOST' WHERE seq = 3");
    db.close();
    const config = readFileSync(join(harness.folder, 'patchday.yaml'), 'utf8').replace(
      'patchday.sqlite',
      'tampered.sqlite',
    );
    writeFileSync(join(harness.folder, 'tampered.yaml'), config);

    expect(await verify(context({ configFlag: join(harness.folder, 'tampered.yaml') }))).toBe(1);
    expect(lines.join('\n')).toContain('row 3 was changed');
  });

  it('writes the evidence of a run, and overwrites nothing', async () => {
    const to = join(harness.folder, 'evidence');

    expect(await exportRun(context({ run: runId, to }))).toBe(0);
    for (const name of [
      'plan.json',
      'approvals.json',
      'audit.jsonl',
      'effects.json',
      'report.html',
      'chain.json',
    ]) {
      expect(existsSync(join(to, name)), name).toBe(true);
    }
    expect(JSON.parse(readFileSync(join(to, 'approvals.json'), 'utf8'))).toMatchObject([{ userId: 'UAPP' }]);
    expect(readFileSync(join(to, 'audit.jsonl'), 'utf8')).toContain('command.sent.install');
    expect(await exportRun(context({ run: runId, to }))).toBe(1);
    expect(lines.join('\n')).toContain('Nothing was overwritten');
  });

  it('says which run it needs, and that there is none of that name', async () => {
    expect(await exportRun(context())).toBe(2);
    expect(await exportRun(context({ run: 'zzzz' }))).toBe(1);
  });
});
