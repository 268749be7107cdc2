import { expect, it } from 'vitest';
import type { ActionAnswer } from '../../sandbox/slack/page-api.ts';
import { Patience } from './patience.ts';

/** A person whose bot answers as the test says. */
function person() {
  const seen = { replies: 0, asked: 0 };
  const patience = new Patience(() => seen.replies);
  let settle: (answer: ActionAnswer) => void = () => undefined;
  const act = () => {
    seen.asked++;
    return new Promise<ActionAnswer>((resolve) => {
      settle = resolve;
    });
  };
  return {
    seen,
    patience,
    ask: (now: number) => patience.ask(now, act),
    async slackSays(answer: ActionAnswer) {
      settle(answer);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

it('a click on its way, or one that the bot took and has not answered yet, is not made again', async () => {
  const { seen, ask, slackSays } = person();
  ask(0);
  ask(60_000);
  await slackSays({ ok: true });
  ask(120_000);
  expect(seen.asked).toBe(1);
});

it('a click that the bot took and answered with a message is made again', async () => {
  const { seen, ask, slackSays } = person();
  ask(0);
  await slackSays({ ok: true });
  seen.replies++;
  expect(ask(500)).toBe(true);
  expect(seen.asked).toBe(2);
});

it('a click that the bot did not take is made again, after a while', async () => {
  const { seen, ask, slackSays } = person();
  ask(0);
  await slackSays({ ok: false, error: 'dispatch_failed' });
  expect(ask(10)).toBe(false);
  expect(ask(500)).toBe(true);
  expect(seen.asked).toBe(2);
});

it('a bot that comes back is asked at once', () => {
  const { seen, ask, patience } = person();
  ask(0);
  patience.botIsBack();
  expect(ask(1)).toBe(true);
  expect(seen.asked).toBe(2);
});
