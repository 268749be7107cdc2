import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../sandbox/clock.ts';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { commandPayload, RawSocket } from './raw-socket.ts';
import { refusedBy } from './refused.ts';
import { clientOptions } from './support.ts';

const START = Date.parse('2026-11-21T02:00:00Z');
const text = (words: string) => ({ type: 'plain_text' as const, text: words });
const modal = (more: object = {}) => ({
  type: 'modal' as const,
  callback_id: 'form',
  title: text('Request'),
  submit: text('Send'),
  blocks: [
    {
      type: 'input',
      block_id: 'env',
      label: text('Environment'),
      dispatch_action: true,
      element: {
        type: 'static_select',
        action_id: 'pick',
        options: ['prod', 'nonprod'].map((value) => ({ text: text(value), value })),
      },
    },
    {
      type: 'input',
      block_id: 'note',
      optional: true,
      label: text('Note'),
      element: { type: 'plain_text_input', action_id: 'text', initial_value: 'none', max_length: 10 },
    },
    {
      type: 'actions',
      block_id: 'more',
      elements: [{ type: 'button', action_id: 'next', text: text('Next page'), value: '2' }],
    },
  ],
  ...more,
});

let clock: SteppedClock;
let slack: SlackSimulator;
let client: WebClient;
let bot: RawSocket;

beforeEach(async () => {
  clock = steppedClock(START);
  slack = await startSlackSimulator({ clock, rateLimits: 'off', ackTimeoutMs: 150 });
  client = new WebClient(slack.botToken, clientOptions(slack));
  bot = await RawSocket.open(slack);
});
afterEach(async () => {
  await bot.close();
  await slack.close();
});

async function openModal(view: object = modal()): Promise<string> {
  const { trigger_id } = await commandPayload(slack, bot);
  const answer = await client.views.open({ trigger_id: String(trigger_id), view: view as never });
  return String(answer.view?.id);
}

describe('trigger ids', () => {
  it('open a view within three seconds', async () => {
    const { trigger_id } = await commandPayload(slack, bot);
    clock.step(2_999);

    await client.views.open({ trigger_id: String(trigger_id), view: modal() as never });

    expect(slack.control.views('priya').map((view) => view.title)).toEqual(['Request']);
  });

  it('are expired after three seconds', async () => {
    const { trigger_id } = await commandPayload(slack, bot);
    clock.step(3_000);

    const refusal = await refusedBy(
      client.views.open({ trigger_id: String(trigger_id), view: modal() as never }),
    );

    expect(refusal.error).toBe('expired_trigger_id');
  });

  it('work once, and not at all when made up', async () => {
    const { trigger_id } = await commandPayload(slack, bot);
    const open = (id: string) => client.views.open({ trigger_id: id, view: modal() as never });
    await open(String(trigger_id));

    expect(await refusedBy(open(String(trigger_id)))).toMatchObject({ error: 'exchanged_trigger_id' });
    expect(await refusedBy(open('1.2.made-up'))).toMatchObject({ error: 'invalid_trigger_id' });
  });

  it('of a slash command cannot push onto a modal', async () => {
    await openModal();
    const { trigger_id } = await commandPayload(slack, bot);

    const refusal = await refusedBy(
      client.views.push({ trigger_id: String(trigger_id), view: modal() as never }),
    );

    expect(refusal.error).toBe('invalid_trigger_id');
  });
});

