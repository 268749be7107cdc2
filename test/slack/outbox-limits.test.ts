import { afterEach, describe, expect, it } from 'vitest';
import { steppedClock } from '../../sandbox/clock.ts';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { renderCard } from '../../src/slack/card.ts';
import { backgroundClient } from '../../src/slack/clients.ts';
import { md } from '../../src/slack/mrkdwn.ts';
import { OutboxSender } from '../../src/slack/outbox-sender.ts';
import { recordingLog } from './support/bench.ts';
import { FakeAlarms } from './support/fake-alarms.ts';
import { FakeOutbox } from './support/fake-outbox.ts';
import { FakeService } from './support/fake-service.ts';
import { NOW, runView } from './support/run-views.ts';

let sim: SlackSimulator | null = null;
afterEach(async () => {
  await sim?.close();
  sim = null;
});

describe('the paces that Slack is written with', () => {
  it('stay inside its limits: six busy runs for ten minutes, and not one 429', async () => {
    const clock = steppedClock(NOW);
    const slack = await startSlackSimulator({ rateLimits: 'slack', clock });
    sim = slack;
    const ids = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'];
    const service = new FakeService(ids.map((id) => runView({ id })));
    const outbox = new FakeOutbox(service);
    for (const id of ids) outbox.open(id, CHANNELS.prod);
    const log = recordingLog();
    const sender = new OutboxSender({
      client: backgroundClient({ botToken: slack.botToken, apiUrl: slack.apiUrl, log }),
      outbox,
      alarms: new FakeAlarms(),
      filesFor: async () => [],
      log,
      now: () => clock.now(),
      render: (runId, { mayBeDoubled }) => {
        const view = service.view(runId);
        return (
          view && { ...renderCard(view, { now: clock.now(), mayBeDoubled }), revision: view.run.revision }
        );
      },
      // As in src/slack/index.ts.
      cardInterval: 3000,
      messageInterval: 1100,
      editsPerMinute: 40,
      pollInterval: 1000,
    });
    const end = NOW + 600_000;
    for (let tick = 1; clock.now() < end; tick++) {
      for (const id of ids) {
        service.views.set(id, runView({ id, run: { revision: tick + 1 } }));
        if (tick % 10 === 0) outbox.tell(id, { kind: 'progress', text: `tick ${tick}` });
      }
      const next = await sender.round();
      const now = clock.now();
      clock.step(Math.max(1, Math.min(next ?? now + 1000, now + 1000) - now));
    }
    const limited = slack.control.calls().filter((c) => c.answered !== 'reset' && c.answered?.status === 429);
    expect(limited).toEqual([]);
    expect(slack.control.calls().filter((c) => c.method === 'chat.update').length).toBeGreaterThan(300);
    expect(outbox.rows.filter((row) => row.state === 'sent').length).toBeGreaterThan(200);
  });

  it('are kept when the clock is set back by an hour: nothing waits for the hour to pass', async () => {
    const slack = await startSlackSimulator({ rateLimits: 'off' });
    sim = slack;
    let time = NOW;
    const service = new FakeService([runView()]);
    const outbox = new FakeOutbox(service);
    outbox.open('k3f9', CHANNELS.prod);
    const log = recordingLog();
    const sender = new OutboxSender({
      client: backgroundClient({ botToken: slack.botToken, apiUrl: slack.apiUrl, log }),
      outbox,
      alarms: new FakeAlarms(),
      filesFor: async () => [],
      log,
      now: () => time,
      render: () => ({ text: md`The card`, blocks: [], revision: service.view('k3f9')?.run.revision ?? 0 }),
      cardInterval: 3000,
      messageInterval: 1100,
      editsPerMinute: 40,
      pollInterval: 1000,
    });
    const forTenSeconds = async () => {
      for (const end = time + 10_000; time < end; time += 500) await sender.round();
    };
    await forTenSeconds();
    outbox.tell('k3f9', { kind: 'progress', text: 'before' });
    await sender.round();
    time -= 3_600_000;
    outbox.tell('k3f9', { kind: 'progress', text: 'after' });
    service.views.set('k3f9', runView({ run: { revision: 99 } }));
    await forTenSeconds();
    expect(slack.control.messages({ channel: CHANNELS.prod }).map((m) => m.text)).toEqual([
      'The card',
      'before',
      'after',
    ]);
    expect(outbox.staleCards()).toEqual([]);
  });
});
