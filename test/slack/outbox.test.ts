import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steppedClock } from '../../sandbox/clock.ts';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { renderCard } from '../../src/slack/card.ts';
import { backgroundClient } from '../../src/slack/clients.ts';
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
let log: ReturnType<typeof recordingLog>;
let sender: OutboxSender;
let files: FilesFor;

beforeEach(async () => {
  sim = await startSlackSimulator({ rateLimits: 'off' });
  service = new FakeService([runView()]);
  outbox = new FakeOutbox(service);
  outbox.open('k3f9', channel);
  clock = steppedClock(NOW);
  log = recordingLog();
  files = async () => [];
  sender = newSender();
});
afterEach(() => sim.close());

/** As after a restart of the process: the outbox stays, everything in memory is new. */
function newSender(change: { editsPerMinute?: number } = {}): OutboxSender {
  return new OutboxSender({
    client: backgroundClient({ botToken: sim.botToken, apiUrl: sim.apiUrl, log }),
    outbox,
    alarms: new FakeAlarms(),
    filesFor: (...of) => files(...of),
    log,
    now: () => clock.now(),
    render: (runId, { mayBeDoubled }) => {
      const view = service.view(runId);
      return view && { ...renderCard(view, { now: clock.now(), mayBeDoubled }), revision: view.run.revision };
    },
    cardInterval: CARD_INTERVAL,
    messageInterval: 0,
    pollInterval: 1000,
    editsPerMinute: 40,
    ...change,
  });
}

const cards = () =>
  sim.control.messages({ channel }).filter((m) => m.threadTs === null || m.threadTs === m.ts);
const told = () =>
  sim.control
    .messages({ channel })
    .filter((m) => m.threadTs !== null && m.threadTs !== m.ts)
    .map((m) => m.text);
const posts = () => sim.control.calls().filter((c) => c.method === 'chat.postMessage');
const edits = () => sim.control.calls().filter((c) => c.method === 'chat.update');

function change(revision: number, id = 'k3f9'): void {
  service.views.set(id, runView({ id, run: { revision, endReason: `Revision ${revision}.` } }));
}

function tell(text: string, id = 'k3f9'): number {
  return outbox.tell(id, { kind: 'progress', text });
}

