/** Defects that let a payload which was delivered once have its effect again. */
import type { Defect } from '../defect.ts';

const PROVE = ['--only', 'replay', '--seeds', '20'] as const;

export const REPLAY_DEFECTS: readonly Defect[] = [
  {
    name: 'what was handled is not remembered',
    promise: 'a payload has one effect or none',
    changes: [
      {
        file: 'src/store/expectations.ts',
        find: "if (added.changes === 0) throw new Refused('seen_before'",
        replace: "if (added.changes > 1) throw new Refused('seen_before'",
      },
    ],
    prove: PROVE,
    noticedAs: /the runs changed/,
  },
  {
    name: 'what was handled is forgotten at a restart',
    promise: 'a payload has one effect or none',
    changes: [
      {
        file: 'src/store/sqlite-store.ts',
        find: '    this.commits = new GroupCommit(db, hooks);',
        replace:
          "    this.commits = new GroupCommit(db, hooks);\n    if (!db.readonly) db.exec('DELETE FROM seen');",
      },
    ],
    prove: PROVE,
    noticedAs: /the runs changed/,
  },
  {
    name: 'a window that is sent again is a new one',
    promise: 'a payload has one effect or none',
    changes: [
      {
        file: 'src/slack/payloads.ts',
        find: 'once: `view:',
        replace: 'once: Math.random() + `view:',
      },
    ],
    prove: PROVE,
    noticedAs: /windows that were taken before were known by themselves/,
  },
  {
    name: 'date of a click not looked at',
    promise: 'a click that did not just happen is refused',
    changes: [
      {
        file: 'src/slack/app.ts',
        find: 'if (old !== null) return this.#refuseDated(asked, old);',
        replace: "if (old === '') return this.#refuseDated(asked, old);",
      },
    ],
    prove: PROVE,
    noticedAs: /0 of \d+ clicks of another time were written down as refused/,
  },
  {
    name: 'clicks dated ahead taken',
    promise: 'a click that did not just happen is refused',
    changes: [
      {
        file: 'src/slack/clock-watch.ts',
        find: 'if (Math.abs(at - now) <= MOST_SKEW) return null;',
        replace: 'if (now - at <= MOST_SKEW) return null;',
      },
    ],
    prove: PROVE,
    noticedAs: /clicks of another time were written down as refused/,
  },
];
