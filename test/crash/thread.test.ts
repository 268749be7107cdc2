import { describe, expect, it } from 'vitest';
import {
  givenUpWithoutDoubt,
  otherNumberThanItsOutbox,
  questionsTwice,
  type Thread,
  threadRows,
  unlikeItsOutbox,
  unlikeUncrashed,
} from './thread.ts';

const PLAN = '📋 The plan of run RUN (HASH): 2 instances in 1 wave.';
const WAVE = 'Wave 1 of 1: 2 instances, backing up.';
const LINUX = 'Wave 1: patching 1 instance of small-test in eu-west-1 (Linux).';
const WINDOWS = 'Wave 1: patching 1 instance of small-test in eu-west-1 (Windows).';
const DONE = '📋 Run RUN is done.';
const ASKED = '❓ A person must decide: was it sent? "patchday RUN install w1/linux#1 a1"';
const ANSWERED = '<@U0AISHAAPP> answered: It was not sent: send it again.';

function thread(texts: readonly string[], states: Record<string, string> = {}): Thread {
  const rows = texts.map((text, i) => ({
    id: i + 1,
    text,
    kind: text.startsWith('❓') ? 'question' : 'progress',
    state: states[text] ?? 'sent',
  }));
  return { rows, said: rows.filter((r) => r.state === 'sent').map((r) => r.text), reportFiles: 0 };
}

describe('a message with the same words as one that was given up', () => {
  const rows = [
    { id: 1, kind: 'progress', text: ANSWERED, state: 'given_up' },
    { id: 2, kind: 'progress', text: ANSWERED, state: 'sent' },
    { id: 3, kind: 'progress', text: DONE, state: 'sent' },
  ];
  const wrong = (said: string[]) => unlikeItsOutbox({ rows, said, reportFiles: 0 }).map((w) => w.kind);

  it('may be the one that arrived, or both did', () => {
    expect(wrong([ANSWERED, DONE])).toEqual([]);
    expect(wrong([ANSWERED, ANSWERED, DONE])).toEqual([]);
  });

  it('is missed where neither arrived, and is one too many where both did and one more', () => {
    expect(wrong([DONE])).toEqual(['lost']);
    expect(wrong([ANSWERED, ANSWERED, ANSWERED, DONE])).toContain('duplicate');
    expect(wrong([ANSWERED, DONE, ANSWERED])).toContain('duplicate');
  });
});

const whole = [PLAN, WAVE, LINUX, WINDOWS, DONE];
const held = (texts: readonly string[], ...others: Thread[]) =>
  unlikeUncrashed(thread(texts), [thread(whole), ...others]).map((w) => w.kind);

describe('the head of the audit', () => {
  const HOUR = Date.UTC(2026, 10, 28, 19);
  const head = (id: number, createdAt: number) => ({
    id,
    state: 'sent',
    news: JSON.stringify({ kind: 'anchor', seq: 10 + id, hash: `${id}`.repeat(64) }),
    createdAt,
  });
  const of = (...rows: Parameters<typeof head>[]): Thread => {
    const told = threadRows(
      rows.map((row) => head(...row)),
      'r1',
    );
    return { rows: told, said: told.map((r) => r.text), reportFiles: 0 };
  };
  const ended = of([1, HOUR + 600_000]);

  it('may be told at full hours too, while the job goes on', () => {
    for (const thread of [of([1, HOUR + 5], [2, HOUR + 600_000]), of([1, HOUR + 5], [2, HOUR + 9000])]) {
      expect(unlikeUncrashed(thread, [ended])).toEqual([]);
      expect(otherNumberThanItsOutbox(thread)).toEqual([]);
      expect(unlikeItsOutbox(thread)).toEqual([]);
    }
  });

  it('is told once at the end, whenever that is', () => {
    expect(unlikeUncrashed(of([1, HOUR + 5]), [ended])).toEqual([]);
    const twice = of([1, HOUR + 600_000], [2, HOUR + 600_001]);
    expect(unlikeUncrashed(twice, [ended])).toMatchObject([{ kind: 'duplicate' }]);
    expect(otherNumberThanItsOutbox(twice)).toMatchObject([{ kind: 'duplicate' }]);
    expect(unlikeUncrashed(of(), [ended])).toMatchObject([{ kind: 'lost' }]);
  });
});

