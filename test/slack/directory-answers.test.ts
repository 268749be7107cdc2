/** What is made of every answer that Slack could give about somebody, of those that the simulator never gives too. */
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { interactiveClient } from '../../src/slack/clients.ts';
import { SlackDirectory } from '../../src/slack/directory.ts';
import { recordingLog } from './support/bench.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Answers each method with what is given here, and remembers what was asked. */
async function slackThatSays(answers: Record<string, object>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const method = request.url?.split('/').at(-1) ?? '';
    asked.push(method);
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, ...answers[method] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  const apiUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/api/`;
  const directory = new SlackDirectory({
    client: interactiveClient({ botToken: 'xoxb-test', apiUrl, log: recordingLog() }),
    teamId: 'TOURS',
    pause: () => Promise.reject(new Error('nothing here is a limit')),
  });
  return { asked, directory };
}

async function personOf(user: { id: string } & Record<string, unknown>) {
  const { directory } = await slackThatSays({ 'users.info': { user } });
  const { person } = await directory.membership(user.id, { groups: [], users: [] });
  return person.ok ? 'a person' : person.why;
}

const AISHA = {
  id: 'UAISHA',
  team_id: 'TOURS',
  deleted: false,
  is_bot: false,
  is_app_user: false,
  is_workflow_bot: false,
  is_restricted: false,
  is_ultra_restricted: false,
  is_stranger: false,
  is_invited_user: false,
};

describe('who counts as a person of ours', () => {
  it.each([
    ['somebody of whom Slack denies all else', AISHA, 'a person'],
    ['somebody of whom Slack says no more', { id: 'UAISHA', team_id: 'TOURS' }, 'a person'],
    ['not somebody who left', { ...AISHA, deleted: true }, 'the account is deactivated'],
    ['not a bot', { ...AISHA, is_bot: true }, 'it is a bot, not a person'],
    ['not the user of an app', { ...AISHA, is_app_user: true }, 'it is a bot, not a person'],
    ['not a workflow', { ...AISHA, is_workflow_bot: true }, 'it is a bot, not a person'],
    ['not Slackbot, which Slack calls no bot', { ...AISHA, id: 'USLACKBOT' }, 'it is a bot, not a person'],
    ['not a stranger', { ...AISHA, is_stranger: true }, 'the account belongs to another workspace'],
    [
      'not somebody of another workspace',
      { ...AISHA, team_id: 'TOTHERS' },
      'the account belongs to another workspace',
    ],
    [
      'not somebody of whom the workspace is not known',
      { ...AISHA, team_id: undefined },
      'the account belongs to another workspace',
    ],
    ['not a guest of several channels', { ...AISHA, is_restricted: true }, 'the account is a guest'],
    ['not a guest of one channel', { ...AISHA, is_ultra_restricted: true }, 'the account is a guest'],
    [
      'not somebody who was only invited',
      { ...AISHA, is_invited_user: true },
      'the invitation to the workspace is not accepted yet',
    ],
  ])('%s', async (_, user, says) => {
    expect(await personOf(user)).toBe(says);
  });
});

describe('an answer that Slack should not give', () => {
  const APPROVERS = { groups: ['SAPP'], users: [] };
  const inGroup = { 'usergroups.users.list': { users: ['UAISHA'] } };

  it.each([
    ['no user', {}],
    ['a user without an id', { user: { ...AISHA, id: undefined } }],
    ['a user with a flag that is no flag', { user: { ...AISHA, is_bot: 'no' } }],
  ])('(%s) is an error, which would come again, and never a yes', async (_, answer) => {
    const { directory, asked } = await slackThatSays({ 'users.info': answer, ...inGroup });
    await expect(directory.membership('UAISHA', APPROVERS)).rejects.toMatchObject({
      name: 'LookFailed',
      code: 'unexpected_answer',
      message: 'Slack answered users.info without a user.',
      transient: false,
    });
    expect(asked.filter((method) => method === 'users.info')).toHaveLength(1);
  });

  it('(another user) is an error too', async () => {
    const { directory } = await slackThatSays({ 'users.info': { user: AISHA }, ...inGroup });
    await expect(directory.membership('UOLGA', APPROVERS)).rejects.toMatchObject({
      name: 'LookFailed',
      code: 'unexpected_answer',
      message: 'Slack answered about another user.',
      transient: false,
    });
  });

  it.each([
    ['no list', {}],
    ['a list that is none', { users: 'UAISHA' }],
    ['a list of something else', { users: [{ id: 'UAISHA' }] }],
  ])('(%s of who is in a group) is an error too', async (_, answer) => {
    const { directory } = await slackThatSays({
      'users.info': { user: AISHA },
      'usergroups.users.list': answer,
    });
    await expect(directory.membership('UAISHA', APPROVERS)).rejects.toMatchObject({
      name: 'LookFailed',
      code: 'unexpected_answer',
      message: 'Slack did not say who is in the group SAPP.',
      transient: false,
    });
  });
});
