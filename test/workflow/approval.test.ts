import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateApproval } from '../../src/workflow/approval.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import { BASE, CASES, OTHER_HASH, PLAN, run, TTL } from './approval-cases.ts';
import { NOW } from './build.ts';

describe('a click on Approve', () => {
  it('is judged in at least 40 cases that differ from the plain one in one thing', () => {
    expect(new Set(CASES.map((c) => c.because)).size).toBe(CASES.length);
    expect(CASES.length).toBeGreaterThanOrEqual(40);
  });

  for (const { because, change, answer, text } of CASES) {
    it(`is ${answer}: ${because}`, () => {
      const decision = evaluateApproval({ ...BASE, ...change });
      expect({
        answer: decision.kind === 'refused' ? decision.code : decision.kind,
        text: decision.text,
      }).toEqual({ answer, text });
    });
  }
});

describe('the approvals', () => {
  it('are counted by person, the new one included', () => {
    const plan = { ...PLAN, approval: { ...PLAN.approval, required: 3 } };
    const hash = hashPlan(plan);
    const approvals = ['UAPP2', 'UAPP3'].map((userId) => ({ userId, at: NOW - 1000, planHash: hash }));
    const request = { ...BASE, plan, planHashNow: hash, clickedHash: hash, run: run({ planHash: hash }) };

    expect(evaluateApproval({ ...request, approvals })).toMatchObject({
      kind: 'approved',
      given: 3,
      required: 3,
    });
    expect(evaluateApproval({ ...request, approvals: approvals.slice(1) })).toMatchObject({
      kind: 'counted',
      given: 2,
      required: 3,
    });
  });
});

describe('a run', () => {
  const someone = fc.constantFrom('UREQ', 'UCHG', 'UA', 'UB', 'UC');
  const people = fc.record({
    person: fc.constantFrom(
      { ok: true } as const,
      { ok: false, why: 'you are a bot' } as const,
      'unavailable' as const,
    ),
    requester: fc.boolean(),
    approver: fc.boolean(),
  });

  it('is never approved by its requester, by who changed it, or by fewer people than are needed, whatever is clicked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(
          fc.record({
            who: someone,
            facts: people,
            hash: fc.constantFrom('current', 'other'),
            late: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        (required, clicks) => {
          const plan = { ...PLAN, changedBy: 'UCHG', approval: { ...PLAN.approval, required } };
          const hash = hashPlan(plan);
          const approvals: { userId: string; at: number; planHash: string }[] = [];
          let approved = false;
          for (const click of clicks) {
            const decision = evaluateApproval({
              ...BASE,
              plan,
              planHashNow: hash,
              run: run({ planHash: hash, phase: approved ? 'await_start' : 'await_approval' }),
              clickedHash: click.hash === 'current' ? hash : OTHER_HASH,
              facts: { userId: click.who, ...click.facts },
              approvals,
              now: click.late ? TTL : NOW,
            });
            if (decision.kind === 'refused') continue;
            expect(
              click.facts.approver && click.facts.person !== 'unavailable' && click.facts.person.ok,
            ).toBe(true);
            expect([click.hash, click.late, approved]).toEqual(['current', false, false]);
            approvals.push({ userId: click.who, at: NOW, planHash: hash });
            approved = decision.kind === 'approved';
            expect(approved).toBe(new Set(approvals.map((a) => a.userId)).size >= required);
          }
          expect(approvals.map((a) => a.userId)).not.toContain('UREQ');
          expect(approvals.map((a) => a.userId)).not.toContain('UCHG');
          expect(new Set(approvals.map((a) => a.userId)).size).toBe(approvals.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
