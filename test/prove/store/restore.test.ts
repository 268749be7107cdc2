import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clickTheQuestionOfALostRun } from './lost-question.ts';
import { type Continued, goOnFrom, type Original, original } from './restore.ts';

/** `npm run prove -- --only store` takes every copy; here a few from the beginning to the end. */
const SAMPLES = [0, 0.25, 0.5];

for (const name of ['plain', 'doubt'] as const) {
  describe(`a database restored from a copy of a run (${name}) that went on to its end`, () => {
    let whole: Original;
    const seen: Continued[] = [];
    beforeAll(async () => {
      whole = await original(name);
      for (const at of SAMPLES) {
        const copy = whole.copies[Math.floor(at * whole.copies.length)];
        if (copy) seen.push(await goOnFrom(whole, copy));
      }
    }, 30_000);
    afterAll(() => whole.close());

    it('does nothing twice and comes to an end, wherever the copy was made', () => {
      expect(seen.flatMap((s) => s.violations)).toEqual([]);
      expect(seen.filter((s) => s.parked).length).toBe(SAMPLES.length);
    });

    it('ends a run that had not begun in the copy, and adopts what was begun after it', () => {
      expect(seen[0]?.end).toBe('halted');
      expect(seen[1]?.end).toBe('completed');
      expect(seen[1]?.outcomes.slice(0, 2).every((o) => o.startsWith('patched'))).toBe(true);
    });
  });
}

describe('a copy that nobody can know for one', () => {
  it('does things twice: what the marks are for', async () => {
    const whole = await original('plain');
    try {
      const copy = whole.copies[Math.floor(whole.copies.length / 4)];
      if (!copy) throw new Error('no copy');
      expect((await goOnFrom(whole, copy, { marked: false })).violations.join()).toContain(
        'was patched again',
      );
    } finally {
      await whole.close();
    }
  }, 20_000);
});

it('the card of a run that a restore lost does not answer the question that got its number', async () => {
  expect(await clickTheQuestionOfALostRun()).toEqual([]);
}, 60_000);
