/** The table of who may do what, deed by deed and person by person, written out once more on purpose. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type Deed,
  evaluatePermission,
  PERMISSIONS,
  type PersonFacts,
  permissionFor,
} from '../../src/workflow/permissions.ts';
import { permissionsPage } from '../../src/workflow/permissions-page.ts';

const RUN = {
  environment: 'prod',
  requesters: ['UASKED'],
  approverNames: 'an approver',
  requesterNames: 'a requester',
};
const person = (changes: Partial<PersonFacts>): PersonFacts => ({
  userId: 'U1',
  person: { ok: true },
  requester: false,
  approver: false,
  ...changes,
});

const PEOPLE: Record<string, PersonFacts> = {
  requester: person({ requester: true }),
  approver: person({ approver: true }),
  both: person({ requester: true, approver: true }),
  'both, asked for this run': person({ userId: 'UASKED', requester: true, approver: true }),
  outsider: person({}),
  'bot in both groups': person({
    person: { ok: false, why: 'you are a bot' },
    requester: true,
    approver: true,
  }),
  'unknown to Slack now': person({ person: 'unavailable', requester: true, approver: true }),
};

const EITHER = {
  requester: 'yes',
  approver: 'yes',
  both: 'yes',
  'both, asked for this run': 'yes',
  outsider: 'not_in_group',
  'bot in both groups': 'not_a_person',
  'unknown to Slack now': 'cannot_check',
};
const FOUR_EYES = { ...EITHER, requester: 'not_in_group', 'both, asked for this run': 'own_request' };
const TABLE: Record<Deed, Record<string, string>> = {
  look: EITHER,
  scan: EITHER,
  fresh_scan: EITHER,
  request: EITHER,
  approve: FOUR_EYES,
  reject: EITHER,
  exclude: EITHER,
  stop: EITHER,
  retry: EITHER,
  answer: EITHER,
  answer_send: FOUR_EYES,
  resolve: EITHER,
  release: FOUR_EYES,
  freeze: EITHER,
};

describe('who may do what', () => {
  it('has one row for each deed', () => {
    expect(PERMISSIONS.map((p) => p.deed).sort()).toEqual(Object.keys(TABLE).sort());
  });

  for (const [deed, row] of Object.entries(TABLE) as [Deed, Record<string, string>][]) {
    for (const [who, answer] of Object.entries(row)) {
      it(`${deed}: ${who} → ${answer}`, () => {
        const facts = PEOPLE[who];
        if (!facts) throw new Error(who);
        const allowed = evaluatePermission(deed, facts, RUN);
        expect(allowed.ok ? 'yes' : allowed.code).toBe(answer);
        if (!allowed.ok) {
          expect(allowed.text).toMatch(/[Nn]othing was changed/);
          expect(allowed.text).toMatch(/requester|approver/);
        }
      });
    }
  }
});

describe('a refusal', () => {
  const said = (deed: Deed, facts: PersonFacts) => {
    const allowed = evaluatePermission(deed, facts, RUN);
    return allowed.ok ? '' : allowed.text;
  };

  it('of somebody in no group names the deed, the environment and who can', () => {
    expect(said('stop', person({}))).toBe(
      'You cannot stop a run in prod: you are not in the group that may. Nothing was changed. A requester or an approver can.',
    );
    expect(said('approve', person({}))).toBe(
      'You cannot approve a plan in prod: you are not in the group that may. Nothing was changed. An approver can.',
    );
  });

  it('of who is no person says why', () => {
    expect(said('scan', person({ person: { ok: false, why: 'you are a bot' } }))).toBe(
      'You cannot scan (also --dry-run): you are a bot. Nothing was changed. A requester or an approver can.',
    );
  });

  it('of somebody whom Slack did not vouch for says to try again', () => {
    expect(said('approve', person({ person: 'unavailable', approver: true }))).toBe(
      'Slack did not answer when asked who you are, so nothing was changed. Try again in a moment; an approver may approve a plan.',
    );
  });

  it('of who asked for the run says that somebody else must do it', () => {
    const own = person({ userId: 'UASKED', approver: true });
    expect(said('approve', own)).toBe(
      'You asked for this run or changed its plan, so somebody else must approve it: an approver. Nothing was changed.',
    );
    expect(said('release', own)).toBe(
      'You asked for this run or changed its plan, so somebody else must let a run go on after the database was restored: an approver. Nothing was changed.',
    );
  });
});

describe('the table', () => {
  it('has no answer for a deed that is not in it', () => {
    expect(() => permissionFor('dance' as Deed)).toThrow('no permission row for dance');
  });

  it('is the page that people read', () => {
    expect(permissionsPage()).toBe(readFileSync('docs/permissions.md', 'utf8'));
  });
});