describe('the card of a run', () => {
  it('is posted before its news, which follow in its thread in order', async () => {
    tell('one');
    tell('two');
    tell('three');
    await sender.idle();
    expect(cards()).toHaveLength(1);
    expect(told()).toEqual(['one', 'two', 'three']);
    expect(sim.control.thread(channel, cards()[0]?.ts ?? '')).toHaveLength(4);
  });

  it('is edited with the newest state only, at most once per interval', async () => {
    await sender.idle();
    for (let revision = 2; revision <= 20; revision++) {
      change(revision);
      await sender.idle();
    }
    expect(edits()).toHaveLength(0);
    clock.step(CARD_INTERVAL);
    await sender.idle();
    expect(edits()).toHaveLength(1);
    expect(cards()[0]?.text).toContain('Revision 20.');
    expect(outbox.card('k3f9')?.shownRevision).toBe(20);
  });

  it('keeps all edits together under the budget', async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `r${i}`);
    for (const id of ids) {
      service.views.set(id, runView({ id }));
      outbox.open(id, channel);
    }
    await sender.idle();
    for (let minute = 0; minute < 3; minute++) {
      for (let second = 0; second < 60; second += 3) {
        clock.step(3000);
        for (const id of ids) change(100 * (minute + 1) + second, id);
        await sender.idle();
      }
    }
    expect(edits().length).toBeLessThanOrEqual(3 * 40 + 10);
    expect(edits().length).toBeGreaterThan(100);
  });

  it('is posted anew when Slack has lost it', async () => {
    await sender.idle();
    sim.control.fault({ method: 'chat.update', kind: 'error', error: 'message_not_found' });
    change(2);
    clock.step(CARD_INTERVAL);
    await sender.idle();
    expect(cards()).toHaveLength(2);
    tell('after');
    await sender.idle();
    expect(sim.control.thread(channel, cards()[1]?.ts ?? '').map((m) => m.text)).toContain('after');
  });

  it('is posted again when it is not known whether it was, and says so', async () => {
    sim.control.fault({ method: 'chat.postMessage', kind: 'reset', when: 'after' });
    await sender.idle();
    expect(cards()).toHaveLength(1);
    clock.step(60_000);
    await sender.idle();
    expect(cards()).toHaveLength(2);
    expect(JSON.stringify(cards()[1]?.blocks)).toContain('this one counts');
  });

  it('is posted again after a crash in the middle of posting', async () => {
    outbox.cardSending('k3f9');
    await newSender().idle();
    expect(cards()).toHaveLength(1);
    expect(outbox.card('k3f9')).toMatchObject({ state: 'posted', shownRevision: 1 });
  });

  it('says that it counts for as long as it is edited, whichever process does it', async () => {
    outbox.cardSending('k3f9');
    await newSender().idle();
    for (const revision of [2, 3]) {
      change(revision);
      clock.step(CARD_INTERVAL);
      await newSender().idle();
      expect(outbox.card('k3f9')).toMatchObject({ shownRevision: revision, mayBeDoubled: true });
      expect(JSON.stringify(cards()[0]?.blocks)).toContain('this one counts');
    }
  });

  it('says nothing of another one when its post was refused for certain', async () => {
    sim.control.fault({ method: 'chat.postMessage', kind: 'error', error: 'not_in_channel' });
    await sender.idle();
    clock.step(60_000);
    await sender.idle();
    expect(cards()).toHaveLength(1);
    expect(outbox.card('k3f9')).toMatchObject({ state: 'posted', mayBeDoubled: false });
    expect(JSON.stringify(cards()[0]?.blocks)).not.toContain('this one counts');
  });

  it('is sent without its blocks when Slack refuses them', async () => {
    sim.control.fault({ method: 'chat.postMessage', kind: 'error', error: 'invalid_blocks' });
    await sender.idle();
    clock.step(60_000);
    await sender.idle();
    expect(cards()[0]?.text).toContain('Waiting for approval');
    expect(cards()[0]?.blocks).toEqual([]);
  });

  it('waits as long as Slack says', async () => {
    await sender.idle();
    sim.control.fault({ method: 'chat.update', kind: 'rate_limited', retryAfter: 30 });
    change(2);
    clock.step(CARD_INTERVAL);
    await sender.idle();
    clock.step(29_000);
    await sender.idle();
    expect(edits()).toHaveLength(1);
    clock.step(1000);
    await sender.idle();
    expect(cards()[0]?.text).toContain('Revision 2.');
  });
});

