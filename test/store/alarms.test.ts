/** Alarms are told until somebody certainly heard them, over restarts too. */
import { expect, it } from 'vitest';
import { SqliteAlarms } from '../../src/store/sqlite-alarms.ts';
import { NOW } from '../workflow/build.ts';
import { newStore } from './support.ts';

function alarmsWith(...titles: string[]) {
  const { store } = newStore();
  for (const title of titles)
    store.db
      .prepare('INSERT INTO alarms (channel, alarm, created_at) VALUES (?, ?, ?)')
      .run('C1', JSON.stringify({ title, lines: [], whatToDo: '' }), NOW);
  const alarms = new SqliteAlarms(store);
  const due = (now = NOW) => alarms.due(now, 9).map((row) => [row.alarm.title, row.mayBeDoubled]);
  return { alarms, due };
}

it('an alarm left half told by a crash is told again and says so, and only once', () => {
  const { alarms, due } = alarmsWith('a', 'b');
  alarms.sending(1);
  expect(due()).toEqual([['b', false]]);
  expect(alarms.recover()).toBe(1);
  expect(alarms.recover()).toBe(0);
  expect(due()).toEqual([
    ['a', true],
    ['b', false],
  ]);
});

it('an alarm that waits for its pause is tried at once after a restart, whatever its clock says', () => {
  const { alarms, due } = alarmsWith('a');
  alarms.sending(1);
  alarms.failed(1, 'ratelimited', NOW + 500, false);
  expect(due()).toEqual([]);
  expect(alarms.nextAt()).toBe(NOW + 500);
  expect(alarms.recover()).toBe(0);
  expect(due(NOW - 3_600_000)).toEqual([['a', false]]);
});

it('without alarms nothing is written at a start', () => {
  const { alarms } = alarmsWith();
  expect(alarms.recover()).toBe(0);
  expect(alarms.nextAt()).toBeNull();
});
