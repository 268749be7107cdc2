import type * as EC2 from '@aws-sdk/client-ec2';
import { ApiError } from '../wire/api-error.ts';
import type { SimSnapshot, SimVolume } from '../world/model.ts';
import type { World } from '../world/world.ts';
import {
  byIds,
  ec2Filter,
  ec2Pages,
  missingParameter,
  readTags,
  refuseIdsWithMaxResults,
  tagList,
} from './ec2-common.ts';
import { unfilteredBucket } from './ec2-instances.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { page } from './paging.ts';

function isHere(call: Call, thing: { accountId: string; region: string } | undefined): boolean {
  return thing?.accountId === call.identity.accountId && thing.region === call.region;
}

/** 0% to 99% while pending, by the time passed. */
function progress(world: World, snapshot: SimSnapshot): string {
  if (snapshot.state === 'completed') return '100%';
  if (snapshot.completesAt === null || snapshot.state === 'error') return '0%';
  const share = (world.now() - snapshot.startedAt) / (snapshot.completesAt - snapshot.startedAt);
  return `${Math.max(0, Math.min(99, Math.floor(share * 100)))}%`;
}

const SNAPSHOT_FILTERS: Record<string, (snapshot: SimSnapshot) => readonly string[]> = {
  'snapshot-id': (s) => [s.id],
  'volume-id': (s) => [s.volumeId],
  status: (s) => [s.state],
  description: (s) => [s.description],
  'owner-id': (s) => [s.accountId],
  'volume-size': (s) => [String(s.sizeGiB)],
};

export const describeSnapshots: Operation = operation<
  EC2.DescribeSnapshotsRequest,
  EC2.DescribeSnapshotsResult
>({
  service: 'ec2',
  name: 'DescribeSnapshots',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: unfilteredBucket,
  handle(input, call) {
    const { world } = call;
    refuseIdsWithMaxResults('snapshotSet', input.SnapshotIds, input.MaxResults);
    const own = [...world.snapshots.values()].filter((s) => isHere(call, s) && !s.deleted);
    const byId = new Map(own.map((s) => [s.id, s]));
    const chosen = input.SnapshotIds?.length
      ? byIds(input.SnapshotIds, 'snap', (id) => byId.get(id), {
          notFound: 'InvalidSnapshot.NotFound',
          malformed: 'InvalidSnapshotID.Malformed',
          what: 'snapshot',
        })
      : own.sort((a, b) => (a.id < b.id ? -1 : 1));
    const owned = input.OwnerIds?.length
      ? chosen.filter((s) => input.OwnerIds?.includes('self') || input.OwnerIds?.includes(s.accountId))
      : chosen;
    const { items, nextToken } = page(
      ec2Filter(owned, input.Filters, (s) => s.tags, SNAPSHOT_FILTERS),
      (s) => s.id,
      [input.OwnerIds, input.Filters],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ec2Pages(),
    );
    return {
      Snapshots: items.map((s) => ({
        SnapshotId: s.id,
        VolumeId: s.volumeId,
        VolumeSize: s.sizeGiB,
        OwnerId: s.accountId,
        State: s.state,
        ...(s.stateMessage && { StateMessage: s.stateMessage }),
        StartTime: new Date(s.startedAt),
        ...(s.state === 'completed' && s.completesAt !== null && { CompletionTime: new Date(s.completesAt) }),
        Progress: progress(world, s),
        Description: s.description,
        Encrypted: true,
        StorageTier: 'standard',
        Tags: tagList(s.tags),
      })),
      NextToken: nextToken,
    };
  },
});

const VOLUME_FILTERS: Record<string, (volume: SimVolume) => readonly string[]> = {
  'volume-id': (v) => [v.id],
  'attachment.instance-id': (v) => [v.instanceId],
  'attachment.device': (v) => [v.device],
  'attachment.status': () => ['attached'],
  'volume-type': (v) => [v.type],
  size: (v) => [String(v.sizeGiB)],
  status: () => ['in-use'],
};

