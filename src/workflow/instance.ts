/** What Patchday knows about one EC2 instance at the moment of a look. Times are milliseconds since the epoch. */

/** `account/region/instance id`: unique over all landing zones. */
export type TargetKey = string;

export type Platform = 'windows' | 'linux' | 'unknown';

/** Counts of AWS Systems Manager's patch state, as of `at`. */
export interface PatchCounts {
  missing: number;
  failed: number;
  pendingReboot: number;
  installed: number;
  /** Non-compliant patches by what the baseline calls them. */
  critical: number;
  security: number;
  other: number;
}

export interface LastPatchOperation {
  operation: 'Scan' | 'Install';
  /** End of the operation. */
  at: number;
  snapshotId: string | null;
}

export interface Instance {
  key: TargetKey;
  instanceId: string;
  /** The EC2 Name tag, or the instance id where there is none. Foreign text: escape before showing. */
  name: string;
  landingZone: string;
  accountId: string;
  region: string;
  availabilityZone: string;
  instanceType: string;
  privateAddress: string | null;
  platform: Platform;
  /** E.g. "Amazon Linux 2023"; empty when not known. */
  platformVersion: string;
  state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  rootDevice: 'ebs' | 'instance-store';
  ssm: {
    ping: 'online' | 'connection_lost' | 'not_managed';
    lastPingAt: number | null;
    agentVersion: string | null;
  };
  patchGroup: string | null;
  tags: Readonly<Record<string, string>>;
  lastPatch: LastPatchOperation | null;
  /** Null when the instance was never scanned: unknown, which is not the same as nothing missing. */
  counts: PatchCounts | null;
}

/** One patch that an instance lacks or that failed on it. */
export interface MissingPatch {
  title: string;
  kbId: string;
  classification: string;
  severity: string;
  state: string;
  /** AWS gives CVE ids only for missing and failed patches, so they are read before patching. */
  cveIds: readonly string[];
}

/** One patch that an install put on, for the report. */
export interface InstalledPatch {
  title: string;
  kbId: string;
  severity: string;
  state: string;
}

/** Names an instance for good: ids are unique in an account and region only. */
export function targetKey(accountId: string, region: string, instanceId: string): TargetKey {
  return `${accountId}/${region}/${instanceId}`;
}

/** Why something is so, for a person (`text`, plain, unescaped) and for a test (`code`). */
export interface Reason {
  code: string;
  text: string;
}
