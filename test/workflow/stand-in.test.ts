/** In whose place somebody may approve: the first of their entries that nothing is against. */
import { describe, expect, it } from 'vitest';
import { type StandInFacts, standingNow } from '../../src/workflow/stand-in.ts';
import { NOW } from './build.ts';

const entry = (changes: Partial<StandInFacts> = {}): StandInFacts => ({
  user: 'USTAND',
  for: 'UAWAY',
  from: NOW - 10,
  until: NOW + 10,
  forIsApprover: true,
  reason: 'holiday',
  ...changes,
});
const standing = (
  entries: readonly StandInFacts[],
  context: Partial<Parameters<typeof standingNow>[1]> = {},
) =>
  standingNow(entries, { now: NOW, requesters: [], counted: [], approverNames: 'an approver', ...context });
const counted = (userId: string) => ({ userId, at: NOW, planHash: 'h' });

describe('standing in', () => {
  it('is by the first entry that nothing is against, whatever is against those before it', () => {
    const gone = entry({ for: 'UGONE', forIsApprover: false });
    expect(standing([gone, entry(), entry({ for: 'UTOO' })])).toEqual({ ok: true, standIn: entry() });
  });

  it('is refused by the first entry, where something is against each', () => {
    const over = entry({ until: NOW });
    const later = entry({ from: NOW + 1 });
    expect(standing([over, later])).toMatchObject({
      ok: false,
      text: expect.stringContaining('You stood in for'),
    });
    expect(standing([])).toBeNull();
  });

  it('is no second voice of whom it is for, and has nothing to do with the voices of others', () => {
    expect(standing([entry()], { counted: [counted('UOTHER')] })).toMatchObject({ ok: true });
    expect(standing([entry()], { counted: [counted('UAWAY')] })).toMatchObject({
      ok: false,
      code: 'already_yours',
    });
    const before = { ...counted('USTAND2'), standingIn: { for: 'UAWAY', until: NOW + 1 } };
    expect(standing([entry()], { counted: [before] })).toMatchObject({ code: 'already_yours' });
  });
});
