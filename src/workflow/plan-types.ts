import type { Platform, TargetKey } from './instance.ts';

/** What is done to each target of a run. */
export type RunKind = 'patch' | 'backup_only';

/** What a person asked for: `/patch scan <name> [pattern] [filters]`. */
export interface Scope {
  /** Name of an environment or of a landing zone, as typed. */
  name: string;
  /** A pattern over instance names (`*` and `?`), or null. */
  pattern: string | null;
  tags: readonly { key: string; value: string }[];
  platform: 'windows' | 'linux' | null;
  regions: readonly string[];
  /** Only these targets (a retry of the failed ones), or null. */
  only: readonly TargetKey[] | null;
}

export interface PlanTarget {
  key: TargetKey;
  instanceId: string;
  accountId: string;
  region: string;
  landingZone: string;
  platform: Platform;
  wave: number;
  /** It was stopped when planned: started for patching, and stopped again afterwards. */
  wasStopped: boolean;
  /** A backup of an earlier attempt that stays the restore point (a retry), or null. */
  keepImageId: string | null;
}

export interface PlanWave {
  number: number;
  size: number;
  /** Longest time from the first patch command of the wave to the end of its verification, in ms. */
  worstCaseMs: number;
}

/** A TCP or HTTP check of the application on targets that carry a tag. */
export interface ApplicationCheck {
  name: string;
  type: 'tcp' | 'http';
  /** Only targets with this tag are checked; null = all. */
  tag: { key: string; value: string } | null;
  port: number;
  path: string;
  /** Accepted HTTP status. */
  expectStatus: number;
  timeoutMs: number;
}

export interface BackupPolicy {
  required: boolean;
  noReboot: boolean;
  retentionDays: number;
  /** Only 'patch-without-backup', written out in the configuration, lets an unbacked target be patched. */
  withoutVerifiedBackup: 'skip' | 'patch-without-backup';
}

/**
 * All that a run will do: immutable, complete, hashed (see plan-hash.ts). An approval is bound to the hash.
 * Times are ms since the epoch, lengths ms.
 */
export interface Plan {
  format: 1;
  runId: string;
  /** Counts the plans of one run: an exclusion makes the next. */
  version: number;
  kind: RunKind;
  environment: string;
  timeZone: string;
  /** Who asked for the run, and who made this version: neither may approve it. */
  requestedBy: string;
  changedBy: string;
  createdAt: number;
  targets: readonly PlanTarget[];
  waves: readonly PlanWave[];
  /** The SSM document pinned per account and region. */
  documents: readonly { accountId: string; region: string; name: string; version: string; hash: string }[];
  rebootOption: 'RebootIfNeeded' | 'NoReboot';
  backup: BackupPolicy;
  stoppedInstances: 'skip' | 'start';
  batchSize: number;
  /** The run stops before the next wave once more targets than this failed. */
  failureBudget: number;
  startNotBefore: number;
  /** No wave and no patch command is begun after this. */
  noNewWaveAfter: number;
  /** End of the window; what was begun is still followed to its end. */
  windowEnd: number;
  approval: {
    required: number;
    groups: readonly string[];
    users: readonly string[];
    /** After this the plan cannot be approved. An approved one may begin until `noNewWaveAfter` (docs/adr/0003). */
    expiresAt: number;
  };
  checks: readonly ApplicationCheck[];
}
