/** Clicks delivered again, in another order or at the same instant to a whole bot, and approvals taken back. */
import { patchWorstCase } from '../../src/workflow/settings.ts';
import type { RunView } from '../../src/workflow/view.ts';
import { FAST_TIMING } from '../support/settings.ts';
import { actor, type Harness, type HarnessOptions } from '../support/workflow-harness.ts';
import type { Case } from './cases.ts';
import { mutations, timesOn, withBot } from './wire.ts';

/** Approves it, and holds it by a freeze before its second wave. */
async function heldBetweenWaves(bot: Harness, runId: string, planHash: string): Promise<void> {
  await bot.service.approve(actor('UAPP'), { runId, planHash });
  await bot.reaches(runId, (v) => v.run.currentWave === 1, 'the first wave');
  await bot.service.freeze(actor('UAPP2'), { scope: 'all', reason: 'hold' });
}

/** A run of two waves with one instance each that has to be halted between them, and say so. */
async function haltedBetweenWaves(bot: Harness, runId: string, says: RegExp): Promise<string[]> {
  const { run: ended } = await bot.ended(runId);
  const wrong = ended.end === 'halted' ? [] : [`the run ended as ${ended.end}, not halted`];
  if (!says.test(ended.endReason)) wrong.push(`it says: ${ended.endReason}`);
  const touched = new Set(mutations(bot.sim).map((e) => e.params['instanceIds']));
  if (touched.size > 1) wrong.push(`the second wave was begun after the run had to halt`);
  return wrong;
}

/** Takes every approver out of the configuration; the group in Slack stays as it is. */
function unconfigure(bot: Harness): void {
  Object.assign(bot.settings.environments[0] ?? {}, { approvers: { groups: ['SOTHER'], users: [] } });
}

const HOLD = { waveSize: 1 };
const patchedBy = (bot: Harness) => Object.keys(timesOn(bot.sim, 'SendCommand', 'Install')).length;

/** The clock is known to be wrong at the start, or between the two waves: nothing new begins, and it is said why. */
function wrongClockCase(name: string, before: 'start' | 'wave'): Case {
  const ahead = "3 hours ahead of Slack's";
  let trouble: string | null = null;
  return overTheWire(
    name,
    1,
    async (bot, runId, planHash) => {
      if (before === 'start') {
        trouble = ahead;
        await bot.service.approve(actor('UAPP'), { runId, planHash });
      } else {
        await heldBetweenWaves(bot, runId, planHash);
        trouble = ahead;
        await bot.service.unfreeze(actor('UAPP2'), { scope: 'all' });
      }
      const begun = before === 'start' ? 0 : 1;
      const isHeld = (view: RunView) => view.because.some((b) => b.text.includes('clock of the machine'));
      const seen = await bot.reaches(
        runId,
        (v) => isHeld(v) || patchedBy(bot) > begun || v.run.phase === 'ended',
        'a run that is held by the clock, or goes on',
      );
      const wrong = isHeld(seen) ? [] : ['it went on by a clock that was known to be wrong'];
      if (patchedBy(bot) > begun) wrong.push(`${patchedBy(bot)} instances were patched by a wrong clock`);
      trouble = null;
      return wrong;
    },
    HOLD,
    { clockTrouble: () => trouble },
  );
}

/** A bot with a plan that waits; what `use` finds wrong, and what must hold of any such run afterwards. */
function overTheWire(
  name: string,
  required: number,
  use: (bot: Harness, runId: string, planHash: string) => Promise<string[]>,
  policy: { waveSize?: number; runLengthLimit?: number } = {},
  options: Pick<HarnessOptions, 'clockTrouble'> = {},
): Case {
  return {
    name: `wire: ${name}`,
    run: () =>
      withBot(
        { linux: 2 },
        { ...options, policy: { approvalsRequired: required, ...policy } },
        async (bot) => {
          const runId = await bot.scan();
          const planned = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
          const wrong = await use(bot, runId, planned.run.planHash ?? '');
          const counted = bot.view(runId).approvals.map((a) => a.userId);
          if (mutations(bot.sim).length > 0 && new Set(counted).size < required)
            wrong.push(`something was changed with ${counted.length} of ${required} approvals`);
          if (counted.includes('UREQ')) wrong.push('the requester is among the approvers');
          for (const [id, n] of Object.entries(timesOn(bot.sim, 'SendCommand', 'Install')))
            if (n > 1) wrong.push(`${id} was patched ${n} times`);
          return { wrong };
        },
      ),
  };
}

