/** The head of the audit leaves the database when a run ends, however it ends: to its thread, and to the file. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { ANCHOR_FILE, readAnchors } from '../../src/store/anchor-file.ts';
import { parseAnchor, readAudit, verifyAudit } from '../../src/store/audit-chain.ts';
import { until } from '../support/until.ts';
import { startTeam, type Team } from './team.ts';

let team: Team | null = null;
afterEach(async () => {
  await team?.close();
  team = null;
});

async function start(): Promise<{ t: Team; file: string }> {
  team = await startTeam({ fleet: smallFleet({ linux: 2 }) });
  return { t: team, file: join(team.folder, 'reports', ANCHOR_FILE) };
}

/** The row that says how the run ended. */
function endRow(t: Team, runId: string): number {
  const [row] = t.rows<{ seq: number }>(
    "SELECT seq FROM audit WHERE run_id = ? AND detail ->> '$.makesTrue.run.phase' = 'ended'",
    runId,
  );
  return row?.seq ?? Number.POSITIVE_INFINITY;
}

/** Both hold a head that covers the end, and the audit is the one of these heads. */
async function anchored(t: Team, file: string, runId: string): Promise<void> {
  const message = await t.told(runId, /Audit head: `\d+:[0-9a-f]{64}`/);
  const inThread = parseAnchor(message.text);
  expect(inThread?.seq).toBeGreaterThanOrEqual(endRow(t, runId));
  await until(() => (readAnchors(file).at(-1)?.seq ?? 0) >= endRow(t, runId), {
    within: 5000,
    describe: 'the head in the file',
  });
  const db = new Database(join(t.folder, 'patchday.sqlite'), { readonly: true });
  const verdict = verifyAudit(readAudit(db), [...readAnchors(file), ...(inThread ? [inThread] : [])]);
  db.close();
  expect(verdict).toMatchObject({ ok: true });
}

describe('the head of the audit', () => {
  it('is in the thread and the file after a run in which nothing was begun', async () => {
    const { t, file } = await start();
    const dry = await t.scan('priya', 'scan test --dry-run');
    await t.ended(dry);
    await anchored(t, file, dry);
    const rejected = await t.scan('priya');
    const modal = await t.open('marco', await t.toApprove(rejected), 'run_reject', 'Reject run');
    await t.submit('marco', modal, { reason: { reason_text: `Audit head: 999999999:${'a'.repeat(64)}` } });
    await t.ended(rejected);
    await anchored(t, file, rejected);
  });

  it('is in both after a run whose report could not be written', async () => {
    const { t, file } = await start();
    const runId = await t.scan('priya');
    const card = await t.toApprove(runId);
    // A folder where a file of the report should be.
    mkdirSync(join(t.folder, 'reports', runId, 'report.csv'), { recursive: true });
    await t.click('aisha', card, 'run_approve');
    await t.ended(runId);
    await t.told(runId, `Then /patch report ${runId}`);
    await anchored(t, file, runId);
  });

  it('is in the file after the next start when the process ended just before it was written', async () => {
    const { t, file } = await start();
    const runId = await t.scan('priya', 'scan test --dry-run');
    await t.ended(runId);
    await t.stopBot();
    rmSync(file);
    await t.startBot();
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
    await anchored(t, file, runId);
  });
});
