/** The part of the configuration that the workflow decides with. All lengths in ms. */
import type { ApplicationCheck, BackupPolicy } from './plan-types.ts';
import type { WeeklyWindow } from './zoned-time.ts';

export interface Timing {
  pollImages: number;
  pollCommands: number;
  pollPower: number;
  /** How long an effect in doubt is looked for before it counts as absent: longer than the client's time-out plus AWS's consistency. */
  effectGrace: number;
  lostAgentAfter: number;
  verifyTimeout: number;
  backupTimeout: number;
  startTimeout: number;
  deliveryTimeout: number;
  installWorstCase: number;
  rebootAllowance: number;
  scanStaleAfter: number;
  /** First pause after a refused call; doubles each time. */
  backOff: number;
}

export interface People {
  groups: readonly string[];
  users: readonly string[];
}

/** Somebody who may approve in place of one approver who is away, for a while. Times in ms. */
export interface StandIn {
  user: string;
  /** The approver. */
  for: string;
  from: number;
  /** Not any more from this instant on. */
  until: number;
  reason: string;
}

export interface Approvers extends People {
  /** Left out = nobody stands in for anybody. */
  standIns?: readonly StandIn[];
}

export interface EnvironmentPolicy {
  name: string;
  channelId: string;
  timeZone: string;
  requesters: People;
  approvers: Approvers;
  approvalsRequired: number;
  approvalTtl: number;
  startDefault: 'scheduled' | 'now';
  window: WeeklyWindow;
  backup: BackupPolicy;
  reboot: 'if-needed' | 'never';
  /** A number of instances, or a share such as { percent: 25 }. */
  waveSize: number | { percent: number };
  failureBudget: number | { percent: number };
  runLengthLimit: number;
  stoppedInstances: 'skip' | 'start';
  batchSize: number;
  checks: readonly ApplicationCheck[];
}

export interface SelectionRule {
  tags: readonly { key: string; value: string }[];
  /** Regular expression over the name, or null. */
  namePattern: string | null;
  instanceIds: readonly string[];
}

export interface ZonePolicy {
  name: string;
  accountId: string;
  environment: string;
  regions: readonly string[];
  patchEnabled: boolean;
  /** When it names anything, only what it names is eligible. */
  include: SelectionRule;
  exclude: SelectionRule;
  protectedTags: readonly { key: string; value: string }[];
  /** Most instances a run may have in this landing zone without a second confirmation. */
  confirmAbove: number;
  /** Others send patch commands here on purpose: those without our mark are not told. */
  othersPatchHere: boolean;
}

export interface Settings {
  teamId: string;
  timing: Timing;
  environments: readonly EnvironmentPolicy[];
  zones: readonly ZonePolicy[];
}

export function environmentOf(settings: Settings, name: string): EnvironmentPolicy {
  const found = settings.environments.find((e) => e.name === name);
  if (!found) throw new Error(`environment ${name} is not in the configuration any more`);
  return found;
}

export function environmentGone(name: string): string {
  return `Environment ${name} is not in the configuration any more.`;
}

export type Roles = Pick<EnvironmentPolicy, 'requesters' | 'approvers'>;

/**
 * Who may act on runs of an environment. Of one that left the configuration while a run was open, every
 * requester may still take hold of it (stop it, answer that nothing be sent), and nobody can approve.
 */
export function rolesIn(settings: Settings, environment: string): Roles {
  const found = settings.environments.find((e) => e.name === environment);
  if (found) return found;
  return {
    requesters: {
      groups: settings.environments.flatMap((e) => e.requesters.groups),
      users: settings.environments.flatMap((e) => e.requesters.users),
    },
    approvers: { groups: [], users: [] },
  };
}

/** Landing zones that a scope's name stands for: all of an environment, or the one. */
export function zonesOf(settings: Settings, name: string): ZonePolicy[] {
  const wanted = name.toLowerCase();
  const one = settings.zones.filter((z) => z.name.toLowerCase() === wanted);
  return one.length > 0 ? one : settings.zones.filter((z) => z.environment.toLowerCase() === wanted);
}

/** Longest time from sending a patch command to the end of its verification, in ms. */
export function patchWorstCase(timing: Timing): number {
  return timing.deliveryTimeout + timing.installWorstCase + timing.rebootAllowance + timing.verifyTimeout;
}
