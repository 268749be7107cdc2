/** What the watch over foreign commands takes for lost after a restore. */
import { expect, it } from 'vitest';
import { SqliteWatch } from '../../src/store/sqlite-watch.ts';
import { NOW } from '../workflow/build.ts';
import { newStore, runInWaves } from './support.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

it('the time that a restore lost begins with the last row of the copy, not with what the restore itself wrote', async () => {
  const { store, time } = newStore();
  const { runId } = await runInWaves(store);
  time.now = NOW + 3 * HOUR;
  // Parks the run, and so writes rows of its own at the same moment before the one that tells of the restore.
  store.parkIfBehind([{ name: 'a witness', anchor: { seq: 999_999, hash: 'f'.repeat(64) } }]);
  const actions = store.auditRows(null).map((r) => r.action);
  expect(actions.slice(-2)).toEqual(['run.parked', 'database.restored']);
  const watch = new SqliteWatch(store, () => time.now);
  expect(watch.known([], [runId]).lost).toEqual([
    { from: NOW - 15 * MINUTE, to: NOW + 3 * HOUR + 15 * MINUTE },
  ]);
});
