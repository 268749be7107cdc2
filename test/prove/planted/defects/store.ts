/** Defects that take a restored database for the real one. */
import type { Defect } from '../defect.ts';

export const STORE_DEFECTS: readonly Defect[] = [
  {
    name: 'a restored database is taken for the real one',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/store/sqlite-store.ts',
        find: 'if (why === null) return null;',
        replace: "if (why !== 'never') return null;",
      },
    ],
    prove: ['--only', 'store', '--case', 'restore-plain-9'],
  },
  {
    name: 'commands that AWS remembers are passed over after a restore',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/workflow/reconcile.ts',
        find: "const installs = unknown.filter((t) => t.tag.kind === 'install');",
        replace: 'const installs: Marked[] = [];',
      },
    ],
    prove: ['--only', 'store', '--case', 'restore-plain-9'],
  },
];
