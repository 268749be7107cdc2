/** The people of a job notice what is done behind a question of theirs, and nothing else. */
import { describe, expect, it } from 'vitest';
import type { AwsControl } from '../../sandbox/aws/control.ts';
import type { SlackSimulator } from '../../sandbox/slack/server.ts';
import { People } from './people.ts';
import type { Seen } from './rows.ts';

const QUESTION = {
  id: 7,
  runId: 'r1',
  kind: 'install',
  tag: 'patchday r1 a1',
  note: 'Was it sent?',
  request: '{}',
};
const RUN = { id: 'r1', phase: 'waves', end: null, planHash: 'h', revision: 1, because: '["x"]' };
const ASKED: Seen = { runs: [RUN], attention: [QUESTION] };
const GONE: Seen = { runs: [RUN], attention: [] };

/** Somebody who sees one question on a card; `clicks` holds what became of each click, for the test to say. */
function person() {
  const clicks: PromiseWithResolvers<{ ok: boolean }>[] = [];
  const button = { block_id: 'b', text: 'question_send_again "tag":"patchday r1 a1" "tag":"patchday r1 a1"' };
  const text = { type: 'section', text: 'x'.repeat(200) };
  const control = {
    messages: () => [
      { ts: '1', blocks: [text, { ...button, value: '{"tag":"patchday r1 a1"}' }], ephemeralTo: null },
    ],
    click: () => {
      const click = Promise.withResolvers<{ ok: boolean }>();
      clicks.push(click);
      return click.promise;
    },
  };
  const aws = { commands: () => [], ledger: () => [] };
  const people = new People(
    'test',
    aws as unknown as AwsControl,
    { control } as unknown as SlackSimulator,
    false,
  );
  const settle = async (click: number, ok: boolean) => {
    clicks[click]?.resolve({ ok });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { people, clicks, settle };
}

describe('a question', () => {
  it('that goes away without an answer is noticed', () => {
    const { people } = person();
    people.watch(ASKED);
    people.watch(GONE);
    expect(people.wrong.join()).toContain('patchday r1 a1 went away without an answer');
  });

  it('that goes away by an answer is in order, also when an earlier click came to nothing much later', async () => {
    const { people, clicks, settle } = person();
    people.watch(ASKED);
    people.act(ASKED, true);
    // The bot dies with the first click, and takes the second one.
    people.answersWereLost(ASKED);
    people.act(ASKED, true);
    expect(clicks).toHaveLength(2);
    await settle(1, true);
    await settle(0, false);
    people.watch(GONE);
    expect(people.wrong).toEqual([]);
  });

  it('is answered again when its click came to nothing', async () => {
    const { people, clicks, settle } = person();
    people.watch(ASKED);
    people.act(ASKED, true);
    people.act(ASKED, true);
    expect(clicks).toHaveLength(1);
    await settle(0, false);
    people.act(ASKED, true);
    expect(clicks).toHaveLength(2);
  });
});
