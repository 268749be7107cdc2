import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GROUPS, TEAM, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { interactiveClient } from '../../src/slack/clients.ts';
import { SlackDirectory } from '../../src/slack/directory.ts';
import { LookFailed } from '../../src/workflow/ports.ts';
import { recordingLog } from './support/bench.ts';

const APPROVERS = { groups: [GROUPS.approvers], users: [] };

let sim: SlackSimulator;
let directory: SlackDirectory;
let pauses: number[];
beforeEach(async () => {
  sim = await startSlackSimulator({ rateLimits: 'off' });
  pauses = [];
  directory = new SlackDirectory({
    client: interactiveClient({ botToken: sim.botToken, apiUrl: sim.apiUrl, log: recordingLog() }),
    teamId: TEAM,
    pause: async (ms) => void pauses.push(ms),
  });
});
afterEach(() => sim.close());

describe('who somebody is', () => {
  it('is asked live: a person removed from the group is no member the next moment', async () => {
    expect(await directory.membership(USERS.aisha, APPROVERS)).toEqual({
      person: { ok: true },
      member: true,
    });
    sim.control.setGroup(GROUPS.approvers, [USERS.tom]);
    expect(await directory.membership(USERS.aisha, APPROVERS)).toEqual({
      person: { ok: true },
      member: false,
    });
  });

  it.each([
    [USERS.dmitri, /deactivated/],
    [USERS.gwen, /guest/],
    [USERS.bot, /bot/],
  ])('says why %s is not an active human of ours', async (id, why) => {
    const { person } = await directory.membership(id, APPROVERS);
    expect(person).toMatchObject({ ok: false, why: expect.stringMatching(why) });
  });

  it('refuses strangers of shared channels', async () => {
    sim.control.setUser(USERS.olga, { teamId: 'T0ELSEWHERE' });
    expect((await directory.membership(USERS.olga, APPROVERS)).person).toMatchObject({
      ok: false,
      why: /another workspace/,
    });
  });

  it('takes people who are listed by name, without asking for the groups', async () => {
    expect(
      await directory.membership(USERS.olga, { groups: [GROUPS.approvers], users: [USERS.olga] }),
    ).toMatchObject({ member: true });
    expect(sim.control.calls().map((c) => c.method)).toEqual(['users.info']);
  });

  it('fails closed when Slack does not answer', async () => {
    for (const method of ['users.info', 'usergroups.users.list']) {
      sim.control.fault({ method, kind: 'server_error', times: 2 });
      await expect(directory.membership(USERS.aisha, APPROVERS), method).rejects.toMatchObject({
        name: 'LookFailed',
        transient: true,
      });
    }
    sim.control.fault({ method: 'usergroups.users.list', kind: 'error', error: 'no_such_subteam' });
    await expect(directory.membership(USERS.aisha, APPROVERS)).rejects.toBeInstanceOf(LookFailed);
  });

  it('asks once more after a hiccup, and after a short limit', async () => {
    sim.control.fault({ method: 'users.info', kind: 'reset' });
    expect(await directory.membership(USERS.aisha, APPROVERS)).toMatchObject({ member: true });
    sim.control.fault({ method: 'usergroups.users.list', kind: 'rate_limited', retryAfter: 2 });
    expect(await directory.membership(USERS.aisha, APPROVERS)).toMatchObject({ member: true });
    expect(pauses).toEqual([2000]);
    sim.control.fault({ method: 'usergroups.users.list', kind: 'rate_limited', retryAfter: 30 });
    await expect(directory.membership(USERS.aisha, APPROVERS)).rejects.toMatchObject({
      code: 'ratelimited',
      transient: true,
    });
  });

  it('is a member when one group says yes although another cannot be asked', async () => {
    sim.control.fault({
      method: 'usergroups.users.list',
      kind: 'error',
      error: 'no_such_subteam',
      matching: { usergroup: GROUPS.requesters },
    });
    const allowed = { groups: [GROUPS.requesters, GROUPS.approvers], users: [] };
    expect(await directory.membership(USERS.aisha, allowed)).toMatchObject({ member: true });
    sim.control.fault({
      method: 'usergroups.users.list',
      kind: 'error',
      error: 'no_such_subteam',
      matching: { usergroup: GROUPS.requesters },
    });
    await expect(directory.membership(USERS.olga, allowed)).rejects.toBeInstanceOf(LookFailed);
  });
});
