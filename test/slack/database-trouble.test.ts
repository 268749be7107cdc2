/** A message is on its way to Slack, and the database takes no writes when the answer comes: the real store, over the wire. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steppedClock } from '../../sandbox/clock.ts';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { backgroundClient } from '../../src/slack/clients.ts';
import { md } from '../../src/slack/mrkdwn.ts';
import { OutboxSender } from '../../src/slack/outbox-sender.ts';
import { SqliteAlarms } from '../../src/store/sqlite-alarms.ts';
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
import { createRun, newStore } from '../store/support.ts';
import { NOW } from '../workflow/build.ts';
import { recordingLog } from './support/bench.ts';

const channel = CHANNELS.prod;
let sim: SlackSimulator;
let store: SqliteStore;
let sender: OutboxSender;
let newSender: (outbox: SqliteOutbox) => OutboxSender;
let clock: ReturnType<typeof steppedClock>;
/** Whether the database is to take no writes from the next answer of Slack on. */
let trouble: boolean;

beforeEach(async () => {
  sim = await startSlackSimulator({ rateLimits: 'off' });
  store = newStore().store;
  clock = steppedClock(NOW);
  trouble = false;
  const client = backgroundClient({ botToken: sim.botToken, apiUrl: sim.apiUrl, log: recordingLog() });
  const post = client.chat.postMessage.bind(client.chat);
  client.chat.postMessage = async (message) => {
    try {
      return await post(message);
    } finally {
      if (trouble) store.db.pragma('query_only = 1');
    }
  };
  newSender = (outbox) =>
    new OutboxSender({
      client,
      outbox,
      alarms: new SqliteAlarms(store),
      filesFor: async () => [],
      log: recordingLog(),
      now: () => clock.now(),
      render: (_, { mayBeDoubled }) => ({
        text: mayBeDoubled ? md`The card, perhaps for the second time` : md`The card`,
        blocks: [],
        revision: store.run('r1')?.revision ?? 0,
      }),
      cardInterval: 1000,
      messageInterval: 0,
      pollInterval: 1000,
      editsPerMinute: 1000,
    });
  sender = newSender(new SqliteOutbox(store));
});
afterEach(() => sim.close());

const texts = () => sim.control.messages({ channel }).map((m) => m.text);
const tell = (...news: string[]) =>
  store.commit('r1', { news: news.map((text) => ({ kind: 'progress', text })) });

async function goOn(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    clock.step(600_000);
    await sender.idle();
  }
}

/** Everything that can be sent now, with a database that takes no writes from the first answer on; then it is well again. */
async function throughTrouble(): Promise<void> {
  trouble = true;
  await sender.idle();
  trouble = false;
  store.db.pragma('query_only = 0');
  await goOn();
}

describe('while the database takes no writes', () => {
  it('what Slack took is not told again, and its thread goes on when the database is well', async () => {
    await createRun(store, { id: 'r1', channel });
    await sender.idle();
    await tell('one', 'two');
    await throughTrouble();
    expect(texts()).toEqual(['The card', 'one', 'two']);
  });

  it('what Slack did not take is told once when both are well', async () => {
    await createRun(store, { id: 'r1', channel });
    await sender.idle();
    await tell('one', 'two');
    sim.control.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfter: 5 });
    await throughTrouble();
    expect(texts()).toEqual(['The card', 'one', 'two']);
  });

  it('what is in doubt is not told again', async () => {
    await createRun(store, { id: 'r1', channel });
    await sender.idle();
    await tell('one', 'two');
    sim.control.fault({ method: 'chat.postMessage', kind: 'server_error' });
    await throughTrouble();
    expect(texts()).toEqual(['The card', 'two']);
  });

  it('a card that was posted stays the only one', async () => {
    await createRun(store, { id: 'r1', channel });
    await throughTrouble();
    expect(texts()).toEqual(['The card']);
    expect(new SqliteOutbox(store).card('r1')).toMatchObject({ state: 'posted', mayBeDoubled: false });
  });

  it('a card that was posted stays the only one, also when the trouble ends between two writes', async () => {
    await createRun(store, { id: 'r1', channel });
    const outbox = new SqliteOutbox(store);
    const posted = outbox.cardPosted.bind(outbox);
    let fails = 2;
    outbox.cardPosted = (...what) => {
      if (fails-- > 0) throw new Error('database is locked');
      posted(...what);
    };
    sender = newSender(outbox);
    await goOn();
    expect([fails, texts()]).toEqual([-1, ['The card']]);
  });

  it('nothing new is begun, because it could not be written down that it was', async () => {
    await createRun(store, { id: 'r1', channel });
    await sender.idle();
    await tell('one');
    store.db.pragma('query_only = 1');
    await goOn();
    expect(texts()).toEqual(['The card']);
    store.db.pragma('query_only = 0');
    await goOn();
    expect(texts()).toEqual(['The card', 'one']);
  });

  it('an alarm that Slack took is not told again', async () => {
    alarm('a');
    alarm('b');
    await throughTrouble();
    expect(texts().map((text) => text.slice(-1))).toEqual(['a', 'b']);
    // Nor by the next process, which tells again what this one left half told.
    expect(new SqliteAlarms(store).recover()).toBe(0);
  });

  it('an alarm waits, and is told when the database is well', async () => {
    alarm('a');
    store.db.pragma('query_only = 1');
    await goOn();
    expect(texts()).toEqual([]);
    store.db.pragma('query_only = 0');
    await goOn();
    expect(texts()).toHaveLength(1);
  });
});

function alarm(whatToDo: string): void {
  store.db
    .prepare('INSERT INTO alarms (channel, alarm, created_at) VALUES (?, ?, ?)')
    .run(channel, JSON.stringify({ title: 'Alarm', lines: [], whatToDo }), NOW);
}
