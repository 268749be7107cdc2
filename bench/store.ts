/** What the store costs on a run with 5,000 instances, against floors and peers of the same process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../src/store/open.ts';
import { SqliteStore } from '../src/store/sqlite-store.ts';
import { hashPlan } from '../src/workflow/plan-hash.ts';
import { buildPlan, buildPlanTarget, buildRun, buildTarget, NOW } from '../test/workflow/build.ts';

const INSTANCES = 5000;
const WAVE = 100;
const waveOf = (n: number) => Math.ceil(n / WAVE);

/** The median of some rounds, in ms. */
async function time(work: () => unknown, rounds = 30): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const startedAt = performance.now();
    await work();
    took.push(performance.now() - startedAt);
  }
  return took.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

function line(what: string, ms: number, against: string, other: number): void {
  const ratio = other / ms;
  const said = ratio >= 1 ? `${ratio.toFixed(1)} × faster than` : `${(1 / ratio).toFixed(1)} × the time of`;
  console.log(
    `${what.padEnd(38)} ${ms.toFixed(3).padStart(9)} ms   ${said} ${against} (${other.toFixed(3)} ms)`,
  );
}

async function bench(folder: string): Promise<void> {
  const { db, close } = openDatabase(join(folder, 'bench.sqlite'));
  const store = new SqliteStore(db, () => NOW);
  const plan = buildPlan(INSTANCES, {
    targets: Array.from({ length: INSTANCES }, (_, i) => buildPlanTarget(i + 1, { wave: waveOf(i + 1) })),
  });
  const hash = hashPlan(plan);
  const run = buildRun({ phase: 'discover', planVersion: null, planHash: null, currentWave: 0, revision: 1 });
  await store.createRun({ run, lockZones: [], once: 'bench', audit: [] });
  await store.commit(run.id, {
    addTargets: Array.from({ length: INSTANCES }, (_, i) =>
      buildTarget(i + 1, { wave: waveOf(i + 1), stage: waveOf(i + 1) === 1 ? 'ready' : 'queued' }),
    ),
    plan: { plan, hash },
    run: { phase: 'waves', planVersion: 1, planHash: hash, currentWave: 1 },
  });

  const body = db.prepare('SELECT body FROM plans WHERE run_id = ?').pluck();
  const wave = db.prepare('SELECT data FROM targets WHERE run_id = ? AND wave = 1').pluck();
  const floor = await time(() => [body.get(run.id), wave.all(run.id)]);
  const anew = await time(() => hashPlan(JSON.parse(String(body.get(run.id)))));
  store.load(run.id);
  const load = await time(() => store.load(run.id));
  console.log(`plan: ${String(body.get(run.id)).length} characters`);
  line(`load, ${INSTANCES} instances`, load, 'its plan parsed and hashed anew', anew);
  line('', load, 'reading its bytes', floor);

  const many = (sql: string) => {
    const statement = db.prepare(sql);
    return () => {
      for (let i = 0; i < 1000; i++) statement.all(run.id);
    };
  };
  const kept = await time(many('SELECT wave FROM effects WHERE run_id = CAST(? AS TEXT) ORDER BY id'));
  const bare = await time(many('SELECT wave FROM effects WHERE run_id = ? ORDER BY id'));
  line('a statement, 1000 executions', kept, 'it with a bare parameter', bare);

  db.exec('CREATE TABLE bench (n INTEGER) STRICT');
  const insert = db.prepare('INSERT INTO bench VALUES (1)');
  const bareCommit = await time(() => insert.run(), 200);
  let n = 0;
  const commit = await time(
    () => store.commit(run.id, { audit: [{ actor: 'bench', action: 'bench', text: `Commit ${++n}.` }] }),
    200,
  );
  line('a commit with audit, alone', commit, 'a bare insert and commit', bareCommit);
  const together = await time(
    () =>
      Promise.all(
        Array.from({ length: 50 }, () =>
          store.commit(run.id, { audit: [{ actor: 'bench', action: 'bench', text: `Commit ${++n}.` }] }),
        ),
      ),
    40,
  );
  line('each of 50 commits at once', together / 50, 'a bare insert and commit', bareCommit);
  console.log(
    `commits per second: ${(1000 / commit).toFixed(0)} alone, ${(50_000 / together).toFixed(0)} in groups of 50`,
  );
  close();
}

const folder = mkdtempSync(join(tmpdir(), 'patchday-bench-'));
try {
  await bench(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
