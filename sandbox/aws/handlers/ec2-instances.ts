import type * as EC2 from '@aws-sdk/client-ec2';
import type { SimInstance } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { byIds, ec2Filter, ec2Pages, refuseIdsWithMaxResults, tagList } from './ec2-common.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { page } from './paging.ts';

const STATE_CODES = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** The instances an id list means, or all of the account and region. */
export function chooseInstances(call: Call, ids: string[] | undefined): readonly SimInstance[] {
  const here = call.world.instancesIn(call.identity.accountId, call.region);
  if (!ids?.length) return here;
  return byIds(
    ids,
    'i',
    (id) => {
      const instance = call.world.instances.get(id);
      return instance?.accountId === call.identity.accountId && instance.region === call.region
        ? instance
        : undefined;
    },
    { notFound: 'InvalidInstanceID.NotFound', malformed: 'InvalidInstanceID.Malformed', what: 'instance' },
  );
}

export function instanceState(instance: SimInstance): { Code: number; Name: EC2.InstanceStateName } {
  return { Code: STATE_CODES[instance.state], Name: instance.state };
}

const INSTANCE_FILTERS: Record<string, (instance: SimInstance) => readonly string[]> = {
  'instance-id': (i) => [i.id],
  'instance-state-name': (i) => [i.state],
  'instance-state-code': (i) => [String(STATE_CODES[i.state])],
  'instance-type': (i) => [i.definition.type],
  'availability-zone': (i) => [i.definition.availabilityZone],
  platform: (i) => (i.definition.platform === 'windows' ? ['windows'] : []),
  'platform-details': (i) => [platformDetails(i)],
  'private-ip-address': (i) => [i.privateIp],
  'block-device-mapping.volume-id': (i) => i.volumeIds,
};

export const describeInstances: Operation = operation<
  EC2.DescribeInstancesRequest,
  EC2.DescribeInstancesResult
>({
  service: 'ec2',
  name: 'DescribeInstances',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: unfilteredBucket,
  handle(input, call) {
    refuseIdsWithMaxResults('instancesSet', input.InstanceIds, input.MaxResults);
    const chosen = chooseInstances(call, input.InstanceIds);
    const matching = ec2Filter(chosen, input.Filters, (i) => i.tags, INSTANCE_FILTERS);
    const { items, nextToken } = page(
      matching,
      (i) => i.id,
      [input.Filters],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ec2Pages(),
    );
    return {
      Reservations: items.map((instance) => ({
        ReservationId: `r-${instance.id.slice(2)}`,
        OwnerId: instance.accountId,
        Groups: [],
        Instances: [describe(call.world, instance)],
      })),
      NextToken: nextToken,
    };
  },
});

/** Calls that are neither filtered nor paginated nor by id use the smaller bucket. */
export function unfilteredBucket(input: {
  Filters?: unknown[] | undefined;
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}): 'ec2:describe' | 'ec2:describe-everything' {
  return input.Filters?.length || input.MaxResults !== undefined || input.NextToken
    ? 'ec2:describe'
    : 'ec2:describe-everything';
}

function platformDetails(instance: SimInstance): string {
  if (instance.definition.platform === 'windows') return 'Windows';
  return instance.definition.platformName.startsWith('Red Hat') ? 'Red Hat Enterprise Linux' : 'Linux/UNIX';
}

function describe(world: World, instance: SimInstance): EC2.Instance {
  const { definition } = instance;
  return {
    InstanceId: instance.id,
    ImageId: `ami-0${world.random.hex(`image:${definition.platformName}:${definition.platformVersion}`, 16)}`,
    State: instanceState(instance),
    ...(instance.stateReason && {
      StateReason: { Code: instance.stateReason.code, Message: instance.stateReason.message },
    }),
    StateTransitionReason: instance.transitionReason,
    InstanceType: definition.type as EC2._InstanceType,
    LaunchTime: new Date(instance.launchedAt),
    Placement: { AvailabilityZone: definition.availabilityZone, Tenancy: 'default', GroupName: '' },
    // The API model's enum says `Windows`; answers seen in the field say `windows`. A client must take both.
    ...(definition.platform === 'windows' && { Platform: 'windows' as EC2.PlatformValues }),
    PlatformDetails: platformDetails(instance),
    PrivateIpAddress: instance.privateIp,
    PrivateDnsName: `ip-${instance.privateIp.replaceAll('.', '-')}.${instance.region}.compute.internal`,
    VpcId: `vpc-0${world.random.hex(`vpc:${instance.accountId}:${instance.region}`, 16)}`,
    SubnetId: `subnet-0${world.random.hex(`subnet:${instance.accountId}:${definition.availabilityZone}`, 16)}`,
    Architecture: 'x86_64',
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EbsOptimized: true,
    Monitoring: { State: 'disabled' },
    RootDeviceType: 'ebs',
    RootDeviceName: definition.volumes[0]?.device ?? '/dev/xvda',
    BlockDeviceMappings: instance.volumeIds.map((VolumeId) => ({
      DeviceName: world.volumes.get(VolumeId)?.device,
      Ebs: {
        VolumeId,
        Status: 'attached',
        DeleteOnTermination: true,
        AttachTime: new Date(world.volumes.get(VolumeId)?.createdAt ?? instance.launchedAt),
      },
    })),
    Tags: tagList(instance.tags),
  };
}

const STATUS_FILTERS: Record<string, (instance: SimInstance) => readonly string[]> = {
  'instance-state-name': (i) => [i.state],
  'instance-state-code': (i) => [String(STATE_CODES[i.state])],
  'availability-zone': (i) => [i.definition.availabilityZone],
  'instance-status.status': (i) => [i.checks],
  'system-status.status': (i) => [i.checks === 'impaired' ? 'ok' : i.checks],
};

export const describeInstanceStatus: Operation = operation<
  EC2.DescribeInstanceStatusRequest,
  EC2.DescribeInstanceStatusResult
>({
  service: 'ec2',
  name: 'DescribeInstanceStatus',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: unfilteredBucket,
  handle(input, call) {
    refuseIdsWithMaxResults('instancesSet', input.InstanceIds, input.MaxResults);
    const chosen = chooseInstances(call, input.InstanceIds).filter(
      (i) => input.IncludeAllInstances || i.state === 'running',
    );
    const matching = ec2Filter(chosen, input.Filters, (i) => i.tags, STATUS_FILTERS);
    const { items, nextToken } = page(
      matching,
      (i) => i.id,
      [input.Filters, input.IncludeAllInstances],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ec2Pages(),
    );
    return {
      InstanceStatuses: items.map((i) => ({
        InstanceId: i.id,
        AvailabilityZone: i.definition.availabilityZone,
        InstanceState: instanceState(i),
        InstanceStatus: check(i.checks),
        SystemStatus: check(i.checks === 'impaired' ? 'ok' : i.checks),
        AttachedEbsStatus: check(i.checks === 'impaired' ? 'ok' : i.checks),
        Events: [],
      })),
      NextToken: nextToken,
    };
  },
});

function check(state: SimInstance['checks']): EC2.InstanceStatusSummary {
  const Status = { ok: 'passed', impaired: 'failed', initializing: 'initializing', 'not-applicable': null }[
    state
  ] as EC2.StatusType | null;
  return { Status: state, Details: Status ? [{ Name: 'reachability', Status }] : [] };
}
