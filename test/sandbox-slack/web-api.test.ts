import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, GROUPS, TEAM, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { refusedBy } from './refused.ts';
import { clientOptions } from './support.ts';

let slack: SlackSimulator;
let client: WebClient;

beforeEach(async () => {
  slack = await startSlackSimulator({ rateLimits: 'off' });
  client = new WebClient(slack.botToken, clientOptions(slack));
});
afterEach(() => slack.close());

const post = (text: string, channel: string = CHANNELS.prod) => client.chat.postMessage({ channel, text });

describe('tokens and scopes', () => {
  it('says who the bot is and which scopes its token has', async () => {
    const answer = await client.auth.test();

    expect(answer).toMatchObject({ team_id: TEAM, user_id: USERS.bot, bot_id: 'B0PATCHDAY' });
    expect(answer.response_metadata?.scopes).toEqual([
      'commands',
      'chat:write',
      'files:write',
      'usergroups:read',
      'users:read',
    ]);
  });

  it.each([
    ['a wrong token', 'xoxb-wrong', 'invalid_auth'],
    ['no token', '', 'not_authed'],
    ['the app-level token', 'xapp-sandbox-patchday-app-token', 'not_allowed_token_type'],
  ])('refuses %s', async (_what, token, error) => {
    const other = new WebClient(token, clientOptions(slack));

    expect(await refusedBy(other.auth.test())).toMatchObject({ error });
  });

  it('refuses to open a socket with the bot token', async () => {
    expect(await refusedBy(client.apps.connections.open())).toMatchObject({
      error: 'not_allowed_token_type',
    });
  });

  it('names the scope that is missing', async () => {
    slack.control.setScopes(['commands', 'users:read']);

    expect(await refusedBy(post('hello'))).toMatchObject({
      error: 'missing_scope',
      needed: 'chat:write',
      provided: 'commands,users:read',
    });
  });

  it('remembers which scopes were used', async () => {
    await post('hello');
    await client.usergroups.list();
    await refusedBy(client.conversations.history({ channel: CHANNELS.prod }));

    expect(slack.control.scopesUsed()).toEqual(['chat:write', 'usergroups:read']);
  });

  it('answers an unknown method with 200 and unknown_method', async () => {
    const response = await fetch(`${slack.apiUrl}chat.teleport`, { method: 'POST' });

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ ok: false, error: 'unknown_method' });
  });
});

