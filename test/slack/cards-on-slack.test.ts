import { afterEach, describe, expect, it } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { ACTION } from '../../src/slack/button-value.ts';
import { foreign } from '../../src/workflow/mention.ts';
import { until } from '../support/until.ts';
import { type Bench, startBench } from './support/bench.ts';
import { HOSTILE } from './support/hostile.ts';
import {
  APPROVER_GROUP,
  instance,
  question,
  REQUESTER,
  runView,
  target,
  targetsOf,
} from './support/run-views.ts';

const channel = CHANNELS.prod;

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

/** Mentions of people and groups that the card itself makes. */
const OWN = new Set<string>([REQUESTER, APPROVER_GROUP]);

function foreignMentions(b: Bench) {
  return b.sim.control.mentions().filter((m) => !OWN.has(m.target));
}

describe('cards and news on Slack', () => {
  it.each([3, 60, 5000])('are accepted for a run of %i instances', async (size) => {
    const targets = targetsOf(size);
    bench = await startBench({ views: [runView({ targets })] });
    const b = bench;
    await b.slack.start();
    const { ts } = await b.sim.control.waitForMessage((m) => m.text.includes('Waiting for approval'), {
      channel,
    });
    await b.sim.control.click({ user: USERS.aisha, channel, ts, actionId: ACTION.viewAll });
    await b.sim.control.waitForView(USERS.aisha, (v) => JSON.stringify(v.blocks).includes('web-0000'));
    await b.sim.control.click({ user: USERS.priya, channel, ts, actionId: ACTION.exclude });
    await b.sim.control.waitForView(USERS.priya, (v) => v.callbackId === 'modal_exclude');
    b.service.views.set(
      'k3f9',
      runView({
        targets,
        phase: 'waves',
        run: { revision: 2 },
        view: { questions: [question('patchday k3f9 install w1/1 a1', [targets[0]?.key ?? ''])] },
      }),
    );
    b.slack.kick();
    await b.sim.control.waitForMessage((m) => m.ts === ts && m.text.includes('1 question must be answered'), {
      channel,
    });
    expect(b.sim.control.warnings()).toEqual([]);
    expect(b.log.lines.filter((l) => l.level === 'error')).toEqual([]);
  });

  it('mention nobody because of hostile names, reasons or output', async () => {
    const views = HOSTILE.map((raw, i) => {
      // Sentences of the workflow: it takes its own marks out of what is foreign, the rest is ours to make harmless.
      const text = foreign(raw);
      const targets = [1, 2, 3].map((n) =>
        target(n, {
          instance: instance(n, { name: raw, landingZone: raw, availabilityZone: raw, tags: { Name: raw } }),
          wave: n === 3 ? null : 1,
          reasons: [{ code: 'x', text }],
          outcome: 'failed',
          outcomeReason: text,
          nextStep: text,
        }),
      );
      return runView({
        id: `h${i}`,
        targets,
        phase: 'waves',
        run: {
          endReason: text,
          scope: {
            name: 'prod',
            pattern: raw,
            tags: [{ key: raw, value: raw }],
            platform: null,
            regions: [],
            only: null,
          },
        },
        view: {
          frozen: text,
          because: [{ code: 'x', text }],
          questions: [question(`patchday k3f9 install w1/${i} a1`, ['x'], { text, whatToCheck: text })],
        },
      });
    });
    bench = await startBench({ views });
    const b = bench;
    HOSTILE.forEach((raw, i) => {
      b.outbox.tell(`h${i}`, { kind: 'failure', text: `web ${foreign(raw)} failed.`, excerpt: raw });
    });
    await b.slack.start();
    await until(() => b.outbox.rows.every((row) => row.state === 'sent'), {
      within: 20_000,
      describe: 'all news told',
    });
    await b.sim.control.command({ user: USERS.priya, channel, text: `/patch status h0` });
    for (const raw of HOSTILE.slice(0, 8)) {
      await b.sim.control.command({
        user: USERS.priya,
        channel,
        text: `/patch ${raw.replace(/\s/g, ' ')} ${raw}`,
      });
    }
    await until(
      () => b.sim.control.messages({ channel, user: USERS.priya }).filter((m) => m.ephemeralTo).length >= 9,
      {
        within: 5000,
        describe: 'all answers',
      },
    );
    expect(foreignMentions(b)).toEqual([]);
    expect(b.sim.control.warnings()).toEqual([]);
    const refused = b.sim.control
      .calls()
      .filter((c) => c.answered !== 'reset' && c.answered?.body['ok'] === false);
    expect(refused).toEqual([]);
  });
});
