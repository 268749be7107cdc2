/** What is mutated, and which tests must notice. */
import { globSync, readFileSync } from 'node:fs';

/** Percent of the mutants of a file that some test must notice. */
export const BAR = 90;

/** The domain by itself, without a wire, a process or a clock. */
const RULES: readonly string[] = [
  'test/workflow/!(main-job|wire-*|decide-properties).test.ts',
  'test/prove/found-by-sim.test.ts',
  'test/mutation/*.test.ts',
];

/** What an approval rests on outside the domain. Each file has tests of its own. */
const APPROVAL_CODE: Readonly<Record<string, readonly string[]>> = {
  'src/slack/button-value.ts': ['test/slack/{button-value,clicks}.test.ts'],
  'src/slack/clicks.ts': ['test/slack/{click-handlers,clicks}.test.ts'],
  'src/slack/directory.ts': ['test/slack/directory{,-answers}.test.ts'],
  'src/store/expectations.ts': ['test/store/expectations.test.ts'],
  'src/store/intend.ts': ['test/store/intend{,-once}.test.ts'],
};

/** Types and lists of names alone have nothing that could be wrong at run time. */
const DOES_SOMETHING = /^(?:export )?(?:async )?(?:function|class) |^(?:export )?const \w+[^=;]*=/m;

/** Every file of the domain that does something, and the approval code. */
export function mutatedFiles(): string[] {
  const domain = globSync('src/workflow/**/*.ts').filter((file) =>
    DOES_SOMETHING.test(readFileSync(file, 'utf8')),
  );
  return [...domain, ...Object.keys(APPROVAL_CODE)].sort();
}

/** `file` may carry a range of lines, as StrykerJS takes it. */
export function testsOf(file: string): readonly string[] {
  return APPROVAL_CODE[file.replace(/:.*$/, '')] ?? RULES;
}
