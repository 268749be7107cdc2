/** Who may do what: the one table. docs/permissions.md is generated from it. */
import type { StandInFacts } from './stand-in.ts';

export type Deed =
  | 'look'
  | 'scan'
  | 'fresh_scan'
  | 'request'
  | 'approve'
  | 'reject'
  | 'exclude'
  | 'stop'
  | 'retry'
  | 'answer'
  | 'answer_send'
  | 'resolve'
  | 'release'
  | 'freeze';

export interface Permission {
  deed: Deed;
  /** How people call it. */
  name: string;
  requesters: boolean;
  approvers: boolean;
  /** The person who asked for the run, or who last changed its plan, may not. */
  notTheRequester: boolean;
}

export const PERMISSIONS: readonly Permission[] = [
  {
    deed: 'look',
    name: 'see runs, status, reports and backups',
    requesters: true,
    approvers: true,
    notTheRequester: false,
  },
  { deed: 'scan', name: 'scan (also --dry-run)', requesters: true, approvers: true, notTheRequester: false },
  {
    deed: 'fresh_scan',
    name: 'scan with --fresh',
    requesters: true,
    approvers: true,
    notTheRequester: false,
  },
  { deed: 'request', name: 'request a run', requesters: true, approvers: true, notTheRequester: false },
  { deed: 'approve', name: 'approve a plan', requesters: false, approvers: true, notTheRequester: true },
  { deed: 'reject', name: 'reject a plan', requesters: true, approvers: true, notTheRequester: false },
  {
    deed: 'exclude',
    name: 'exclude instances from a plan',
    requesters: true,
    approvers: true,
    notTheRequester: false,
  },
  { deed: 'stop', name: 'stop a run', requesters: true, approvers: true, notTheRequester: false },
  {
    deed: 'retry',
    name: 'retry the failed instances of a run',
    requesters: true,
    approvers: true,
    notTheRequester: false,
  },
  {
    deed: 'answer',
    name: 'answer a question that sends nothing',
    requesters: true,
    approvers: true,
    notTheRequester: false,
  },
  {
    deed: 'answer_send',
    name: 'answer a question so that a command is sent again',
    requesters: false,
    approvers: true,
    notTheRequester: true,
  },
  {
    deed: 'resolve',
    name: 'close an instance whose state is unknown',
    requesters: true,
    approvers: true,
    notTheRequester: false,
  },
  {
    deed: 'release',
    name: 'let a run go on after the database was restored',
    requesters: false,
    approvers: true,
    notTheRequester: true,
  },
  {
    deed: 'freeze',
    name: 'freeze and unfreeze everything',
    requesters: true,
    approvers: true,
    notTheRequester: false,
  },
];

export function permissionFor(deed: Deed): Permission {
  const found = PERMISSIONS.find((p) => p.deed === deed);
  if (!found) throw new Error(`no permission row for ${deed}`);
  return found;
}

/** What is known about a person at the moment of the deed, asked live; 'unavailable' when Slack did not answer. */
export interface PersonFacts {
  userId: string;
  person: { ok: true } | { ok: false; why: string } | 'unavailable';
  requester: boolean;
  approver: boolean;
  /** Approvers in whose place this person may approve, as the configuration says. */
  standIns?: readonly StandInFacts[];
}

export type Allowed =
  | { ok: true }
  | { ok: false; code: 'not_a_person' | 'not_in_group' | 'own_request' | 'cannot_check'; text: string };

/**
 * May this person do it? Pure; the sentence says why not and who can. `requesters` are the people who asked
 * for or last changed the run. Fails closed: what could not be asked is a no.
 */
export function evaluatePermission(
  deed: Deed,
  facts: PersonFacts,
  run: { environment: string; requesters: readonly string[]; approverNames: string; requesterNames: string },
): Allowed {
  const permission = permissionFor(deed);
  const who =
    permission.requesters && permission.approvers
      ? `${run.requesterNames} or ${run.approverNames}`
      : permission.approvers
        ? run.approverNames
        : run.requesterNames;
  if (facts.person === 'unavailable') {
    return {
      ok: false,
      code: 'cannot_check',
      text: `Slack did not answer when asked who you are, so nothing was changed. Try again in a moment; ${who} may ${permission.name}.`,
    };
  }
  if (!facts.person.ok) {
    return {
      ok: false,
      code: 'not_a_person',
      text: `You cannot ${permission.name}: ${facts.person.why}. Nothing was changed. ${capital(who)} can.`,
    };
  }
  if (permission.notTheRequester && run.requesters.includes(facts.userId)) {
    return {
      ok: false,
      code: 'own_request',
      text: `You asked for this run or changed its plan, so somebody else must ${deed === 'approve' ? 'approve it' : permission.name}: ${run.approverNames}. Nothing was changed.`,
    };
  }
  const member = (permission.requesters && facts.requester) || (permission.approvers && facts.approver);
  if (!member) {
    return {
      ok: false,
      code: 'not_in_group',
      text: `You cannot ${permission.name} in ${run.environment}: you are not in the group that may. Nothing was changed. ${capital(who)} can.`,
    };
  }
  return { ok: true };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
