/** Defects that leave something out of a thread or say it twice, and write the same into their own outbox. */
import type { Defect } from '../defect.ts';

const GIVEN_UP_TOO: Defect['changes'] = [
  {
    file: 'src/store/sqlite-outbox.ts',
    find: "error = 'in doubt after a restart' WHERE state = 'sending'\"",
    replace: "error = 'in doubt after a restart' WHERE state IN ('sending', 'pending')\"",
  },
];

const ENQUEUED_AGAIN: Defect['changes'] = [
  {
    file: 'src/store/sqlite-outbox.ts',
    find: '  recover(): number {\n    return this.#store.commits.now(',
    replace:
      '  recover(): number {\n    this.#write("INSERT INTO outbox (run_id, news, created_at) SELECT run_id, news, created_at FROM outbox WHERE state = \'sent\' ORDER BY id");\n    return this.#store.commits.now(',
  },
];

export const THREAD_DEFECTS: readonly Defect[] = [
  {
    name: 'a restart gives up news that was not on its way',
    promise: 'no message of the thread is lost by a crash',
    changes: GIVEN_UP_TOO,
    // Which commit has news that waits depends on how fast the simulated Slack is: some are tried.
    prove: ['--only', 'crash', '--case', 'plain@commit:after#01'],
    noticedAs: /given up, though it was not on its way when the bot died/,
  },
  {
    name: 'a restart enqueues news again that was sent',
    promise: 'no message of the thread is told twice',
    changes: ENQUEUED_AGAIN,
    prove: ['--only', 'crash', '--case', 'plain@SendCommand:after#003'],
    noticedAs: /news [2-9] times, not 1/,
  },
  {
    name: 'a restart gives up news that was not on its way, in a company',
    promise: 'no message of the thread is lost by a crash',
    changes: GIVEN_UP_TOO,
    prove: ['--only', 'world', '--seed', '25', '--seeds', '2'],
    noticedAs: /gave up news that was not on its way/,
  },
  {
    name: 'a restart enqueues news again that was sent, in a company',
    promise: 'no message of the thread is told twice',
    changes: ENQUEUED_AGAIN,
    prove: ['--only', 'world', '--seeds', '2'],
    noticedAs: /news is in the outbox \d+ times/,
  },
];
