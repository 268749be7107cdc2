/** A real database file per test, and runs in it that are as far as a test needs them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { CommitHooks } from '../../src/store/group-commit.ts';
import { type OpenedDatabase, openDatabase } from '../../src/store/open.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import type { Intent } from '../../src/workflow/changes.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import type { Run, Target } from '../../src/workflow/run-types.ts';
import { buildPlan, buildRun, buildTarget, keyOf, NOW } from '../workflow/build.ts';

const folders: string[] = [];
const databases = new Set<OpenedDatabase>();
afterEach(() => {
  for (const database of databases) database.close();
  databases.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-store-'));
  folders.push(folder);
  return join(folder, 'patchday.sqlite');
}

export function open(path: string): OpenedDatabase {
  const database = openDatabase(path);
  databases.add(database);
  return database;
}

export function close(database: OpenedDatabase): void {
  databases.delete(database);
  database.close();
}

/** `time.now` is the store's clock. */
export function newStore(options: { path?: string; hooks?: CommitHooks } = {}) {
  const path = options.path ?? newFile();
  const database = open(path);
  const time = { now: NOW };
  return { path, database, time, store: new SqliteStore(database.db, () => time.now, options.hooks) };
}

let keys = 0;
export const once = () => `click-${++keys}`;

export async function createRun(
  store: SqliteStore,
  changes: Partial<Run> = {},
  lockZones: string[] = [],
): Promise<Run> {
  const run = buildRun({
    phase: 'discover',
    planVersion: null,
    planHash: null,
    currentWave: 0,
    revision: 1,
    ...changes,
  });
  const answer = await store.createRun({
    run,
    lockZones,
    once: once(),
    audit: [{ actor: run.requestedBy, action: 'run.requested', text: 'Asked.' }],
  });
  if (!answer.ok) throw new Error(JSON.stringify(answer));
  return run;
}

/** A run in its first wave, approved as often as its plan wants, with these targets in these stages. */
export async function runInWaves(
  store: SqliteStore,
  targets: readonly Target[] = [buildTarget(1, { stage: 'ready' }), buildTarget(2, { stage: 'ready' })],
  planChanges: Partial<Plan> = {},
  approvers: readonly string[] = ['UAPP'],
): Promise<{ runId: string; hash: string; plan: Plan }> {
  const { id: runId } = await createRun(store, {});
  const plan = buildPlan(targets.length, planChanges);
  const hash = hashPlan(plan);
  await store.commit(runId, {
    addTargets: targets,
    plan: { plan, hash },
    run: { phase: 'waves', planVersion: 1, planHash: hash, currentWave: 1 },
  });
  for (const userId of approvers)
    await store.commit(runId, { addApproval: { userId, at: NOW, planHash: hash } });
  return { runId, hash, plan };
}

let batches = 0;
/** An install of the given targets, which must be ready. */
export function intentFor(
  hash: string | null,
  targets: readonly number[],
  changes: Partial<Intent> = {},
): Intent {
  batches++;
  const batch = changes.batch ?? `w1/111100000001/eu-west-1/linux#${batches}`;
  const keysOf = targets.map(keyOf);
  return {
    kind: 'install',
    wave: 1,
    batch,
    attempt: 1,
    tag: `patchday k7m2qp ${changes.kind ?? 'install'} ${batch} a${changes.attempt ?? 1}`,
    accountId: '111100000001',
    region: 'eu-west-1',
    landingZone: 'shop-prod',
    targets: keysOf,
    request: { kind: 'start', instanceIds: keysOf.map((k) => k.split('/')[2] ?? '') },
    fromStage: 'ready',
    targetSet: { stage: 'patching', commandMayRun: true },
    at: NOW,
    forward: true,
    planHash: hash,
    audit: [{ actor: 'patchday', action: 'effect.intended.install', text: 'About to.' }],
    ...changes,
  };
}

/** A store with a run whose two targets are ready, of a plan that wants so many approvals. */
export async function readyRun(approvers?: readonly string[], planChanges: Partial<Plan> = {}) {
  const { store, time } = newStore();
  return { store, time, ...(await runInWaves(store, undefined, planChanges, approvers)) };
}

/** 'taken', or why not, as it is read. */
export async function answerTo(store: SqliteStore, runId: string, intent: Intent): Promise<string> {
  const answer = await store.intend(runId, intent);
  return answer.ok ? 'taken' : `${answer.refused}: ${answer.text}`;
}
