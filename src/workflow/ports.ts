/**
 * What the workflow needs from the outside, by what it does. Each port has one adapter on the AWS SDK in
 * src/aws. No adapter decides anything: it asks, translates and classifies errors.
 */
import type { InstalledPatch, Instance, MissingPatch, PatchCounts, TargetKey } from './instance.ts';
import { foreign } from './mention.ts';
import type { ApplicationCheck, Scope } from './plan-types.ts';

/** Account and region of a call, and the run on whose behalf it is made (it names the AWS session). */
export interface Place {
  landingZone: string;
  accountId: string;
  region: string;
  runId: string;
}

/**
 * A mutating call that certainly had no effect: a typed 4xx, a throttle, or a connection that was never
 * made. `badInstanceIds` names the ones AWS refused, where it says so.
 */
export class NoEffect extends Error {
  override readonly name = 'NoEffect';
  readonly code: string;
  /** 'later': try the same again after a pause; 'never': these targets cannot work. */
  readonly retry: 'later' | 'never';
  readonly badInstanceIds: readonly string[];
  constructor(
    code: string,
    message: string,
    retry: 'later' | 'never',
    options: { badInstanceIds?: readonly string[]; cause?: unknown } = {},
  ) {
    super(foreign(message), { cause: options.cause });
    this.code = code;
    this.retry = retry;
    this.badInstanceIds = options.badInstanceIds ?? [];
  }
}

/** A mutating call of which nobody knows whether it was carried out: reset, 5xx, time-out. */
export class InDoubt extends Error {
  override readonly name = 'InDoubt';
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(foreign(message), options);
  }
}

/** A read that failed after the SDK's own retries. Nothing was changed. */
export class LookFailed extends Error {
  override readonly name = 'LookFailed';
  readonly code: string;
  /** True when asking again later may help (throttle, network, 5xx); false for a denied permission. */
  readonly transient: boolean;
  constructor(code: string, message: string, transient: boolean, options: { cause?: unknown } = {}) {
    super(foreign(message), options);
    this.code = code;
    this.transient = transient;
  }
}

export type Found<R> = { found: R } | 'absent' | 'unsure';

export interface Fleet {
  /**
   * Everything in one landing zone that the scope names: EC2 joined with SSM. Reads with the read role.
   * Throws LookFailed; a truncated answer is an error, never a smaller fleet.
   */
  discover(landingZone: string, scope: Scope, runId: string): Promise<Instance[]>;
  /** The same for known instances; ids that no longer exist are absent. Throws LookFailed. */
  describe(place: Place, instanceIds: readonly string[]): Promise<Instance[]>;
  /** Missing and failed patches of one instance with CVE ids. Throws LookFailed. */
  missingPatches(place: Place, instanceId: string): Promise<MissingPatch[]>;
  /** Names of instances of the scope's landing zones, for "did you mean". Best effort, never throws. */
  nearestNames(landingZone: string, runId: string): Promise<string[]>;
}

export interface StatusChecks {
  /** All checks that EC2 reports (system, instance, attached EBS) are ok. */
  ok: boolean;
  text: string;
}

export interface Power {
  /** Throws NoEffect or InDoubt. Starting a running instance changes nothing. */
  start(place: Place, instanceIds: readonly string[]): Promise<void>;
  /** Throws NoEffect or InDoubt. Never forced. */
  stop(place: Place, instanceIds: readonly string[]): Promise<void>;
  /** State, why it is so (StateReason), status checks. Throws LookFailed. */
  look(
    place: Place,
    instanceIds: readonly string[],
  ): Promise<Map<string, { state: Instance['state']; stateReason: string; checks: StatusChecks }>>;
}

/**
 * Tags of a backup (image and snapshots). Images.create sets the first four by itself; the rest comes with the
 * request. `expiresAt` is ISO 8601.
 */
export const BACKUP_TAGS = {
  managedBy: 'patchday:managed-by',
  run: 'patchday:run',
  instance: 'patchday:instance',
  landingZone: 'patchday:landing-zone',
  instanceName: 'patchday:name',
  expiresAt: 'patchday:expires',
} as const;
/** The value of the managed-by tag. */
export const MANAGED_BY_PATCHDAY = 'patchday';

export interface BackupRecord {
  imageId: string;
  name: string;
  instanceId: string;
  instanceName: string;
  landingZone: string;
  accountId: string;
  region: string;
  state: string;
  runId: string;
  createdAt: number;
  expiresAt: number | null;
}

export type BackupLook =
  | { state: 'pending'; text: string }
  /** Image available and every mapped volume has a completed snapshot. */
  | { state: 'verified'; snapshotIds: readonly string[] }
  | { state: 'failed'; text: string };

export interface Images {
  /** Returns the image id. A name that exists already is looked up: ours (same source instance) is adopted. Throws NoEffect or InDoubt. */
  create(
    place: Place,
    request: { instanceId: string; name: string; noReboot: boolean; tags: Readonly<Record<string, string>> },
  ): Promise<string>;
  /**
   * By exact name among our own images; one that was made from another instance is not the one. Throws LookFailed.
   */
  find(place: Place, image: { instanceId: string; name: string }): Promise<Found<string>>;
  /** Many images at once. An image that AWS does not know (yet) is absent. Throws LookFailed. */
  look(place: Place, imageIds: readonly string[]): Promise<Map<string, BackupLook>>;
  /** All backups that Patchday made in a landing zone. Throws LookFailed. */
  list(landingZone: string): Promise<BackupRecord[]>;
}

