/** Defects that show only when a job is continued: after a restart, by another release, or when an outcome was lost. */
import type { Defect } from '../defect.ts';

/** What a start might do to rows in these states if somebody thought that they were left over. */
const startedAfresh = (states: string): Defect['changes'][number] => ({
  file: 'src/compose.ts',
  find: '  outbox.refreshOpenCards();',
  replace: `  store.db.exec(\`
    UPDATE targets SET stage = 'ready', data = json_set(data, '$.stage', 'ready')
      WHERE stage = 'patching' AND run_id IN (SELECT run_id FROM effects WHERE kind = 'install' AND state IN (${states}));
    UPDATE effect_targets SET live = 0
      WHERE effect_id IN (SELECT id FROM effects WHERE kind = 'install' AND state IN (${states}));
    UPDATE effects SET state = 'closed' WHERE kind = 'install' AND state IN (${states});
  \`);
  outbox.refreshOpenCards();`,
});

export const RESTART_DEFECTS: readonly Defect[] = [
  {
    name: 'a question is answered by a restart',
    promise: 'nobody but a person answers',
    changes: [startedAfresh("'needs_attention'")],
    prove: ['--only', 'crash', '--case', 'parked@commit:after#003'],
    noticedAs: /sent while a person was being asked|linux-1 was patched 2 times/,
  },
  {
    name: 'batches are planned anew after a restart',
    promise: 'a new release goes on with the rows',
    changes: [startedAfresh("'intended', 'begun'")],
    prove: ['--only', 'crash', '--case', 'next-release@SendCommand:after#001'],
    noticedAs: /\w+-\d was patched 2 times/,
  },
  {
    name: 'an install whose outcome was lost is done again',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/workflow/resolve.ts',
        find: 'found = await kind.find(context, effect);',
        replace: "found = 'absent';",
      },
      { file: 'src/workflow/effects/install.ts', find: 'repeatable: false,', replace: 'repeatable: true,' },
      {
        file: 'src/workflow/resolve.ts',
        find: "    effects: [{ id: effect.id, from: 'intended', state: 'no_effect', note, lookAt: now }],\n",
        replace:
          "    effects: [{ id: effect.id, from: 'intended', state: 'no_effect', note, lookAt: now }],\n    targets: effect.kind === 'install' ? effect.targets.map((key) => ({ key, set: { stage: 'ready' as const, commandMayRun: false } })) : [],\n",
      },
    ],
    prove: ['--only', 'effects', '--case', 'SendCommand-1/outcome-lost'],
    noticedAs: /SendCommand .* was called 2 times|was patched 2 times/,
  },
  {
    name: 'undo is done again while it is under way',
    promise: 'undo runs once',
    changes: [
      {
        file: 'src/workflow/begin.ts',
        find: "if (last && ['intended', 'begun', 'needs_attention'].includes(last.state)) continue;",
        replace: '',
      },
    ],
    prove: ['--only', 'effects', '--case', 'StopInstances-1/refused'],
    noticedAs: /StopInstances .* was called \d+ times/,
  },
  {
    name: 'a failed install does not say what to do',
    promise: 'every state names the next action',
    changes: [
      {
        file: 'src/workflow/verdict.ts',
        find: "return { outcome: 'failed', ...meaning };",
        replace: "return { outcome: 'failed', ...meaning, nextStep: '' };",
      },
    ],
    prove: ['--only', 'crash', '--case', 'troubled@commit:after#050'],
    noticedAs: /no next action: linux-2 ended as failed/,
  },
];
