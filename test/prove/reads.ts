/** Every operation that Patchday only reads with, and the taking of a role: what makes the adapters send it. */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { wallClock } from '../../sandbox/clock.ts';
import { examineAws } from '../../src/aws/index.ts';
import type { AwsOptions } from '../../src/aws/options.ts';
import type { Aws, Place } from '../../src/workflow/ports.ts';
import { awsAt } from '../aws/wire.ts';
import { until } from '../support/until.ts';
import { accessTo } from '../support/zone-access.ts';
import { API_TIMEOUT_MS } from './call-limit.ts';

const SPEED = 1000;
export const DOCUMENT = 'AWS-RunPatchBaseline';
const SCOPE = { name: 'small-test', pattern: null, tags: [], platform: null, regions: [], only: null };

export interface Rig {
  sim: AwsSimulator;
  aws: Aws;
  options: AwsOptions;
  /** Of a landing zone that is there in two regions; the second is the other. */
  place: Place;
  other: Place;
  instanceId: string;
  /** How long each call took that ended without an answer, by operation. */
  stalled: Map<string, number[]>;
}

/** What makes the adapters send each operation. `make` leads up to it before anything stalls. */
export const READS: Readonly<Record<string, (rig: Rig) => Promise<() => Promise<unknown>>>> = {
  AssumeRole: async ({ aws, place }) => {
    return () => aws.commands.document({ ...place, runId: 'r2' }, DOCUMENT);
  },
  GetCallerIdentity: async ({ aws, place }) => {
    return () => aws.identity.confirmAccount(place);
  },
  DescribeInstances: async ({ aws, place, instanceId }) => {
    return () => aws.fleet.describe(place, [instanceId]);
  },
  DescribeInstanceStatus: async ({ aws, place, instanceId }) => {
    return () => aws.power.look(place, [instanceId]);
  },
  DescribeImages: async ({ aws, place, instanceId }) => {
    return () => aws.images.find(place, { instanceId, name: 'none' });
  },
  DescribeSnapshots: async (rig) => {
    const { aws, place, instanceId } = rig;
    const id = await aws.images.create(place, { instanceId, name: 'one', noReboot: true, tags: {} });
    await until(async () => (await aws.images.look(place, [id])).get(id)?.state === 'verified', {
      within: 5_000,
      describe: 'a backup',
    });
    return () => aws.images.look(place, [id]);
  },
  DescribeInstanceInformation: async ({ aws, place }) => {
    return () => aws.fleet.discover(place.landingZone, SCOPE, place.runId);
  },
  DescribeInstancePatchStates: async ({ aws, place, instanceId }) => {
    return () => aws.patchStates.look(place, [instanceId]);
  },
  DescribeInstancePatches: async ({ aws, place, instanceId }) => {
    return () => aws.patchStates.stillMissing(place, instanceId);
  },
  DescribeDocument: async ({ aws, place }) => {
    return () => aws.commands.document(place, DOCUMENT);
  },
  ListCommands: async ({ aws, place }) => {
    return () => aws.commands.find(place, 'none', 0);
  },
  ListCommandInvocations: async ({ aws, place, instanceId }) => {
    return () => aws.commands.othersInProgress(place, [instanceId], []);
  },
  GetCommandInvocation: async (rig) => {
    const { aws, place, instanceId } = rig;
    const { commandId } = await aws.commands.send(place, {
      instanceIds: [instanceId],
      document: await aws.commands.document(place, DOCUMENT),
      parameters: { Operation: ['Scan'] },
      comment: 'one',
      deliveryTimeoutSeconds: 600,
    });
    await until(
      async () => (await aws.commands.invocations(place, commandId)).some((i) => i.status === 'success'),
      { within: 5_000, describe: 'the end of a scan' },
    );
    return () => aws.commands.output(place, commandId, instanceId, 'linux');
  },
  ListAssociations: async ({ options }) => {
    return () => examineAws(options);
  },
};

/** Starts a simulated AWS and the adapters on it, hands them out, and ends it whatever happens. */
export async function withAws<T>(use: (rig: Rig) => Promise<T>): Promise<T> {
  const [here, there] = [smallFleet({ linux: 1 }), smallFleet({ linux: 1, region: 'us-east-1' })];
  const [zone, away] = [here.zones[0], there.zones[0]];
  if (!zone || !away) throw new Error('a fleet without a landing zone');
  const both = { ...zone, regions: [...zone.regions, ...away.regions] };
  const sim = await startAwsSimulator({
    fleet: { ...here, zones: [both] },
    clock: wallClock(SPEED),
    throttle: 'off',
    visibilityDelayMs: 0,
  });
  const access = accessTo(both);
  const stalled = new Map<string, number[]>();
  const sentAt = new Map<object, number>();
  const options: AwsOptions = {
    zones: [access],
    apiTimeoutMs: API_TIMEOUT_MS,
    clock: { now: Date.now },
    paceScale: 1000,
    hooks: {
      before: (call) => void sentAt.set(call, performance.now()),
      after: (call, outcome) => {
        const took = performance.now() - (sentAt.get(call) ?? 0);
        if (outcome === 'no_answer')
          stalled.set(call.operation, [...(stalled.get(call.operation) ?? []), took]);
      },
    },
  };
  const place = { landingZone: zone.name, accountId: zone.accountId, region: 'eu-west-1', runId: 'r1' };
  const aws = awsAt(sim.url, options);
  process.env['AWS_ACCESS_KEY_ID'] = here.hub.accessKeyIds[0] ?? '';
  try {
    const other = { ...place, region: 'us-east-1' };
    return await use({
      sim,
      aws,
      options,
      place,
      other,
      instanceId: sim.control.instance('linux-1').id,
      stalled,
    });
  } finally {
    await sim.close();
  }
}
