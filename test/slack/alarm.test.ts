/** Alarms over the wire: told once in their channel, told again after doubt, and safe to show. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steppedClock } from '../../sandbox/clock.ts';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { renderAlarm } from '../../src/slack/alarm.ts';
import { AlarmSender } from '../../src/slack/alarm-sender.ts';
import { backgroundClient } from '../../src/slack/clients.ts';
import { ChannelPace } from '../../src/slack/pace.ts';
import type { Alarm } from '../../src/workflow/watch/alarm.ts';
import { recordingLog } from './support/bench.ts';
import { FakeAlarms } from './support/fake-alarms.ts';

const ALARM: Alarm = {
  title: '1 command at AWS that Patchday cannot account for.',
  lines: ['Command 1234: with the comment "<!channel> *free* <https://x|y>".'],
  whatToDo: 'What to do: /patch freeze all.',
};
const channel = CHANNELS.nonprod;
let sim: SlackSimulator;
let alarms: FakeAlarms;
const clock = steppedClock(Date.UTC(2026, 10, 21));

beforeEach(async () => {
  sim = await startSlackSimulator({ rateLimits: 'off' });
  alarms = new FakeAlarms();
});
afterEach(() => sim.close());

function sender(messageInterval = 0): AlarmSender {
  const log = recordingLog();
  return new AlarmSender({
    client: backgroundClient({ botToken: sim.botToken, apiUrl: sim.apiUrl, log }),
    alarms,
    log,
    now: () => clock.now(),
    channels: new ChannelPace(messageInterval),
  });
}
const told = () => sim.control.messages({ channel }).map((m) => m.text);

describe('an alarm', () => {
  it('is told once, in the channel and in no thread, and pings nobody that foreign text names', async () => {
    alarms.raise(channel, ALARM);
    const one = sender();
    await one.round();
    expect(await one.round()).toBeNull();
    expect(told()).toHaveLength(1);
    expect(told()[0]).toContain('/patch freeze all');
    expect(sim.control.messages({ channel })[0]?.threadTs).toBeNull();
    expect(sim.control.mentions()).toEqual([]);
  });

  it('is told later when Slack certainly did not take it, and then once', async () => {
    alarms.raise(channel, ALARM);
    sim.control.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfter: 3 });
    const one = sender();
    const next = await one.round();
    expect(told()).toEqual([]);
    clock.step((next ?? 0) - clock.now());
    await one.round();
    expect(told()).toHaveLength(1);
    expect(told()[0]).not.toContain('may have shown this before');
  });

  it('that waits for its channel is come back to when the channel is free, not before', async () => {
    alarms.raise(channel, ALARM);
    alarms.raise(channel, ALARM);
    const one = sender(1100);
    expect(await one.round()).toBe(clock.now() + 1100);
    expect(told()).toHaveLength(1);
    clock.step(1100);
    expect(await one.round()).toBeNull();
    expect(told()).toHaveLength(2);
  });

  it('is told again when nobody knows whether Slack took it, and says so', async () => {
    alarms.raise(channel, ALARM);
    sim.control.fault({ method: 'chat.postMessage', kind: 'reset', when: 'after' });
    const one = sender();
    const next = await one.round();
    clock.step((next ?? 0) - clock.now());
    await one.round();
    expect(told()).toHaveLength(2);
    expect(told()[1]).toContain('Slack may have shown this before');
  });

  it('is told again by the next process when this one ended in the middle of it', async () => {
    alarms.raise(channel, ALARM);
    alarms.sending(1);
    const next = sender();
    expect(await next.round()).toBeNull();
    expect(told()).toEqual([]);
    expect(alarms.recover()).toBe(1);
    await next.round();
    expect(told()).toHaveLength(1);
    expect(told()[0]).toContain('Slack may have shown this before');
  });

  it('of any size stays inside the limits of one message, with its text whole', () => {
    const lines = Array.from({ length: 11 }, (_, i) => `Command ${i}: ${'<&>'.repeat(400)}`);
    const { text, blocks } = renderAlarm({ ...ALARM, lines }, true);
    expect(text.length).toBeLessThanOrEqual(3900);
    expect(JSON.stringify(blocks).length).toBeLessThan(40_000);
    for (const block of blocks)
      if (block.type === 'section') expect(block.text?.text.length).toBeLessThanOrEqual(3000);
  });
});
