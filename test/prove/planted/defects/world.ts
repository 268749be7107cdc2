/** Defects that only show in the whole process: across restarts, kills, and long failures of Slack. */
import type { Defect } from '../defect.ts';
import { WITHOUT_INTENT } from './effects.ts';

export const WORLD_DEFECTS: readonly Defect[] = [
  {
    name: 'the call is made before its intent is on disk',
    promise: 'intents precede effects',
    changes: WITHOUT_INTENT,
    prove: ['--only', 'world', '--seeds', '3'],
    noticedAs: /without a committed intent/,
  },
  {
    name: 'the thread is told newest first',
    promise: 'the thread catches up in order',
    changes: [
      {
        file: 'src/store/sqlite-outbox.ts',
        find: 'SELECT min(f.id) FROM outbox f',
        replace: 'SELECT max(f.id) FROM outbox f',
      },
    ],
    prove: ['--only', 'slack-outage', '--case', 'down'],
    noticedAs: /the thread of .* lacks, or has in another place/,
  },
  {
    name: 'an edit that Slack did not take counts as shown',
    promise: 'the card restores the truth',
    changes: [
      {
        file: 'src/slack/card-sender.ts',
        find: "      log.warn({ runId, channel, slack: failure.code }, 'the card was not edited');",
        replace: '      outbox.cardShown(runId, message.revision);',
      },
    ],
    prove: ['--only', 'slack-outage', '--case', 'down'],
    noticedAs: /the card of .* says .* the truth is/,
  },
  {
    name: 'a run waits until Slack was told',
    promise: 'no wave waits for Slack',
    changes: [
      {
        file: 'src/workflow/tasks/open-wave.ts',
        find: '    for (const group of byPlace(targets)) changes.push(',
        replace:
          '    await outside.directory.membership(run.requestedBy, plan.approval);\n    for (const group of byPlace(targets)) changes.push(',
      },
    ],
    prove: ['--only', 'slack-outage', '--case', 'down'],
    noticedAs: /later than with Slack well|things were done during the hour/,
  },
  {
    name: 'nobody takes up open runs after a restart',
    promise: 'nothing is lost by a restart',
    changes: [
      {
        file: 'src/compose.ts',
        find: '    host.kickAll();\n    void watch.tick();\n    await slack.start();',
        replace: '    void watch.tick();\n    await slack.start();',
      },
      {
        file: 'src/compose.ts',
        find: '    host.kickAll();\n    void watch.tick();\n    if (!hostKnown)',
        replace: '    void watch.tick();\n    if (!hostKnown)',
      },
    ],
    prove: ['--only', 'world', '--seed', '7', '--seeds', '2'],
    noticedAs: /has overslept|does not come to an end/,
  },
  {
    name: 'news that a kill left half sent is sent again',
    promise: 'a thread message in doubt is not sent again',
    changes: [
      {
        file: 'src/store/sqlite-outbox.ts',
        find: "UPDATE outbox SET state = 'given_up', error = 'in doubt after a restart'",
        replace: "UPDATE outbox SET state = 'pending', error = 'in doubt after a restart'",
      },
    ],
    prove: ['--only', 'crash', '--case', 'plain@slack chat.postMessage:after#002'],
    noticedAs: /the thread says twice or out of order/,
  },
  {
    name: 'news that Slack limited is given up',
    promise: 'Slack rate-limited: the thread loses nothing',
    changes: [
      {
        file: 'src/slack/slack-errors.ts',
        find: "return { effect: 'not_done', code: 'ratelimited', again: true, retryAfter: error.retryAfter * 1000 };",
        replace: "return { effect: 'in_doubt', code: 'ratelimited', again: true, retryAfter: null };",
      },
    ],
    prove: ['--only', 'slack-outage', '--case', 'rate-limited'],
    noticedAs: /\d+ messages were given up/,
  },
  {
    name: 'a connection that was cut is not opened again',
    promise: 'Slack reconnecting: people reach the bot again',
    changes: [
      {
        file: 'src/slack/sockets.ts',
        find: '      if (!this.#stopped) await pause(wait);',
        replace: '      if (wait > 0) return;',
      },
    ],
    prove: ['--only', 'slack-outage', '--case', 'reconnecting'],
    noticedAs: /no connection to Slack within/,
  },
];
