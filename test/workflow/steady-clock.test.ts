import { expect, it } from 'vitest';
import { steady } from '../../src/workflow/steady-clock.ts';

it('a steady clock follows the real one, and goes on from where it stood each time that one is set back', () => {
  let real = 10_000;
  const now = steady(() => real);
  const shows: number[] = [];
  for (const time of [10_000, 10_500, 10_500, 4_000, 4_700, 9_000, 9_001, 1_000, 1_002, 90_000]) {
    real = time;
    shows.push(now());
  }
  expect(shows).toEqual([10_000, 10_500, 10_500, 10_500, 11_200, 15_500, 15_501, 15_501, 15_503, 104_501]);
});
