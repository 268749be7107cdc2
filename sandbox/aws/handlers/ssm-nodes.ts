import type * as SSM from '@aws-sdk/client-ssm';
import { ApiError } from '../wire/api-error.ts';
import type { SimInstance } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { page } from './paging.ts';
import { invalidInstanceId, managedInstance, ssmPages } from './ssm-common.ts';

const PING_EVERY_MS = 5 * 60_000;
/** SSM calls a connection lost when a ping and a half did not come. */
const LOST_AFTER_MS = 7.5 * 60_000;

/** Online until SSM notices; the last ping lies up to five minutes back, as in life. */
export function pingOf(
  world: World,
  instance: SimInstance,
): { status: 'Online' | 'ConnectionLost'; at: number } {
  const every = world.clock.duration(PING_EVERY_MS);
  const phase = world.clock.duration(instance.pingPhaseMs);
  const seenUntil = instance.silentSince ?? world.now();
  const at = seenUntil - ((seenUntil + phase) % every);
  const isLost = instance.silentSince !== null && world.now() - at > world.clock.duration(LOST_AFTER_MS);
  return { status: isLost ? 'ConnectionLost' : 'Online', at };
}

/** Names that both filter forms know; `tag:` ones are handled apart. */
const FILTERS: Record<string, (world: World, instance: SimInstance) => string> = {
  InstanceIds: (_world, i) => i.id,
  AgentVersion: (_world, i) => i.definition.agentVersion,
  PingStatus: (world, i) => pingOf(world, i).status,
  PlatformTypes: (_world, i) => (i.definition.platform === 'windows' ? 'Windows' : 'Linux'),
  ResourceType: () => 'EC2Instance',
  ActivationIds: () => '',
  IamRole: () => '',
  AssociationStatus: () => 'Success',
};

export const describeInstanceInformation: Operation = operation<
  SSM.DescribeInstanceInformationRequest,
  SSM.DescribeInstanceInformationResult
>({
  service: 'ssm',
  name: 'DescribeInstanceInformation',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: () => 'ssm:read',
  handle(input, call) {
    const tests = readFilters(input, call);
    const listed = call.world
      .instancesIn(call.identity.accountId, call.region)
      .filter((i) => i.managed && i.state !== 'stopped' && i.state !== 'terminated')
      .filter((i) => tests.every((test) => test(i)));
    const { items, nextToken } = page(
      listed,
      (i) => i.id,
      [input.Filters, input.InstanceInformationFilterList],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ssmPages(5, 50, 10),
    );
    return { InstanceInformationList: items.map((i) => describe(call.world, i)), NextToken: nextToken };
  },
});

function readFilters(
  input: SSM.DescribeInstanceInformationRequest,
  call: Call,
): ((instance: SimInstance) => boolean)[] {
  if (input.Filters?.length && input.InstanceInformationFilterList?.length) {
    throw new ApiError(
      'ValidationException',
      'Filters and InstanceInformationFilterList cannot be used together.',
    );
  }
  const filters = [
    ...(input.Filters ?? []).map((f) => ({ key: f.Key ?? '', values: f.Values ?? [] })),
    ...(input.InstanceInformationFilterList ?? []).map((f) => ({
      key: f.key ?? '',
      values: f.valueSet ?? [],
    })),
  ];
  const tagFilters = filters.filter((f) => f.key.startsWith('tag:') || f.key === 'tag-key');
  if (tagFilters.length > 0 && tagFilters.length < filters.length) {
    throw new ApiError('InvalidFilterKey', 'Tag filters cannot be combined with other filters.');
  }
  return filters.map(({ key, values }) => {
    if (values.length === 0)
      throw new ApiError('InvalidInstanceInformationFilterValue', `The filter ${key} has no values.`);
    if (key.startsWith('tag:')) {
      const tag = key.slice('tag:'.length);
      return (i: SimInstance) => values.includes(i.tags.get(tag) ?? '\0');
    }
    if (key === 'tag-key') return (i: SimInstance) => values.some((value) => i.tags.has(value));
    const readValue = FILTERS[key];
    if (!readValue) throw new ApiError('InvalidFilterKey', `The filter key ${key} is not valid.`);
    if (key === 'InstanceIds') {
      const unknown = values.filter((id) => !managedInstance(call, id));
      if (unknown.length > 0) throw invalidInstanceId(unknown);
    }
    return (i: SimInstance) => values.includes(readValue(call.world, i));
  });
}

function describe(world: World, instance: SimInstance): SSM.InstanceInformation {
  const { definition } = instance;
  const ping = pingOf(world, instance);
  return {
    InstanceId: instance.id,
    PingStatus: ping.status,
    LastPingDateTime: new Date(ping.at),
    AgentVersion: definition.agentVersion,
    ...(definition.platform === 'linux' && { IsLatestVersion: definition.agentVersion === '3.3.859.0' }),
    PlatformType: definition.platform === 'windows' ? 'Windows' : 'Linux',
    PlatformName: definition.platformName,
    PlatformVersion: definition.platformVersion,
    ResourceType: 'EC2Instance',
    IPAddress: instance.privateIp,
    ComputerName:
      definition.computerName ??
      `ip-${instance.privateIp.replaceAll('.', '-')}.${instance.region}.compute.internal`,
    SourceId: instance.id,
    SourceType: 'AWS::EC2::Instance',
  };
}
