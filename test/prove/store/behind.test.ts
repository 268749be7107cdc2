/** How a database is known to be behind AWS, whatever way it came to be, and what a copy is. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyDatabase, restoreDatabase } from '../../../src/store/copy.ts';
import { highWaterPath } from '../../../src/store/high-water.ts';
import { openDatabase } from '../../../src/store/open.ts';
import { type OpenedStore, openStore } from '../../../src/store/open-store.ts';
import { hashPlan } from '../../../src/workflow/plan-hash.ts';
import { intentFor } from '../../store/support.ts';
import { buildPlan, buildRun, buildTarget, NOW } from '../../workflow/build.ts';

let folder: string;
let path: string;
const open = new Set<OpenedStore>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchday-behind-'));
  path = join(folder, 'patchday.sqlite');
});
afterEach(() => {
  for (const one of open) one.close();
  open.clear();
  rmSync(folder, { recursive: true, force: true });
});

function start(at = path): OpenedStore {
  const opened = openStore({ path: at, now: () => NOW, anchors: join(folder, 'anchors.txt') });
  open.add(opened);
  return opened;
}

function end(opened: OpenedStore): void {
  opened.close();
  open.delete(opened);
}

let clicks = 0;
/** A run in its first wave, its target ready for its patch command; approved. */
async function runReady({ store }: OpenedStore, id = 'k7m2qp'): Promise<string> {
  const plan = { ...buildPlan(1), runId: id };
  const hash = hashPlan(plan);
  const run = buildRun({ id, phase: 'waves', planVersion: 1, planHash: hash, currentWave: 1 });
  await store.createRun({
    run,
    lockZones: [],
    once: `c${++clicks}`,
    audit: [{ actor: 'U', action: 'run.requested', text: 'Asked.' }],
  });
  await store.commit(id, {
    plan: { plan, hash },
    addTargets: [buildTarget(1, { stage: 'ready' })],
    addApproval: { userId: 'UAPP', at: NOW, planHash: hash },
  });
  return hash;
}

const intend = ({ store }: OpenedStore, hash: string, batch: string) =>
  store.intend('k7m2qp', intentFor(hash, [1], { batch, tag: `patchday k7m2qp install ${batch} a1` }));

describe('a database', () => {
  it('that was closed in order, or killed, is not taken for a copy', async () => {
    const first = start();
    await runReady(first);
    // As a killed process leaves it: nothing closed, the -wal file still there.
    const left = join(folder, 'left');
    for (const end of ['', '-wal', '.head']) copyFileSync(path + end, left + end);
    expect(start(left).restored).toBeNull();
    end(first);
    expect(start().restored).toBeNull();
  });

  it('whose -wal file was left behind is behind: its open runs are parked, and no intent is taken', async () => {
    const first = start();
    const hash = await runReady(first);
    first.store.db.pragma('wal_checkpoint(TRUNCATE)');
    expect(await intend(first, hash, 'w1/x#1')).toMatchObject({ ok: true });
    const left = join(folder, 'left');
    for (const end of ['', '.head']) copyFileSync(path + end, left + end);
    end(first);

    const { restored, store } = start(left);
    expect(restored?.runs).toEqual(['k7m2qp']);
    expect(restored?.why).toMatch(/remembers row \d+: commits are missing/);
    expect(await store.intend('k7m2qp', intentFor(hash, [1]))).toMatchObject({
      ok: false,
      refused: 'parked',
    });
    expect(store.load('k7m2qp')?.parked).toMatchObject({ finding: null, mayRelease: false });
  });

  it('whose -wal file was cut short is behind as well', async () => {
    const first = start();
    const hash = await runReady(first);
    first.store.db.pragma('wal_checkpoint(TRUNCATE)');
    await intend(first, hash, 'w1/x#1');
    await first.store.audit(null, { actor: 'U', action: 'x', text: 'x' });
    const left = join(folder, 'left');
    for (const end of ['', '-wal', '.head']) copyFileSync(path + end, left + end);
    end(first);
    truncateSync(`${left}-wal`, Math.floor(readFileSync(`${left}-wal`).length / 2));
    expect(start(left).restored?.runs).toEqual(['k7m2qp']);
  });

  it('that is older than the anchors beside the reports is behind', async () => {
    const first = start();
    await runReady(first);
    copyDatabase(path, join(folder, 'copy'), NOW);
    await first.store.audit(null, { actor: 'U', action: 'x', text: 'x' });
    const { seq, hash } = first.store.auditHead();
    end(first);
    writeFileSync(join(folder, 'anchors.txt'), `2026-01-01T00:00:00Z ${seq}:${hash}\n`);
    rmSync(highWaterPath(path));
    const older = openDatabase(join(folder, 'copy'));
    older.db.exec('DROP TABLE copy_of_database');
    older.close();
    copyFileSync(join(folder, 'copy'), path);
    expect(start().restored?.why).toContain('audit-anchors.txt');
  });

  it('is parked once: the next start finds it as it was left, still parked', async () => {
    const first = start();
    await runReady(first);
    copyDatabase(path, join(folder, 'copy'), NOW);
    end(first);
    restoreDatabase(join(folder, 'copy'), path, NOW);
    end(start());
    const again = start();
    expect(again.restored).toBeNull();
    expect(again.store.load('k7m2qp')?.parked?.why).toContain('is a copy that was made at');
  });

  it('that is behind parks also the runs beside one whose row cannot be read', async () => {
    const first = start();
    await runReady(first);
    await runReady(first, 'broken');
    first.store.db.exec("UPDATE runs SET data = '{}' WHERE id = 'broken'");
    copyDatabase(path, join(folder, 'copy'), NOW);
    end(first);
    restoreDatabase(join(folder, 'copy'), path, NOW);
    expect(start().restored?.runs.toSorted()).toEqual(['broken', 'k7m2qp']);
  });
});

