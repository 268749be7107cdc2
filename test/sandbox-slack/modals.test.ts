import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../sandbox/clock.ts';
import { USERS } from '../../sandbox/slack/default-workspace.ts';
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

  it('forget a choice that an update no longer offers, and keep the rest', async () => {
    const viewId = await openModal();
    const values = { env: { pick: 'prod' }, note: { text: 'urgent' } };
    await slack.control.viewClick({ user: 'priya', viewId, actionId: 'next', values });
    const [env, ...rest] = structuredClone(modal().blocks);
    const options = [{ text: text('dr'), value: 'dr' }];
    const changed = { ...env, element: { ...env?.element, options } };

    const { view } = await client.views.update({
      view_id: viewId,
      view: modal({ blocks: [changed, ...rest] }) as never,
    });

    expect(view?.state).toMatchObject({
      values: { env: { pick: { selected_option: null } }, note: { text: { value: 'urgent' } } },
    });
  });

  it('and Home tabs react to their own person only', async () => {
    const blocks = [
      { type: 'actions', elements: [{ type: 'button', action_id: 'scan', text: text('Scan') }] },
    ];
    const { view } = await client.views.publish({
      user_id: USERS.priya,
      view: { type: 'home', blocks } as never,
    });
    const click = (user: string) =>
      slack.control.viewClick({ user, viewId: String(view?.id), actionId: 'scan' });

    expect(await click('tom')).toMatchObject({ ok: false });
    expect(bot.of('interactive')).toEqual([]);
    expect(await click('priya')).toEqual({ ok: true });
    expect(bot.last('interactive')).toMatchObject({
      view: { type: 'home' },
      actions: [{ action_id: 'scan' }],
    });
  });

  it('belong to their person', async () => {
    const viewId = await openModal();

    const answer = await slack.control.submit({ user: 'tom', viewId, values: {} });

    expect(answer).toMatchObject({ ok: false });
  });
});
