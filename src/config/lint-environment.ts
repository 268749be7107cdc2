/** Cross-checks of one environment: can a run be approved, and can it end within its own limits? */
import { patchWorstCase } from '../workflow/settings.ts';
import type { Report } from './problem.ts';
import type { Environment, Timing } from './schema.ts';
import { formatDuration } from './units.ts';

export function lintEnvironment(
  name: string,
  environment: Partial<Environment>,
  timing: Timing | undefined,
  report: Report,
): void {
  lintApprovers(name, environment, report);
  lintStandIns(name, environment, report);
  lintBackup(name, environment, report);
  if (timing) lintLengths(name, environment, timing, report);
}

function lintApprovers(name: string, environment: Partial<Environment>, report: Report): void {
  const { requesters, approvers, approvalsRequired } = environment;
  const at = ['environments', name];
  if (requesters && requesters.groups.length + requesters.users.length === 0)
    report([...at, 'requesters'], {
      found: 'nobody',
      allowed: 'at least one Slack user group or user who may ask for runs',
    });
  if (!approvers) return;
  if (approvers.groups.length + approvers.users.length === 0) {
    report([...at, 'approvers'], {
      found: 'nobody',
      allowed: 'at least one Slack user group or user who may approve',
    });
    return;
  }
  // Who is in a group is only known to Slack, so the rest can be proved for lists of users alone.
  const required = approvalsRequired ?? 1;
  const people = new Set(approvers.users);
  if (approvers.groups.length === 0 && required > people.size) {
    report([...at, 'approvals_required'], {
      found: `${required}, with ${count(people.size, 'approver')} listed`,
      allowed: `at most ${people.size}, or more approvers`,
    });
    return;
  }
  if (!requesters) return;
  if (approvers.groups.length === 0) {
    const stuck = requesters.users.filter((user) => {
      const others = people.has(user) ? people.size - 1 : people.size;
      return others < required;
    });
    const nobodyElse = requesters.groups.length === 0 && stuck.length === requesters.users.length;
    if (stuck.length > 0)
      report([...at, 'approvers'], {
        severity: nobodyElse ? 'error' : 'warning',
        found: `too few people to approve what ${stuck.join(', ')} requested`,
        allowed: `at least ${count(required, 'approver')} besides the requester, because nobody approves their own request`,
      });
    return;
  }
  const same =
    sameMembers(approvers.groups, requesters.groups) &&
    approvers.users.every((user) => requesters.users.includes(user));
  if (same)
    report([...at, 'approvers'], {
      severity: 'warning',
      found: 'the same group as the requesters, and nobody else',
      allowed: 'a group of its own, or further approvers',
      hint: `Nobody approves their own request: with ${count(required + 1, 'member')} or more in the group it works, with fewer nobody can approve`,
    });
}

const LONGEST_STAND_IN_DAYS = 31;

function lintStandIns(name: string, { approvers }: Partial<Environment>, report: Report): void {
  for (const [index, entry] of (approvers?.standIns ?? []).entries()) {
    const at = ['environments', name, 'approvers', 'stand_ins', index];
    if (entry.user === entry.for)
      report([...at, 'user'], {
        found: `${entry.user} standing in for themselves`,
        allowed: 'somebody else than `for`',
      });
    const days = (entry.until - entry.from) / 86_400_000;
    if (days <= 0)
      report([...at, 'until'], {
        found: 'an end that is not after its beginning',
        allowed: 'a later time than `from`',
      });
    else if (days > LONGEST_STAND_IN_DAYS)
      report([...at, 'until'], {
        found: `a time of ${Math.ceil(days)} days`,
        allowed: `at most ${LONGEST_STAND_IN_DAYS} days after \`from\``,
        hint: 'For longer, put the person into the group of the approvers',
      });
    if (approvers?.users.includes(entry.user))
      report([...at, 'user'], {
        severity: 'warning',
        found: `${entry.user}, who is an approver of their own`,
        allowed: 'somebody who is not: an approver gives their own approval, and never that of another',
      });
    if (approvers && approvers.groups.length === 0 && !approvers.users.includes(entry.for))
      report([...at, 'for'], {
        found: `${entry.for}, who is not among the approvers`,
        allowed: 'one of the approvers',
      });
  }
}

function lintBackup(name: string, environment: Partial<Environment>, report: Report): void {
  const { backup } = environment;
  if (backup && !backup.required && backup.withoutVerifiedBackup !== 'patch-without-backup')
    report(['environments', name, 'backup', 'required'], {
      found: 'false, while without_verified_backup is skip: nothing would ever be patched',
      allowed: 'true; or, if you mean it, without_verified_backup: patch-without-backup',
    });
}

function lintLengths(name: string, environment: Partial<Environment>, timing: Timing, report: Report): void {
  const { start, runLengthLimit, stoppedInstances } = environment;
  const worst = patchWorstCase(timing) + (stoppedInstances === 'start' ? timing.startTimeout : 0);
  const because = `the worst case of one wave, ${formatDuration(worst)} (delivery_timeout + install_worst_case + reboot_allowance + verify_timeout${stoppedInstances === 'start' ? ' + start_timeout' : ''})`;
  if (runLengthLimit !== undefined && runLengthLimit < worst)
    report(['environments', name, 'run_length_limit'], {
      found: `${formatDuration(runLengthLimit)}, which is shorter than ${because}`,
      allowed: `at least ${formatDuration(worst)}`,
    });
  if (start?.default === 'scheduled' && windowLength(start.window) < worst)
    report(['environments', name, 'start', 'window'], {
      found: `a window of ${formatDuration(windowLength(start.window))}, which is shorter than ${because}`,
      allowed: `at least ${formatDuration(worst)}, or no wave could ever begin in it`,
    });
}

/** ms; up to and including the same time means the next day. Changes of the clocks are left out. */
function windowLength(window: { from: string; until: string }): number {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const length = minutes(window.until) - minutes(window.from);
  return (length <= 0 ? length + 24 * 60 : length) * 60_000;
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.every((member) => b.includes(member)) && b.every((member) => a.includes(member));
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
