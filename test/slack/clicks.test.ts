import { afterEach, describe, expect, it } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { ACTION, ANSWER_PREFIX } from '../../src/slack/button-value.ts';
import { until } from '../support/until.ts';
import { type Bench, startBench } from './support/bench.ts';
import { question, runView, targetsOf } from './support/run-views.ts';

const channel = CHANNELS.prod;
const { priya, aisha, olga } = USERS;

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

async function begin(options: Parameters<typeof startBench>[0] = {}): Promise<{ bench: Bench; ts: string }> {
  const started = await startBench({ views: [runView({ size: 60 })], ...options });
  bench = started;
  await started.slack.start();
  const card = await started.sim.control.waitForMessage((m) => m.text.includes('k3f9'), { channel });
  return { bench: started, ts: card.ts };
}

function ephemeral(b: Bench, user: string, part: string) {
  return b.sim.control.waitForMessage((m) => m.ephemeralTo === user && m.text.includes(part), {
    channel,
    user,
  });
}

describe('buttons on the card', () => {
  it('approves for an approver and says so to that person only', async () => {
    const { bench: b, ts } = await begin();
    expect(await b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.approve })).toEqual({
      ok: true,
    });
    await ephemeral(b, aisha, 'Approved.');
    expect(b.service.done).toEqual(['approve k3f9']);
    expect(b.sim.control.messages({ channel, user: olga }).every((m) => m.ephemeralTo === null)).toBe(true);
  });

  it('has one effect for a double click, and tells the second click so', async () => {
    const { bench: b, ts } = await begin();
    const click = () => b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.approve });
    await Promise.all([click(), click()]);
    await until(() => b.service.of('approve').length === 2, { within: 5000, describe: 'both clicks' });
    await ephemeral(b, aisha, 'Already approved');
    expect(b.service.done).toEqual(['approve k3f9']);
    const onces = b.service.of('approve').map((a) => a.actor.once);
    expect(new Set(onces).size).toBe(2);
  });

  it('leaves the card as it is: an answer stands beside it, for the one who clicked', async () => {
    const { bench: b, ts } = await begin();
    const card = () => b.sim.control.messages({ channel }).find((m) => m.ts === ts);
    const before = structuredClone(card());
    await b.sim.control.click({ user: olga, channel, ts, actionId: ACTION.approve });
    await until(() => b.sim.control.calls().some((c) => c.method === 'response_url'), {
      within: 5000,
      describe: 'an answer',
    });
    expect(before?.text).toContain('k3f9');
    expect(card()).toEqual(before);
    await ephemeral(b, olga, 'not an approver');
  });

  it('shows why not to somebody who may not approve, with the group that may', async () => {
    const { bench: b, ts } = await begin();
    await b.sim.control.click({ user: olga, channel, ts, actionId: ACTION.approve });
    const answer = await ephemeral(b, olga, 'not an approver');
    expect(answer.text).toContain('<!subteam^S0APPROVER>');
    expect(b.service.done).toEqual([]);
  });

  it('acknowledges within the time although the workflow does not answer', async () => {
    const { bench: b, ts } = await begin();
    const released = Promise.withResolvers<void>();
    b.service.stall = released.promise;
    const before = performance.now();
    expect(await b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.approve })).toEqual({
      ok: true,
    });
    expect(await b.sim.control.command({ user: priya, channel, text: '/patch scan prod' })).toEqual({
      ok: true,
    });
    expect(performance.now() - before).toBeLessThan(2500);
    expect(b.service.done).toEqual([]);
    released.resolve();
    await ephemeral(b, aisha, 'Approved.');
  });

  it('asks for the reason of a rejection in a modal', async () => {
    const { bench: b, ts } = await begin();
    await b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.reject });
    const view = await b.sim.control.waitForView(aisha, (v) => v.callbackId === 'modal_reject');
    const done = await b.sim.control.submit({
      user: aisha,
      viewId: view.id,
      values: { reason: { reason_text: 'the <!channel> shop is busy' } },
    });
    expect(done).toEqual({ ok: true });
    await ephemeral(b, aisha, 'Done: reject');
    expect(b.service.done).toEqual(['reject k3f9: the <!channel> shop is busy']);
    expect(b.sim.control.mentions().filter((m) => m.kind === 'broadcast')).toEqual([]);
  });

  it('stops with the button', async () => {
    const { bench: b, ts } = await begin();
    await b.sim.control.click({ user: priya, channel, ts, actionId: ACTION.stop });
    await ephemeral(b, priya, 'Done: stop k3f9');
  });

  it('pages through all instances in a modal', async () => {
    const { bench: b, ts } = await begin();
    await b.sim.control.click({ user: priya, channel, ts, actionId: ACTION.viewAll });
    const first = await b.sim.control.waitForView(priya, (v) =>
      JSON.stringify(v.blocks).includes('web-0000'),
    );
    await b.sim.control.viewClick({ user: priya, viewId: first.id, actionId: ACTION.pageNext });
    const second = await b.sim.control.waitForView(priya, (v) =>
      JSON.stringify(v.blocks).includes('web-0059'),
    );
    expect(JSON.stringify(second.blocks)).not.toContain('web-0000');
  });

  it('does not show the instances to somebody who may not look', async () => {
    const { bench: b, ts } = await begin();
    await b.sim.control.click({ user: olga, channel, ts, actionId: ACTION.viewAll });
    const view = await b.sim.control.waitForView(olga, (v) =>
      JSON.stringify(v.blocks).includes('may not see'),
    );
    expect(JSON.stringify(view.blocks)).not.toContain('web-0000');
  });

  it('excludes instances chosen on several pages', async () => {
    const { bench: b, ts } = await begin({ views: [runView({ size: 500 })] });
    await b.sim.control.click({ user: priya, channel, ts, actionId: ACTION.exclude });
    const first = await b.sim.control.waitForView(priya, (v) => v.callbackId === 'modal_exclude');
    await b.sim.control.viewClick({
      user: priya,
      viewId: first.id,
      actionId: ACTION.pageNext,
      values: { targets_page_0: { targets_chosen: ['0', '3'] } },
    });
    const second = await b.sim.control.waitForView(priya, (v) =>
      JSON.stringify(v.blocks).includes('targets_page_1'),
    );
    await b.sim.control.submit({
      user: priya,
      viewId: second.id,
      values: { targets_page_1: { targets_chosen: ['250'] }, reason: { reason_text: 'being moved' } },
    });
    await ephemeral(b, priya, 'A new plan was made');
    const request = b.service.of('exclude')[0]?.request as { targets: string[]; planHash: string };
    const plan = b.service.view('k3f9')?.plan;
    expect(request.targets).toEqual([0, 3, 250].map((i) => plan?.targets[i]?.key));
  });

  it('excludes nothing when the plan changed while the modal was open', async () => {
    const { bench: b, ts } = await begin();
    await b.sim.control.click({ user: priya, channel, ts, actionId: ACTION.exclude });
    const view = await b.sim.control.waitForView(priya, (v) => v.callbackId === 'modal_exclude');
    b.service.views.set('k3f9', runView({ size: 60, run: { planHash: 'another', revision: 2 } }));
    await b.sim.control.submit({
      user: priya,
      viewId: view.id,
      values: { targets_page_0: { targets_chosen: ['1'] }, reason: { reason_text: 'being moved' } },
    });
    await ephemeral(b, priya, 'The plan has changed');
    expect(b.service.of('exclude')).toEqual([]);
  });

  it('keeps the exclusion modal open when nothing was chosen', async () => {
    const { bench: b, ts } = await begin({ views: [runView({ size: 500 })] });
    await b.sim.control.click({ user: priya, channel, ts, actionId: ACTION.exclude });
    const view = await b.sim.control.waitForView(priya, (v) => v.callbackId === 'modal_exclude');
    await b.sim.control.submit({
      user: priya,
      viewId: view.id,
      values: { reason: { reason_text: 'being moved' } },
    });
    const still = await b.sim.control.waitForView(priya, (v) => Object.keys(v.errors).length > 0);
    expect(still.errors).toEqual({ targets_page_0: 'Choose at least one instance.' });
    expect(b.service.of('exclude')).toEqual([]);
  });

  it('wants the name of the environment typed before a large run is approved', async () => {
    const { bench: b, ts } = await begin();
    b.service.confirmAbove = 10;
    await b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.approve });
    const asked = await ephemeral(b, aisha, 'large run');
    await b.sim.control.click({ user: aisha, channel, ts: asked.ts, actionId: ACTION.secondConfirmation });
    const view = await b.sim.control.waitForView(aisha, (v) => v.callbackId === 'modal_second_confirmation');
    await b.sim.control.submit({
      user: aisha,
      viewId: view.id,
      values: { environment: { environment_typed: 'nonprod' } },
    });
    await b.sim.control.waitForView(aisha, (v) => Object.keys(v.errors).length > 0);
    expect(b.service.done).toEqual([]);
    await b.sim.control.submit({
      user: aisha,
      viewId: view.id,
      values: { environment: { environment_typed: ' Prod ' } },
    });
    await ephemeral(b, aisha, 'Approved.');
    expect(b.service.done).toEqual(['approve k3f9']);
  });

  it('passes on the answer to a question', async () => {
    const targets = targetsOf(3);
    const views = [
      runView({
        targets,
        phase: 'waves',
        view: { questions: [question('patchday k3f9 install w1/7 a1', [targets[0]?.key ?? ''])] },
      }),
    ];
    const { bench: b, ts } = await begin({ views });
    await b.sim.control.click({ user: aisha, channel, ts, actionId: `${ANSWER_PREFIX}give_up` });
    await ephemeral(b, aisha, 'Done: answer patchday k3f9 install w1/7 a1 give_up');
  });

  it('answers a button that this release does not know', async () => {
    const { bench: b } = await begin();
    const posted = await fetch(`${b.sim.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${b.sim.botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        channel,
        text: 'An old card',
        blocks: [
          {
            type: 'actions',
            block_id: 'old',
            elements: [
              { type: 'button', action_id: 'gone', text: { type: 'plain_text', text: 'Go' }, value: 'x' },
            ],
          },
        ],
      }),
    });
    const { ts } = (await posted.json()) as { ts: string };
    expect(await b.sim.control.click({ user: aisha, channel, ts, actionId: 'gone' })).toEqual({ ok: true });
    await ephemeral(b, aisha, 'earlier release');
  });

  it('tells a person when a handler fails, with a reference to the log', async () => {
    const { bench: b, ts } = await begin();
    b.service.bug = new Error('secret detail');
    await b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.approve });
    const answer = await ephemeral(b, aisha, 'Something went wrong');
    const logged = b.log.lines.find((l) => l.message === 'a handler failed');
    expect(answer.text).toContain(`\`${String(Object(logged?.fields).reference)}\``);
    expect(answer.text).not.toContain('secret detail');
  });

  it('says so when Slack does not open a modal', async () => {
    const { bench: b, ts } = await begin();
    b.sim.control.fault({ method: 'views.open', kind: 'error', error: 'expired_trigger_id' });
    await b.sim.control.click({ user: aisha, channel, ts, actionId: ACTION.reject });
    await ephemeral(b, aisha, 'did not open the window');
  });
});
