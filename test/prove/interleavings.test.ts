/** Some of the contests of `npm run prove -- --only interleavings`. */
import { expect, it } from 'vitest';
import { neverTook } from './click-campaign.ts';
import { campaign, MUST_TAKE } from './interleavings/proof.ts';

it('whoever clicks in the same instant, in whatever order it happens, each click takes effect once', async () => {
  const result = await campaign({ seed: 20261121, contests: 150, seconds: 120 });
  expect(result.failure).toBeNull();
  expect(result.ran).toBe(150);
  expect(result.ordered).toBeGreaterThan(2000);
  expect(neverTook(MUST_TAKE, result)).toEqual([]);
});