describe('a copy', () => {
  it('is whole while the bot goes on writing, and never replaces a file', async () => {
    const first = start();
    await runReady(first);
    const to = join(folder, 'copy');
    const writing = Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        first.store.audit(null, { actor: 'U', action: 'x', text: `${i}` }),
      ),
    );
    const copy = copyDatabase(path, to, NOW);
    await writing;
    expect(copy).toMatchObject({ copiedAt: NOW, runs: 1, openRuns: 1 });
    const before = readFileSync(to);
    expect(() => copyDatabase(path, to, NOW)).toThrow(/exists already. Nothing was written/);
    expect(readFileSync(to).equals(before)).toBe(true);
    expect(existsSync(`${to}.partial`)).toBe(false);
  });

  it('of a damaged or forged database is refused, and leaves no file', async () => {
    const first = start();
    await runReady(first);
    first.store.db.exec('DROP TRIGGER audit_is_append_only');
    first.store.db.exec("UPDATE audit SET text = 'forged' WHERE seq = 1");
    const to = join(folder, 'copy');
    expect(() => copyDatabase(path, to, NOW)).toThrow(/audit is not whole: row 1 was changed/);
    expect(existsSync(to) || existsSync(`${to}.partial`)).toBe(false);
    expect(() => copyDatabase(join(folder, 'none'), to, NOW)).toThrow(/could not be copied/);
  });

  it('is not put in the place of a database that is in use, nor when it is damaged; then all is as before', async () => {
    const first = start();
    await runReady(first);
    const to = join(folder, 'copy');
    copyDatabase(path, to, NOW);
    expect(() => restoreDatabase(to, path, NOW)).toThrow(/in use by process/);
    end(first);
    const bytes = readFileSync(path);
    writeFileSync(to, readFileSync(to).fill(0xff, 4096 * 5, 4096 * 7));
    expect(() => restoreDatabase(to, path, NOW)).toThrow(/Nothing was changed/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(start().restored).toBeNull();
  });

  it('put back keeps what was there before', async () => {
    const first = start();
    await runReady(first);
    const to = join(folder, 'copy');
    copyDatabase(path, to, NOW);
    await first.store.audit(null, { actor: 'U', action: 'later', text: 'later' });
    const { seq } = first.store.auditHead();
    end(first);
    const { kept } = restoreDatabase(to, path, NOW);
    if (kept === null) throw new Error('nothing was kept');
    const old = openDatabase(kept);
    expect(old.db.prepare('SELECT max(seq) FROM audit').pluck().get()).toBe(seq);
    old.close();
  });
});
