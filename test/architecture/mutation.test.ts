/** Mutation testing takes in every rule, and what it says of survivors is about the sources as they are. */
import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXPLAINED, HELD } from '../mutation/scope.ts';
import { SURVIVORS } from '../mutation/survivors.ts';

const listed = [...EXPLAINED, ...HELD];
const source = (file: string) => readFileSync(file, 'utf8');

it('every file of the workflow that does something is listed once', () => {
  const does = /^(?:export )?(?:async )?(?:function|class) |^(?:export )?const \w+[^=;]*=/m;
  const files = globSync('src/workflow/**/*.ts').filter((file) => does.test(source(file)));
  expect([...listed].sort()).toEqual(files.sort());
});

it('every survivor that is explained is a change of a line that there is', () => {
  const gone = SURVIVORS.filter(({ file, line }) =>
    source(file)
      .split('\n')
      .every((l) => l.trim() !== line),
  );
  expect(gone).toEqual([]);
});
