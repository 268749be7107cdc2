/** Some of the sequences of `npm run prove -- --only model`, and a failure that can be run again. */
import { expect, it } from 'vitest';
import { neverTook } from './click-campaign.ts';
import { KINDS } from './model/clicks.ts';
import { campaign } from './model/proof.ts';

/** Of so few sequences, chance may leave these out; the command sees all. */
const RARE = ['"answer" never took effect', '"resolve" never took effect'];

it('whatever is clicked, the real company is where the model says', async () => {
  const result = await campaign({ seed: 1, sequences: 200, seconds: 60 });
  expect(result.failure).toBeNull();
  expect(result.ran).toBe(200);
  expect(neverTook(KINDS, result).filter((never) => !RARE.includes(never))).toEqual([]);
});

it('a failure is shrunk, and its seed and paths show the same again', async () => {
  // A person whom the model does not know to have left the group.
  const wrong = { forgets: 'leave' } as const;
  const first = await campaign({ seed: 1, sequences: 200, seconds: 60, ...wrong });
  expect(first.failure?.why).toMatch(/should have been taken/);
  const again = await campaign({
    seed: 1,
    sequences: 200,
    seconds: 60,
    again: first.failure?.replay ?? '',
    ...wrong,
  });
  expect(again.failure).toEqual(first.failure);
  expect(again.ran).toBe(1);
});
