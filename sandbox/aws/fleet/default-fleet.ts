import { type SeededRandom, seededRandom } from '../random.ts';
import {
  type Group,
  IRELAND,
  PAYMENTS_DEV,
  PAYMENTS_PROD,
  RETAIL_PROD,
  SHARED_TEST,
  SINGAPORE,
  SYSTEMS,
} from './default-servers.ts';
import {
  DEFAULT_HUB,
  type FleetDefinition,
  type InstanceDefinition,
  type LandingZoneDefinition,
  type PatchDefinition,
  STANDARD_ROLES,
} from './fleet.ts';
import { plainInstance } from './small-fleet.ts';

/**
 * The fleet of the demo: four landing zones, two of prod and two of nonprod, with a believable share of
 * trouble. The seed changes durations, availability zones and which patches are missing, and never how a
 * whole job must end for an instance (`expected`).
 */
export function defaultFleet(seed = 1): FleetDefinition {
  const random = seededRandom(seed);
  const zone = (
    name: string,
    environment: string,
    accountId: string,
    regions: string[],
    groups: Group[],
    associations: LandingZoneDefinition['associations'] = [],
  ): LandingZoneDefinition => ({
    name,
    environment,
    accountId,
    regions,
    externalId: `sandbox-external-id-${name}`,
    roles: STANDARD_ROLES,
    associations,
    instances: groups.flatMap((group) => members(random, environment, group)),
  });
  return {
    hub: DEFAULT_HUB,
    zones: [
      zone('payments-prod', 'prod', '111100000001', [SINGAPORE, IRELAND], PAYMENTS_PROD),
      zone('retail-prod', 'prod', '111100000002', [SINGAPORE], RETAIL_PROD),
      zone('payments-dev', 'nonprod', '222200000001', [SINGAPORE], PAYMENTS_DEV, [
        {
          region: SINGAPORE,
          documentName: 'AWS-RunPatchBaseline',
          associationName: 'AWS-QuickSetup-SSMHostMgmt-ScanForPatches',
          scheduleExpression: 'rate(1 day)',
        },
      ]),
      zone('shared-test', 'nonprod', '222200000002', [SINGAPORE, IRELAND], SHARED_TEST),
    ],
  };
}

function members(random: SeededRandom, environment: string, group: Group): InstanceDefinition[] {
  const system = SYSTEMS[group.system];
  return Array.from({ length: group.count }, (_, index) => {
    const name = `${group.prefix}-${String(index + 1).padStart(2, '0')}`;
    const { tags: troubleTags, ...trouble } = group.troubles?.[index + 1] ?? {};
    const { missing, installed } = patchMix(random, name, system.patches);
    const rootGiB = system.platform === 'windows' ? 100 : 30;
    return plainInstance({
      name,
      platform: system.platform,
      platformName: system.name,
      platformVersion: system.version,
      type: system.type,
      region: group.region,
      availabilityZone: `${group.region}${random.pick(`az:${name}`, ['a', 'b', 'c'])}`,
      agentVersion: random.pick(`agent:${name}`, ['3.3.859.0', '3.3.859.0', '3.3.551.0', '3.2.2303.0']),
      lastScanAgoMs: random.between(`scan-age:${name}`, 3, 70) * 3_600_000,
      missing,
      installed,
      volumes: [
        { device: system.platform === 'windows' ? '/dev/sda1' : '/dev/xvda', sizeGiB: rootGiB },
        ...(group.dataVolumeGiB ? [{ device: '/dev/sdf', sizeGiB: group.dataVolumeGiB }] : []),
      ],
      ...trouble,
      tags: {
        Environment: environment,
        Application: group.application,
        Owner: group.owner,
        'Patch Group': `${environment}-${system.platform}`,
        ...troubleTags,
      },
    });
  });
}

/** Two to five missing patches and the rest installed; never fewer than two, so that half can fail. */
function patchMix(
  random: SeededRandom,
  name: string,
  catalog: readonly PatchDefinition[],
): Pick<InstanceDefinition, 'missing' | 'installed'> {
  const order = catalog
    .map((patch) => ({ patch, rank: random.fraction(`patch:${name}:${patch.kbId}`) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ patch }) => patch);
  const count = random.between(`missing:${name}`, 2, 5);
  return { missing: order.slice(0, count), installed: order.slice(count) };
}
