import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planCsv, reportCsv } from '../../src/report/csv.ts';
import { csvFile, harmless } from '../../src/report/csv-encode.ts';
import { csvRecords, parseCsv } from './csv-reader.ts';
import { HOSTILE } from './hostile.ts';
import { HASH, target, troubledView, view } from './support.ts';

/** What spreadsheets take for a formula, read the strict way and the way of a semicolon locale. */
function formulas(text: string): string[] {
  const cells = parseCsv(text).flat();
  const semicolonCells = text
    .slice(1)
    .split(/\r\n|\r|\n/)
    .flatMap((line) => line.split(';'));
  return [...cells, ...semicolonCells].filter((cell) => {
    const seen = cell.replace(/^[\s"]+/, '');
    return /^[=+\-@＝＋－＠]/.test(seen) && !/^-\d+$/.test(cell);
  });
}

describe('the CSV files', () => {
  it('have a row for each instance, with its availability zone', () => {
    const records = csvRecords(reportCsv(troubledView()));
    expect(records).toHaveLength(16);
    expect(records.find((r) => r['name'] === 'db-primary')).toMatchObject({
      target: '011110000001/eu-central-1/i-00000000000000007',
      account_id: '011110000001',
      availability_zone: 'eu-central-1b',
      in_plan: 'yes',
      outcome: 'failed',
      missing_before: '4',
      missing_after: '4',
      exit_code: '156',
      exit_code_meaning: 'the patch payload could not be downloaded',
      backup_verified: 'yes',
      install_ended_at_utc: '2026-11-22T05:25:00Z',
      plan_hash: HASH,
    });
  });

  it('say unknown, not 0, for an instance that was never scanned', () => {
    const never = view([
      target(1, { instance: { counts: null, lastPatch: null }, before: null, after: null }),
    ]);
    expect(csvRecords(reportCsv(never))[0]).toMatchObject({
      missing_before: 'unknown',
      missing_after: 'unknown',
    });
    expect(csvRecords(planCsv(never))[0]).toMatchObject({
      missing: 'unknown',
      last_patch_operation: 'unknown',
    });
  });

  it('show in the plan who is left out, and why', () => {
    const out = csvRecords(planCsv(troubledView())).find((r) => r['name'] === 'asg-web-7f');
    expect(out).toMatchObject({
      in_plan: 'no',
      wave: '',
      eligible: 'no',
      reasons: 'It belongs to the Auto Scaling group web-asg.',
      missing: '9',
    });
  });

  it('tell apart an open instance from one that was left out', () => {
    const records = csvRecords(
      reportCsv(view([target(1, { outcome: null }), target(2, { wave: null, outcome: null })])),
    );
    expect(records.map((r) => r['outcome'])).toEqual(['open', 'not_in_plan']);
  });

  it('leave a negative exit code a number', () => {
    expect(reportCsv(view([target(1, { exitCode: -1 })]))).toContain(',-1,');
  });

  it('begin with a byte order mark, and end each line with CRLF', () => {
    for (const text of [planCsv(troubledView()), reportCsv(troubledView())]) {
      expect(text.startsWith('\ufeffrun_id,')).toBe(true);
      expect(text.endsWith('\r\n')).toBe(true);
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    }
  });

  it.each([0, 1, 5000])('hold %i instances, each exactly once', (n) => {
    const fleet = Array.from({ length: n }, (_, i) => target(i));
    for (const text of [planCsv(view(fleet)), reportCsv(view(fleet))]) {
      expect(csvRecords(text).map((r) => r['target'])).toEqual(fleet.map((t) => t.key));
    }
  });

  it.each(HOSTILE)('hold no formula when everything is called %j', (text) => {
    const hostile = target(1, {
      instance: { name: text, platformVersion: text, patchGroup: text, landingZone: text },
      outcomeReason: text,
      reasons: [{ code: 'x', text }],
      nextStep: text,
      excerpt: text,
      installed: [{ title: text, kbId: text, severity: text, state: text }],
    });
    for (const csv of [planCsv(view([hostile])), reportCsv(view([hostile]))]) {
      expect(formulas(csv)).toEqual([]);
      expect(parseCsv(csv)).toHaveLength(2);
    }
  });

  it('hold no formula and one line per row, whatever the text', () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...'=+-@;,"\'\t\r\n \u200b\u0000\u2028＝|'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 2, maxLength: 2 }), (row) => {
        const csv = csvFile(['a', 'b'], [row]);
        expect(formulas(csv)).toEqual([]);
        expect(parseCsv(csv)).toHaveLength(2);
      }),
      { numRuns: 2000 },
    );
  });

  it('leave ordinary text as it is', () => {
    for (const text of ['web-1', 'a, b', 'say "x"', 'Überwachung', 'eu-central-1a', "it's", 'x = 1']) {
      expect(harmless(text)).toBe(text);
      expect(parseCsv(csvFile(['a'], [[text]]))[1]).toEqual([text]);
    }
  });

  it('refuse a row that does not fit its header', () => {
    expect(() => csvFile(['a', 'b'], [['x']])).toThrow(/1 cells under 2/);
  });
});
