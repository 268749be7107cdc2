/** Defects that keep Slack waiting for its acknowledgement. */
import type { Defect } from '../defect.ts';

export const ACKS_DEFECTS: readonly Defect[] = [
  {
    name: 'a command is acknowledged when its work is done',
    promise: 'Slack is never kept waiting by AWS',
    changes: [
      {
        file: 'src/slack/app.ts',
        find: 'await ack();\n      this.#begin(() => this.#command(body, respond));',
        replace: 'await this.#command(body, respond);\n      await ack();',
      },
    ],
    prove: ['--only', 'acks'],
    noticedAs: /99 of 100 were acknowledged within \d+ ms, not in under 1000/,
  },
];
