/** The harness of the proofs: what it calls a violation by itself. */
import { expect, it } from 'vitest';
import { type Case, proofOfCases } from './cases.ts';

const fires = (round: string, fired: number) =>
  Array.from(
    { length: 5 },
    (_, i): Case => ({
      name: `${round}@${i}`,
      run: () => ({ wrong: [], fired }),
    }),
  );
const options = { seed: 1, seeds: 1, seconds: 60, match: null as string | null, log: () => {} };
const violations = async (cases: Case[], match: string | null = null) => {
  const proof = proofOfCases({
    name: 'x',
    bar: '',
    injects: true,
    roundOf: (name) => name.split('@')[0] ?? '',
    cases: () => cases,
  });
  return (await proof.run({ ...options, match })).violations;
};

it('a round in which nothing fires is a violation, though faults fired in the others', async () => {
  expect(await violations([...fires('a', 1), ...fires('b', 0)])).toEqual([
    'nothing fired in the 5 cases of b',
  ]);
});

it('a round in which something fires is none, and neither is a single case that was not reached', async () => {
  expect(await violations(fires('a', 1))).toEqual([]);
  expect(await violations(fires('a', 0), 'a@3')).toEqual([]);
});

it('a case that throws is a violation with the command that replays it', async () => {
  const breaks: Case = {
    name: 'a@7',
    run() {
      throw new Error('no such thing');
    },
  };
  expect(await violations([breaks])).toEqual([
    "a@7: did not end: no such thing; replay: npm run prove -- --only x --seed 1 --seeds 1 --case 'a@7'",
  ]);
});

it('figures that do not come to what the bar says are a violation, also when the time was up', async () => {
  const counts = (many: number): Case => ({
    name: `c${many}`,
    run: () => ({ wrong: [], figures: { many } }),
  });
  const proof = proofOfCases({
    name: 'x',
    bar: 'at least 60',
    injects: false,
    least: { many: 60 },
    cases: () => [counts(59), counts(1)],
  });
  const said = async (changed: Partial<typeof options>) =>
    (await proof.run({ ...options, ...changed })).violations;
  expect(await said({})).toEqual([]);
  expect(await said({ seconds: 0 })).toEqual(['many: only 0 of at least 60']);
  // Who asks for one case asks for no more.
  expect(await said({ match: 'c1' })).toEqual([]);
});
