import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach } from 'vitest';
import { DEFAULT_ACCESS_KEY, smallFleet } from '../../sandbox/aws/fleet.ts';
import { allOperations } from '../../sandbox/aws/handlers/all.ts';
import { type AwsSimulator, type AwsSimulatorOptions, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { Sessions } from '../../sandbox/aws/sessions.ts';
import type { Service } from '../../sandbox/aws/wire/api-error.ts';
import { World } from '../../sandbox/aws/world/world.ts';
import { steppedClock } from '../../sandbox/clock.ts';

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export const HUB_KEYS: Keys = { accessKeyId: DEFAULT_ACCESS_KEY, secretAccessKey: 'any' };

export interface Clients {
  ec2: EC2Client;
  ssm: SSMClient;
  sts: STSClient;
}

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** A simulator that is closed after the test. */
export async function simulator(options: AwsSimulatorOptions): Promise<AwsSimulator> {
  const started = await startAwsSimulator({ throttle: 'off', visibilityDelayMs: 0, ...options });
  open.push(started);
  return started;
}

/** Real SDK clients on the simulator, with one attempt unless asked for more. */
export function clients(
  sim: AwsSimulator,
  keys: Keys | (() => Promise<Keys>),
  region = 'eu-west-1',
  maxAttempts = 1,
): Clients {
  const config = { endpoint: sim.url, region, credentials: keys, maxAttempts };
  const made = { ec2: new EC2Client(config), ssm: new SSMClient(config), sts: new STSClient(config) };
  open.push({
    close() {
      for (const client of Object.values(made)) client.destroy();
    },
  });
  return made;
}

/** Keys of a role in the simulator's first landing zone, or the given one. */
export async function roleKeys(
  sim: AwsSimulator,
  role: 'PatchdayRead' | 'PatchdayPatch',
  zone?: string,
): Promise<Keys> {
  const account = sim.control.accounts.find((a) => zone === undefined || a.name === zone);
  if (!account) throw new Error(`no landing zone ${zone}`);
  const { Credentials } = await clients(sim, HUB_KEYS).sts.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${account.accountId}:role/${role}`,
      RoleSessionName: 'test-session',
      ExternalId: account.externalId,
    }),
  );
  if (!Credentials?.AccessKeyId || !Credentials.SecretAccessKey || !Credentials.SessionToken) {
    throw new Error('AssumeRole answered no credentials');
  }
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  };
}

/** Clients of the patch role in the first landing zone. */
export async function patcher(sim: AwsSimulator, region = 'eu-west-1', maxAttempts = 1): Promise<Clients> {
  return clients(sim, await roleKeys(sim, 'PatchdayPatch'), region, maxAttempts);
}

/** The error code that a request is refused with. Fails when it is not. */
export async function errorCode(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (error) {
    if (error instanceof Error) return error.name;
    throw error;
  }
  throw new Error('the request was expected to be refused, and was not');
}

/** Like `patcher`, with keys renewed for every request: for tests that step the clock by hours. */
export function renewingPatcher(sim: AwsSimulator): Clients {
  return clients(sim, async () => ({ ...(await roleKeys(sim, 'PatchdayPatch')), expiration: new Date(0) }));
}

/** Every operation that the simulator has, of these services, sorted: `ec2:CreateImage` … */
export function operationNames(...services: Service[]): string[] {
  const world = new World({
    clock: steppedClock(0),
    seed: 1,
    fleet: smallFleet(),
    visibilityDelayMs: 0,
    documentTimeoutMs: 1,
    statusDetails: 'joined',
    pendingInvocationLimit: 1,
  });
  return [...allOperations(new Sessions(world)).values()]
    .filter((operation) => services.includes(operation.service))
    .map((operation) => `${operation.service}:${operation.name}`)
    .sort();
}
