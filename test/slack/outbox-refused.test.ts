/** What the outbox does when Slack takes some of it and not the rest: limits, and files that do not get there. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steppedClock } from '../../sandbox/clock.ts';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { backgroundClient } from '../../src/slack/clients.ts';
import { md } from '../../src/slack/mrkdwn.ts';
import type { FilesFor } from '../../src/slack/news-sender.ts';
import { OutboxSender } from '../../src/slack/outbox-sender.ts';
import { recordingLog } from './support/bench.ts';
import { FakeAlarms } from './support/fake-alarms.ts';
import { FakeOutbox } from './support/fake-outbox.ts';
import { FakeService } from './support/fake-service.ts';
import { NOW, runView } from './support/run-views.ts';

const channel = CHANNELS.prod;
const CARD_INTERVAL = 3000;

let sim: SlackSimulator;
let service: FakeService;
let outbox: FakeOutbox;
let clock: ReturnType<typeof steppedClock>;
let sender: OutboxSender;
let files: FilesFor;

/** Two runs in one channel, whose cards are posted. */
beforeEach(async () => {
  sim = await startSlackSimulator({ rateLimits: 'off' });
  service = new FakeService([runView({ id: 'r1' }), runView({ id: 'r2' })]);
  outbox = new FakeOutbox(service);
  for (const id of ['r1', 'r2']) outbox.open(id, channel);
  clock = steppedClock(NOW);
  files = async () => [];
  const log = recordingLog();
  sender = new OutboxSender({
    client: backgroundClient({ botToken: sim.botToken, apiUrl: sim.apiUrl, log }),
    outbox,
    alarms: new FakeAlarms(),
    filesFor: (...of) => files(...of),
    log,
    now: () => clock.now(),
    render: (runId) => ({
      text: md`The card`,
      blocks: [],
      revision: service.view(runId)?.run.revision ?? 0,
    }),
    cardInterval: CARD_INTERVAL,
    messageInterval: 0,
    pollInterval: 1000,
    editsPerMinute: 40,
  });
  await sender.idle();
  clock.step(CARD_INTERVAL);
});
afterEach(() => sim.close());

const tried = (method: string) => sim.control.calls().filter((c) => c.method === method).length;
const inThreads = () => sim.control.messages({ channel }).filter((m) => m.threadTs !== null);

/** Seconds until something is tried again. */
async function secondsUntil(done: () => boolean): Promise<number> {
  for (let seconds = 0; seconds < 3600; seconds++) {
    await sender.idle();
    if (done()) return seconds;
    clock.step(1000);
  }
  throw new Error('it is never tried again');
}

describe('a limit of Slack', () => {
  it('on messages holds all news of that channel for as long as Slack says', async () => {
    const before = tried('chat.postMessage');
    sim.control.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfter: 20 });
    outbox.tell('r1', { kind: 'progress', text: 'one' });
    outbox.tell('r2', { kind: 'progress', text: 'two' });
    await sender.idle();
    expect(tried('chat.postMessage') - before).toBe(1);
    expect(await secondsUntil(() => tried('chat.postMessage') - before > 1)).toBe(20);
    expect(inThreads().map((m) => m.text)).toEqual(['one', 'two']);
  });

  it('on edits holds the edits of all cards for as long as Slack says', async () => {
    sim.control.fault({ method: 'chat.update', kind: 'rate_limited', retryAfter: 30 });
    for (const id of ['r1', 'r2']) service.views.set(id, runView({ id, run: { revision: 2 } }));
    await sender.idle();
    expect(tried('chat.update')).toBe(1);
    expect(await secondsUntil(() => tried('chat.update') > 1)).toBe(30);
    expect(outbox.staleCards()).toEqual([]);
  });
});

describe('files of a message', () => {
  it('that Slack does not take five times are left out, and the message says so', async () => {
    files = async () => [{ name: 'a.csv', title: 'A', content: { bytes: Buffer.from('a') } }];
    sim.control.fault({ method: 'upload', kind: 'server_error', times: null });
    const id = outbox.tell('r1', { kind: 'report', text: 'The report.' });
    await secondsUntil(() => outbox.row(id).state === 'sent');
    expect(tried('files.getUploadURLExternal')).toBe(5);
    expect(tried('files.completeUploadExternal')).toBe(0);
    expect(inThreads()).toHaveLength(1);
    expect(inThreads()[0]).toMatchObject({
      text: expect.stringMatching(/The report\.\s.*could not be attached.*\/patch report/),
      // Blocks are shown in place of the text, and they do not say it.
      blocks: [],
      files: [],
    });
  });

  it('that cannot be had are not missed in silence either', async () => {
    files = async () => {
      throw new Error('disk full');
    };
    outbox.tell('r1', { kind: 'report', text: 'The report.' });
    await sender.idle();
    expect(inThreads()[0]).toMatchObject({
      text: expect.stringContaining('could not be attached'),
      blocks: [],
    });
  });
});
