import { describe, expect, it } from 'vitest';
import {
  ACTION,
  ANSWER_PREFIX,
  ANSWERS,
  encode,
  readQuestionValue,
  readRunValue,
  readViewMeta,
  VIEW,
} from '../../src/slack/button-value.ts';

const RUN = { v: 1, runId: 'r1', planHash: 'f'.repeat(64) } as const;
const QUESTION = { v: 1, tag: 'patchday r1 install w1/a/b/linux/1 a1', answer: 'send_again' } as const;
const META = { ...RUN, channel: 'C1', page: 2, chosen: '1,z' } as const;

const altered = (value: object, change: object) => JSON.stringify({ ...value, ...change });

describe('what a button carries', () => {
  it('comes back as it was written', () => {
    expect(readRunValue(encode(RUN))).toEqual(RUN);
    expect(readViewMeta(encode(META))).toEqual(META);
    for (const answer of ANSWERS)
      expect(readQuestionValue(encode({ ...QUESTION, answer }))).toEqual({ ...QUESTION, answer });
  });

  it('may be of a run that has no plan yet', () => {
    expect(readRunValue(altered(RUN, { planHash: '' }))).toMatchObject({ planHash: '' });
  });

  it('of a modal begins at the first page with nothing chosen', () => {
    expect(readViewMeta(altered(RUN, { channel: 'C1' }))).toMatchObject({ page: 0, chosen: '' });
  });

  it.each([
    ['another version', { v: 2 }],
    ['no version', { v: undefined }],
    ['no run and no tag', { runId: undefined, tag: undefined }],
    ['an empty run or tag', { runId: '', tag: '' }],
    ['a run or tag that is too long', { runId: 'r'.repeat(65), tag: 't'.repeat(101) }],
    ['a run or tag that is a number', { runId: 1, tag: 1 }],
  ])('counts for nothing with %s', (_, change) => {
    expect(readRunValue(altered(RUN, change))).toBeNull();
    expect(readQuestionValue(altered(QUESTION, change))).toBeNull();
    expect(readViewMeta(altered(META, change))).toBeNull();
  });

  it.each([
    ['no plan hash', RUN, { planHash: undefined }, readRunValue],
    ['a hash of 129 characters', RUN, { planHash: 'f'.repeat(129) }, readRunValue],
    ['an answer that there is not', QUESTION, { answer: 'patch_all' }, readQuestionValue],
    ['no answer', QUESTION, { answer: undefined }, readQuestionValue],
    ['no channel', META, { channel: undefined }, readViewMeta],
    ['a channel of 33 characters', META, { channel: 'C'.repeat(33) }, readViewMeta],
    ['a page before the first', META, { page: -1 }, readViewMeta],
    ['half a page', META, { page: 0.5 }, readViewMeta],
    ['more chosen than a modal holds', META, { chosen: '1'.repeat(2901) }, readViewMeta],
  ] as const)('counts for nothing with %s', (_, value, change, read) => {
    expect(read(altered(value, change))).toBeNull();
  });

  it('is taken up to its longest', () => {
    expect(readRunValue(altered(RUN, { runId: 'r'.repeat(64), planHash: 'f'.repeat(128) }))).not.toBeNull();
    expect(readQuestionValue(altered(QUESTION, { tag: 't'.repeat(100) }))).not.toBeNull();
    expect(readViewMeta(altered(META, { channel: 'C'.repeat(32), page: 0 }))).not.toBeNull();
    expect(readViewMeta(altered({ ...META, planHash: '' }, { chosen: '1'.repeat(2900) }))).not.toBeNull();
  });

  it.each([
    ['nothing', undefined],
    ['a number', 1],
    ['no JSON', 'approve'],
    ['half a JSON', '{"v":1'],
    ['null', 'null'],
    ['something that is read but is no text', [encode(RUN)]],
    ['more than 3,000 characters', altered(RUN, { more: 'x'.repeat(3000) })],
  ])('counts for nothing when it is %s', (_, text) => {
    expect(readRunValue(text)).toBeNull();
  });

  it('may have 3,000 characters, as Slack lets a modal have', () => {
    const more = 'x'.repeat(3000 - altered(RUN, { more: '' }).length);
    expect(readRunValue(altered(RUN, { more }))).toEqual(RUN);
  });
});

describe('the name of a button or a modal', () => {
  it('is that of earlier releases, whose cards are still clicked', () => {
    expect(ACTION).toEqual({
      approve: 'run_approve',
      reject: 'run_reject',
      exclude: 'run_exclude',
      viewAll: 'run_view_all',
      stop: 'run_stop',
      secondConfirmation: 'run_second_confirmation',
      pagePrevious: 'page_previous',
      pageNext: 'page_next',
    });
    expect(ANSWERS.map((answer) => `${ANSWER_PREFIX}${answer}`)).toEqual([
      'question_send_again',
      'question_give_up',
      'question_stop_now',
      'question_leave_on',
    ]);
    expect(VIEW).toEqual({
      reject: 'modal_reject',
      exclude: 'modal_exclude',
      viewAll: 'modal_view_all',
      secondConfirmation: 'modal_second_confirmation',
    });
  });
});
