import { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { commandPayload, RawSocket } from './raw-socket.ts';
import { refusedBy } from './refused.ts';
import { clientOptions } from './support.ts';

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const mrkdwn = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const button = (more: object = {}) => ({ type: 'button', text: plain(5), ...more });
const section = (more: object = {}) => ({ type: 'section', text: mrkdwn(5), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const option = (value: string) => ({ text: plain(5), value });
const input = (element: object, more: object = {}) => ({ type: 'input', label: plain(5), element, ...more });
const row = (cells: number, length = 1) =>
  Array.from({ length: cells }, () => ({ type: 'raw_text', text: 'x'.repeat(length) }));
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const confirm = { title: plain(5), text: mrkdwn(5), confirm: plain(5), deny: plain(5) };

let slack: SlackSimulator;
let client: WebClient;
beforeAll(async () => {
  slack = await startSlackSimulator({ rateLimits: 'off' });
  client = new WebClient(slack.botToken, clientOptions(slack));
});
afterAll(() => slack.close());

const post = (blocks: unknown) =>
  client.chat.postMessage({ channel: CHANNELS.prod, text: 'card', blocks: blocks as never });

describe('blocks of a message', () => {
  it.each<[string, object[], string]>([
    ['51 blocks', times(51, () => ({ type: 'divider' })), '/blocks'],
    ['an unknown block', [{ type: 'sektion' }], '/blocks/0/type'],
    ['a section without text', [{ type: 'section' }], '/blocks/0'],
    ['a section of 3,001 characters', [section({ text: mrkdwn(3_001) })], '/blocks/0/text/text'],
    ['an empty text', [section({ text: mrkdwn(0) })], '/blocks/0/text/text'],
    ['11 fields', [section({ fields: times(11, () => mrkdwn(1)) })], '/blocks/0/fields'],
    ['a field of 2,001 characters', [section({ fields: [mrkdwn(2_001)] })], '/blocks/0/fields/0/text'],
    ['a header of 151 characters', [{ type: 'header', text: plain(151) }], '/blocks/0/text/text'],
    ['a header in mrkdwn', [{ type: 'header', text: mrkdwn(5) }], '/blocks/0/text/type'],
    ['a property Slack does not know', [section({ colour: 'red' })], '/blocks/0'],
    ['emoji on mrkdwn', [section({ text: { ...mrkdwn(5), emoji: true } })], '/blocks/0/text'],
    ['26 elements', [actions(...times(26, (one) => button({ action_id: `a${one}` })))], '/blocks/0/elements'],
    ['no elements', [actions()], '/blocks/0/elements'],
    ['a button of 76 characters', [actions(button({ text: plain(76) }))], '/blocks/0/elements/0/text/text'],
    [
      'a button value of 2,001',
      [actions(button({ value: 'x'.repeat(2_001) }))],
      '/blocks/0/elements/0/value',
    ],
    ['a green button', [actions(button({ style: 'green' }))], '/blocks/0/elements/0/style'],
    [
      'a url of 3,001',
      [actions(button({ url: `https://${'x'.repeat(3_000)}` }))],
      '/blocks/0/elements/0/url',
    ],
    [
      'a confirm dialog without deny',
      [actions(button({ confirm: { ...confirm, deny: undefined } }))],
      '/blocks/0/elements/0/confirm',
    ],
    [
      'a confirm text of 301',
      [actions(button({ confirm: { ...confirm, text: mrkdwn(301) } }))],
      '/blocks/0/elements/0/confirm/text/text',
    ],
    [
      'an action_id of 256',
      [actions(button({ action_id: 'x'.repeat(256) }))],
      '/blocks/0/elements/0/action_id',
    ],
    [
      'the same action_id twice',
      [actions(button({ action_id: 'a' }), button({ action_id: 'a' }))],
      '/blocks/0',
    ],
    [
      'the same block_id twice',
      [section({ block_id: 'b' }), section({ block_id: 'b' })],
      '/blocks/1/block_id',
    ],
    ['a block_id of 256', [section({ block_id: 'x'.repeat(256) })], '/blocks/0/block_id'],
    ['a text input in actions', [actions({ type: 'plain_text_input' })], '/blocks/0/elements/0/type'],
    [
      'an overflow of 6',
      [section({ accessory: { type: 'overflow', options: times(6, (one) => option(`${one}`)) } })],
      '/blocks/0/accessory/options',
    ],
    [
      'an option value of 76',
      [actions({ type: 'static_select', options: [option('x'.repeat(76))] })],
      '/blocks/0/elements/0/options/0/value',
    ],
    [
      '101 options',
      [actions({ type: 'static_select', options: times(101, (one) => option(`${one}`)) })],
      '/blocks/0/elements/0/options',
    ],
    ['a select without options', [actions({ type: 'static_select' })], '/blocks/0/elements/0'],
    [
      'an initial option that is none',
      [actions({ type: 'static_select', options: [option('a')], initial_option: option('b') })],
      '/blocks/0/elements/0',
    ],
    [
      '11 checkboxes',
      [actions({ type: 'checkboxes', options: times(11, (one) => option(`${one}`)) })],
      '/blocks/0/elements/0/options',
    ],
    [
      '11 context elements',
      [{ type: 'context', elements: times(11, () => mrkdwn(1)) }],
      '/blocks/0/elements',
    ],
    ['an image without alt_text', [{ type: 'image', image_url: 'https://example.com/a.png' }], '/blocks/0'],
    ['an image without a source', [{ type: 'image', alt_text: 'a' }], '/blocks/0'],
    ['an alert', [{ type: 'alert', text: plain(5) }], '/blocks/0/type'],
    [
      'a number input',
      [input({ type: 'number_input', is_decimal_allowed: false })],
      '/blocks/0/element/type',
    ],
    ['two tables', times(2, () => ({ type: 'table', rows: [row(1)] })), '/blocks'],
    ['a table of 101 rows', [{ type: 'table', rows: times(101, () => row(1)) }], '/blocks/0/rows'],
    ['a table of 21 columns', [{ type: 'table', rows: [row(21)] }], '/blocks/0/rows/0'],
    ['a table of 10,001 characters', [{ type: 'table', rows: [row(1, 5_001), row(1, 5_000)] }], '/blocks/0'],
    ['a ragged data_table', [{ type: 'data_table', caption: 'c', rows: [row(2), row(1)] }], '/blocks/0/rows'],
    [
      'an unknown rich text',
      [{ type: 'rich_text', elements: [{ type: 'song' }] }],
      '/blocks/0/elements/0/type',
    ],
    ['an empty card', [{ type: 'card' }], '/blocks/0'],
    [
      '6 context actions',
      [
        {
          type: 'context_actions',
          elements: times(6, () => ({ type: 'icon_button', icon: 'trash', text: plain(5) })),
        },
      ],
      '/blocks/0/elements',
    ],
  ])('refuses %s with invalid_blocks and a pointer', async (_what, blocks, pointer) => {
    const refusal = await refusedBy(post(blocks));

    expect(refusal.error).toBe('invalid_blocks');
    const messages = refusal.response_metadata?.messages ?? [];
    expect(messages.map((one) => /\[json-pointer:(.*)\]/.exec(one)?.[1])).toContain(pointer);
  });

  it.each<[string, object[]]>([
    ['50 blocks', times(50, () => ({ type: 'divider' }))],
    ['a section of 3,000 characters', [section({ text: mrkdwn(3_000) })]],
    ['25 elements', [actions(...times(25, (one) => button({ action_id: `a${one}` })))]],
    ['a whole confirm dialog', [actions(button({ confirm, style: 'danger', value: 'v' }))]],
    [
      'the same action_id in two blocks',
      [actions(button({ action_id: 'a' })), actions(button({ action_id: 'a' }))],
    ],
    ['a table', [{ type: 'table', rows: times(100, () => row(2)) }]],
    [
      'rich text',
      [
        {
          type: 'rich_text',
          elements: [
            { type: 'rich_text_section', elements: [{ type: 'text', text: 'a', style: { bold: true } }] },
          ],
        },
      ],
    ],
    ['markdown', [{ type: 'markdown', text: '**a**' }]],
    [
      'a picker and menus',
      [actions({ type: 'datepicker', initial_date: '2026-11-21' }, { type: 'users_select' })],
    ],
  ])('takes %s', async (_what, blocks) => {
    expect((await post(blocks)).ok).toBe(true);
  });

  it('refuses more text in all blocks than Slack was seen to take', async () => {
    const blocks = times(4, () => section({ text: mrkdwn(2_800) }));

    expect(await refusedBy(post(blocks))).toMatchObject({ error: 'msg_blocks_too_long' });
  });

  it('refuses 101 attachments, and blocks that are not JSON', async () => {
    const attachments = times(101, () => ({ fallback: 'a', text: 'a' }));
    const many = client.chat.postMessage({ channel: CHANNELS.prod, text: 'a', attachments });
    const broken = client.apiCall('chat.postMessage', { channel: CHANNELS.prod, text: 'a', blocks: '[{' });

    expect(await refusedBy(many)).toMatchObject({ error: 'too_many_attachments' });
    expect(await refusedBy(broken)).toMatchObject({ error: 'invalid_blocks_format' });
  });

  it('checks updates, ephemeral messages and upload comments in the same way', async () => {
    const { ts } = await post([section()]);
    const bad = [{ type: 'sektion' }] as never;
    const where = { channel: CHANNELS.prod, text: 'a', blocks: bad };

    expect(await refusedBy(client.chat.update({ ...where, ts: String(ts) }))).toMatchObject({
      error: 'invalid_blocks',
    });
    expect(await refusedBy(client.chat.postEphemeral({ ...where, user: USERS.tom }))).toMatchObject({
      error: 'invalid_blocks',
    });
  });
});

describe('views', () => {
  const modal = (more: object = {}) => ({ type: 'modal', title: plain(5), blocks: [section()], ...more });
  const home = (blocks: object[]) => ({ type: 'home', blocks });
  const publish = (view: object) => client.views.publish({ user_id: USERS.tom, view: view as never });
  let triggerId = '';
  let bot: RawSocket;

  beforeAll(async () => {
    bot = await RawSocket.open(slack);
  });
  afterAll(() => bot.close());

  beforeEach(async () => {
    triggerId = String((await commandPayload(slack, bot, 'tom')).trigger_id);
  });

  it.each<[string, object, string]>([
    ['a title of 25 characters', modal({ title: plain(25) }), '/view/title/text'],
    ['no title', modal({ title: undefined }), '/view'],
    ['a submit of 25 characters', modal({ submit: plain(25) }), '/view/submit/text'],
    ['inputs without submit', modal({ blocks: [input({ type: 'plain_text_input' })] }), '/view'],
    ['101 blocks', modal({ blocks: times(101, () => ({ type: 'divider' })) }), '/view/blocks'],
    ['private_metadata of 3,001', modal({ private_metadata: 'x'.repeat(3_001) }), '/view/private_metadata'],
    ['a callback_id of 256', modal({ callback_id: 'x'.repeat(256) }), '/view/callback_id'],
    ['a table', modal({ blocks: [{ type: 'table', rows: [row(1)] }] }), '/view/blocks/0/type'],
    ['markdown', modal({ blocks: [{ type: 'markdown', text: 'a' }] }), '/view/blocks/0/type'],
    [
      'a label of 2,001',
      modal({ submit: plain(5), blocks: [input({ type: 'plain_text_input' }, { label: plain(2_001) })] }),
      '/view/blocks/0/label/text',
    ],
    ['a home as modal', { ...modal(), type: 'home' }, '/view/type'],
  ])('refuses a modal with %s', async (_what, view, pointer) => {
    const refusal = await refusedBy(client.views.open({ trigger_id: triggerId, view: view as never }));

    expect(refusal.error).toBe('invalid_arguments');
    const messages = refusal.response_metadata?.messages ?? [];
    expect(messages.map((one) => /\[json-pointer:(.*)\]/.exec(one)?.[1])).toContain(pointer);
  });

  it('takes a modal of 100 blocks with alert and inputs', async () => {
    const blocks = [
      { type: 'alert', text: plain(200), level: 'warning' },
      input({ type: 'number_input', is_decimal_allowed: false }),
      ...times(98, () => section()),
    ];
    const view = modal({ submit: plain(24), blocks });

    expect((await client.views.open({ trigger_id: triggerId, view: view as never })).ok).toBe(true);
  });

  it('refuses a view of more than 250 KB', async () => {
    const blocks = times(100, () => section({ text: mrkdwn(2_700) }));
    const refusal = await refusedBy(
      client.views.open({ trigger_id: triggerId, view: modal({ blocks }) as never }),
    );

    expect(refusal.error).toBe('view_too_large');
  });

  it('refuses on a Home tab what only messages or modals have', async () => {
    const picker = home([actions({ type: 'datetimepicker' })]);

    expect(await refusedBy(publish(picker))).toMatchObject({ error: 'invalid_arguments' });
    expect(await refusedBy(publish(home([{ type: 'alert', text: plain(5) }])))).toMatchObject({
      error: 'invalid_arguments',
    });
    expect((await publish(home([{ type: 'table', rows: [row(2)] }]))).ok).toBe(true);
    expect(slack.control.home('tom')).toMatchObject({ type: 'home' });
  });
});
