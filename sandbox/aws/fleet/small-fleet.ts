import {
  DEFAULT_HUB,
  type Durations,
  type FleetDefinition,
  type InstanceDefinition,
  type Platform,
  STANDARD_ROLES,
} from './fleet.ts';
import { LINUX_PATCHES, WINDOWS_PATCHES } from './patch-catalog.ts';

/** Everything takes milliseconds: for tests that run whole jobs hundreds of times. */
export const FAST: Durations = {
  delivery: 1,
  scan: 3,
  install: 5,
  reboot: 3,
  image: 4,
  start: 2,
  stop: 2,
  checks: 2,
  agent: 1,
};

export interface SmallFleetOptions {
  linux?: number;
  windows?: number;
  /** Changes to single instances, by name: `linux-1`, `linux-2`, …, `windows-1`, … */
  instances?: Record<string, Partial<InstanceDefinition>>;
  durations?: Partial<Durations>;
  zone?: string;
  environment?: string;
  accountId?: string;
  region?: string;
}

/** One landing zone with as many plain, healthy instances as asked for, each with two missing patches. */
export function smallFleet(options: SmallFleetOptions = {}): FleetDefinition {
  const zone = options.zone ?? 'small-test';
  const region = options.region ?? 'eu-west-1';
  const instances = [
    ...numbered('linux', options.linux ?? 2, region),
    ...numbered('windows', options.windows ?? 0, region),
  ];
  const changes = options.instances ?? {};
  const unknown = Object.keys(changes).filter((name) => !instances.some((i) => i.name === name));
  if (unknown.length > 0) throw new RangeError(`smallFleet has no instance ${unknown.join(', ')}`);
  return {
    hub: DEFAULT_HUB,
    durations: { ...FAST, ...options.durations },
    zones: [
      {
        name: zone,
        environment: options.environment ?? 'test',
        accountId: options.accountId ?? '333300000001',
        regions: [region],
        externalId: `sandbox-external-id-${zone}`,
        roles: STANDARD_ROLES,
        associations: [],
        instances: instances.map((instance) => ({ ...instance, ...changes[instance.name] })),
      },
    ],
  };
}

function numbered(platform: Platform, count: number, region: string): InstanceDefinition[] {
  return Array.from({ length: count }, (_, index) =>
    plainInstance({
      name: `${platform}-${index + 1}`,
      platform,
      region,
      availabilityZone: `${region}${'abc'.charAt(index % 3)}`,
    }),
  );
}

/** A healthy instance with two missing patches and one volume, with the given changes. */
export function plainInstance(
  given: Pick<InstanceDefinition, 'name' | 'platform' | 'region' | 'availabilityZone'> &
    Partial<InstanceDefinition>,
): InstanceDefinition {
  const isWindows = given.platform === 'windows';
  const catalog = isWindows ? WINDOWS_PATCHES : LINUX_PATCHES;
  return {
    platformName: isWindows ? 'Microsoft Windows Server 2022 Datacenter' : 'Amazon Linux',
    platformVersion: isWindows ? '10.0.20348' : '2023',
    type: isWindows ? 'm6i.large' : 't3.medium',
    tags: {},
    state: 'running',
    managed: true,
    ping: 'Online',
    agentVersion: '3.3.859.0',
    lastScanAgoMs: 6 * 3_600_000,
    missing: catalog.slice(0, 2),
    installed: catalog.slice(2, 4),
    pendingReboot: [],
    volumes: [{ device: isWindows ? '/dev/sda1' : '/dev/xvda', sizeGiB: isWindows ? 60 : 20 }],
    behaviour: {},
    foreignCommand: false,
    expected: 'patched',
    why: 'healthy, with missing patches',
    ...given,
  };
}
