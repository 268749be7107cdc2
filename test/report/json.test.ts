import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportFormatPage } from '../../src/report/format-page.ts';
import { reportJson } from '../../src/report/json.ts';
import { REPORT_FORMAT, reportJsonSchema } from '../../src/report/json-format.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import { OUTCOMES } from '../../src/workflow/run-types.ts';
import { HOSTILE } from './hostile.ts';
import { target, troubledView, view } from './support.ts';

const parse = (text: string) => reportJsonSchema.parse(JSON.parse(text));

describe('the JSON report', () => {
  it('follows its documented format', () => {
    const report = parse(reportJson(troubledView()));
    expect(report.format).toBe(REPORT_FORMAT);
    expect(report.summary).toMatchObject({ found: 16, planned: 15, succeeded: 11, successTarget: 0.98 });
    expect(report.run.failedLandingZones).toHaveLength(1);
    expect(report.approvals).toEqual([
      expect.objectContaining({ userId: 'U0APPROVE', at: '2026-11-22T04:30:00Z' }),
    ]);
    expect(report.waves.map((w) => w.firstInstallEndedAt)).toEqual([
      '2026-11-22T05:18:00Z',
      '2026-11-22T05:48:00Z',
    ]);
  });

  it('is documented field by field in docs/report-format.md', () => {
    const page = readFileSync(new URL('../../docs/report-format.md', import.meta.url), 'utf8');
    expect(page).toBe(reportFormatPage());
    for (const field of ['`targets[].before.missing`', '`run.planHash`', '`approvals[].userId`'])
      expect(page).toContain(field);
  });

  it('gives the plan exactly as it was hashed', () => {
    const given = troubledView();
    const plan = parse(reportJson(given)).plan as unknown as Plan;
    expect(given.plan && hashPlan(plan)).toBe(given.plan && hashPlan(given.plan));
  });

  it('has the same bytes for the same run', () => {
    expect(reportJson(troubledView())).toBe(reportJson(structuredClone(troubledView())));
  });

  it('keeps unknown figures null', () => {
    const report = parse(reportJson(view([target(1, { before: null, after: null })])));
    expect(report.targets[0]).toMatchObject({ before: null, after: null });
  });

  it.each([0, 1, 5000])('holds %i instances, each exactly once', (n) => {
    const fleet = Array.from({ length: n }, (_, i) => target(i));
    expect(parse(reportJson(view(fleet))).targets.map((t) => t.key)).toEqual(fleet.map((t) => t.key));
  });

  it('gives foreign text back unchanged', () => {
    const fleet = HOSTILE.map((text, i) =>
      target(i, { instance: { name: text, tags: { Name: text } }, excerpt: text }),
    );
    const back = parse(reportJson(view(fleet))).targets;
    expect(back.map((t) => t.name)).toEqual(HOSTILE);
    expect(back.map((t) => t.excerpt)).toEqual(HOSTILE);
    expect(back.map((t) => t.tags['Name'])).toEqual(HOSTILE);
  });

  it('is valid for any mixture of outcomes', () => {
    const some = fc.array(fc.tuple(fc.option(fc.constantFrom(...OUTCOMES)), fc.boolean()), { maxLength: 8 });
    fc.assert(
      fc.property(some, (mix) => {
        const fleet = mix.map(([outcome, planned], i) => target(i, { outcome, wave: planned ? 1 : null }));
        expect(parse(reportJson(view(fleet))).targets).toHaveLength(mix.length);
      }),
      { numRuns: 100 },
    );
  });
});