describe('news', () => {
  it('in doubt is not told again', async () => {
    await sender.idle();
    for (const kind of ['reset', 'server_error'] as const) {
      const id = tell(`in doubt: ${kind}`);
      sim.control.fault({ method: 'chat.postMessage', kind, when: 'after' });
      await sender.idle();
      clock.step(3_600_000);
      await sender.idle();
      expect(outbox.row(id).state).toBe('given_up');
      expect(told().filter((text) => text === `in doubt: ${kind}`)).toHaveLength(1);
    }
  });

  it('in doubt does not hold up what follows', async () => {
    await sender.idle();
    sim.control.fault({ method: 'chat.postMessage', kind: 'server_error', when: 'before' });
    tell('lost');
    tell('next');
    await sender.idle();
    expect(told()).toEqual(['next']);
  });

  it('that Slack certainly did not take is told later, before what follows', async () => {
    await sender.idle();
    sim.control.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfter: 20 });
    tell('one');
    tell('two');
    await sender.idle();
    clock.step(19_000);
    await sender.idle();
    expect(told()).toEqual([]);
    expect(posts()).toHaveLength(2);
    clock.step(1000);
    await sender.idle();
    expect(told()).toEqual(['one', 'two']);
  });

  it('left half sent by a crash is given up', async () => {
    await sender.idle();
    const id = tell('half');
    outbox.sending(id);
    const restarted = newSender();
    restarted.start();
    await restarted.idle();
    await restarted.stop();
    expect(outbox.row(id).state).toBe('given_up');
    expect(told()).toEqual([]);
  });

  it('catches up in order after an outage of an hour, and the card is true again', async () => {
    await sender.idle();
    sim.control.fault({ method: '*', kind: 'error', error: 'service_unavailable', times: null });
    for (let minute = 1; minute <= 60; minute++) {
      change(minute + 1);
      tell(`minute ${minute}`);
      clock.step(60_000);
      await sender.idle();
    }
    expect(told()).toEqual([]);
    sim.control.clearFaults();
    clock.step(300_000);
    await sender.idle();
    expect(told()).toEqual(Array.from({ length: 60 }, (_, i) => `minute ${i + 1}`));
    expect(cards()).toHaveLength(1);
    expect(cards()[0]?.text).toContain('Revision 61.');
  });

  it('of one channel does not wait for another', async () => {
    service.views.set('n1', runView({ id: 'n1', run: { channel: CHANNELS.nonprod } }));
    outbox.open('n1', CHANNELS.nonprod);
    await sender.idle();
    sim.control.fault({
      method: 'chat.postMessage',
      kind: 'rate_limited',
      retryAfter: 600,
      matching: { channel },
    });
    tell('prod');
    tell('nonprod', 'n1');
    await sender.idle();
    expect(sim.control.messages({ channel: CHANNELS.nonprod }).map((m) => m.text)).toContain('nonprod');
    expect(told()).toEqual([]);
  });

  it('brings its files, whose bytes arrive unchanged', async () => {
    const bytes = Buffer.from('name,outcome\nweb-01,patched\n');
    files = async (runId, kind) => [
      { name: `${runId}-${kind}.csv`, title: 'Every instance', content: { bytes } },
    ];
    outbox.tell('k3f9', { kind: 'report', text: 'The report.' });
    await sender.idle();
    const message = sim.control.messages({ channel }).find((m) => m.files.length > 0);
    expect(message).toMatchObject({ threadTs: cards()[0]?.ts });
    expect(message?.text).toContain('The report.');
    expect(sim.control.file(message?.files[0]?.id ?? '')).toEqual(bytes);
  });

  it('tries an upload again that failed before anything was shown, and gives up one in doubt', async () => {
    files = async () => [{ name: 'a.csv', title: 'A', content: { bytes: Buffer.from('a') } }];
    sim.control.fault({ method: 'upload', kind: 'reset' });
    const first = outbox.tell('k3f9', { kind: 'plan', text: 'The plan.', planVersion: 1 });
    await sender.idle();
    expect(outbox.row(first).state).toBe('pending');
    clock.step(60_000);
    await sender.idle();
    expect(outbox.row(first).state).toBe('sent');
    sim.control.fault({ method: 'files.completeUploadExternal', kind: 'reset', when: 'after' });
    const second = outbox.tell('k3f9', { kind: 'report', text: 'The report.' });
    await sender.idle();
    clock.step(3_600_000);
    await sender.idle();
    expect(outbox.row(second).state).toBe('given_up');
    expect(sim.control.messages({ channel }).filter((m) => m.text.includes('The report.'))).toHaveLength(1);
  });

  it('is told without its files when they cannot be had', async () => {
    files = async () => {
      throw new Error('disk full');
    };
    outbox.tell('k3f9', { kind: 'report', text: 'The report.' });
    await sender.idle();
    expect(told()[0]).toMatch(/The report\.\s.*could not be attached.*\/patch report/);
  });

  it('shows the end of the output of a failure, where the error is', async () => {
    outbox.tell('k3f9', {
      kind: 'failure',
      text: 'web-01 failed.',
      excerpt: `${'x\n'.repeat(5000)}E: no space left`,
    });
    await sender.idle();
    expect(JSON.stringify(sim.control.messages({ channel }).at(-1)?.blocks)).toContain('E: no space left');
  });
});
