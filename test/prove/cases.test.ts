/** The harness of the proofs: what it calls a violation by itself. */
import { expect, it } from 'vitest';
import { type Case, proofOfCases } from './cases.ts';
import { exitCodeOf, type Row, summary, table, verdictOf } from './table.ts';

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
    reachedAtLeast: { 'killed twice': 0.6 },
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

it('a round in which too few cases reach what it is about is a violation', async () => {
  const reaching = (n: number, length = 10) =>
    Array.from(
      { length },
      (_, i): Case => ({
        name: `a@${i}`,
        run: () => ({ wrong: [], fired: 1, reached: { 'killed twice': i < n } }),
      }),
    );
  expect(await violations(reaching(6))).toEqual([]);
  expect(await violations(reaching(0, 1))).toEqual([]);
  expect(await violations(reaching(1, 4))).toHaveLength(1);
  expect(await violations(reaching(5))).toEqual(['a: killed twice in 5 of 10 cases, not in 60 %']);
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

it('figures that do not come to what the bar says are a violation', async () => {
  const counts = (many: number): Case => ({
    name: `c${many}`,
    run: () => ({ wrong: [], figures: { many } }),
  });
  const said = async (numbers: readonly number[], match: string | null = null) =>
    (
      await proofOfCases({
        name: 'x',
        bar: 'at least 60',
        injects: false,
        least: { many: 60 },
        cases: () => numbers.map(counts),
      }).run({ ...options, match })
    ).violations;
  expect(await said([58, 1])).toEqual(['many: only 59 of at least 60']);
  expect(await said([59, 1])).toEqual([]);
  // Who asks for one case asks for no more.
  expect(await said([58, 1], 'c1')).toEqual([]);
});

it('cases that were not begun because the time was up are said to be left out', async () => {
  const proof = proofOfCases({ name: 'x', bar: '', injects: false, cases: () => fires('a', 0) });
  expect((await proof.run({ ...options, seconds: 0 })).leftOut).toEqual(['5 of 5 cases were not begun']);
  expect((await proof.run(options)).leftOut).toEqual([]);
});

const row = (proof: string, more: Partial<Row>): Row => ({
  proof,
  bar: 'nothing twice',
  cases: 7,
  faultsFired: null,
  violations: [],
  passed: true,
  seconds: 1,
  ...more,
});
const held = row('a', {});
const partly = row('b', { leftOut: ['72 of 79 cases were not begun'] });
const missed = row('c', { leftOut: ['1 of 8 cases was not begun'], violations: ['twice'], passed: false });

it('a proof that was done in part is not said to have held, and fails unless somebody gave the time', () => {
  expect([held, partly, missed].map(verdictOf)).toEqual(['held', 'PARTLY', 'MISSED']);
  expect(table([held, partly])).toContain('PARTLY: nothing twice');
  expect(table([held, partly])).toContain('left out: 72 of 79 cases were not begun');
  expect(summary([held, partly, missed])).toBe('prove: 1 passed, 1 only partly done, 1 failed');
  expect(exitCodeOf([held], false)).toBe(0);
  expect(exitCodeOf([held, partly], false)).toBe(1);
  expect(exitCodeOf([held, partly], true)).toBe(0);
  expect(exitCodeOf([held, missed], true)).toBe(1);
});
