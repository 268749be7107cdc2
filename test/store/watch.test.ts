/** What the watch over foreign commands knows of commands: which a person disowned, and what a restore lost. */
import { expect, it } from 'vitest';
import { SqliteWatch } from '../../src/store/sqlite-watch.ts';
import { NOW } from '../workflow/build.ts';
import { intentFor, newStore, readyRun, runInWaves } from './support.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

it('the time that a restore lost begins with the last row of the copy, not with what the restore itself wrote', async () => {
  const { store, time } = newStore();
  const { runId } = await runInWaves(store);
  time.now = NOW + 3 * HOUR;
  // Parks the run, and so writes rows of its own at the same moment before the one that tells of the restore.
  store.parkIfBehind([{ name: 'a witness', anchor: { seq: 999_999, hash: 'f'.repeat(64) } }]);
  const actions = store.auditRows(null).map((r) => r.action);
  expect(actions.slice(-3)).toEqual(['run.parked', 'database.restored', 'freeze.set']);
  const watch = new SqliteWatch(store, () => time.now);
  expect(watch.known([], [runId]).lost).toEqual([
    { from: NOW - 15 * MINUTE, to: NOW + 3 * HOUR + 15 * MINUTE },
  ]);
});

it('a command is disowned by the answer that another one be sent in its place, and by no other', async () => {
  for (const [answer, disowned] of [
    ['send_again', true],
    ['give_up', false],
  ] as const) {
    const { store, runId, hash } = await readyRun();
    const tags = [1, 2].map((n) => intentFor(hash, [n]));
    const ids: number[] = [];
    for (const intent of tags) {
      const intended = await store.intend(runId, intent);
      if (!intended.ok) throw new Error(intended.text);
      ids.push(intended.value.id);
      await store.commit(runId, {
        effects: [{ id: intended.value.id, from: 'intended', state: 'needs_attention' }],
      });
    }
    const watch = new SqliteWatch(store, () => NOW);
    const told = () => tags.map(({ tag }) => watch.known([tag], [runId]).effects.get(tag)?.disowned);
    expect(told()).toEqual([false, false]);
    for (const [i, said] of [answer, 'give_up'].entries())
      await store.commit(runId, {
        effects: [{ id: ids[i] ?? 0, from: 'needs_attention', state: 'closed' }],
        audit: [
          {
            actor: 'UAPP',
            action: `question.answered.${said}`,
            text: 'x',
            detail: { tag: tags[i]?.tag, targets: [] },
          },
        ],
      });
    expect(told()).toEqual([disowned, false]);
  }
});
