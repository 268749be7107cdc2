import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { exportRun, verify } from '../../src/cli/audit.ts';
import type { CliContext } from '../../src/cli/commands.ts';
import { ANCHOR_FILE, appendAnchor } from '../../src/store/anchor-file.ts';
import { type AuditRow, hashAuditRow, readAudit } from '../../src/store/audit-chain.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import { botConfig } from '../support/bot-config.ts';
import { type Harness, startHarness } from '../support/workflow-harness.ts';

/** Whatever put it into a tag: it looks like a secret of Slack's. */
const TOKEN = 'xoxb-8888-TAGTAGTAGTAGTAG';

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

/** The configuration of a bot whose database somebody changed. */
async function tampered(change: (db: Database.Database) => void): Promise<string> {
  const name = `tampered-${readdirSync(harness.folder).length}`;
  const copy = join(harness.folder, `${name}.sqlite`);
  await harness.store.db.backup(copy);
  const db = new Database(copy);
  const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all() as {
    name: string;
  }[];
  for (const trigger of triggers) db.exec(`DROP TRIGGER ${trigger.name}`);
  change(db);
  db.close();
  const config = readFileSync(join(harness.folder, 'patchday.yaml'), 'utf8');
  const file = join(harness.folder, `${name}.yaml`);
  writeFileSync(file, config.replace('patchday.sqlite', `${name}.sqlite`));
  return file;
}

/** Does what the README of a folder of evidence says, with nothing but Node. */
function check(folder: string, ...anchors: string[]): { ok: boolean; says: string } {
  const [, program] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
  writeFileSync(join(folder, 'check.mjs'), program ?? '');
  try {
    const says = execFileSync(process.execPath, ['check.mjs', ...anchors], { cwd: folder, stdio: 'pipe' });
    return { ok: true, says: says.toString() };
  } catch (error) {
    return { ok: false, says: String(error) };
  }
}

