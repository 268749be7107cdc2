/** The adapters on a simulated AWS, with its ledger as the witness of what really happened. */
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { type SmallFleetOptions, smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { wallClock } from '../../sandbox/clock.ts';
import type { Aws, Place } from '../../src/workflow/ports.ts';
import { until } from '../support/until.ts';
import { accessTo } from '../support/zone-access.ts';
import { awsAt } from './wire.ts';

/** Everything in the landing zone. */
export const SCOPE = { name: 'small-test', pattern: null, tags: [], platform: null, regions: [], only: null };
/** A bound for waiting on things that take milliseconds here. */
export const SOON = { within: 8_000 };

export let simulator: AwsSimulator;
export let aws: Aws;
export let place: Place;

/** Starts a simulated AWS with the fleet, and the adapters on it; `place` is its first landing zone. */
export async function start(fleet: FleetDefinition, speed = 1): Promise<void> {
  simulator = await startAwsSimulator({
    fleet,
    clock: wallClock(speed),
    throttle: 'off',
    visibilityDelayMs: 0,
  });
  const zones = fleet.zones.map(accessTo);
  aws = awsAt(simulator.url, { zones });
  process.env['AWS_ACCESS_KEY_ID'] = fleet.hub.accessKeyIds[0] ?? '';
  const [zone] = zones;
  if (!zone) throw new Error('a fleet needs a landing zone');
  place = { landingZone: zone.name, accountId: zone.accountId, region: zone.regions[0] ?? '', runId: 'r1' };
}
export const startSmall = (options: SmallFleetOptions, speed?: number) => start(smallFleet(options), speed);

export const stop = () => simulator.close();

export const idOf = (name: string) => simulator.control.instance(name).id;
/** What really happened, by the simulator's ledger. */
export const effects = (operation: string) =>
  simulator.control.ledger().filter((one) => one.operation === operation && one.outcome === 'effect');

export async function send(
  names: readonly string[],
  operation: 'Scan' | 'Install',
  comment = `tag ${operation}`,
) {
  const document = await aws.commands.document(place, 'AWS-RunPatchBaseline');
  return aws.commands.send(place, {
    instanceIds: names.map(idOf),
    document,
    parameters: { Operation: [operation] },
    comment,
    deliveryTimeoutSeconds: 600,
  });
}

export async function ended(commandId: string) {
  return until(
    async () => {
      const all = await aws.commands.invocations(place, commandId);
      return all.length > 0 && all.every((one) => !['waiting', 'running'].includes(one.status)) ? all : null;
    },
    { ...SOON, describe: `command ${commandId} ended` },
  );
}
