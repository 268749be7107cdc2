import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { TESTS } from './scope.ts';

/** The first failure ends a mutant: tests named like the file come first, then the stories, the simulation last. */
class LikeliestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const mutated = process.env['MUTATED'] ?? '';
    const rank = ({ moduleId }: TestSpecification) => {
      const name = basename(moduleId);
      if (name.startsWith('simulated')) return 3;
      if (mutated !== '' && name.startsWith(mutated)) return 0;
      return name.startsWith('stories') ? 1 : 2;
    };
    return [...files].sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

/** The tests that mutants are shown to: the domain by itself, without a wire, a process or a clock. */
export default defineConfig({
  test: {
    include: [...TESTS],
    setupFiles: ['test/mutation/repeatable.ts'],
    testTimeout: 20_000,
    pool: 'threads',
    isolate: false,
    sequence: { sequencer: LikeliestFirst },
  },
});
