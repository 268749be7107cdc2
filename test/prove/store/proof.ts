/** Store: a database restored from any copy does nothing twice. */
import { type Proof, replayWith } from '../proof.ts';
import { goOnFrom, ORIGINALS, original } from './restore.ts';

export const proof: Proof = {
  name: 'restore',
  bar: 'a database restored from a copy of any commit patches and backs up nothing twice, and its run ends',
  async run({ seconds, match, log }) {
    const deadline = performance.now() + seconds * 1000;
    const violations: string[] = [];
    const figures = { copies: 0, parkedRuns: 0, control: 0 };
    let cases = 0;
    for (const name of ORIGINALS) {
      if (performance.now() > deadline) break;
      const whole = await original(name);
      try {
        figures.copies += whole.copies.length;
        for (const [index, copy] of whole.copies.entries()) {
          const called = `${name}-${index + 1}`;
          if (match !== null && !called.includes(match)) continue;
          if (performance.now() > deadline) break;
          const restored = await goOnFrom(whole, copy);
          cases++;
          if (restored.parked) figures.parkedRuns++;
          for (const violation of restored.violations)
            violations.push(replayWith(`${called}: ${violation}`, proof.name, { match: called }));
        }
        log(`${name}: ${whole.copies.length} copies`);
        if (match === null && performance.now() < deadline) figures.control += await controlDoubles(name);
      } finally {
        await whole.close();
      }
    }
    if (match === null && cases > 0 && figures.control === 0)
      violations.push(
        'the control did nothing twice: an unmarked copy in an empty folder must, or nothing is proven',
      );
    return { cases, faultsFired: null, violations, figures };
  },
};

/** A copy that nobody can know for one, taken before its patch commands: how much is done twice then. */
async function controlDoubles(name: (typeof ORIGINALS)[number]): Promise<number> {
  const whole = await original(name);
  try {
    const copy = whole.copies[Math.floor(whole.copies.length / 4)];
    if (copy === undefined) return 0;
    const { violations } = await goOnFrom(whole, copy, { marked: false });
    return violations.filter((v) => v.includes('again')).length;
  } finally {
    await whole.close();
  }
}
