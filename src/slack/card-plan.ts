/** The part of the card about what will be done, by whose leave, and what came of it. Pure. */
import type { SectionBlock } from '@slack/types';
import type { Plan } from '../workflow/plan-types.ts';
import type { RunView } from '../workflow/view.ts';
import { list, section } from './blocks.ts';
import { planned } from './card-scope.ts';
import {
  code,
  count,
  escapeText,
  group,
  join,
  length,
  type Mrkdwn,
  md,
  NOTHING,
  time,
  user,
  words,
} from './mrkdwn.ts';
import { OUTCOME_ORDER, OUTCOME_WORDS } from './run-words.ts';

/** Waves: as planned before the start, as they are afterwards. */
export function wavesSection(view: RunView): SectionBlock | null {
  if (view.run.startedAt === null) {
    const lines = (view.plan?.waves ?? []).map(
      (wave) =>
        md`• Wave ${wave.number}: ${count(wave.size, 'instance')}, at worst ${length(wave.worstCaseMs)}`,
    );
    return list(md`*Waves*`, lines, 900);
  }
  // The wave that goes on and those before it, newest first: what is still to come is said by the numbers.
  const lines = view.waves
    .filter((wave) => wave.number <= view.run.currentWave)
    .toReversed()
    .map((wave) => {
      const failed = wave.failed > 0 ? md`, ${wave.failed} failed` : NOTHING;
      const doing = wave.now === '' || wave.done === wave.size ? NOTHING : md`: ${words(wave.now, 160)}`;
      return md`• Wave ${wave.number}: ${wave.done}/${wave.size} done${failed}${doing}`;
    });
  return list(md`*Waves* (${count(view.waves.length, 'wave')} in all)`, lines, 900);
}

export function timesSection(plan: Plan): SectionBlock {
  return section(
    md`*When* (in your time zone; planned in ${escapeText(plan.timeZone, 50)})\nStarts not before ${time(plan.startNotBefore)} · no new wave after ${time(plan.noNewWaveAfter)} · window ends ${time(plan.windowEnd)}`,
  );
}

/** What happens to each instance: backup, reboot, what was stopped, and what is not looked at. */
export function policySection(plan: Plan): SectionBlock {
  const { backup } = plan;
  const without =
    backup.withoutVerifiedBackup === 'skip'
      ? md`no verified backup, no patch`
      : md`⚠️ patched even without a verified backup, as the configuration says`;
  const how = backup.noReboot ? md`without a reboot (crash-consistent)` : md`with a reboot of each instance`;
  const backups = backup.required
    ? md`An image of each instance ${how}, kept ${count(backup.retentionDays, 'day')}; ${without}.`
    : md`⚠️ No backups, as the configuration says.`;
  const reboots =
    plan.kind === 'backup_only'
      ? md`Nothing is patched.`
      : plan.rebootOption === 'NoReboot'
        ? md`No reboot after patching: it stays pending.`
        : md`Reboots every instance on which something is installed.`;
  const stopped =
    plan.stoppedInstances === 'start'
      ? md`Stopped instances are started for patching and stopped again.`
      : md`Stopped instances are skipped.`;
  const budget = md`No further wave once more than ${count(plan.failureBudget, 'instance')} failed.`;
  return section(
    md`*How*\n${join([backups, reboots, stopped, budget], ' ')} Load balancers are not looked at: take instances out yourself where that matters.`,
  );
}

/** Who may approve, who has, until when, and exactly what: the short hash. */
export function approvalSection(view: RunView, plan: Plan): SectionBlock {
  const current = view.approvals.filter((approval) => approval.planHash === view.run.planHash);
  const given = current
    .slice(0, 10)
    .map(
      (a) =>
        md`${user(a.userId)} ${time(a.at)}${a.standingIn ? md`, standing in for ${user(a.standingIn.for)} until ${time(a.standingIn.until)}` : NOTHING}`,
    );
  const who = [
    ...plan.approval.groups.slice(0, 10).map(group),
    ...plan.approval.users.slice(0, 10).map(user),
  ];
  const not =
    plan.changedBy === plan.requestedBy
      ? user(plan.requestedBy)
      : md`${user(plan.requestedBy)} or ${user(plan.changedBy)}`;
  const waiting = view.run.phase === 'await_approval';
  const lines = [
    md`*Approvals: ${current.length} of ${plan.approval.required}*${given.length > 0 ? md` (${join(given, ', ')})` : NOTHING}`,
    waiting
      ? md`Who may: ${join(who, ', ')}, but not ${not}. Until ${time(plan.approval.expiresAt)}.`
      : NOTHING,
    md`Plan ${plan.version}, hash ${code((view.run.planHash ?? '').slice(0, 12), 12)}${plan.version > 1 ? md`, changed by ${user(plan.changedBy)}` : NOTHING}`,
  ];
  return section(join(lines, '\n'));
}

export function outcomesSection(view: RunView): SectionBlock | null {
  const lines = OUTCOME_ORDER.filter((outcome) => view.counts[outcome] > 0).map(
    (outcome) => md`• ${view.counts[outcome]} × ${OUTCOME_WORDS[outcome]}`,
  );
  return list(md`*Outcomes*`, lines, 900);
}

/** What a person should do now, grouped by the step. */
export function nextStepsSection(view: RunView): SectionBlock | null {
  const steps = new Map<string, { names: string[]; size: number }>();
  for (const target of planned(view)) {
    if (target.nextStep === '' || target.outcome === null) continue;
    const step = steps.get(target.nextStep) ?? { names: [], size: 0 };
    step.size += 1;
    if (step.names.length < 3) step.names.push(target.instance.name);
    steps.set(target.nextStep, step);
  }
  const lines = [...steps]
    .sort(([, a], [, b]) => b.size - a.size)
    .map(([text, { names, size }]) => {
      const more = size > names.length ? md` and ${size - names.length} more` : NOTHING;
      return md`• ${join(
        names.map((name) => code(name, 40)),
        ', ',
      )}${more}: ${words(text, 250)}`;
    });
  return list(md`*What to do next*`, lines, 1500);
}

/** Why the run is where it is; that it waits for an approval is its state already, and questions stand by themselves. */
export function becauseLines(view: RunView): Mrkdwn {
  return join(
    view.because
      .filter((reason) => reason.code !== 'awaiting_approval' && reason.code !== 'needs_attention')
      .slice(0, 3)
      .map((reason) => words(reason.text, 250)),
    '\n',
  );
}
