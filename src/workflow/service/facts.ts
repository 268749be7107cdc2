import type { QueryStore } from '../changes.ts';
import { mention } from '../mention.ts';
import { type Allowed, type Deed, evaluatePermission, type PersonFacts } from '../permissions.ts';
import type { Aws, Clock, Directory, Ids } from '../ports.ts';
import { LookFailed } from '../ports.ts';
import type { Actor, Answer } from '../service.ts';
import { type People, type Roles, rolesIn, type Settings } from '../settings.ts';
import type { StandInFacts } from '../stand-in.ts';

export interface ServiceParts {
  store: QueryStore;
  aws: Aws;
  directory: Directory;
  clock: Clock;
  ids: Ids;
  settings: Settings;
  /** Something changed: have the executor look at the run. */
  kick(runId: string): void;
  /** After a freeze was lifted, or before one is believed to bite: all open runs. */
  kickAll(): void;
}

/** Asked live for every deed. A workspace that is not ours is refused without asking anyone. */
export async function factsAbout(parts: ServiceParts, actor: Actor, roles: Roles): Promise<PersonFacts> {
  if (actor.teamId !== parts.settings.teamId) {
    return {
      userId: actor.userId,
      person: { ok: false, why: 'you are not in our workspace' },
      requester: false,
      approver: false,
    };
  }
  try {
    const asRequester = await parts.directory.membership(actor.userId, roles.requesters);
    const asApprover = await parts.directory.membership(actor.userId, roles.approvers);
    const standIns: StandInFacts[] = [];
    for (const entry of roles.approvers.standIns ?? []) {
      if (entry.user !== actor.userId) continue;
      const other = await parts.directory.membership(entry.for, roles.approvers);
      standIns.push({ ...entry, forIsApprover: other.person.ok && other.member });
    }
    return {
      userId: actor.userId,
      person: asApprover.person.ok ? asRequester.person : asApprover.person,
      requester: asRequester.member,
      approver: asApprover.member,
      standIns,
    };
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return { userId: actor.userId, person: 'unavailable', requester: false, approver: false };
  }
}

export function nameOf(people: People, role: string): string {
  const names = [...people.groups.map((g) => `${mention(g)}`), ...people.users.map((u) => `${mention(u)}`)];
  return names.length > 0 ? `${role} (${names.join(', ')})` : role;
}

export function names(roles: Roles): { approverNames: string; requesterNames: string } {
  return {
    approverNames: nameOf(roles.approvers, 'an approver'),
    requesterNames: nameOf(roles.requesters, 'a requester'),
  };
}

/** May they? A no is written to the audit before it is answered. */
export async function allow(
  parts: ServiceParts,
  actor: Actor,
  deed: Deed,
  environment: string,
  context: { runId: string | null; requesters?: readonly string[] },
): Promise<Allowed> {
  const roles = rolesIn(parts.settings, environment);
  const facts = await factsAbout(parts, actor, roles);
  const allowed = evaluatePermission(deed, facts, {
    environment,
    requesters: context.requesters ?? [],
    ...names(roles),
  });
  if (!allowed.ok) await deny(parts, actor, deed, context.runId, allowed);
  return allowed;
}

export async function deny(
  parts: ServiceParts,
  actor: Actor,
  deed: string,
  runId: string | null,
  refusal: { code: string; text: string },
): Promise<void> {
  await parts.store.audit(runId, {
    actor: actor.userId,
    action: `denied.${deed}`,
    text: refusal.text,
    detail: { code: refusal.code, team: actor.teamId, channel: actor.channelId },
  });
}

/** A no because of the state of the run or its plan; in the audit as well. What was mistyped is answered with `no` alone. */
export async function refuse(
  parts: ServiceParts,
  actor: Actor,
  deed: Deed,
  runId: string | null,
  refusal: { code: string; text: string },
): Promise<{ ok: false; code: string; text: string }> {
  await deny(parts, actor, deed, runId, refusal);
  return no(refusal.code, refusal.text);
}

export function no(code: string, text: string): { ok: false; code: string; text: string } {
  return { ok: false, code, text };
}

export function yes<T>(text: string, value: T): Answer<T> {
  return { ok: true, text, value };
}

export function noSuchRun(runId: string): { ok: false; code: string; text: string } {
  return no('no_such_run', `There is no run ${runId}. /patch runs lists them.`);
}
