/** A quick slice of `npm run prove`, so that the proofs themselves stay runnable; the command runs them whole. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEFECTS } from './planted/defects.ts';
import { PROOFS } from './proofs.ts';

const SLICES: readonly [proof: string, match: string | null, seeds: number][] = [
  ['faults', 'install/reset', 1],
  ['approval', null, 500],
  ['audit', null, 500],
  ['hold', 'just-before', 1],
  ['identity', 'session-expires-before-change-1', 1],
];

describe('a quick slice of the proof', () => {
  for (const [name, match, seeds] of SLICES) {
    it(`${name} holds`, async () => {
      const proof = PROOFS.find((p) => p.name === name);
      const result = await proof?.run({ seed: 1, seeds, seconds: 20, match, log: () => {} });
      expect(result?.violations).toEqual([]);
      expect(result?.cases).toBeGreaterThan(0);
      expect(result?.faultsFired).not.toBe(0);
    });
  }
});

describe('a planted defect', () => {
  for (const { name, changes, prove, noticedAs } of DEFECTS) {
    it(`(${name}) still fits the sources and names a proof`, () => {
      for (const { file, find } of changes) {
        const text = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
        expect(text.split(find).length - 1, `${file}: ${find}`).toBe(1);
      }
      expect(PROOFS.map((p) => p.name)).toContain(prove[1]);
      // Whatever a proof says when it fails for no reason of its own must not count as noticed.
      for (const anything of ['', 'no case ran', 'no fault fired', prove.join(' ')])
        expect(noticedAs.test(anything)).toBe(false);
    });
  }
});