beforeAll(async () => {
  const fleet = smallFleet({
    linux: 2,
    instances: { 'linux-1': { tags: { Owner: TOKEN, Name: `web ${TOKEN}` } } },
  });
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
    const configFlag = await tampered((db) => {
      db.exec("UPDATE audit SET actor = 'UGHOST' WHERE seq = 3");
    });

    expect(await verify(context({ configFlag }))).toBe(1);
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

  it('puts into the evidence every command as AWS had it, every outcome, and the plan that was approved', async () => {
    const to = join(harness.folder, 'whole-evidence');
    expect(await exportRun(context({ run: runId, to }))).toBe(0);
    const read = (name: string) => JSON.parse(readFileSync(join(to, name), 'utf8'));

    const commands = harness.sim.control.commands().map((c) => ({ tag: c.comment, ref: c.id }));
    expect(commands.length).toBeGreaterThan(1);
    const effects: { kind: string; tag: string; state: string; ref: { commandId?: string } | null }[] =
      read('effects.json');
    expect(effects.map(({ tag, ref }) => ({ tag, ref: ref?.commandId }))).toEqual(
      expect.arrayContaining(commands),
    );
    const made = harness.sim.control.ledger().filter((e) => e.outcome === 'effect' && e.service !== 'sts');
    expect(effects).toHaveLength(made.length);

    const ended = harness.view(runId).targets.map((t) => [t.instance.instanceId, t.outcome]);
    expect(ended.map(([, outcome]) => outcome)).toEqual(['patched', 'patched']);
    const reported: { instanceId: string; outcome: string }[] = read('report.json').targets;
    expect(reported.map((t) => [t.instanceId, t.outcome])).toEqual(ended);
    const csv = readFileSync(join(to, 'report.csv'), 'utf8');
    for (const [id] of ended) expect(csv).toContain(id);

    expect(hashPlan(read('plan.json'))).toBe(read('approvals.json')[0].planHash);
  });

  it('writes all that is needed to recompute the chain: the page that goes with it says how', async () => {
    const head = harness.store.auditHead();
    const anchor = `${head.seq}:${head.hash}`;
    const to = join(harness.folder, 'for-an-auditor');
    expect(await exportRun(context({ run: runId, to, anchors: [anchor] }))).toBe(0);

    expect(check(to, anchor)).toMatchObject({ ok: true, says: expect.stringContaining(`${head.seq} rows`) });
    expect(check(to, `${head.seq}:${'a'.repeat(64)}`)).toMatchObject({ ok: false });
    expect(check(to, `${head.seq + 1}:${head.hash}`)).toMatchObject({ ok: false });
    const chain = readFileSync(join(to, 'chain.jsonl'), 'utf8');
    for (const forged of [chain.replace('UAPP', 'UEVIL'), chain.slice(chain.indexOf('\n') + 1)]) {
      writeFileSync(join(to, 'chain.jsonl'), forged);
      expect(check(to, anchor)).toMatchObject({ ok: false });
    }
  });

  it('takes secrets out of everything that it writes, and says which rows cannot be recomputed for it', async () => {
    await harness.store.audit(runId, { actor: 'UREQ', action: 'denied.stop', text: `Because ${TOKEN}` });
    const { seq, hash } = harness.store.auditHead();
    await harness.store.audit(runId, { actor: 'UREQ', action: 'denied.stop', text: 'Because.' });
    const to = join(harness.folder, 'without-secrets');
    expect(await exportRun(context({ run: runId, to }))).toBe(0);

    for (const name of readdirSync(to))
      expect(readFileSync(join(to, name), 'utf8'), name).not.toContain(TOKEN);
    const chain = JSON.parse(readFileSync(join(to, 'chain.json'), 'utf8'));
    // The name of its image holds the name of the instance.
    expect(chain.scrubbedFiles).toEqual(['effects.json']);
    expect(chain.scrubbedRows).toContainEqual({ seq, hash });
    expect(check(to)).toMatchObject({
      ok: true,
      says: expect.stringContaining(`${chain.scrubbedRows.length} rows with a secret`),
    });
  });

  it('does not call an audit whole that was written anew from some row on', async () => {
    appendAnchor(join(harness.folder, 'reports', ANCHOR_FILE), harness.store.auditHead(), Date.now());
    const configFlag = await tampered((db) => {
      let prevHash = '0'.repeat(64);
      for (const row of [...readAudit(db)] as AuditRow[]) {
        const { hash: _, ...rest } = { ...row, prevHash, text: row.text.replace('UAPP', 'UEVIL') };
        prevHash = hashAuditRow(rest);
        db.prepare('UPDATE audit SET text = ?, prev_hash = ?, hash = ? WHERE seq = ?').run(
          rest.text,
          rest.prevHash,
          prevHash,
          row.seq,
        );
      }
    });
    const to = join(harness.folder, 'rewritten');
    expect(await exportRun(context({ configFlag, run: runId, to }))).toBe(1);
    expect(lines.join('\n')).toContain('is not the one that was anchored');
    expect(JSON.parse(readFileSync(join(to, 'chain.json'), 'utf8'))).toMatchObject({ whole: false });
    expect(check(to)).toMatchObject({ ok: false });
  });

  it('answers 1 when only the tables were changed, and writes what differs', async () => {
    const configFlag = await tampered((db) => {
      db.exec("UPDATE approvals SET user_id = 'UEVIL'");
    });
    const to = join(harness.folder, 'changed-tables');
    expect(await exportRun(context({ configFlag, run: runId, to }))).toBe(1);
    expect(lines.join('\n')).toMatch(/The tables were changed: .*UEVIL/);
    expect(readFileSync(join(to, 'chain.json'), 'utf8')).toContain('UEVIL');
  });

  it('is held against an anchor that somebody brings', async () => {
    const to = join(harness.folder, 'own-anchor');
    expect(await exportRun(context({ run: runId, to, anchors: [`1:${'a'.repeat(64)}`] }))).toBe(1);
    expect(await exportRun(context({ run: runId, to, anchors: ['yesterday'] }))).toBe(2);
  });

  it('says which run it needs, and that there is none of that name', async () => {
    expect(await exportRun(context())).toBe(2);
    expect(await exportRun(context({ run: 'zzzz' }))).toBe(1);
  });
});