export const describeVolumes: Operation = operation<EC2.DescribeVolumesRequest, EC2.DescribeVolumesResult>({
  service: 'ec2',
  name: 'DescribeVolumes',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: unfilteredBucket,
  handle(input, call) {
    const { world } = call;
    refuseIdsWithMaxResults('volumeSet', input.VolumeIds, input.MaxResults);
    const own = [...world.volumes.values()].filter((v) => isHere(call, v));
    const byId = new Map(own.map((v) => [v.id, v]));
    const chosen = input.VolumeIds?.length
      ? byIds(input.VolumeIds, 'vol', (id) => byId.get(id), {
          notFound: 'InvalidVolume.NotFound',
          malformed: 'InvalidVolumeID.Malformed',
          what: 'volume',
        })
      : own.sort((a, b) => (a.id < b.id ? -1 : 1));
    const { items, nextToken } = page(
      ec2Filter(chosen, input.Filters, (v) => v.tags, VOLUME_FILTERS),
      (v) => v.id,
      [input.Filters],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ec2Pages(),
    );
    return {
      Volumes: items.map((v) => ({
        VolumeId: v.id,
        Size: v.sizeGiB,
        VolumeType: v.type as EC2.VolumeType,
        State: 'in-use' as const,
        AvailabilityZone: world.instances.get(v.instanceId)?.definition.availabilityZone,
        CreateTime: new Date(v.createdAt),
        Encrypted: true,
        Attachments: [
          {
            InstanceId: v.instanceId,
            VolumeId: v.id,
            Device: v.device,
            State: 'attached' as const,
            AttachTime: new Date(v.createdAt),
            DeleteOnTermination: true,
          },
        ],
        Tags: tagList(v.tags),
      })),
      NextToken: nextToken,
    };
  },
});

export const createTags: Operation = operation<EC2.CreateTagsRequest, undefined>({
  service: 'ec2',
  name: 'CreateTags',
  allowed: ['patch'],
  mutating: true,
  bucket: () => 'ec2:tag',
  handle(input, call) {
    if (!input.Resources?.length) throw missingParameter('ResourceId');
    if (!input.Tags?.length) throw missingParameter('Tag');
    const tags = readTags(input.Tags);
    const targets = input.Resources.map((id) => taggable(call, id));
    for (const target of targets) {
      if (new Set([...target.keys(), ...tags.map(([key]) => key)]).size > 50) {
        throw new ApiError(
          'TagLimitExceeded',
          'You have reached the maximum number of tags that can be assigned.',
        );
      }
    }
    for (const target of targets) for (const [key, value] of tags) target.set(key, value);
    return undefined;
  },
  parameters: (input) => ({
    resourceIds: (input.Resources ?? []).join(','),
    instanceIds: (input.Resources ?? []).filter((id) => id.startsWith('i-')).join(','),
    tags: (input.Tags ?? []).map((tag) => `${tag.Key}=${tag.Value}`).join(','),
  }),
});

function taggable(call: Call, id: string): Map<string, string> {
  const { world } = call;
  const [prefix] = id.split('-');
  const kinds = {
    i: { found: world.instances.get(id), code: 'InvalidInstanceID.NotFound' },
    ami: { found: world.images.get(id), code: 'InvalidAMIID.NotFound' },
    snap: { found: world.snapshots.get(id), code: 'InvalidSnapshot.NotFound' },
    vol: { found: world.volumes.get(id), code: 'InvalidVolume.NotFound' },
  };
  const kind = prefix && prefix in kinds ? kinds[prefix as keyof typeof kinds] : undefined;
  if (!kind) throw new ApiError('InvalidID', `The ID '${id}' is not valid`);
  if (!kind.found || !isHere(call, kind.found))
    throw new ApiError(kind.code, `The ID '${id}' does not exist`);
  return kind.found.tags;
}

const REGIONS = [
  'ap-northeast-1',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

export const describeRegions: Operation = operation<EC2.DescribeRegionsRequest, EC2.DescribeRegionsResult>({
  service: 'ec2',
  name: 'DescribeRegions',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: () => 'ec2:describe',
  handle(input) {
    const unknown = input.RegionNames?.find((name) => !REGIONS.includes(name));
    if (unknown !== undefined)
      throw new ApiError('InvalidParameterValue', `Invalid region provided: ${unknown}`);
    const chosen = input.RegionNames?.length
      ? REGIONS.filter((r) => input.RegionNames?.includes(r))
      : REGIONS;
    const matching = ec2Filter(chosen, input.Filters, () => new Map(), {
      'region-name': (r) => [r],
      endpoint: (r) => [`ec2.${r}.amazonaws.com`],
      'opt-in-status': () => ['opt-in-not-required'],
    });
    return {
      Regions: matching.map((RegionName) => ({
        RegionName,
        Endpoint: `ec2.${RegionName}.amazonaws.com`,
        OptInStatus: 'opt-in-not-required',
      })),
    };
  },
});