describe('a thread held against the job that never crashed', () => {
  it('may differ in the order of what happens side by side, and in questions of doubt', () => {
    expect(held([PLAN, WAVE, WINDOWS, ASKED, ANSWERED, LINUX, DONE])).toEqual([]);
  });

  it('that lacks a message has lost it, though its own outbox lacks it too', () => {
    expect(held([PLAN, WAVE, LINUX, DONE])).toEqual(['lost']);
  });

  it('that says a message twice is doubled, though its own outbox has it twice too', () => {
    expect(held([...whole, WAVE])).toEqual(['duplicate']);
  });

  it('that says something else is noticed', () => {
    expect(held([...whole, 'Good night.'])).toEqual(['other']);
  });

  it('that tells a wave before its plan, or a patch command before its wave, is out of order', () => {
    expect(held([WAVE, PLAN, LINUX, WINDOWS, DONE])).toEqual(['other']);
    expect(held([PLAN, LINUX, WAVE, WINDOWS, DONE])).toEqual(['other']);
  });

  it('may be that of any job that it can have been planned as, but not of two of them', () => {
    const other = thread([PLAN, DONE]);
    expect(held([PLAN, DONE], other)).toEqual([]);
    expect(held([PLAN, WAVE, DONE], other)).toEqual(['other']);
  });
});

describe('a thread held against its own outbox', () => {
  it('may lack what was given up, and nothing that counts as sent', () => {
    expect(unlikeItsOutbox(thread(whole, { [WAVE]: 'given_up' }))).toEqual([]);
    expect(unlikeItsOutbox({ ...thread(whole), said: [PLAN, WAVE, LINUX, DONE] })).toHaveLength(1);
  });

  it('may hold what was given up, once and in its place', () => {
    expect(unlikeItsOutbox({ ...thread(whole, { [WAVE]: 'given_up' }), said: whole })).toEqual([]);
    expect(unlikeItsOutbox({ ...thread(whole), said: [...whole, DONE] })).toHaveLength(1);
    expect(unlikeItsOutbox({ ...thread(whole), said: [WAVE, PLAN, LINUX, WINDOWS, DONE] })).not.toEqual([]);
  });

  it('is counted where another release worded it, and no news may be there twice but batches', () => {
    expect(otherNumberThanItsOutbox(thread([...whole, LINUX]))).toEqual([]);
    expect(otherNumberThanItsOutbox(thread([...whole, WAVE]))).toHaveLength(1);
    expect(otherNumberThanItsOutbox({ ...thread(whole), said: ['a', 'b'] })).toHaveLength(1);
    expect(otherNumberThanItsOutbox({ ...thread(whole), said: [...whole, 'more'] })).toHaveLength(1);
  });
});

describe('news that was given up', () => {
  const one = thread(whole, { [WAVE]: 'given_up' });

  it('was on its way when the bot died', () => {
    expect(givenUpWithoutDoubt(one, [2], 1)).toEqual([]);
    expect(givenUpWithoutDoubt(one, [3], 1)).toHaveLength(1);
  });

  it('is one message at most for each death', () => {
    const two = thread(whole, { [WAVE]: 'given_up', [LINUX]: 'given_up' });
    expect(givenUpWithoutDoubt(two, [2, 3], 2)).toEqual([]);
    expect(givenUpWithoutDoubt(two, [2, 3], 1)).toHaveLength(1);
  });
});

it('a question is asked once and has one answer', () => {
  expect(questionsTwice(thread([ASKED, ANSWERED]))).toEqual([]);
  expect(questionsTwice(thread([ASKED, ASKED]))).toHaveLength(1);
  expect(questionsTwice(thread([ASKED, ANSWERED, ANSWERED]))).toHaveLength(1);
});
