/** What Slack is asked about somebody who clicked, and what its silence means. */
import { describe, expect, it } from 'vitest';
import { LookFailed, type Membership } from '../../src/workflow/ports.ts';
import { allow, factsAbout, nameOf, type ServiceParts } from '../../src/workflow/service/facts.ts';
import type { Actor } from '../../src/workflow/service.ts';
import { NOW, SETTINGS } from './build.ts';

const ROLES = {
  requesters: { groups: ['SREQ'], users: [] },
  approvers: {
    groups: ['SAPP'],
    users: ['UBOSS'],
    standIns: [
      { user: 'UDEP', for: 'UAPP', from: NOW, until: NOW + 1, reason: 'on leave' },
      { user: 'UDEP', for: 'UGONE', from: NOW, until: NOW + 1, reason: 'on leave' },
      { user: 'UDEP', for: 'UOFF', from: NOW, until: NOW + 1, reason: 'on leave' },
      { user: 'UOTHER', for: 'UAPP', from: NOW, until: NOW + 1, reason: 'on leave' },
    ],
  },
};

/** A directory with one approver; UOFF is one whose account is off. */
function parts(fails?: Error) {
  const asked: string[] = [];
  const directory = {
    async membership(userId: string, { groups }: { groups: readonly string[] }): Promise<Membership> {
      asked.push(`${userId} in ${groups.join()}`);
      if (fails) throw fails;
      return {
        person: userId === 'UOFF' ? { ok: false, why: 'the account is off' } : { ok: true },
        member: ['UAPP', 'UOFF'].includes(userId) && groups.includes('SAPP'),
      };
    },
  };
  const audit: string[] = [];
  const store = {
    async audit(runId: string | null, entry: { action: string; detail: object }) {
      audit.push(`${runId} ${entry.action} ${JSON.stringify(entry.detail)}`);
    },
  };
  return { asked, audit, given: { settings: SETTINGS, directory, store } as unknown as ServiceParts };
}
const actor = (userId: string, teamId = 'TOURS'): Actor => ({ userId, teamId, channelId: 'C1', once: 'x' });

describe('the facts about a person', () => {
  it('of another workspace are not asked for', async () => {
    const { given, asked } = parts();
    expect(await factsAbout(given, actor('UAPP', 'TTHEIRS'), ROLES)).toEqual({
      userId: 'UAPP',
      person: { ok: false, why: 'you are not in our workspace' },
      requester: false,
      approver: false,
    });
    expect(asked).toEqual([]);
  });

  it('are asked live, for both roles, and for each approver in whose place they may stand', async () => {
    const { given, asked } = parts();
    expect(await factsAbout(given, actor('UDEP'), ROLES)).toMatchObject({
      person: { ok: true },
      requester: false,
      approver: false,
      standIns: [
        { for: 'UAPP', forIsApprover: true },
        { for: 'UGONE', forIsApprover: false },
        { for: 'UOFF', forIsApprover: false },
      ],
    });
    expect(asked).toEqual(['UDEP in SREQ', 'UDEP in SAPP', 'UAPP in SAPP', 'UGONE in SAPP', 'UOFF in SAPP']);
  });

  it('have no stand-ins where none are configured', async () => {
    const { standIns: _, ...approvers } = ROLES.approvers;
    const { given } = parts();
    expect(await factsAbout(given, actor('UAPP'), { ...ROLES, approvers })).toMatchObject({
      approver: true,
      standIns: [],
    });
  });

  it('are not available while Slack does not answer, and nobody is taken for anything', async () => {
    const { given } = parts(new LookFailed('slack', 'Slack did not answer.', true));
    expect(await factsAbout(given, actor('UAPP'), ROLES)).toEqual({
      userId: 'UAPP',
      person: 'unavailable',
      requester: false,
      approver: false,
    });
    await expect(factsAbout(parts(new TypeError('a defect')).given, actor('UAPP'), ROLES)).rejects.toThrow(
      'a defect',
    );
  });
});

it('a role is named with its groups and people', () => {
  const bare = (text: string) => text.replace(/[\uE000\uE001]/g, '');
  expect(bare(nameOf(ROLES.approvers, 'an approver'))).toBe('an approver (SAPP, UBOSS)');
  expect(nameOf({ groups: [], users: [] }, 'an approver')).toBe('an approver');
});

it('a no is in the audit before it is answered, a yes is not', async () => {
  const { given, audit } = parts();
  const settings = {
    ...SETTINGS,
    environments: SETTINGS.environments.map((e) => ({ ...e, ...ROLES, approvers: ROLES.approvers })),
  };
  const parties = { ...given, settings };
  expect((await allow(parties, actor('UAPP'), 'approve', 'test', { runId: 'r1' })).ok).toBe(true);
  expect(audit).toEqual([]);
  expect((await allow(parties, actor('UNOBODY'), 'approve', 'test', { runId: 'r1' })).ok).toBe(false);
  const own = await allow(parties, actor('UAPP'), 'approve', 'test', { runId: 'r1', requesters: ['UAPP'] });
  expect(own).toMatchObject({ ok: false, code: 'own_request' });
  expect(audit).toEqual([
    'r1 denied.approve {"code":"not_in_group","team":"TOURS","channel":"C1"}',
    'r1 denied.approve {"code":"own_request","team":"TOURS","channel":"C1"}',
  ]);
});
