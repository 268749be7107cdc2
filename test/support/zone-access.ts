import type { LandingZoneDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import type { ZoneAccess } from '../../src/aws/options.ts';

/** How Patchday gets into a landing zone of a simulated fleet: as its configuration would say it. */
export function accessTo({ name, accountId, regions, externalId }: LandingZoneDefinition): ZoneAccess {
  return {
    name,
    accountId,
    regions,
    readRoleArn: `arn:aws:iam::${accountId}:role/PatchdayRead`,
    patchRoleArn: `arn:aws:iam::${accountId}:role/PatchdayPatch`,
    externalId,
    tagFilters: [],
  };
}
