import type {
  Behaviour,
  Durations,
  InstanceDefinition,
  LandingZoneDefinition,
  PatchDefinition,
} from '../fleet/fleet.ts';
import type { Scheduled } from './scheduler.ts';

export type PowerState = 'pending' | 'running' | 'stopping' | 'stopped' | 'terminated';
export type CheckState = 'ok' | 'initializing' | 'impaired' | 'not-applicable';

/** A patch as it is on the machine, whatever SSM was last told. */
export interface SimPatch extends PatchDefinition {
  state: 'missing' | 'installed' | 'pending_reboot' | 'failed';
  installedAt: number | null;
}

export type ReportedPatchState = 'INSTALLED' | 'INSTALLED_PENDING_REBOOT' | 'MISSING' | 'FAILED';

/** What the machine last told SSM about its patches. */
export interface PatchReport {
  operation: 'Scan' | 'Install';
  startedAt: number;
  endedAt: number;
  snapshotId: string;
  rebootOption: 'RebootIfNeeded' | 'NoReboot';
  lastNoRebootInstallAt: number | null;
  entries: { patch: PatchDefinition; state: ReportedPatchState; installedAt: number | null }[];
}

export interface SimInstance {
  id: string;
  accountId: string;
  region: string;
  zone: string;
  definition: InstanceDefinition;
  name: string;
  tags: Map<string, string>;
  behaviour: Partial<Behaviour>;
  durations: Partial<Durations>;
  state: PowerState;
  stateReason: { code: string; message: string } | null;
  launchedAt: number;
  transitionReason: string;
  checks: CheckState;
  managed: boolean;
  /** Whether the agent process answers; it does not while stopped or rebooting either. */
  agentOnline: boolean;
  /** When the agent went silent, and whether SSM should show it at once. */
  silentSince: number | null;
  rebooting: boolean;
  patches: SimPatch[];
  report: PatchReport | null;
  /** The patch command that the machine is working on now. */
  executing: SimInvocation | null;
  /** What to tell SSM once the agent answers again. */
  unsent: (() => void)[];
  volumeIds: string[];
  counters: InstanceCounters;
  timers: Set<Scheduled>;
  privateIp: string;
  pingPhaseMs: number;
}

export interface InstanceCounters {
  /** How often an Install really ran here: more than one in a run is a double patching. */
  installs: number;
  scans: number;
  /** Patch commands that met another one at work on this machine. */
  patchRaces: number;
  /** Installs cut off in the middle by a stop, a reboot from outside or a cancel. */
  interruptedInstalls: number;
  reboots: number;
  starts: number;
  stops: number;
  imagesBegun: number;
}

export interface SimVolume {
  id: string;
  instanceId: string;
  accountId: string;
  region: string;
  device: string;
  sizeGiB: number;
  type: string;
  createdAt: number;
  tags: Map<string, string>;
}

export interface SimSnapshot {
  id: string;
  accountId: string;
  region: string;
  volumeId: string;
  sizeGiB: number;
  state: 'pending' | 'completed' | 'error';
  stateMessage: string;
  startedAt: number;
  completesAt: number | null;
  description: string;
  tags: Map<string, string>;
  deleted: boolean;
}

export interface SimImage {
  id: string;
  accountId: string;
  region: string;
  name: string;
  description: string;
  sourceInstanceId: string;
  state: 'pending' | 'available' | 'invalid' | 'failed' | 'error' | 'deregistered';
  stateReason: { code: string; message: string } | null;
  createdAt: number;
  deregisteredAt: number | null;
  visibleFrom: number;
  devices: { device: string; snapshotId: string; sizeGiB: number; type: string }[];
  rootDevice: string;
  platform: InstanceDefinition['platform'];
  tags: Map<string, string>;
  noReboot: boolean;
  isPublic: boolean;
}

export type InvocationStatus =
  | 'Pending'
  | 'InProgress'
  | 'Delayed'
  | 'Success'
  | 'Cancelled'
  | 'TimedOut'
  | 'Failed'
  | 'Cancelling';

export interface SimInvocation {
  command: SimCommand;
  instance: SimInstance;
  status: InvocationStatus;
  /** Without spaces; the handlers write it in the configured spelling. */
  details: string;
  sent: boolean;
  /** The agent was not there: starts as soon as it is, until the command expires. */
  waiting: boolean;
  /** Handed to the machine at, in ms since the epoch. */
  startedAt: number | null;
  endedAt: number | null;
  exitCode: number;
  output: string;
  errorOutput: string;
  timers: Set<Scheduled>;
}

export interface SimCommand {
  id: string;
  accountId: string;
  region: string;
  documentName: string;
  documentVersion: string;
  comment: string;
  parameters: Record<string, string[]>;
  instanceIds: string[];
  requestedByTargets: boolean;
  requestedAt: number;
  visibleFrom: number;
  expiresAt: number;
  timeoutSeconds: number;
  maxConcurrency: string;
  maxErrors: string;
  outputBucket: string | undefined;
  outputPrefix: string | undefined;
  /** Someone else's: it does nothing to the machine. */
  foreign: boolean;
  cancelRequested: boolean;
  rateExceeded: boolean;
  invocations: SimInvocation[];
}

export interface SimAccount {
  accountId: string;
  zone: LandingZoneDefinition | null;
}

export const TERMINAL: ReadonlySet<InvocationStatus> = new Set([
  'Success',
  'Cancelled',
  'TimedOut',
  'Failed',
]);