describe('modals', () => {
  it('send what was typed and chosen as view.state', async () => {
    const viewId = await openModal(modal({ private_metadata: 'run-7' }));

    await slack.control.submit({ user: 'priya', viewId, values: { env: { pick: 'prod' } } });

    expect(bot.last('interactive')).toMatchObject({
      type: 'view_submission',
      user: { id: USERS.priya },
      view: {
        callback_id: 'form',
        private_metadata: 'run-7',
        state: {
          values: {
            env: { pick: { type: 'static_select', selected_option: { value: 'prod' } } },
            note: { text: { type: 'plain_text_input', value: 'none' } },
          },
        },
      },
    });
    expect(slack.control.views('priya')).toEqual([]);
  });

  it('are not sent while an input is missing, too long or not an option', async () => {
    const viewId = await openModal();
    const submit = (values: Record<string, Record<string, string>>) =>
      slack.control.submit({ user: 'priya', viewId, values });

    expect(await submit({})).toEqual({ ok: false, error: 'Please complete this required field.' });
    expect(slack.control.views('priya')[0]?.errors).toHaveProperty('env');
    expect(await submit({ env: { pick: 'moon' } })).toMatchObject({ ok: false });
    expect(await submit({ env: { pick: 'prod' }, note: { text: 'eleven chars' } })).toEqual({
      ok: false,
      error: 'Must be at most 10 characters long.',
    });
    expect(await submit({ nowhere: { pick: 'prod' } })).toMatchObject({ ok: false });
    expect(bot.of('interactive')).toEqual([]);
  });

  it('send clicks inside them with the state of the moment', async () => {
    const viewId = await openModal();

    await slack.control.viewClick({
      user: 'priya',
      viewId,
      actionId: 'next',
      values: { note: { text: 'half way' } },
    });

    expect(bot.last('interactive')).toMatchObject({
      type: 'block_actions',
      container: { type: 'view', view_id: viewId },
      actions: [{ action_id: 'next', block_id: 'more', value: '2' }],
      view: { state: { values: { note: { text: { value: 'half way' } } } } },
    });
    expect(bot.last('interactive')).not.toHaveProperty('response_url');
  });

  it('tell a dispatching input’s choice at once', async () => {
    const viewId = await openModal();

    await slack.control.viewClick({ user: 'priya', viewId, actionId: 'pick', selected: ['nonprod'] });

    expect(bot.last('interactive')).toMatchObject({
      actions: [{ action_id: 'pick', selected_option: { value: 'nonprod' } }],
    });
  });

  it('stack three deep at most', async () => {
    await openModal();
    const push = async () => {
      const viewId = slack.control.views('priya').at(-1)?.id ?? '';
      await slack.control.viewClick({ user: 'priya', viewId, actionId: 'next' });
      const triggerId = String(bot.last('interactive').trigger_id);
      return client.views.push({ trigger_id: triggerId, view: modal() as never });
    };
    await push();
    const { view } = await push();

    expect(view?.previous_view_id).toBe(slack.control.views('priya')[1]?.id);
    expect(view?.root_view_id).toBe(slack.control.views('priya')[0]?.id);
    expect(await refusedBy(push())).toMatchObject({ error: 'push_limit_reached' });
  });

  it('are updated only with the present hash', async () => {
    const viewId = await openModal();
    const first = await client.views.update({
      view_id: viewId,
      view: modal({ title: text('Page 2') }) as never,
    });
    const hash = String(first.view?.hash);
    await client.views.update({ view_id: viewId, hash, view: modal({ title: text('Page 3') }) as never });

    const late = client.views.update({ view_id: viewId, hash, view: modal() as never });

    expect(await refusedBy(late)).toMatchObject({ error: 'hash_conflict' });
    expect(slack.control.views('priya')[0]?.title).toBe('Page 3');
    const gone = client.views.update({ view_id: 'V0NOWHERE', view: modal() as never });
    expect(await refusedBy(gone)).toMatchObject({ error: 'not_found' });
  });

  it('have external ids that are taken once', async () => {
    await openModal(modal({ external_id: 'form-1' }));
    const { trigger_id } = await commandPayload(slack, bot, 'tom');

    const again = client.views.open({
      trigger_id: String(trigger_id),
      view: modal({ external_id: 'form-1' }) as never,
    });

    expect(await refusedBy(again)).toMatchObject({ error: 'duplicate_external_id' });
  });

  it.each([
    ['update', { response_action: 'update', view: modal({ title: text('Done') }) }, ['Done']],
    ['push', { response_action: 'push', view: modal({ title: text('Sure?') }) }, ['Request', 'Sure?']],
    ['clear', { response_action: 'clear' }, []],
    ['errors', { response_action: 'errors', errors: { note: 'Too vague.' } }, ['Request']],
  ])('obey the response_action %s', async (_what, answer, titles) => {
    const viewId = await openModal();
    bot.answer = () => answer;

    const outcome = await slack.control.submit({ user: 'priya', viewId, values: { env: { pick: 'prod' } } });

    expect(outcome).toEqual({ ok: true });
    expect(slack.control.views('priya').map((view) => view.title)).toEqual(titles);
  });

  it.each([
    ['an unknown response_action', { response_action: 'dance' }],
    ['errors for a block that is no input', { response_action: 'errors', errors: { more: 'x' } }],
    ['an invalid view', { response_action: 'update', view: { type: 'modal' } }],
  ])('show trouble when the bot answers with %s', async (_what, answer) => {
    const viewId = await openModal();
    bot.answer = () => answer;

    const outcome = await slack.control.submit({ user: 'priya', viewId, values: { env: { pick: 'prod' } } });

    expect(outcome).toEqual({ ok: false, error: 'We had some trouble connecting. Try again?' });
    expect(slack.control.warnings()).toMatchObject([{ method: 'view_submission' }]);
  });

  it('tell the bot when they are closed, if it asked for that', async () => {
    const quiet = await openModal();
    await slack.control.closeView({ user: 'priya', viewId: quiet });
    expect(bot.of('interactive')).toEqual([]);

    const viewId = await openModal(modal({ notify_on_close: true }));
    await slack.control.closeView({ user: 'priya', viewId });

    expect(bot.last('interactive')).toMatchObject({
      type: 'view_closed',
      is_cleared: false,
      view: { id: viewId },
    });
    expect(slack.control.views('priya')).toEqual([]);
  });

  it('belong to their person', async () => {
    const viewId = await openModal();

    const answer = await slack.control.submit({ user: 'tom', viewId, values: {} });

    expect(answer).toMatchObject({ ok: false });
  });
});

