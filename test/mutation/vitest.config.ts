import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { testsOf } from './scope.ts';

/** The file that is being mutated (main.ts). */
const mutated = process.env['MUTATED'] ?? '';

/** The first failure ends a mutant: tests named like the file come first, then the stories, the simulation last. */
class LikeliestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const name = basename(moduleId);
      if (name.startsWith('simulated')) return 3;
      if (mutated !== '' && name.startsWith(basename(mutated, '.ts'))) return 0;
      return name.startsWith('stories') ? 1 : 2;
    };
    return [...files].sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

/** The tests that mutants are shown to. */
export default defineConfig({
  test: {
    include: [...testsOf(mutated)],
    setupFiles: ['test/mutation/repeatable.ts'],
    testTimeout: 20_000,
    pool: 'threads',
    isolate: false,
    sequence: { sequencer: LikeliestFirst },
  },
});
