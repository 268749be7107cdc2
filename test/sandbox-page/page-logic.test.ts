import { describe, expect, test } from 'vitest';
import { FormValues } from '../../sandbox/slack/page/context.ts';
import { parseCsv } from '../../sandbox/slack/page/csv.ts';
import { dayLabel, formatDateTokens } from '../../sandbox/slack/page/dates.ts';
import { applyEvent, channelMessages, compareTs, threadReplies } from '../../sandbox/slack/page/state.ts';
import { missingOrWrong, statefulElements } from '../../sandbox/slack/page/view-form.ts';
import type { PageMessage, PageState } from '../../sandbox/slack/page-api.ts';

const noon = Date.UTC(2026, 10, 20, 12) / 1000;

describe('dates', () => {
  const clock = { now: Date.UTC(2026, 10, 20, 15), timeZone: 'UTC', hour12: true };

  test.each([
    ['{date_num} {time_secs}', '2026-11-20 12:00:00 PM'],
    ['{date_pretty} at {time}', 'today at 12:00 PM'],
    ['{date_long}', 'Friday, November 20th'],
    ['{date_short}', 'Nov 20'],
    ['{ago}', '3 hours ago'],
    ['{unknown} {date}', '{unknown} November 20th'],
  ])('fills %s as %s', (format, expected) => {
    expect(formatDateTokens(noon, format, clock)).toBe(expected);
  });

  test('a day belongs to the reader’s time zone', () => {
    const late = Date.UTC(2026, 10, 20, 23, 30);

    expect(dayLabel(late, { now: late, timeZone: 'UTC' })).toBe('Today');
    expect(formatDateTokens(late / 1000, '{date_num}', { ...clock, timeZone: 'Europe/Berlin' })).toBe(
      '2026-11-21',
    );
  });
});

test('CSV cells may hold commas, quotes and line ends', () => {
  expect(parseCsv('\uFEFFa,b\r\n"x, ""y""","two\nlines"\r\n1,')).toEqual([
    ['a', 'b'],
    ['x, "y"', 'two\nlines'],
    ['1', ''],
  ]);
});

const message = (ts: string, more: Partial<PageMessage> = {}): PageMessage => ({
  channel: 'C1',
  ts,
  threadTs: null,
  user: 'U1',
  text: ts,
  blocks: [],
  files: [],
  edited: null,
  ephemeralTo: null,
  replyCount: 0,
  replyBroadcast: false,
  ...more,
});

const user = { id: 'U1', name: 'kim', realName: 'Kim', role: '', isBot: false, deleted: false };
const empty: PageState = {
  team: { id: 'T1', name: 'Team' },
  user,
  users: [user],
  userGroups: [],
  channels: [{ id: 'C1', name: 'one', topic: '', members: ['U1'] }],
  messages: [],
  views: [],
  commands: [],
  botConnections: 0,
};

describe('events', () => {
  const arrive = (state: PageState, ...messages: PageMessage[]) =>
    messages.reduce((now, one) => applyEvent(now, { type: 'message', message: one }), state);

  test('messages stand in order of their time stamps, whatever order they came in', () => {
    const state = arrive(empty, message('20.000002'), message('9.000001'), message('20.000001'));

    expect(state.messages.map(({ ts }) => ts)).toEqual(['9.000001', '20.000001', '20.000002']);
    expect(compareTs('1763700000.000100', '1763700000.000099')).toBeGreaterThan(0);
  });

  test('an edited message takes the place of the old one', () => {
    const state = arrive(empty, message('1.0'), message('2.0'), message('1.0', { text: 'new' }));

    expect(state.messages.map(({ text }) => text)).toEqual(['new', '2.0']);
  });

  test('replies stand in their thread, and in the channel only when broadcast', () => {
    const reply = message('2.0', { threadTs: '1.0' });
    const shared = message('3.0', { threadTs: '1.0', replyBroadcast: true });
    const state = arrive(empty, message('1.0'), reply, shared);

    expect(channelMessages(state, 'C1').map(({ ts }) => ts)).toEqual(['1.0', '3.0']);
    expect(threadReplies(state, 'C1', '1.0').map(({ ts }) => ts)).toEqual(['2.0', '3.0']);
  });

  test('a notice of Slackbot stands after everything in its channel and is only for this person', () => {
    const state = applyEvent(arrive(empty, message('99999999999.0')), {
      type: 'notice',
      channel: 'C1',
      text: 'no',
    });

    expect(state.messages.at(-1)).toMatchObject({ text: 'no', ephemeralTo: 'U1', user: 'USLACKBOT' });
  });

  test('a deleted message is gone', () => {
    const state = applyEvent(arrive(empty, message('1.0')), {
      type: 'message_deleted',
      channel: 'C1',
      ts: '1.0',
    });

    expect(state.messages).toEqual([]);
  });
});

describe('inputs of a modal', () => {
  const input = (block_id: string, element: object, optional = false) => ({
    type: 'input',
    block_id,
    optional,
    element: { action_id: 'a', ...element },
  });
  const blocks = [
    input('reason', { type: 'plain_text_input', min_length: 5 }),
    input('note', { type: 'plain_text_input' }, true),
    input('mail', { type: 'email_text_input' }),
    input('size', { type: 'number_input', min_value: '1', max_value: '50' }),
    {
      type: 'actions',
      block_id: 'acts',
      elements: [
        { type: 'button', action_id: 'b' },
        { type: 'static_select', action_id: 's' },
      ],
    },
  ];

  test('required, too short, malformed and out of range inputs are named', () => {
    const values = new FormValues();
    values.set('mail', 'a', 'nobody');
    values.set('size', 'a', '51');

    expect(missingOrWrong(blocks, values)).toEqual({
      reason: 'Please complete this required field.',
      mail: 'Please enter a valid email address.',
      size: 'Please enter 50 or less.',
    });
  });

  test('values go out by block and action, empty ones as null, buttons not at all', () => {
    const values = new FormValues();
    values.set('reason', 'a', 'too risky');
    values.set('acts', 's', 'v1');

    expect(values.pick(statefulElements(blocks))).toEqual({
      reason: { a: 'too risky' },
      note: { a: null },
      mail: { a: null },
      size: { a: null },
      acts: { s: 'v1' },
    });
  });
});