/** One instance's part in an SSM command, in our words. */
export interface Invocation {
  instanceId: string;
  /**
   * waiting: Pending or Delayed, not started: may be cancelled. running: InProgress or Cancelling.
   * The rest is terminal. not_delivered covers Undeliverable, DeliveryTimedOut, Terminated and the like:
   * see `detail`; DeliveryTimedOut does not prove that it never ran.
   */
  status:
    | 'waiting'
    | 'running'
    | 'success'
    | 'failed'
    | 'timed_out'
    | 'cancelled'
    | 'not_delivered'
    | 'denied';
  /** StatusDetails with spaces removed, e.g. "DeliveryTimedOut". */
  detail: string;
  startedAt: number | null;
  endedAt: number | null;
}

export interface SendRequest {
  instanceIds: readonly string[];
  document: { name: string; version: string; hash: string };
  parameters: Readonly<Record<string, readonly string[]>>;
  comment: string;
  deliveryTimeoutSeconds: number;
}

/** A command that AWS remembers, whoever sent it. Times in ms. */
export interface SentCommand {
  commandId: string;
  comment: string;
  document: { name: string; version: string };
  instanceIds: readonly string[];
  parameters: Readonly<Record<string, readonly string[]>>;
  requestedAt: number;
  expiresAt: number;
}

export interface Commands {
  /** The default version and hash of an SSM document. Throws LookFailed. */
  document(place: Place, name: string): Promise<{ name: string; version: string; hash: string }>;
  /** Sends once; nothing is retried inside. MaxConcurrency and MaxErrors equal the batch. Throws NoEffect or InDoubt. */
  send(place: Place, request: SendRequest): Promise<{ commandId: string; expiresAt: number }>;
  /** By the exact comment among commands requested after `since` (ms). Throws LookFailed. */
  find(
    place: Place,
    comment: string,
    since: number,
  ): Promise<Found<{ commandId: string; expiresAt: number }>>;
  /**
   * Every command requested after `since` (ms) whose comment begins with `prefix`. AWS remembers them for 30
   * days. Throws LookFailed.
   */
  sentSince(place: Place, prefix: string, since: number): Promise<SentCommand[]>;
  /** All invocations of a command, every page. Throws LookFailed. */
  invocations(place: Place, commandId: string): Promise<Invocation[]>;
  /** Exit code and the end of the output of the step that ran; empty when there is none. Throws LookFailed. */
  output(
    place: Place,
    commandId: string,
    instanceId: string,
    platform: Instance['platform'],
  ): Promise<{ exitCode: number | null; stdout: string; stderr: string }>;
  /** Commands in progress on these instances other than `ownCommandIds`. Only Run Command is visible. Throws LookFailed. */
  othersInProgress(
    place: Place,
    instanceIds: readonly string[],
    ownCommandIds: readonly string[],
  ): Promise<Map<string, { commandId: string; documentName: string; comment: string }>>;
  /** Only for invocations that were waiting at the last look. Throws NoEffect or InDoubt. */
  cancel(place: Place, commandId: string, instanceIds: readonly string[]): Promise<void>;
}

export interface PatchStateLook {
  counts: PatchCounts;
  operation: 'Scan' | 'Install';
  endedAt: number;
  snapshotId: string | null;
}

export interface PatchStates {
  /** At most 50 ids; never-scanned ones are absent. Throws LookFailed. */
  look(place: Place, instanceIds: readonly string[]): Promise<Map<string, PatchStateLook>>;
  /** Patches with state Installed or InstalledPendingReboot whose install time is at or after `since`. Throws LookFailed. */
  installedSince(place: Place, instanceId: string, since: number): Promise<InstalledPatch[]>;
  /** Titles or KB ids still missing or failed. Throws LookFailed. */
  stillMissing(place: Place, instanceId: string): Promise<string[]>;
}

export interface Identity {
  /** GetCallerIdentity of the patch role equals the planned account. Throws LookFailed when it does not, or cannot be asked. */
  confirmAccount(place: Place): Promise<void>;
}

/** Application checks after patching, the first kind being TCP and HTTP. */
export interface ApplicationChecks {
  run(
    instance: { instanceId: string; privateAddress: string | null },
    check: ApplicationCheck,
  ): Promise<{ ok: boolean; text: string }>;
}

export interface Aws {
  fleet: Fleet;
  power: Power;
  images: Images;
  commands: Commands;
  patchStates: PatchStates;
  identity: Identity;
  /** Waits for a place under the published rate of an API family. */
  pace(place: Place, family: 'create_image' | 'start' | 'stop' | 'send_command'): Promise<void>;
}

/** The facts about a Slack user on which an approval rests, asked live. */
export interface Membership {
  /** Active, human, full member of our workspace; else why not. */
  person: { ok: true } | { ok: false; why: string };
  /** In one of the groups or lists asked for. */
  member: boolean;
}

export interface Directory {
  /** Asked live, at most seconds old. Throws LookFailed: then the answer is no. */
  membership(
    userId: string,
    allowed: { groups: readonly string[]; users: readonly string[] },
  ): Promise<Membership>;
}

export interface Clock {
  now(): number;
}

export interface Ids {
  /** A new run id: short, lower case, never used before with overwhelming likelihood. */
  run(): string;
  guid(): string;
}

export type { TargetKey };
