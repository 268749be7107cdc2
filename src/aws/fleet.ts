/** The Fleet port: what there is, in all regions of a landing zone. */
import type { Filter } from '@aws-sdk/client-ec2';
import type { Instance } from '../workflow/instance.ts';
import type { Scope } from '../workflow/plan-types.ts';
import { type Fleet, LookFailed, type Place } from '../workflow/ports.ts';
import type { Calls } from './calls.ts';
import { findInstances, listInstances, listManaged, toInstance } from './instances.ts';
import type { AwsLog, ZoneAccess } from './options.ts';
import { missingPatches, patchRecords } from './patch-states.ts';
import { inScope } from './scope.ts';
import { placesOf } from './zones.ts';

export function createFleet(calls: Calls, zones: readonly ZoneAccess[], log: AwsLog): Fleet {
  async function discoverRegion(place: Place, filters: readonly Filter[], scope: Scope): Promise<Instance[]> {
    const [ec2, managed] = await Promise.all([
      listInstances(calls, place, filters),
      listManaged(calls, place),
    ]);
    const inside = ec2.filter((one) =>
      inScope(toInstance(place, one, managed.get(one.InstanceId), undefined), scope),
    );
    // A stopped instance keeps the record of its last scan.
    const records = await patchRecords(
      calls,
      place,
      inside.map((one) => one.InstanceId),
    );
    return inside.map((one) =>
      toInstance(place, one, managed.get(one.InstanceId), records.get(one.InstanceId)),
    );
  }

  return {
    async discover(landingZone, scope, runId) {
      const { zone, places } = placesOf(zones, landingZone, runId);
      const wanted = places.filter(
        (place) => scope.regions.length === 0 || scope.regions.includes(place.region),
      );
      const filters = zone.tagFilters.map((tag) => ({ Name: `tag:${tag.key}`, Values: [...tag.values] }));
      const regions = await Promise.allSettled(wanted.map((place) => discoverRegion(place, filters, scope)));
      const failures = regions.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      if (failures.length > 0) throw together(failures);
      return regions.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    },

    async describe(place, instanceIds) {
      if (instanceIds.length === 0) return [];
      const [ec2, managed] = await Promise.all([
        findInstances(calls, place, instanceIds),
        listManaged(calls, place),
      ]);
      const records = await patchRecords(
        calls,
        place,
        ec2.map((one) => one.InstanceId),
      );
      return ec2.map((one) =>
        toInstance(place, one, managed.get(one.InstanceId), records.get(one.InstanceId)),
      );
    },

    missingPatches: (place, instanceId) => missingPatches(calls, place, instanceId),

    async nearestNames(landingZone, runId) {
      try {
        const { zone, places } = placesOf(zones, landingZone, runId);
        const filters = zone.tagFilters.map((tag) => ({ Name: `tag:${tag.key}`, Values: [...tag.values] }));
        const regions = await Promise.allSettled(places.map((place) => listInstances(calls, place, filters)));
        const names = regions.flatMap((one) =>
          one.status === 'fulfilled'
            ? one.value.map((ec2) => ec2.Tags?.find((tag) => tag.Key === 'Name')?.Value || ec2.InstanceId)
            : [],
        );
        return [...new Set(names)].sort();
      } catch (error) {
        log.warn({ err: error, landingZone }, 'no names to suggest');
        return [];
      }
    },
  };
}

/** One error for all regions that failed; each message names its region. */
function together(failures: readonly unknown[]): unknown {
  const looks = failures.filter((one) => one instanceof LookFailed);
  const [first] = looks;
  // A mistake of ours is not an answer of AWS: it keeps its own stack.
  if (!first || looks.length < failures.length) return failures.find((one) => !(one instanceof LookFailed));
  if (looks.length === 1) return first;
  return new LookFailed(
    first.code,
    looks.map((one) => one.message).join(' '),
    looks.every((one) => one.transient),
    { cause: new AggregateError(looks) },
  );
}
