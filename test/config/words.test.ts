/** Lengths, shares, spelling and names. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mismatchedEnvironment } from '../../src/config/naming.ts';
import { editDistance, nearest } from '../../src/config/nearest.ts';
import { formatDuration, parseDuration, parseShare } from '../../src/config/units.ts';

describe('a length of time', () => {
  const right: readonly (readonly [string, number])[] = [
    ['500ms', 500],
    ['30s', 30_000],
    ['90m', 5_400_000],
    ['2h10m', 7_800_000],
    ['2h 10m', 7_800_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ];
  for (const [text, ms] of right) it(`reads ${text}`, () => expect(parseDuration(text)).toBe(ms));
  for (const text of ['', '30', '30 s', '-5m', '5m2h', '1h1h', '1e3s', '9'.repeat(30).concat('d'), 's', '٣s'])
    it(`does not read ${JSON.stringify(text)}`, () => expect(parseDuration(text)).toBeNull());

  it('is written so that it reads back the same', () => {
    fc.assert(
      fc.property(fc.nat({ max: 400 * 86_400_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('a share', () => {
  it('is a whole number or a percentage up to 100', () => {
    expect([5, '5', '25%', '100%', 0].map(parseShare)).toEqual([5, 5, { percent: 25 }, { percent: 100 }, 0]);
    expect(['101%', '2.5%', 1.5, -1, 'all', '', '%', Number.NaN].map(parseShare)).toEqual(
      Array(8).fill(null),
    );
  });
});

describe('the nearest spelling', () => {
  it('is found over slips, swaps, case and separators', () => {
    const keys = ['approvers', 'approvals_required', 'requesters', 'reboot'];
    expect(nearest('aprovers', keys)).toBe('approvers');
    expect(nearest('approvalsRequired', keys)).toBe('approvals_required');
    expect(nearest('rebotO', keys)).toBe('reboot');
  });

  it('is none when nothing is near', () => {
    expect(nearest('colour', ['approvers', 'reboot'])).toBeNull();
    expect(nearest('', ['a'])).toBeNull();
    expect(nearest('x'.repeat(1000), ['x'.repeat(1000)])).toBeNull();
  });

  it('counts a swap of neighbours as one edit, and is symmetric', () => {
    expect(editDistance('prdo', 'prod')).toBe(1);
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, a)).toBe(0);
      }),
    );
  });
});

describe('the name of a landing zone', () => {
  const both = ['prod', 'nonprod'];
  const cases: readonly (readonly [string, string, readonly string[], string | null])[] = [
    ['payments-prod', 'prod', both, null],
    ['payments-prod', 'nonprod', both, 'prod'],
    ['payments-production', 'nonprod', both, 'prod'],
    ['payments-nonprod', 'prod', both, 'nonprod'],
    ['payments-non-prod', 'prod', both, 'nonprod'],
    ['payments-non-prod', 'nonprod', both, null],
    ['products-web', 'nonprod', both, null],
    ['payments', 'prod', both, null],
    ['payments-dev', 'nonprod', both, null],
    ['payments-dev', 'prod', ['prod'], 'dev'],
    ['payments-dev', 'nonprod', ['nonprod', 'dev'], 'dev'],
    ['prod-test-lab', 'test', ['prod', 'test'], null],
    ['emea-live', 'asia', ['emea', 'asia'], 'emea'],
    ['pre-prod-web', 'prod', ['prod', 'pre-prod'], 'pre-prod'],
  ];
  for (const [name, environment, environments, other] of cases)
    it(`${name} under ${environment} ${other === null ? 'is fine' : `says ${other}`}`, () => {
      expect(mismatchedEnvironment(name, environment, environments)).toBe(other);
    });
});
