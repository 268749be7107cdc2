import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { commandPayload, RawSocket } from './raw-socket.ts';
import { clientOptions } from './support.ts';

const text = (words: string) => ({ type: 'plain_text' as const, text: words });
let slack: SlackSimulator;
let client: WebClient;
let bot: RawSocket;

beforeEach(async () => {
  slack = await startSlackSimulator({ rateLimits: 'off', ackTimeoutMs: 150 });
  client = new WebClient(slack.botToken, clientOptions(slack));
  bot = await RawSocket.open(slack);
});
afterEach(async () => {
  await bot.close();
  await slack.close();
});

describe('clicks on messages', () => {
  const select = {
    type: 'static_select',
    action_id: 'order',
    options: ['az', 'name'].map((value) => ({ text: text(value), value })),
  };
  const overflow = {
    type: 'overflow',
    action_id: 'menu',
    options: [{ text: text('Cancel'), value: 'cancel' }],
  };
  const post = (elements: object[]) =>
    client.chat.postMessage({
      channel: CHANNELS.prod,
      text: 'card',
      blocks: [{ type: 'actions', block_id: 'bar', elements }] as never,
    });
  const click = (more: object, user = 'tom') =>
    slack.control.click({ user, channel: 'patching-prod', ts: '', actionId: '', ...more });

  it('carry container, message, state, response_url and trigger_id', async () => {
    const { ts } = await post([select, { type: 'button', action_id: 'go', text: text('Go'), value: 'v' }]);

    await click({ ts: String(ts), actionId: 'go' });

    expect(bot.last('interactive')).toMatchObject({
      type: 'block_actions',
      user: { id: USERS.tom, team_id: 'T0NORTHWND' },
      channel: { id: CHANNELS.prod, name: 'patching-prod' },
      container: { type: 'message', message_ts: ts, channel_id: CHANNELS.prod, is_ephemeral: false },
      message: { ts, text: 'card', bot_id: 'B0PATCHDAY' },
      state: { values: { bar: { order: { type: 'static_select', selected_option: null } } } },
      actions: [
        { type: 'button', action_id: 'go', block_id: 'bar', value: 'v', action_ts: expect.any(String) },
      ],
      response_url: expect.stringContaining('/response/'),
      trigger_id: expect.any(String),
    });
  });

  it('carry the option that was chosen', async () => {
    const { ts } = await post([select, overflow]);

    await click({ ts: String(ts), actionId: 'order', selected: ['name'] });
    expect(bot.last('interactive')).toMatchObject({ actions: [{ selected_option: { value: 'name' } }] });
    await click({ ts: String(ts), actionId: 'menu', selected: ['cancel'] });
    expect(bot.last('interactive')).toMatchObject({
      actions: [{ type: 'overflow', selected_option: { value: 'cancel' } }],
    });

    expect(await click({ ts: String(ts), actionId: 'order', selected: ['size'] })).toMatchObject({
      ok: false,
    });
    expect(await click({ ts: String(ts), actionId: 'order' })).toMatchObject({ ok: false });
  });

  it('on an ephemeral message come without the message, and only from its person', async () => {
    const answer = await client.chat.postEphemeral({
      channel: CHANNELS.prod,
      user: USERS.tom,
      text: 'sure?',
      blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'go', text: text('Go') }] }],
    });
    const ts = String(answer.message_ts);

    expect(await click({ ts, actionId: 'go' }, 'olga')).toMatchObject({ ok: false });
    expect(await click({ ts, actionId: 'go' })).toEqual({ ok: true });
    expect(bot.of('interactive')).toHaveLength(1);
    expect(bot.last('interactive')).toMatchObject({ container: { is_ephemeral: true } });
    expect(bot.last('interactive')).not.toHaveProperty('message');
  });

  it('by somebody deactivated are refused, unless the click was already on its way', async () => {
    const { ts } = await post([{ type: 'button', action_id: 'go', text: text('Go') }]);
    slack.control.setUser('tom', { deleted: true });

    expect(await click({ ts: String(ts), actionId: 'go' })).toMatchObject({ ok: false });
    expect(await click({ ts: String(ts), actionId: 'go', force: true })).toEqual({ ok: true });
  });

  it('on something that is not there say what is', async () => {
    const { ts } = await post([{ type: 'button', action_id: 'go', text: text('Go') }]);

    expect(await click({ ts: String(ts), actionId: 'stop' })).toEqual({
      ok: false,
      error: 'there is no element */stop; there are: bar/go',
    });
  });
});

describe('slash commands', () => {
  it('arrive with names as ids, hosts as links and special characters as entities', async () => {
    const line =
      '/patch scan prod @aisha @patch-approvers #general web01.example.com ops@example.com a<b & “c”';

    const payload = await commandPayload(slack, bot, 'priya', line);

    expect(payload).toMatchObject({
      command: '/patch',
      text:
        `scan prod <@${USERS.aisha}|aisha> <!subteam^S0APPROVER|@patch-approvers> <#C0GENERAL1|general> ` +
        '<http://web01.example.com|web01.example.com> <mailto:ops@example.com|ops@example.com> a&lt;b &amp; “c”',
      user_id: USERS.priya,
      channel_id: CHANNELS.prod,
      team_id: 'T0NORTHWND',
    });
  });

  it('may be answered in the acknowledgement', async () => {
    bot.answer = () => ({ text: 'Usage: /patch scan' });

    await slack.control.command({ user: 'priya', channel: 'patching-prod', text: '/patch' });

    expect(slack.control.messages({ channel: 'patching-prod' })).toMatchObject([
      { text: 'Usage: /patch scan', ephemeralTo: USERS.priya },
    ]);
  });

  it.each([
    ['somebody who is not in the channel', 'gwen', 'patching-nonprod', '/patch help', /not in that channel/],
    ['somebody deactivated', 'dmitri', 'patching-prod', '/patch help', /deactivated/],
    ['the bot itself', 'patchday', 'patching-prod', '/patch help', /bot/],
    ['a command nobody has installed', 'priya', 'patching-prod', '/deploy now', /not a valid command/],
  ])('of %s never reach the bot', async (_what, user, channel, line, error) => {
    const answer = await slack.control.command({ user, channel, text: line });

    expect(answer).toMatchObject({ ok: false, error: expect.stringMatching(error) });
    expect(bot.of('slash_commands')).toEqual([]);
  });

  it('are not supported in threads', () => {
    slack.control.message({ user: 'tom', channel: 'patching-prod', text: 'hello' });
    const ts = slack.control.messages({ channel: 'patching-prod' })[0]?.ts ?? '';

    const answer = slack.control.message({
      user: 'tom',
      channel: 'patching-prod',
      threadTs: ts,
      text: '/patch help',
    });

    expect(answer).toMatchObject({ ok: false });
  });
});