describe('messages', () => {
  it('posts replies under their parent and counts them', async () => {
    const parent = await post('card');
    await client.chat.postMessage({
      channel: CHANNELS.prod,
      text: 'news',
      thread_ts: String(parent.ts),
      reply_broadcast: true,
    });

    const [card, reply] = slack.control.thread('patching-prod', String(parent.ts));
    expect(card).toMatchObject({ text: 'card', replyCount: 1 });
    expect(reply).toMatchObject({ text: 'news', threadTs: parent.ts, replyBroadcast: true });
  });

  it('keeps an ephemeral message from everyone but its person, and from every method', async () => {
    const answer = await client.chat.postEphemeral({
      channel: CHANNELS.prod,
      user: USERS.olga,
      text: 'not for you',
    });

    const seen = (user: string) => slack.control.messages({ channel: 'patching-prod', user }).length;
    expect([seen('olga'), seen('aisha')]).toEqual([1, 0]);
    const ts = String(answer.message_ts);
    const update = client.chat.update({ channel: CHANNELS.prod, ts, text: 'x' });
    expect(await refusedBy(update)).toMatchObject({ error: 'message_not_found' });
  });

  it('deletes its own messages and nobody else’s', async () => {
    const mine = await post('mine');
    slack.control.message({ user: 'tom', channel: 'patching-prod', text: 'theirs' });
    const theirs = slack.control.messages({ channel: 'patching-prod' }).at(-1)?.ts ?? '';

    await client.chat.delete({ channel: CHANNELS.prod, ts: String(mine.ts) });

    expect(slack.control.messages({ channel: 'patching-prod' }).map((one) => one.text)).toEqual(['theirs']);
    expect(await refusedBy(client.chat.delete({ channel: CHANNELS.prod, ts: theirs }))).toMatchObject({
      error: 'cant_delete_message',
    });
    const update = client.chat.update({ channel: CHANNELS.prod, ts: theirs, text: 'x' });
    expect(await refusedBy(update)).toMatchObject({ error: 'cant_update_message' });
  });

  it.each([
    ['an unknown channel', { channel: 'C0NOWHERE1', text: 'x' }, 'channel_not_found'],
    ['a channel the bot is not in', { channel: CHANNELS.general, text: 'x' }, 'not_in_channel'],
    ['a message with nothing in it', { channel: CHANNELS.prod, text: '' }, 'no_text'],
    [
      'a thread that is not there',
      { channel: CHANNELS.prod, text: 'x', thread_ts: '1.2' },
      'thread_not_found',
    ],
  ])('refuses %s', async (_what, args, error) => {
    expect(await refusedBy(client.chat.postMessage(args))).toMatchObject({ error });
  });

  it('lets chat:write.public reach public channels the bot is not in, and notes its use', async () => {
    slack.control.setScopes(['chat:write', 'chat:write.public']);

    await post('hello', CHANNELS.general);

    expect(slack.control.scopesUsed()).toContain('chat:write.public');
  });

  it('refuses an ephemeral message to somebody outside the channel', async () => {
    const args = { channel: CHANNELS.nonprod, user: USERS.gwen, text: 'x' };

    expect(await refusedBy(client.chat.postEphemeral(args))).toMatchObject({ error: 'user_not_in_channel' });
  });

  it('refuses an update with more than 4,000 characters', async () => {
    const { ts } = await post('card');
    const update = client.chat.update({ channel: CHANNELS.prod, ts: String(ts), text: 'x'.repeat(4_001) });

    expect(await refusedBy(update)).toMatchObject({ error: 'msg_too_long' });
  });

  it('warns of a message that has blocks but no text', async () => {
    await client.chat.postMessage({ channel: CHANNELS.prod, blocks: [{ type: 'divider' }] } as never);

    expect(slack.control.warnings()).toMatchObject([{ method: 'chat.postMessage' }]);
  });

  it('sends a person a direct message that only they see', async () => {
    await post('for you', USERS.priya);

    const direct = `D${USERS.priya.slice(1)}`;
    expect(slack.control.messages({ channel: direct, user: 'priya' }).map((one) => one.text)).toEqual([
      'for you',
    ]);
    expect(slack.control.messages({ channel: direct, user: 'olga' })).toEqual([]);
  });

  it('cuts a text of more than 40,000 characters, and warns', async () => {
    await post('x'.repeat(40_001));

    expect(slack.control.messages({ channel: 'patching-prod' })[0]?.text).toHaveLength(40_000);
    expect(slack.control.warnings()).toMatchObject([{ warning: expect.stringContaining('was cut') }]);
  });

  it.each([
    ['a deactivated person', USERS.dmitri, 'user_disabled'],
    ['a bot', USERS.bot, 'cannot_dm_bot'],
    ['a person who is not there', 'U0NOBODY00', 'channel_not_found'],
  ])('refuses a direct message to %s', async (_what, channel, error) => {
    expect(await refusedBy(post('hello', channel))).toMatchObject({ error });
  });

  it('gives a permalink that leads to the page', async () => {
    const { ts } = await post('card');

    const { permalink } = await client.chat.getPermalink({ channel: CHANNELS.prod, message_ts: String(ts) });

    const response = await fetch(String(permalink), { redirect: 'manual' });
    expect(response.headers.get('location')).toBe(`/?channel=${CHANNELS.prod}&ts=${ts}`);
  });

  it('records every mention that people would be pinged by, and none that is escaped', async () => {
    const blocks = [
      { type: 'section', text: { type: 'mrkdwn', text: `<!subteam^${GROUPS.approvers}> &lt;!channel&gt;` } },
      { type: 'context', elements: [{ type: 'plain_text', text: '<!everyone>' }] },
    ];
    const attachments = [{ fallback: 'a', text: `by <@${USERS.aisha}>`, blocks: [blocks[1] ?? {}] }] as never;
    await client.chat.postMessage({
      channel: CHANNELS.prod,
      text: `<@${USERS.tom}> look <!here>`,
      blocks,
      attachments,
    });

    expect(slack.control.mentions().map(({ kind, target, where }) => ({ kind, target, where }))).toEqual([
      { kind: 'user', target: USERS.tom, where: '/text' },
      { kind: 'broadcast', target: 'here', where: '/text' },
      { kind: 'usergroup', target: GROUPS.approvers, where: '/blocks/0/text/text' },
      { kind: 'user', target: USERS.aisha, where: '/attachments/0/text' },
    ]);
  });
});

