import type { InstalledPatch, Instance, PatchCounts, Reason, TargetKey } from './instance.ts';
import type { RunKind, Scope } from './plan-types.ts';

export type RunId = string;

/** Where a run is in its runbook (see runbook.ts, which lists them in order). */
export type Phase =
  | 'discover'
  | 'fresh_scan'
  | 'plan'
  | 'await_approval'
  | 'await_start'
  | 'waves'
  | 'report'
  | 'ended';

/** How a run ended, or null while it goes on. */
export type RunEnd =
  | 'completed' // every wave was done
  | 'stopped' // a person stopped it
  | 'halted' // the failure budget, the window's end, or a lost approval stopped it
  | 'rejected'
  | 'expired'
  | 'dry_run'
  | 'nothing_to_do'
  | 'discovery_failed';

/** Exactly one per target at the end of a run. */
export type Outcome =
  | 'up_to_date'
  | 'patched'
  | 'patched_reboot_pending'
  | 'partly_patched'
  | 'failed'
  | 'verification_failed'
  | 'skipped'
  | 'stopped'
  | 'unknown'
  /** Only of a backup-only run. */
  | 'backed_up';

/** Where a target is on its way through its wave. */
export type Stage =
  | 'queued'
  | 'backing_up'
  | 'powering_on'
  | 'ready'
  | 'patching'
  | 'verifying'
  | 'powering_off'
  | 'done';

/** One instance in a run, planned or not (the not eligible ones are kept to be shown). */
export interface Target {
  key: TargetKey;
  /** As seen at discovery. */
  instance: Instance;
  eligible: boolean;
  /** Why not eligible, or what to know about it. */
  reasons: readonly Reason[];
  /** Null when not in the plan. */
  wave: number | null;
  stage: Stage;
  outcome: Outcome | null;
  /** Why this outcome, in words. */
  outcomeReason: string;
  /** What a person should do next; empty when nothing. */
  nextStep: string;
  imageId: string | null;
  backupVerified: boolean;
  wasStopped: boolean;
  /** 'none': power untouched; 'on': started by us, must be stopped again; 'off_again': done; 'ask': a person decides. */
  power: 'none' | 'on' | 'off_again' | 'ask';
  commandId: string | null;
  /** The install was accepted by the instance and may still be going on (keeps the instance locked). */
  commandMayRun: boolean;
  /** Where its part of the patch command was at the last look; null before and after. Only a waiting one may be cancelled. */
  invocation: 'waiting' | 'running' | null;
  /** How the install invocation ended; null before. `detail` is SSM's StatusDetails without spaces. */
  installEnd: {
    status: 'success' | 'failed' | 'timed_out' | 'not_delivered' | 'denied' | 'cancelled';
    detail: string;
  } | null;
  exitCode: number | null;
  excerpt: string;
  /** When the install invocation ended, by SSM's clock; ms. */
  installedAt: number | null;
  before: PatchCounts | null;
  after: PatchCounts | null;
  installed: readonly InstalledPatch[];
  /** When this target entered its stage. */
  stageSince: number;
}

export interface Run {
  id: RunId;
  kind: RunKind;
  scope: Scope;
  environment: string;
  requestedBy: string;
  createdAt: number;
  options: RunOptions;
  phase: Phase;
  end: RunEnd | null;
  endReason: string;
  /** Of the current plan; null before there is one. */
  planVersion: number | null;
  planHash: string | null;
  planChangedBy: string | null;
  expiresAt: number | null;
  startNotBefore: number | null;
  /** 0 before the first wave. */
  currentWave: number;
  /** One GUID for all installs of the run, made when it starts (patch snapshots live 3 days). */
  snapshotId: string | null;
  startedAt: number | null;
  endedAt: number | null;
  stopRequestedBy: string | null;
  stopRequestedAt: number | null;
  /** Landing zones that could not be looked at: name and reason. */
  failedZones: readonly { landingZone: string; reason: string }[];
  /** Where the card is, once posted. */
  channel: string;
  /** The run this one retries, or null. */
  retryOf: RunId | null;
  /** Grows with every change; the card shows the newest. */
  revision: number;
  /** When to look again, ms; null = only when something happens. */
  wakeAt: number | null;
  /** Why the run is where it is, for people. */
  because: readonly Reason[];
}

export interface RunOptions {
  fresh: boolean;
  dryRun: boolean;
  backupOnly: boolean;
  /** `--now`. */
  now: boolean;
  /** `--at`, resolved to ms; null when not given. */
  at: number | null;
  /** `--until`, resolved to ms. */
  until: number | null;
}

export type EffectKindName = 'create_image' | 'start' | 'install' | 'scan' | 'stop' | 'cancel';

/**
 * intended: the intent is committed, the call may or may not have been made.
 * begun: the call was accepted; it is followed until it ends.
 * settled: followed to its end.
 * no_effect: the call certainly did nothing; its targets may be tried again.
 * needs_attention: nobody can know whether it was done; only a person's answer moves it.
 * closed: a person answered.
 */
export type EffectState = 'intended' | 'begun' | 'settled' | 'no_effect' | 'needs_attention' | 'closed';

/** One mutating call and what came of it. Its targets are fixed when it is intended. */
export interface Effect {
  id: number;
  runId: RunId;
  kind: EffectKindName;
  wave: number;
  /** Names the batch inside the run, e.g. "w2/111100000001/eu-west-1/linux/1". */
  batch: string;
  attempt: number;
  accountId: string;
  region: string;
  landingZone: string;
  targets: readonly TargetKey[];
  /** The complete request as data; `tag` is what finds the effect again at AWS. */
  request: EffectRequest;
  tag: string;
  state: EffectState;
  intendedAt: number;
  /** What AWS answered: command id, image id, …; null until begun. */
  ref: EffectRef | null;
  /** When to look (or search) again; ms. */
  lookAt: number;
  /** What is known, in words, e.g. the error. */
  note: string;
  failures: number;
}

export type EffectRequest =
  | {
      kind: 'create_image';
      instanceId: string;
      name: string;
      noReboot: boolean;
      /** On the image and all its snapshots. */
      tags: Readonly<Record<string, string>>;
    }
  | { kind: 'start' | 'stop'; instanceIds: readonly string[] }
  | {
      kind: 'install' | 'scan';
      instanceIds: readonly string[];
      document: { name: string; version: string; hash: string };
      parameters: Readonly<Record<string, readonly string[]>>;
      comment: string;
      /** Time to start, seconds (SendCommand TimeoutSeconds, 30–2 592 000). */
      deliveryTimeoutSeconds: number;
    }
  | { kind: 'cancel'; commandId: string; instanceIds: readonly string[] };

export interface EffectRef {
  commandId?: string;
  imageId?: string;
  /** When AWS says nothing of a command can start any more; ms. */
  expiresAt?: number;
  /** After a refused batch: how large the next one may be. */
  splitTo?: number;
}

export type OutcomeCounts = Readonly<Record<Outcome, number>>;

export const OUTCOMES: readonly Outcome[] = [
  'up_to_date',
  'patched',
  'patched_reboot_pending',
  'partly_patched',
  'failed',
  'verification_failed',
  'skipped',
  'stopped',
  'unknown',
  'backed_up',
];

/** A kill switch: while it is there, nothing new starts in its scope. */
export interface Freeze {
  /** 'all', or later a landing zone. */
  scope: string;
  by: string;
  at: number;
  reason: string;
}
