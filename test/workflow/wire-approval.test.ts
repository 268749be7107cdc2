/** Who may approve, asked live at the click and again before the first change. */
import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { actor } from '../support/workflow-harness.ts';
import { mutations, outcomes, startBot } from './wire-support.ts';

describe('an approval', () => {
  it('by the requester is refused, also when the requester is in both groups', async () => {
    const bot = await startBot();
    const runId = await bot.scan({}, 'UBOTH');

    expect(await bot.approve(runId, 'UBOTH')).toMatchObject({ ok: false, code: 'own_request' });
    expect(bot.view(runId).run.phase).toBe('await_approval');
    expect(bot.store.auditRows(runId).map((r) => r.action)).toContain('denied.approve');
  });

  it('by an outsider, a bot, or somebody of another workspace is refused', async () => {
    const bot = await startBot();
    bot.people.approvers.add('UBOT');
    const runId = await bot.scan();
    const planHash =
      (await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan')).run.planHash ?? '';

    expect(await bot.approve(runId, 'UNOBODY')).toMatchObject({ code: 'not_in_group' });
    expect(await bot.approve(runId, 'UREQ2')).toMatchObject({ code: 'not_in_group' });
    expect(await bot.approve(runId, 'UBOT')).toMatchObject({ code: 'not_a_person' });
    expect(
      await bot.service.approve(actor('UAPP', { teamId: 'TTHEIRS' }), { runId, planHash }),
    ).toMatchObject({ code: 'not_a_person' });
    expect(bot.view(runId).approvals).toEqual([]);
  });

  it('while Slack does not answer is refused, and counted once it does', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    bot.people.unreachable = true;
    expect(await bot.approve(runId)).toMatchObject({ ok: false, code: 'cannot_check' });
    bot.people.unreachable = false;
    expect(await bot.approve(runId)).toMatchObject({ ok: true });
    await bot.ended(runId);
  });

  it('clicked twice is taken once, whether by the same click delivered twice or by two clicks', async () => {
    const bot = await startBot({}, { policy: { approvalsRequired: 2 } });
    const runId = await bot.scan();
    const planHash =
      (await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan')).run.planHash ?? '';
    const click = actor('UAPP');
    const answers = await Promise.all([
      bot.service.approve(click, { runId, planHash }),
      bot.service.approve(click, { runId, planHash }),
      bot.service.approve(actor('UAPP'), { runId, planHash }),
    ]);

    expect(answers.map((a) => a.ok)).toEqual([true, false, false]);
    expect(bot.view(runId).approvals.map((a) => a.userId)).toEqual(['UAPP']);
    expect(bot.view(runId).run.phase).toBe('await_approval');
  });

  it('by two people at the same instant approves the run once when one is enough', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    const answers = await Promise.all([bot.approve(runId, 'UAPP'), bot.approve(runId, 'UAPP2')]);

    expect(answers.map((a) => a.ok)).toEqual([true, false]);
    expect(answers[1]?.text).toContain('already approved');
    await bot.ended(runId);
  });

  it('by two people at the same instant is enough when two are needed', async () => {
    const bot = await startBot({}, { policy: { approvalsRequired: 2 } });
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    const answers = await Promise.all([bot.approve(runId, 'UAPP'), bot.approve(runId, 'UAPP2')]);

    expect(answers.map((a) => a.ok)).toEqual([true, true]);
    expect(answers[0]?.text).toContain('1 of 2');
    expect(answers[1]?.text).toContain('is approved');
    expect(outcomes(await bot.ended(runId))).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
  });

  it('and a rejection at the same instant: the first wins, the other is told', async () => {
    const bot = await startBot();
    const runId = await bot.scan();
    const planHash =
      (await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan')).run.planHash ?? '';
    const [rejected, approved] = await Promise.all([
      bot.service.reject(actor('UAPP2'), { runId, planHash, reason: 'freeze week' }),
      bot.service.approve(actor('UAPP'), { runId, planHash }),
    ]);

    expect([rejected.ok, approved.ok].filter(Boolean)).toHaveLength(1);
    const view = bot.view(runId);
    if (rejected.ok) {
      expect(view.run).toMatchObject({ phase: 'ended', end: 'rejected' });
      expect(mutations(bot.sim)).toEqual([]);
    }
  });

  it('after the time to approve is over comes too late, and the run has expired', async () => {
    const bot = await startBot({}, { policy: { approvalTtl: 150 } });
    const runId = await bot.scan();
    const planHash =
      (await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan')).run.planHash ?? '';
    expect((await bot.ended(runId)).run.end).toBe('expired');

    expect(await bot.service.approve(actor('UAPP'), { runId, planHash })).toMatchObject({
      ok: false,
      code: 'not_waiting',
    });
    expect(mutations(bot.sim)).toEqual([]);
    const next = await bot.scan({}, 'UREQ2');
    expect(next).not.toBe(runId);
  });

  it('of a run larger than a landing zone allows needs a second confirmation', async () => {
    const bot = await startBot();
    Object.assign(bot.settings.zones[0] ?? {}, { confirmAbove: 1 });
    const runId = await bot.scan();
    const planHash =
      (await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan')).run.planHash ?? '';
    expect(await bot.approve(runId)).toMatchObject({ ok: false, code: 'needs_confirmation' });
    expect(bot.view(runId).approvals).toEqual([]);
    expect(await bot.service.approve(actor('UAPP'), { runId, planHash, confirmed: true })).toMatchObject({
      ok: true,
    });
    await bot.ended(runId);
  });
});

/** When a busy machine, too, has done between approval and start what a test does there. */
const later = () => Date.now() + 1500;

describe('before the first change', () => {
  it('an approver who is not in the group any more halts the run', async () => {
    const bot = await startBot();
    const runId = await bot.scan({ now: false, at: later() });
    await bot.approve(runId);
    bot.people.approvers.delete('UAPP');
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('halted');
    expect(view.run.endReason).toContain('is not an approver any more');
    expect(outcomes(view)).toEqual({ 'linux-1': 'stopped', 'linux-2': 'stopped' });
    expect(mutations(bot.sim)).toEqual([]);
  });

  it('somebody else of the approver group may have left', async () => {
    const bot = await startBot();
    const runId = await bot.scan({ now: false, at: Date.now() + 300 });
    await bot.approve(runId, 'UAPP2');
    bot.people.approvers.delete('UAPP');
    expect((await bot.ended(runId)).run.end).toBe('completed');
  });

  it('a directory that does not answer keeps the run waiting, and says so', async () => {
    const bot = await startBot();
    const runId = await bot.scan({ now: false, at: later() });
    await bot.approve(runId);
    bot.people.unreachable = true;
    const waiting = await bot.reaches(runId, (v) => v.because.some((b) => b.code === 'waiting'), 'the wait');
    expect(waiting.because.map((b) => b.text).join(' ')).toContain('Slack could not be asked');
    expect(mutations(bot.sim)).toEqual([]);

    bot.people.unreachable = false;
    bot.host.kick(runId);
    expect((await bot.ended(runId)).run.end).toBe('completed');
  });

  it('a patch role that acts in another account halts the run with nothing changed', async () => {
    const ours = smallFleet();
    const theirs = smallFleet({ zone: 'other', accountId: '444400000001' });
    const bot = await startBot(
      { ...ours, zones: [...ours.zones, ...theirs.zones] },
      {
        access: (zone) =>
          zone.name === 'small-test'
            ? {
                ...zone,
                patchRoleArn: 'arn:aws:iam::444400000001:role/PatchdayPatch',
                externalId: zone.externalId,
              }
            : zone,
      },
    );
    const runId = await bot.scan();
    await bot.approve(runId);
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('halted');
    expect(view.run.endReason).toContain('Nothing was changed');
    expect(mutations(bot.sim)).toEqual([]);
  });
});

describe('before each later wave', () => {
  /** A run of two waves that waits between them, because everything is frozen. */
  async function betweenWaves() {
    const bot = await startBot({}, { policy: { waveSize: 1 } });
    const runId = await bot.scan();
    await bot.approve(runId);
    await bot.reaches(runId, (v) => v.run.currentWave === 1, 'the first wave');
    await bot.service.freeze(actor('UAPP2'), { scope: 'all', reason: 'hold' });
    return { bot, runId };
  }

  it('an approver who left the group meanwhile takes the approval back: no further wave', async () => {
    const { bot, runId } = await betweenWaves();
    bot.people.approvers.delete('UAPP');
    await bot.service.unfreeze(actor('UAPP2'), { scope: 'all' });
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('halted');
    expect(view.run.endReason).toMatch(/is not an approver any more\. No further wave was opened/);
    expect(view.targets.filter((t) => t.outcome === 'stopped')).toHaveLength(1);
  });

  it('the last answer counts while Slack does not answer, and the audit says so', async () => {
    const { bot, runId } = await betweenWaves();
    bot.people.unreachable = false;
    await bot.service.unfreeze(actor('UAPP2'), { scope: 'all' });
    bot.people.unreachable = true;
    const view = await bot.ended(runId);

    expect(view.run.end).toBe('completed');
    const told = bot.store.auditRows(runId).filter((r) => r.action === 'approval.not_asked_again');
    expect(told.map((r) => r.text)).toEqual([
      expect.stringContaining('Slack could not be asked before wave 2 whether'),
    ]);
  });
});

describe('a stand-in', () => {
  const standIn = (changes: object = {}) => ({
    approvers: {
      groups: ['SAPP'],
      users: [],
      standIns: [
        { user: 'UREQ2', for: 'UAPP', from: 0, until: Date.now() + 3_600_000, reason: 'leave', ...changes },
      ],
    },
  });

  it('approves instead, and the audit names both', async () => {
    const bot = await startBot({}, { policy: standIn() });
    const runId = await bot.scan();
    expect(await bot.approve(runId, 'UREQ2')).toMatchObject({ ok: true });
    expect((await bot.ended(runId)).run.end).toBe('completed');
    const started = bot.store.auditRows(runId).find((r) => r.action === 'run.started');
    expect(started?.text).toMatch(/UREQ2.*standing in for .*UAPP.* until /);
  });

  it('and the approver are one voice: their two clicks in the same instant are one of two', async () => {
    const bot = await startBot({}, { policy: { ...standIn(), approvalsRequired: 2 } });
    const runId = await bot.scan();
    await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
    const answers = await Promise.all([bot.approve(runId, 'UREQ2'), bot.approve(runId, 'UAPP')]);
    // Whoever is asked about with fewer questions to Slack is first.
    expect(answers.filter((a) => a.ok)).toHaveLength(1);
    expect(answers.find((a) => !a.ok)).toMatchObject({ code: 'already_yours' });
    expect(bot.view(runId).run.phase).toBe('await_approval');
    await bot.approve(runId, 'UAPP2');
    expect((await bot.ended(runId)).run.end).toBe('completed');
  });

  it('of an approver who leaves the group before the start halts the run', async () => {
    const bot = await startBot({}, { policy: standIn() });
    const runId = await bot.scan({ now: false, at: later() });
    expect(await bot.approve(runId, 'UREQ2')).toMatchObject({ ok: true });
    bot.people.approvers.delete('UAPP');
    const view = await bot.ended(runId);
    expect(view.run.end).toBe('halted');
    expect(view.run.endReason).toMatch(/for whom .*UREQ2.* stood in, is not an approver any more/);
    expect(mutations(bot.sim)).toEqual([]);
  });

  it('may do nothing else of an approver, and nothing without an entry', async () => {
    const bot = await startBot({}, { policy: standIn({ user: 'UNOBODY' }) });
    const runId = await bot.scan();
    expect(await bot.approve(runId, 'UREQ2')).toMatchObject({ ok: false, code: 'not_in_group' });
    expect(await bot.service.stop(actor('UNOBODY'), { runId, reason: 'x' })).toMatchObject({
      code: 'not_in_group',
    });
  });
});
