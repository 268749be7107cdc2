/** Defects that take a restored database for the real one, or act when nothing can be written down. */
import type { Defect } from '../defect.ts';

/** An intent that could not be written down is taken for one that could. */
const ACTS_WITHOUT_INTENT: Defect['changes'] = [
  {
    file: 'src/workflow/executor.ts',
    find: '  const intended = await store.intend(run.id, { ...intent, at: outside.clock.now() });',
    replace:
      "  const intended = await store.intend(run.id, { ...intent, at: outside.clock.now() }).catch(() => ({ ok: true as const, value: { ...intent, id: 0, runId: run.id, state: 'intended' as const, intendedAt: 0, lookAt: 0, failures: 0, note: '', ref: null } }));",
  },
];

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
    noticedAs: /was patched again/,
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
    noticedAs: /was patched again/,
  },
  {
    name: 'whatever the button says, the question that is open is answered',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/workflow/service/answering.ts',
        find: 'const effect = parts.store.effectTagged(request.tag);',
        replace:
          'const effect = parts.store.openRuns().flatMap((r) => parts.store.effectsNeedingAttention(r.id))[0] ?? null;',
      },
    ],
    prove: ['--only', 'store', '--case', 'question-of-a-lost-run'],
    noticedAs: /answered the question of another run/,
  },
  {
    name: 'a restored database does not know that it may have been frozen',
    promise: 'a freeze holds until a person lifts it',
    changes: [{ file: 'src/store/parking.ts', find: '  freezeAll(db, applier, now);\n', replace: '' }],
    prove: ['--only', 'store', '--case', 'question-of-a-lost-run'],
    noticedAs: /began before anybody lifted the freeze/,
  },
  ...(['full', 'read-only', 'busy'] as const).map((trouble) => ({
    name: `an intent that a ${trouble} file did not take is acted on`,
    promise: 'what cannot be written down is not begun',
    changes: ACTS_WITHOUT_INTENT,
    prove: ['--only', 'store', '--case', `${trouble}-`],
    noticedAs: /changes at AWS while \d+ intents could be written down/,
  })),
  {
    name: 'what can be neither read nor written is not said',
    promise: 'a damaged file is told to somebody',
    changes: [
      {
        file: 'src/workflow/host.ts',
        find: 'this.#troubles.set(runId, error instanceof Error ? error.message : String(error));',
        replace: '',
      },
      {
        file: 'src/store/group-commit.ts',
        find: 'this.#rollBack();\n      this.#failed = error instanceof Error ? error.message : String(error);',
        replace: 'this.#rollBack();',
      },
      { file: 'src/store/group-commit.ts', find: 'this.#failed = trouble;', replace: 'this.#failed = null;' },
    ],
    prove: ['--only', 'store', '--case', 'damaged-12'],
    noticedAs: /not within 10000 ms: the trouble/,
  },
];
