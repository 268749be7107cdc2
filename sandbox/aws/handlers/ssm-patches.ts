import type * as SSM from '@aws-sdk/client-ssm';
import { ApiError } from '../wire/api-error.ts';
import type { PatchReport, SimInstance } from '../world/model.ts';
import { countReported } from '../world/patch-report.ts';
import type { World } from '../world/world.ts';
import { type Operation, operation } from './operation.ts';
import { page } from './paging.ts';
import {
  constraint,
  INSTANCE_ID,
  invalidInstanceId,
  MOST_INSTANCE_IDS,
  managedInstance,
  ssmPages,
} from './ssm-common.ts';

/** Never scanned, unmanaged and unknown instances are left out of the answer, without an error. */
export const describeInstancePatchStates: Operation = operation<
  SSM.DescribeInstancePatchStatesRequest,
  SSM.DescribeInstancePatchStatesResult
>({
  service: 'ssm',
  name: 'DescribeInstancePatchStates',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: () => 'ssm:read',
  handle(input, call) {
    const ids = input.InstanceIds ?? [];
    if (input.InstanceIds === undefined) throw constraint('instanceIds', null, 'Member must not be null');
    if (ids.length > MOST_INSTANCE_IDS) {
      throw constraint(
        'instanceIds',
        ids,
        `Member must have length less than or equal to ${MOST_INSTANCE_IDS}`,
      );
    }
    for (const id of ids)
      if (!INSTANCE_ID.test(id)) throw constraint('instanceIds', id, 'Member must be an instance id');
    const states = [...new Set(ids)].flatMap((id) => {
      const instance = managedInstance(call, id);
      return instance?.report ? [{ instance, report: instance.report }] : [];
    });
    const { items, nextToken } = page(
      states,
      ({ instance }) => instance.id,
      ids,
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ssmPages(10, 100, 10),
    );
    return {
      InstancePatchStates: items.map(({ instance, report }) => describe(call.world, instance, report)),
      NextToken: nextToken,
    };
  },
});

function describe(world: World, instance: SimInstance, report: PatchReport): SSM.InstancePatchState {
  const open = report.entries.filter((e) => e.state !== 'INSTALLED');
  const critical = open.filter((e) => e.patch.severity === 'Critical').length;
  const security = open.filter(
    (e) => e.patch.severity !== 'Critical' && e.patch.classification.startsWith('Security'),
  );
  return {
    InstanceId: instance.id,
    PatchGroup: instance.tags.get('Patch Group') ?? instance.tags.get('PatchGroup') ?? '',
    BaselineId: `pb-0${world.random.hex(`baseline:${instance.definition.platformName}`, 16)}`,
    SnapshotId: report.snapshotId,
    Operation: report.operation,
    OperationStartTime: new Date(report.startedAt),
    OperationEndTime: new Date(report.endedAt),
    RebootOption: report.rebootOption,
    ...(report.lastNoRebootInstallAt !== null && {
      LastNoRebootInstallOperationTime: new Date(report.lastNoRebootInstallAt),
    }),
    InstalledCount: countReported(report, 'INSTALLED'),
    InstalledOtherCount: 11,
    InstalledPendingRebootCount: countReported(report, 'INSTALLED_PENDING_REBOOT'),
    InstalledRejectedCount: 0,
    MissingCount: countReported(report, 'MISSING'),
    FailedCount: countReported(report, 'FAILED'),
    UnreportedNotApplicableCount: 0,
    NotApplicableCount: 211,
    CriticalNonCompliantCount: critical,
    SecurityNonCompliantCount: security.length,
    OtherNonCompliantCount: open.length - critical - security.length,
  };
}

const STATE_NAMES = {
  INSTALLED: 'Installed',
  INSTALLED_PENDING_REBOOT: 'InstalledPendingReboot',
  MISSING: 'Missing',
  FAILED: 'Failed',
} as const;

type Entry = PatchReport['entries'][number];
const PATCH_FILTERS: Record<string, (entry: Entry) => readonly string[]> = {
  Classification: (e) => [e.patch.classification],
  KBId: (e) => [e.patch.kbId],
  Severity: (e) => [e.patch.severity],
  State: (e) => [STATE_NAMES[e.state], e.state],
};
const MOST_FILTERS = 5;

/** CVE ids come only with missing and failed patches. */
export const describeInstancePatches: Operation = operation<
  SSM.DescribeInstancePatchesRequest,
  SSM.DescribeInstancePatchesResult
>({
  service: 'ssm',
  name: 'DescribeInstancePatches',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: () => 'ssm:read',
  handle(input, call) {
    if (!input.InstanceId) throw constraint('instanceId', null, 'Member must not be null');
    const instance = managedInstance(call, input.InstanceId);
    if (!instance) throw invalidInstanceId([input.InstanceId]);
    const filters = input.Filters ?? [];
    if (filters.length > MOST_FILTERS) {
      throw constraint(
        'filters',
        filters.length,
        `Member must have length less than or equal to ${MOST_FILTERS}`,
      );
    }
    const tests = filters.map((filter) => {
      const valuesOf = PATCH_FILTERS[filter.Key ?? ''];
      if (!valuesOf) throw new ApiError('InvalidFilter', `The filter key ${filter.Key} is not valid.`);
      return (entry: Entry) => valuesOf(entry).some((value) => filter.Values?.includes(value));
    });
    const matching = (instance.report?.entries ?? []).filter((entry) => tests.every((test) => test(entry)));
    const { items, nextToken } = page(
      matching,
      (entry) => entry.patch.kbId,
      [input.InstanceId, filters],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ssmPages(10, 100, 50),
    );
    return {
      Patches: items.map(({ patch, state, installedAt }) => ({
        Title: patch.title,
        KBId: patch.kbId,
        Classification: patch.classification,
        Severity: patch.severity,
        State: STATE_NAMES[state] as unknown as SSM.PatchComplianceDataState,
        // The API model requires the member; for patches not installed the service sends the epoch.
        InstalledTime: new Date(installedAt ?? 0),
        ...((state === 'MISSING' || state === 'FAILED') && { CVEIds: patch.cveIds.join(',') }),
      })),
      NextToken: nextToken,
    };
  },
});
