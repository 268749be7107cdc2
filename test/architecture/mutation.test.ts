/** Mutation testing takes in every rule, and what it says of survivors is about the sources as they are. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { mutatedFiles, testsOf } from '../mutation/scope.ts';
import { judge } from '../mutation/score.ts';
import { SURVIVORS } from '../mutation/survivors.ts';

const source = (file: string) => readFileSync(file, 'utf8');

it('the whole domain is mutated, and what an approval rests on outside it', () => {
  const mutated = mutatedFiles();
  expect(mutated).toContain('src/slack/directory.ts');
  const left = globSync('src/workflow/**/*.ts').filter((file) => !mutated.includes(file));
  // Types alone.
  expect(left.map((file) => basename(file)).sort()).toEqual([
    'changes.ts',
    'context.ts',
    'plan-types.ts',
    'service.ts',
    'view.ts',
  ]);
});

it('every file that is mutated has tests', () => {
  expect(mutatedFiles().filter((file) => globSync([...testsOf(file)]).length === 0)).toEqual([]);
});

it('every survivor that is explained is a change of a line that there is', () => {
  const gone = SURVIVORS.filter(({ file, line }) =>
    source(file)
      .split('\n')
      .every((l) => l.trim() !== line),
  );
  expect(gone).toEqual([]);
});

it('an explanation is out of date when its change was noticed, and not when a busy machine took too long', () => {
  const entry = { file: 'a.ts', line: 'go(1);', becomes: '', why: 'It makes no difference.' };
  const judged = (status: 'Killed' | 'Timeout' | 'Survived', entries = [entry]) => {
    const location = { start: { line: 2, column: 1 }, end: { line: 2, column: 7 } };
    const mutant = { status, mutatorName: 'BlockStatement', replacement: '', location };
    const { percent, unexplained, stale } = judge('a.ts', [mutant], entries, 'first;\n  go(1);\n');
    return [percent, unexplained.length, stale.length];
  };
  expect(judged('Killed')).toEqual([100, 0, 1]);
  expect(judged('Timeout')).toEqual([100, 0, 0]);
  expect(judged('Survived')).toEqual([0, 0, 0]);
  expect(judged('Survived', [])).toEqual([0, 1, 0]);
  expect(judged('Timeout', [])).toEqual([100, 0, 0]);
});
