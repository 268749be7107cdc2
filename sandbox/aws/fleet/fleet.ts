/**
 * What a simulated fleet consists of. Plain data: a fleet can be written by hand, built by `smallFleet`,
 * or be the default one. All times here are in milliseconds of life, before the clock's speed.
 */

/** How a whole `/patch scan <environment>` job must end for an instance, stopped ones skipped by policy. */
export type Outcome =
  | 'up_to_date'
  | 'patched'
  | 'patched_reboot_pending'
  | 'partly_patched'
  | 'failed'
  | 'verification_failed'
  | 'skipped'
  | 'stopped'
  | 'unknown';

export type Platform = 'linux' | 'windows';
export type Severity = 'Critical' | 'Important' | 'Medium' | 'Low' | 'Unspecified';

export interface PatchDefinition {
  /** A KB number (KB5034441) or package name with version (openssl-libs.x86_64:1:3.0.8-1). */
  kbId: string;
  title: string;
  classification: string;
  severity: Severity;
  cveIds: string[];
}

/**
 * How an Install goes. `fails`: nothing installs, exit 1. `partly`: half installs, exit 1. `still_missing`:
 * exit 0, but the next scan finds more. `hangs`: until the document's time-out. `agent_lost`: the agent goes
 * silent in the middle. `agent_lost_after_reboot`: installed and rebooted, but the agent never returns.
 */
export type InstallBehaviour =
  | 'succeeds'
  | 'fails'
  | 'partly'
  | 'still_missing'
  | 'hangs'
  | 'agent_lost'
  | 'agent_lost_after_reboot';
export type ScanBehaviour = 'succeeds' | 'fails' | 'hangs' | 'agent_lost';
/** `snapshot_lags`: the image is available while a snapshot is still pending. */
export type ImageBehaviour =
  | 'available'
  | 'failed'
  | 'error'
  | 'invalid'
  | 'hangs'
  | 'snapshot_error'
  | 'snapshot_lags';
/** `falls_back`: answers well, then goes from pending back to stopped. `no_capacity`: refused by StartInstances. */
export type StartBehaviour = 'running' | 'falls_back' | 'no_capacity' | 'agent_stays_offline';
export type DeliveryBehaviour = 'normal' | 'delayed' | 'undeliverable' | 'access_denied' | 'invalid_platform';

/** How long things take. A number of life milliseconds replaces the seeded range. */
export interface Durations {
  /** From accepted to the agent starting the command. */
  delivery: number;
  scan: number;
  /** Without the reboot. */
  install: number;
  reboot: number;
  image: number;
  start: number;
  stop: number;
  /** From running (or booted) to all status checks ok. */
  checks: number;
  /** From running to the agent answering. */
  agent: number;
}

/** One behaviour, or one for each time it is asked for, the last repeated. */
export type Scripted<T> = T | readonly [T, ...T[]];

export interface Behaviour {
  install: Scripted<InstallBehaviour>;
  scan: Scripted<ScanBehaviour>;
  image: Scripted<ImageBehaviour>;
  start: Scripted<StartBehaviour>;
  delivery: Scripted<DeliveryBehaviour>;
  /** Status checks after the next reboots. */
  checksAfterReboot: 'ok' | 'impaired';
  /** DeregisterImage with DeleteAssociatedSnapshots leaves the snapshots of this instance's images behind. */
  snapshotsStay: boolean;
  /** Exit code and standard error of a failing Install, instead of the usual ones. */
  failure: { exitCode: number; stderr: string };
  durations: Partial<Durations>;
}

export interface VolumeDefinition {
  device: string;
  sizeGiB: number;
  type?: string;
}

export interface InstanceDefinition {
  /** Without one, it is made from the seed and the name. */
  id?: string;
  name: string;
  region: string;
  availabilityZone: string;
  platform: Platform;
  /** As SSM reports them: "Amazon Linux" "2023". */
  platformName: string;
  platformVersion: string;
  type: string;
  /** Without Name, which is `name`. */
  tags: Record<string, string>;
  state: 'running' | 'stopped';
  /** False: no agent has ever registered. */
  managed: boolean;
  ping: 'Online' | 'ConnectionLost';
  /** How long ago the last ping was, for a ConnectionLost agent. */
  lastPingAgoMs?: number;
  agentVersion: string;
  /** What the instance says its own name is, which its agent reports. Default made from its address. */
  computerName?: string;
  /** How long ago the last scan was; null = never scanned. */
  lastScanAgoMs: number | null;
  missing: PatchDefinition[];
  installed: PatchDefinition[];
  pendingReboot: PatchDefinition[];
  volumes: VolumeDefinition[];
  behaviour: Partial<Behaviour>;
  /** Someone else's Run Command is in progress here from the start and stays so. */
  foreignCommand: boolean;
  expected: Outcome;
  why: string;
}

export interface RoleDefinition {
  name: string;
  /** `read` may only look; `patch` may also change things. */
  kind: 'read' | 'patch';
  /** The role's own maximum session length, in seconds (IAM's default is 3600). */
  maxSessionSeconds: number;
}

export interface AssociationDefinition {
  region: string;
  documentName: string;
  associationName: string;
  scheduleExpression: string;
}

export interface LandingZoneDefinition {
  name: string;
  environment: string;
  accountId: string;
  regions: string[];
  externalId: string;
  roles: RoleDefinition[];
  associations: AssociationDefinition[];
  instances: InstanceDefinition[];
}

export interface FleetDefinition {
  hub: { accountId: string; accessKeyIds: string[]; roleName: string };
  zones: LandingZoneDefinition[];
  /** Replaces the seeded ranges for every instance that does not say otherwise itself. */
  durations?: Partial<Durations>;
}

export const DEFAULT_ACCESS_KEY = 'AKIASANDBOXHUB';
export const DEFAULT_HUB = {
  accountId: '999900000001',
  accessKeyIds: [DEFAULT_ACCESS_KEY],
  roleName: 'PatchdayHub',
};

export const STANDARD_ROLES: RoleDefinition[] = [
  { name: 'PatchdayRead', kind: 'read', maxSessionSeconds: 3600 },
  { name: 'PatchdayPatch', kind: 'patch', maxSessionSeconds: 3600 },
];
