/** Defects that let a foreign command pass, or take one of our own for foreign. */
import type { Defect } from '../defect.ts';

export const FOREIGN_DEFECTS: readonly Defect[] = [
  {
    name: 'commands at AWS not compared',
    promise: 'foreign commands are told',
    changes: [
      {
        file: 'src/workflow/watch/command-watch.ts',
        find: "if (judgement?.is === 'foreign' && !told",
        replace: "if (judgement?.is === 'foreign' && told.size < 0 && !told",
      },
    ],
    prove: ['--only', 'foreign', '--case', 'forged-without'],
    noticedAs: /told: nothing, not/,
  },
  {
    name: 'a used mark passes for ours',
    promise: 'foreign commands are told',
    changes: [
      {
        file: 'src/workflow/watch/foreign-commands.ts',
        find: 'if (effect.commandId !== null && effect.commandId !== command.commandId)',
        replace: 'if (effect.commandId === command.comment)',
      },
      {
        file: 'src/workflow/watch/foreign-commands.ts',
        find: '  const differs = effect.request === null ?',
        replace: '  const differs = effect.request !== null ?',
      },
      {
        file: 'src/workflow/watch/foreign-commands.ts',
        find: ' : differences(command, effect.request);',
        replace: ' : differences(command, { ...command });',
      },
    ],
    prove: ['--only', 'foreign', '--case', 'forged-with-a-mark-that-was-used'],
    noticedAs: /told: nothing, not/,
  },
  {
    name: 'foreign commands told again after a restart',
    promise: 'foreign commands are told once',
    changes: [
      {
        file: 'src/store/sqlite-watch.ts',
        find: "'SELECT command_id AS id FROM foreign_commands WHERE command_id IN",
        replace: "'SELECT command_id AS id FROM foreign_commands WHERE command_id = 1 AND command_id IN",
      },
      {
        file: 'src/store/sqlite-watch.ts',
        find: "'INSERT INTO foreign_commands",
        replace: "'INSERT OR REPLACE INTO foreign_commands",
      },
    ],
    prove: ['--only', 'foreign', '--case', 'forged-without'],
    noticedAs: /told: \S+ unmarked_install [2-9]/,
  },
  {
    name: 'a command whose answer was lost is taken for foreign',
    promise: 'no false alarm',
    changes: [
      {
        file: 'src/workflow/watch/foreign-commands.ts',
        find: '  if (!effect) {',
        replace: '  if (!effect || effect.commandId === null) {',
      },
    ],
    prove: ['--only', 'foreign', '--case', 'honest-run-with-a-late-scan'],
    noticedAs: /an own command was taken for foreign/,
  },
];