const ends = async (bot: Harness, runId: string, end: string): Promise<string[]> => {
  const { run: ended } = await bot.ended(runId);
  return ended.end === end ? [] : [`the run ended as ${ended.end}, not ${end}`];
};

export const wire: readonly Case[] = [
  overTheWire('one click delivered ten times, in two turns', 1, async (bot, runId, planHash) => {
    const click = actor('UAPP');
    const again = () => bot.service.approve(click, { runId, planHash });
    const first = await Promise.all(Array.from({ length: 5 }, again));
    const later = await Promise.all(Array.from({ length: 5 }, again));
    const taken = [...first, ...later].filter((a) => a.ok).length;
    return [
      ...(taken === 1 ? [] : [`it was taken ${taken} times`]),
      ...(await ends(bot, runId, 'completed')),
    ];
  }),
  overTheWire(
    'recorded clicks of two people delivered in the other order, each five times',
    2,
    async (bot, runId, planHash) => {
      const clicks = [actor('UAPP2'), actor('UAPP')];
      const deliveries = Array.from({ length: 5 }, () => clicks).flat();
      const answers = [];
      for (const click of deliveries) answers.push(await bot.service.approve(click, { runId, planHash }));
      const taken = answers.filter((a) => a.ok).length;
      return [
        ...(taken === 2 ? [] : [`${taken} were taken, not 2`]),
        ...(await ends(bot, runId, 'completed')),
      ];
    },
  ),
  overTheWire('an old approval after the plan was changed', 1, async (bot, runId, planHash) => {
    const target = bot.view(runId).targets[0]?.key ?? '';
    await bot.service.exclude(actor('UREQ2'), { runId, planHash, targets: [target], reason: '' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => bot.service.approve(actor('UAPP'), { runId, planHash })),
    );
    const wrong = answers.some((a) => a.ok) ? ['an approval of the old plan was taken'] : [];
    if (mutations(bot.sim).length > 0) wrong.push('something was changed');
    return wrong;
  }),
  overTheWire('rejection and approval at the same instant', 1, async (bot, runId, planHash) => {
    const answers = await Promise.all([
      bot.service.reject(actor('UAPP2'), { runId, planHash, reason: 'no' }),
      bot.service.approve(actor('UAPP'), { runId, planHash }),
    ]);
    const taken = answers.filter((a) => a.ok).length;
    const wrong = taken === 1 ? [] : [`${taken} of the two were taken`];
    if (answers[0]?.ok && mutations(bot.sim).length > 0) wrong.push('a rejected run changed something');
    return wrong;
  }),
  overTheWire(
    'the requester, a bot, an outsider and a stranger, ten times each',
    1,
    async (bot, runId, planHash) => {
      bot.people.approvers.add('UREQ').add('UBOT');
      const tries = ['UREQ', 'UBOT', 'UNOBODY', 'UREQ2'].flatMap((who) =>
        Array.from({ length: 10 }, () => actor(who)),
      );
      const strangers = Array.from({ length: 10 }, () => actor('UAPP', { teamId: 'TTHEIRS' }));
      const answers = await Promise.all(
        [...tries, ...strangers].map((who) => bot.service.approve(who, { runId, planHash })),
      );
      const wrong = answers.some((a) => a.ok) ? ['one of them was let approve'] : [];
      const denied = bot.store.auditRows(runId).filter((r) => r.action === 'denied.approve').length;
      if (denied !== answers.length)
        wrong.push(`${denied} of ${answers.length} denied attempts are in the audit`);
      return wrong;
    },
  ),
  overTheWire('an approver who left the group before the start', 1, async (bot, runId, planHash) => {
    await bot.service.freeze(actor('UREQ'), { scope: 'all', reason: 'hold' });
    await bot.service.approve(actor('UAPP'), { runId, planHash });
    bot.people.approvers.delete('UAPP');
    await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
    const wrong = await ends(bot, runId, 'halted');
    if (mutations(bot.sim).length > 0) wrong.push('something was changed');
    return wrong;
  }),
  overTheWire(
    'an approver who left the group between two waves',
    1,
    async (bot, runId, planHash) => {
      await heldBetweenWaves(bot, runId, planHash);
      bot.people.approvers.delete('UAPP');
      await bot.service.unfreeze(actor('UAPP2'), { scope: 'all' });
      const wrong = await ends(bot, runId, 'halted');
      const patched = Object.keys(timesOn(bot.sim, 'SendCommand', 'Install')).length;
      if (patched !== 1) wrong.push(`${patched} of 2 instances were patched, not the first wave's one`);
      return wrong;
    },
    { waveSize: 1 },
  ),
  overTheWire(
    'an approver who was taken out of the configuration before the start',
    1,
    async (bot, runId, planHash) => {
      await bot.service.freeze(actor('UREQ'), { scope: 'all', reason: 'hold' });
      await bot.service.approve(actor('UAPP'), { runId, planHash });
      unconfigure(bot);
      await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
      const wrong = await ends(bot, runId, 'halted');
      if (mutations(bot.sim).length > 0) wrong.push('something was changed');
      return wrong;
    },
  ),
  overTheWire(
    'an approver who was taken out of the configuration between two waves',
    1,
    async (bot, runId, planHash) => {
      await heldBetweenWaves(bot, runId, planHash);
      unconfigure(bot);
      await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
      const wrong = await ends(bot, runId, 'halted');
      if (patchedBy(bot) !== 1) wrong.push(`${patchedBy(bot)} of 2 instances were patched`);
      return wrong;
    },
    HOLD,
  ),
  wrongClockCase('a clock that is known to be wrong at the start', 'start'),
  wrongClockCase('a clock that is known to be wrong between two waves', 'wave'),
  overTheWire(
    'a plan that somebody changed in the file between two waves',
    1,
    async (bot, runId, planHash) => {
      await heldBetweenWaves(bot, runId, planHash);
      bot.store.db.exec('DROP TRIGGER plans_are_immutable');
      bot.store.db
        .prepare("UPDATE plans SET body = json_set(body, '$.rebootOption', 'NoReboot') WHERE run_id = ?")
        .run(runId);
      await bot.service.unfreeze(actor('UAPP2'), { scope: 'all' });
      return haltedBetweenWaves(bot, runId, /does not match the approved hash/);
    },
    { waveSize: 1 },
  ),
  overTheWire(
    'a window that ends between two waves',
    1,
    async (bot, runId, planHash) => {
      await heldBetweenWaves(bot, runId, planHash);
      // The freeze is not lifted: the end of the window alone ends the run.
      return haltedBetweenWaves(bot, runId, /window does not leave enough time for another wave/);
    },
    { waveSize: 1, runLengthLimit: patchWorstCase(FAST_TIMING) + 3000 },
  ),
  overTheWire(
    'a stand-in whose time ends between the click and the start',
    1,
    async (bot, runId, planHash) => {
      const entry = {
        user: 'UREQ2',
        for: 'UAPP',
        from: 0,
        until: Date.now() + 3_600_000,
        reason: 'on leave',
      };
      Object.assign(bot.settings.environments[0] ?? {}, {
        approvers: { groups: ['SAPP'], users: [], standIns: [entry] },
      });
      await bot.service.freeze(actor('UAPP2'), { scope: 'all', reason: 'hold' });
      const answer = await bot.service.approve(actor('UREQ2'), { runId, planHash });
      entry.until = Date.now();
      await bot.service.unfreeze(actor('UAPP2'), { scope: 'all' });
      const wrong = await ends(bot, runId, 'halted');
      if (!answer.ok) wrong.push(`the stand-in was refused: ${answer.text}`);
      if (mutations(bot.sim).length > 0) wrong.push('something was changed');
      return wrong;
    },
  ),
];
