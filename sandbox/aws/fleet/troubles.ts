import type { InstanceDefinition } from './fleet.ts';

/** What can be the matter with an instance, and how a whole patch job must end for it. */
export type Trouble = Partial<InstanceDefinition> & Pick<InstanceDefinition, 'expected' | 'why'>;

const DAY = 24 * 3_600_000;

export const OFFLINE_AGENT: Trouble = {
  ping: 'ConnectionLost',
  lastPingAgoMs: 9 * DAY,
  lastScanAgoMs: 10 * DAY,
  expected: 'skipped',
  why: 'its agent has been silent for nine days, so no command would reach it',
};

export const NOT_MANAGED: Trouble = {
  managed: false,
  ping: 'ConnectionLost',
  lastScanAgoMs: null,
  expected: 'skipped',
  why: 'Systems Manager does not know it: no agent has ever registered',
};

export const NEVER_SCANNED: Trouble = {
  lastScanAgoMs: null,
  expected: 'patched',
  why: 'never scanned, so what it misses is unknown before; patching it works',
};

export const PENDING_REBOOT: Trouble = {
  pendingReboot: [
    {
      kbId: 'systemd-libs.x86_64:0:252.16-1',
      title: 'systemd-libs.x86_64:0:252.16-1',
      classification: 'Security',
      severity: 'Important',
      cveIds: [],
    },
  ],
  expected: 'patched',
  why: 'an earlier patch waits for a reboot, which the installation brings',
};

export const FAILING_PATCH: Trouble = {
  behaviour: { install: 'fails' },
  expected: 'failed',
  why: 'nothing installs, exit code 1',
};

export const SOME_PATCHES_FAIL: Trouble = {
  behaviour: { install: 'partly' },
  expected: 'partly_patched',
  why: 'half of the patches install, the others fail, exit code 1 after the reboot',
};

export const MORE_FOUND_AFTERWARDS: Trouble = {
  behaviour: { install: 'still_missing' },
  expected: 'partly_patched',
  why: 'the installation says success, but the scan afterwards still finds a missing patch',
};

export const AGENT_LOST: Trouble = {
  behaviour: { install: 'agent_lost_after_reboot' },
  expected: 'unknown',
  why: 'it reboots after the installation and its agent never comes back to report',
};

export const UNHEALTHY_AFTER_REBOOT: Trouble = {
  behaviour: { checksAfterReboot: 'impaired' },
  expected: 'verification_failed',
  why: 'patched, but its instance status check fails after the reboot',
};

export const STOPPED: Trouble = {
  state: 'stopped',
  ping: 'ConnectionLost',
  lastPingAgoMs: 3 * DAY,
  expected: 'skipped',
  why: 'stopped, and the policy does not start servers',
};

export const BACKUP_FAILS: Trouble = {
  behaviour: { image: 'failed' },
  expected: 'skipped',
  why: 'its image fails, and without a verified backup nothing is patched',
};

export const UP_TO_DATE: Trouble = {
  missing: [],
  expected: 'up_to_date',
  why: 'nothing is missing',
};

export const SOMEONE_ELSES_COMMAND: Trouble = {
  foreignCommand: true,
  expected: 'skipped',
  why: "someone else's Run Command is in progress on it all the time",
};

export function autoScalingMember(group: string): Trouble {
  return {
    tags: { 'aws:autoscaling:groupName': group },
    expected: 'skipped',
    why: 'a member of an Auto Scaling group, whose next replacement would undo the patching',
  };
}

export function emrNode(cluster: string): Trouble {
  return {
    tags: { 'aws:elasticmapreduce:job-flow-id': cluster, 'aws:elasticmapreduce:instance-group-role': 'CORE' },
    expected: 'skipped',
    why: 'an EMR node, which AWS-RunPatchBaseline must not touch',
  };
}

export function kubernetesNode(cluster: string): Trouble {
  return {
    tags: { [`kubernetes.io/cluster/${cluster}`]: 'owned', 'eks:nodegroup-name': 'general' },
    expected: 'skipped',
    why: 'a Kubernetes node, which has to be drained first',
  };
}

export const WINDOWS_PENDING_REBOOT: Trouble = {
  ...PENDING_REBOOT,
  pendingReboot: [
    {
      kbId: 'KB5034129',
      title: '2024-01 Cumulative Update for Microsoft server operating system version 21H2 (KB5034129)',
      classification: 'SecurityUpdates',
      severity: 'Important',
      cveIds: ['CVE-2024-20674'],
    },
  ],
};
