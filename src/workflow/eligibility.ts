/** May this instance be patched in a run? Pure; every reason in words, not only the first. */

import type { InstanceLock } from './changes.ts';
import type { Instance, Reason } from './instance.ts';
import { foreign } from './mention.ts';
import { RUNS_ON_IT } from './own-host.ts';
import type { SelectionRule, ZonePolicy } from './settings.ts';
import { count } from './words.ts';

export interface EligibilityFacts {
  zone: ZonePolicy;
  stoppedInstances: 'skip' | 'start';
  /** Someone else's Run Command in progress on it, or null. */
  otherCommand: { documentName: string; commandId: string } | null;
  /** A command of an earlier run that may still be going on, or null. */
  lock: InstanceLock | null;
  /** A backup-only run needs no SSM agent. */
  needsAgent: boolean;
  /** Instances that Patchday itself runs on, as far as known. */
  ownInstanceIds: readonly string[];
}

const GONE: readonly Instance['state'][] = ['shutting-down', 'terminated'];

export interface Eligibility {
  eligible: boolean;
  /** Why not; empty when eligible. */
  reasons: Reason[];
  /** Eligible all the same, but worth knowing. */
  notes: Reason[];
}

export function targetEligibility(instance: Instance, facts: EligibilityFacts): Eligibility {
  const reasons: Reason[] = [];
  const no = (code: string, text: string) => reasons.push({ code, text });
  const { zone } = facts;

  if (facts.ownInstanceIds.includes(instance.instanceId)) no('own_host', RUNS_ON_IT);
  if (!zone.patchEnabled)
    no('zone_disabled', `patching is switched off for landing zone ${zone.name} (patch_enabled: false)`);
  if (!isEmptyRule(zone.include) && !matches(zone.include, instance))
    no('not_included', 'not named by the include rule of its landing zone');
  if (matches(zone.exclude, instance)) no('excluded', 'named by the exclude rule of its landing zone');
  for (const tag of zone.protectedTags) {
    if (instance.tags[tag.key] === tag.value)
      no('protected', `protected by its tag ${foreign(tag.key)}=${foreign(tag.value)}`);
  }
  reasons.push(...managedByOthers(instance));
  if (instance.rootDevice === 'instance-store')
    no('instance_store', 'its root volume is an instance store, which cannot be backed up as an image');
  if (instance.platform === 'unknown')
    no('platform_unknown', 'its platform is not known, so no patch document fits');
  reasons.push(...powerReasons(instance, facts));
  if (facts.lock)
    no(
      'locked',
      `locked by run ${facts.lock.runId}, ${facts.lock.reason}: look at the instance, then /patch resolve ${facts.lock.runId} ${instance.instanceId} <what you found>`,
    );
  if (facts.otherCommand) {
    no(
      'other_command',
      `another command is in progress (${foreign(facts.otherCommand.documentName)}, ${facts.otherCommand.commandId}): scan again when it has ended`,
    );
  }
  return { eligible: reasons.length === 0, reasons, notes: notes(instance) };
}

/** Members of Auto Scaling groups, EMR and Kubernetes nodes, by the tags that those services put on them. */
function managedByOthers(instance: Instance): Reason[] {
  const reasons: Reason[] = [];
  const keys = Object.keys(instance.tags);
  const group = instance.tags['aws:autoscaling:groupName'];
  if (group !== undefined) {
    reasons.push({
      code: 'auto_scaling',
      text: `member of Auto Scaling group ${foreign(group)}: a reboot may get it terminated, and patches are lost at its next replacement; patch the group's image instead`,
    });
  }
  if (keys.some((k) => k.startsWith('aws:elasticmapreduce:'))) {
    reasons.push({ code: 'emr', text: 'EMR node: AWS-RunPatchBaseline must not be used on it' });
  }
  if (
    keys.some(
      (k) =>
        k.startsWith('kubernetes.io/cluster/') || k === 'eks:cluster-name' || k === 'aws:eks:cluster-name',
    )
  ) {
    reasons.push({ code: 'kubernetes', text: 'Kubernetes node: it must be drained before it is patched' });
  }
  return reasons;
}

function powerReasons(instance: Instance, facts: EligibilityFacts): Reason[] {
  if (instance.state === 'stopped') {
    if (facts.needsAgent && facts.stoppedInstances === 'skip') {
      return [
        {
          code: 'stopped',
          text: 'it is stopped, and the policy of its environment skips stopped instances: start it, or set stopped_instances: start',
        },
      ];
    }
    return [];
  }
  if (instance.state !== 'running')
    return [
      {
        code: 'not_running',
        text: `it is ${instance.state.replace('-', ' ')}${GONE.includes(instance.state) ? '' : ': scan again when it is running'}`,
      },
    ];
  if (!facts.needsAgent) return [];
  if (instance.ssm.ping === 'not_managed') {
    return [
      {
        code: 'not_managed',
        text: 'not managed by Systems Manager: check its agent, its instance profile (AmazonSSMManagedInstanceCore) and its way to the SSM endpoints',
      },
    ];
  }
  if (instance.ssm.ping === 'connection_lost') {
    return [
      {
        code: 'agent_offline',
        text: 'its SSM agent lost the connection: start the agent, or look at its way to the SSM endpoints',
      },
    ];
  }
  return [];
}

function notes(instance: Instance): Reason[] {
  if (instance.counts === null)
    return [{ code: 'never_scanned', text: 'never scanned: what it lacks is unknown' }];
  if (instance.counts.pendingReboot > 0) {
    return [
      {
        code: 'pending_reboot',
        text: `${count(instance.counts.pendingReboot, 'patch waits', 'patches wait')} for a reboot`,
      },
    ];
  }
  return [];
}

function isEmptyRule(rule: SelectionRule): boolean {
  return rule.tags.length === 0 && rule.namePattern === null && rule.instanceIds.length === 0;
}

function matches(rule: SelectionRule, instance: Instance): boolean {
  return (
    rule.tags.some((t) => instance.tags[t.key] === t.value) ||
    (rule.namePattern !== null && new RegExp(rule.namePattern).test(instance.name)) ||
    rule.instanceIds.includes(instance.instanceId)
  );
}
