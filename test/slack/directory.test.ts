import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';
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

describe('a question', () => {
  const asked = (method: string) => sim.control.calls().filter((call) => call.method === method);

  it('that is asked twice at once is asked once, and anew the next time', async () => {
    const ask = () => directory.membership(USERS.aisha, APPROVERS);
    const yes = { person: { ok: true }, member: true };
    expect(await Promise.all([ask(), ask()])).toEqual([yes, yes]);
    expect(asked('users.info')).toHaveLength(1);
    expect(asked('usergroups.users.list')).toHaveLength(1);
    await ask();
    expect(asked('users.info')).toHaveLength(2);
    expect(asked('usergroups.users.list')).toHaveLength(2);
  });

  it('that failed is asked anew the next time', async () => {
    sim.control.fault({ method: 'users.info', kind: 'error', error: 'user_not_found' });
    await expect(directory.membership(USERS.aisha, APPROVERS)).rejects.toBeInstanceOf(LookFailed);
    expect(await directory.membership(USERS.aisha, APPROVERS)).toMatchObject({ person: { ok: true } });
  });

  it('about two people at once has two answers', async () => {
    const answers = await Promise.all(
      [USERS.aisha, USERS.olga, USERS.gwen].map((id) => directory.membership(id, APPROVERS)),
    );
    expect(answers.map((a) => [a.person.ok, a.member])).toEqual([
      [true, true],
      [true, false],
      [false, false],
    ]);
  });

  it.each([
    ['a reset connection', { kind: 'reset' }],
    ['an error of the server', { kind: 'server_error' }],
    ['a refusal by something in front of Slack', { kind: 'server_error', status: 403 }],
    ['an answer that Slack is not sure of', { kind: 'error', error: 'internal_error' }],
  ] as const)('is asked once more, at once, after %s', async (_, fault) => {
    for (const method of ['users.info', 'usergroups.users.list']) sim.control.fault({ ...fault, method });
    expect(await directory.membership(USERS.aisha, APPROVERS)).toEqual({
      person: { ok: true },
      member: true,
    });
    expect(asked('users.info')).toHaveLength(2);
    expect(asked('usergroups.users.list')).toHaveLength(2);
    expect(pauses).toEqual([]);
  });

  it.each([
    ['that Slack tells with the answer', { kind: 'error', error: 'ratelimited' }, 1000],
    ['of a second', { kind: 'rate_limited', retryAfter: 1 }, 1000],
    ['of the longest wait', { kind: 'rate_limited', retryAfter: 3 }, 3000],
  ] as const)('is asked once more after a limit %s', async (_, fault, wait) => {
    sim.control.fault({ ...fault, method: 'usergroups.users.list' });
    expect(await directory.membership(USERS.aisha, APPROVERS)).toMatchObject({ member: true });
    expect(pauses).toEqual([wait]);
  });

  it('fails at once at a limit that is longer than a person waits, and may be asked later', async () => {
    sim.control.fault({ method: 'users.info', kind: 'rate_limited', retryAfter: 4 });
    await expect(directory.membership(USERS.aisha, APPROVERS)).rejects.toMatchObject({
      name: 'LookFailed',
      code: 'ratelimited',
      message: `Slack did not answer users.info ${USERS.aisha}: ratelimited`,
      transient: true,
    });
    expect(pauses).toEqual([]);
    expect(asked('users.info')).toHaveLength(1);
  });

  it.each([
    ['an error of the server', { kind: 'server_error' }, 'http_503', WebAPIHTTPError],
    [
      'an answer that Slack is not sure of',
      { kind: 'error', error: 'fatal_error' },
      'fatal_error',
      WebAPIPlatformError,
    ],
    ['a limit', { kind: 'rate_limited', retryAfter: 1 }, 'ratelimited', WebAPIRateLimitedError],
  ] as const)('that meets %s twice fails with it, and may be asked later', async (_, fault, code, cause) => {
    for (const method of ['users.info', 'usergroups.users.list']) {
      sim.control.fault({ ...fault, method, times: 2 });
      const what = method === 'users.info' ? `users.info ${USERS.aisha}` : `${method} ${GROUPS.approvers}`;
      await expect(directory.membership(USERS.aisha, APPROVERS), method).rejects.toMatchObject({
        name: 'LookFailed',
        code,
        message: `Slack did not answer ${what}: ${code}`,
        transient: true,
        cause: expect.any(cause),
      });
    }
  });

  it('that Slack refuses is not asked again: it would be refused again', async () => {
    sim.control.fault({ method: 'usergroups.users.list', kind: 'error', error: 'no_such_subteam', times: 2 });
    await expect(directory.membership(USERS.aisha, APPROVERS)).rejects.toMatchObject({
      name: 'LookFailed',
      code: 'no_such_subteam',
      message: `Slack did not answer usergroups.users.list ${GROUPS.approvers}: no_such_subteam`,
      transient: false,
      cause: expect.any(WebAPIPlatformError),
    });
    expect(asked('usergroups.users.list')).toHaveLength(1);
  });

  it('that is refused when it is asked once more is not asked a third time', async () => {
    sim.control.fault({ method: 'users.info', kind: 'reset' });
    sim.control.fault({ method: 'users.info', kind: 'error', error: 'user_not_found' });
    await expect(directory.membership(USERS.aisha, APPROVERS)).rejects.toMatchObject({
      code: 'user_not_found',
      transient: false,
    });
    expect(asked('users.info')).toHaveLength(2);
  });

  it('that cannot reach Slack may be asked later', async () => {
    await sim.close();
    await expect(directory.membership(USERS.aisha, APPROVERS)).rejects.toMatchObject({
      name: 'LookFailed',
      code: 'ECONNREFUSED',
      transient: true,
    });
  });
});