describe('reading the workspace', () => {
  it('shows users with what decides whether they may approve', async () => {
    const guest = await client.users.info({ user: USERS.gwen });
    const gone = await client.users.info({ user: USERS.dmitri });
    slack.control.setUser('olga', { teamId: 'T0ELSEWHER', isStranger: true });
    const stranger = await client.users.info({ user: USERS.olga });

    expect(guest.user).toMatchObject({ is_restricted: true, deleted: false, is_bot: false });
    expect(gone.user).toMatchObject({ deleted: true });
    expect(stranger.user).toMatchObject({ team_id: 'T0ELSEWHER', is_stranger: true });
    expect(await refusedBy(client.users.info({ user: 'U0NOBODY00' }))).toMatchObject({
      error: 'user_not_found',
    });
  });

  it('lists users in pages', async () => {
    const names: string[] = [];
    for await (const page of client.paginate('users.list', { limit: 3 })) {
      names.push(...((page as { members?: { name: string }[] }).members ?? []).map((one) => one.name));
    }

    expect(names).toEqual(['priya', 'marco', 'aisha', 'tom', 'olga', 'dmitri', 'gwen', 'patchday']);
  });

  it('shows user groups and their members as they are now', async () => {
    const list = await client.usergroups.list({ include_users: true });
    slack.control.setGroup('patch-approvers', ['olga']);
    const members = await client.usergroups.users.list({ usergroup: GROUPS.approvers });

    expect(list.usergroups?.map((group) => [group.handle, group.users])).toEqual([
      ['patch-requesters', [USERS.priya, USERS.marco]],
      ['patch-approvers', [USERS.aisha, USERS.tom]],
    ]);
    expect(members.users).toEqual([USERS.olga]);
    expect(await refusedBy(client.usergroups.users.list({ usergroup: 'S0NOTHERE0' }))).toMatchObject({
      error: 'no_such_subteam',
    });
  });

  it('reads a channel’s history, newest first, with metadata only on request', async () => {
    slack.control.setScopes(['chat:write', 'channels:history', 'channels:read']);
    const metadata = { event_type: 'patch_run', event_payload: { run: 42 } };
    const parent = await client.chat.postMessage({ channel: CHANNELS.prod, text: 'one', metadata });
    await client.chat.postMessage({ channel: CHANNELS.prod, text: 'reply', thread_ts: String(parent.ts) });
    await post('two');

    const plain = await client.conversations.history({ channel: CHANNELS.prod });
    const full = await client.conversations.replies({
      channel: CHANNELS.prod,
      ts: String(parent.ts),
      include_all_metadata: true,
    });

    expect(plain.messages?.map((one) => [one.text, one.metadata])).toEqual([
      ['two', undefined],
      ['one', undefined],
    ]);
    expect(full.messages?.map((one) => one.text)).toEqual(['one', 'reply']);
    expect(full.messages?.[0]?.metadata).toEqual(metadata);
  });

  it('tells channels, members, the team and the bot', async () => {
    const scopes = [
      'channels:read',
      'channels:join',
      'im:write',
      'team:read',
      'users:read',
      'reactions:write',
    ];
    slack.control.setScopes([...scopes, 'chat:write']);
    const { ts } = await post('card');

    const info = await client.conversations.info({ channel: CHANNELS.general });
    const list = await client.conversations.list();
    const members = await client.conversations.members({ channel: CHANNELS.nonprod });
    const opened = await client.conversations.open({ users: USERS.tom });
    await client.conversations.join({ channel: CHANNELS.general });
    await post('joined', CHANNELS.general);
    await client.reactions.add({ channel: CHANNELS.prod, timestamp: String(ts), name: 'eyes' });
    const again = refusedBy(
      client.reactions.add({ channel: CHANNELS.prod, timestamp: String(ts), name: 'eyes' }),
    );

    expect(info.channel).toMatchObject({ name: 'general', is_member: false });
    expect(list.channels?.map((channel) => channel.name)).toEqual([
      'patching-prod',
      'patching-nonprod',
      'general',
    ]);
    expect(members.members).toContain(USERS.bot);
    expect(opened.channel?.id).toMatch(/^D/);
    expect((await client.team.info()).team).toMatchObject({ id: TEAM });
    expect((await client.bots.info({ bot: 'B0PATCHDAY' })).bot).toMatchObject({ user_id: USERS.bot });
    expect(await again).toMatchObject({ error: 'already_reacted' });
  });
});