describe('response_url', () => {
  const respond = (url: unknown, body: object) =>
    fetch(String(url), { method: 'POST', body: JSON.stringify(body) });

  async function cardWithButton(): Promise<string> {
    const { ts } = await client.chat.postMessage({
      channel: CHANNELS.prod,
      text: 'card',
      blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'go', text: text('Go') }] }],
    });
    await slack.control.click({ user: 'tom', channel: 'patching-prod', ts: String(ts), actionId: 'go' });
    return String(ts);
  }

  it('answers a command to its person alone, or to the channel', async () => {
    const { response_url } = await commandPayload(slack, bot);
    await respond(response_url, { text: 'only you' });
    await respond(response_url, { text: 'everyone', response_type: 'in_channel' });

    const texts = (user: string) =>
      slack.control.messages({ channel: 'patching-prod', user }).map((one) => one.text);
    expect(texts('priya')).toEqual(['only you', 'everyone']);
    expect(texts('tom')).toEqual(['everyone']);
  });

  it('takes five answers', async () => {
    const { response_url } = await commandPayload(slack, bot);
    const statuses: number[] = [];
    for (const index of [1, 2, 3, 4, 5, 6]) {
      statuses.push((await respond(response_url, { text: `answer ${index}` })).status);
    }

    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    expect(await (await respond(response_url, { text: 'x' })).json()).toMatchObject({ error: 'used_url' });
  });

  it('takes none after thirty minutes', async () => {
    const { response_url } = await commandPayload(slack, bot);
    clock.step(30 * 60_000);

    const response = await respond(response_url, { text: 'late' });

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'expired_url' });
  });

  it('of a click replaces or deletes the message it came from, or adds one', async () => {
    const ts = await cardWithButton();
    const { response_url } = bot.last('interactive');
    await respond(response_url, { text: 'beside', replace_original: false });
    await respond(response_url, { text: 'instead', replace_original: true });

    expect(slack.control.messages({ channel: 'patching-prod' })).toMatchObject([
      { ts, text: 'instead', blocks: [], ephemeralTo: null },
      { text: 'beside', ephemeralTo: USERS.tom },
    ]);
    await respond(response_url, { delete_original: true });
    expect(slack.control.messages({ channel: 'patching-prod' }).map((one) => one.text)).toEqual(['beside']);
  });

  it('warns when an answer to a click leaves open whether it replaces the message', async () => {
    await cardWithButton();
    await respond(bot.last('interactive').response_url, { text: 'instead' });

    expect(slack.control.warnings()).toMatchObject([{ method: 'response_url' }]);
  });

  it('refuses blocks that Slack refuses', async () => {
    const { response_url } = await commandPayload(slack, bot);

    const response = await respond(response_url, { text: 'x', blocks: [{ type: 'sektion' }] });

    expect(response.ok).toBe(false);
    expect(await response.json()).toMatchObject({ error: 'invalid_blocks' });
  });
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
    const line = '/patch scan prod @aisha @patch-approvers #general web01.example.com a<b & “c”';

    const payload = await commandPayload(slack, bot, 'priya', line);

    expect(payload).toMatchObject({
      command: '/patch',
      text:
        `scan prod <@${USERS.aisha}|aisha> <!subteam^S0APPROVER|@patch-approvers> <#C0GENERAL1|general> ` +
        '<http://web01.example.com|web01.example.com> a&lt;b &amp; “c”',
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
