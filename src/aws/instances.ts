/** EC2's and SSM's answers about instances, read into our words. */
import { DescribeInstancesCommand, type Filter } from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import type { Instance, Platform } from '../workflow/instance.ts';
import { targetKey } from '../workflow/instance.ts';
import type { Place } from '../workflow/ports.ts';
import { type Calls, chunks, eachOf, everyPage, read } from './calls.ts';
import type { PatchRecord } from './patch-states.ts';

/** Values in one filter of a describe call (EC2 allows 200). */
const FILTER_VALUES = 200;
/** Everything but terminated, which EC2 shows for about an hour. */
const ALIVE = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];

const ec2Instance = z.object({
  InstanceId: z.string(),
  InstanceType: z.string().optional(),
  State: z.object({
    Name: z.enum(['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated']),
  }),
  StateReason: z.object({ Message: z.string().optional() }).optional(),
  StateTransitionReason: z.string().optional(),
  Placement: z.object({ AvailabilityZone: z.string().optional() }).optional(),
  PrivateIpAddress: z.string().optional(),
  Platform: z.string().optional(),
  PlatformDetails: z.string().optional(),
  RootDeviceType: z.string().optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string().default('') })).optional(),
});
export type Ec2Instance = z.output<typeof ec2Instance>;

const instancesPage = z.object({
  Reservations: z.array(z.object({ Instances: z.array(ec2Instance).optional() })),
  NextToken: z.string().optional(),
});

const ssmInstance = z.object({
  InstanceId: z.string(),
  PingStatus: z.string(),
  LastPingDateTime: z.date().optional(),
  AgentVersion: z.string().optional(),
  PlatformType: z.string().optional(),
  PlatformName: z.string().optional(),
  PlatformVersion: z.string().optional(),
});
export type SsmInstance = z.output<typeof ssmInstance>;

const informationPage = z.object({
  InstanceInformationList: z.array(ssmInstance),
  NextToken: z.string().optional(),
});

/** All instances that are not terminated and match the filters. Always filtered and paged: the larger request bucket. */
export function listInstances(
  calls: Calls,
  place: Place,
  filters: readonly Filter[],
): Promise<Ec2Instance[]> {
  return pagesOfInstances(calls, place, [{ Name: 'instance-state-name', Values: ALIVE }, ...filters]);
}

/**
 * Known instances, terminated ones included while EC2 still shows them. Asked by filter, not by id: one id that
 * no longer exists would fail the whole call.
 */
export async function findInstances(
  calls: Calls,
  place: Place,
  ids: readonly string[],
): Promise<Ec2Instance[]> {
  const pieces = await eachOf(chunks(ids, FILTER_VALUES), 2, (piece) =>
    pagesOfInstances(calls, place, [{ Name: 'instance-id', Values: piece }]),
  );
  return pieces.flat();
}

function pagesOfInstances(calls: Calls, place: Place, filters: Filter[]): Promise<Ec2Instance[]> {
  return everyPage('DescribeInstances', place, async (token) => {
    const answer = await calls.ec2.look(
      place,
      new DescribeInstancesCommand({
        Filters: filters,
        MaxResults: 1_000,
        ...(token ? { NextToken: token } : {}),
      }),
    );
    const page = read(instancesPage, answer, 'DescribeInstances', place);
    return { items: page.Reservations.flatMap((one) => one.Instances ?? []), next: page.NextToken };
  });
}

/** All nodes that SSM manages in a region, by id. Listed whole: asking by id fails for one unknown id. */
export async function listManaged(calls: Calls, place: Place): Promise<Map<string, SsmInstance>> {
  const nodes = await everyPage('DescribeInstanceInformation', place, async (token) => {
    const answer = await calls.ssm.look(
      place,
      new DescribeInstanceInformationCommand({ MaxResults: 50, ...(token ? { NextToken: token } : {}) }),
    );
    const page = read(informationPage, answer, 'DescribeInstanceInformation', place);
    return { items: page.InstanceInformationList, next: page.NextToken };
  });
  return new Map(nodes.map((node) => [node.InstanceId, node]));
}

/** EC2, SSM and patch state joined. */
export function toInstance(
  place: Place,
  ec2: Ec2Instance,
  ssm: SsmInstance | undefined,
  patch: PatchRecord | undefined,
): Instance {
  const tags = tagsOf(ec2);
  return {
    key: targetKey(place.accountId, place.region, ec2.InstanceId),
    instanceId: ec2.InstanceId,
    name: tags['Name']?.trim() || ec2.InstanceId,
    landingZone: place.landingZone,
    accountId: place.accountId,
    region: place.region,
    availabilityZone: ec2.Placement?.AvailabilityZone ?? '',
    instanceType: ec2.InstanceType ?? '',
    privateAddress: ec2.PrivateIpAddress ?? null,
    platform: platformOf(ec2, ssm),
    platformVersion: platformVersion(ssm),
    state: ec2.State.Name,
    rootDevice: ec2.RootDeviceType === 'instance-store' ? 'instance-store' : 'ebs',
    ssm: {
      ping: !ssm ? 'not_managed' : ssm.PingStatus === 'Online' ? 'online' : 'connection_lost',
      lastPingAt: ssm?.LastPingDateTime?.getTime() ?? null,
      agentVersion: ssm?.AgentVersion ?? null,
    },
    // Only these two spellings make a patch group, and they are case-sensitive.
    patchGroup: tags['Patch Group'] ?? tags['PatchGroup'] ?? null,
    tags,
    lastPatch: patch ? { operation: patch.operation, at: patch.endedAt, snapshotId: patch.snapshotId } : null,
    counts: patch?.counts ?? null,
  };
}

function tagsOf(ec2: Ec2Instance): Record<string, string> {
  return Object.fromEntries((ec2.Tags ?? []).map((tag) => [tag.Key, tag.Value]));
}

function platformOf(ec2: Ec2Instance, ssm: SsmInstance | undefined): Platform {
  if (ssm?.PlatformType === 'Windows') return 'windows';
  if (ssm?.PlatformType === 'Linux') return 'linux';
  if (ssm?.PlatformType || ec2.InstanceType?.startsWith('mac')) return 'unknown';
  if (ec2.Platform?.toLowerCase() === 'windows' || ec2.PlatformDetails?.includes('Windows')) return 'windows';
  return ec2.PlatformDetails ? 'linux' : 'unknown';
}

/** Windows puts the version into the name already ("Microsoft Windows Server 2022 Datacenter"). */
function platformVersion(ssm: SsmInstance | undefined): string {
  if (!ssm?.PlatformName) return '';
  if (ssm.PlatformType === 'Windows' || !ssm.PlatformVersion) return ssm.PlatformName;
  return `${ssm.PlatformName} ${ssm.PlatformVersion}`;
}
