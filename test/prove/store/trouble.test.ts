import { expect, it } from 'vitest';
import { runThrough, TROUBLES } from './trouble.ts';

/** `npm run prove -- --only store` begins the trouble at every commit. */
for (const trouble of TROUBLES) {
  for (const at of [4, 12]) {
    it(`a file that becomes ${trouble} at commit ${at} holds the run up, and nothing is lost or done twice`, async () => {
      const through = await runThrough(trouble, at);
      expect(through.violations).toEqual([]);
      expect(through.fired).toBe(true);
      // A full file takes what fits into its pages; the others take nothing.
      if (trouble !== 'full' || at === 4) expect(through.said).toMatch(/full|readonly|locked/);
    }, 30_000);
  }
}
