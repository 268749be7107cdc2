import {
  applyChange,
  findInstance,
  type InstanceChange,
  type InstanceSnapshot,
  snapshot,
} from './control-instances.ts';
import type { FaultReport, FaultSpec, Faults } from './faults.ts';
import type { FleetDefinition } from './fleet/fleet.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Sessions } from './sessions.ts';
import { summarize } from './world/command-summary.ts';
import { addForeignCommand } from './world/commands.ts';
import type { World, WorldEvent } from './world/world.ts';

export interface ImageSnapshot {
  id: string;
  name: string;
  accountId: string;
  region: string;
  instanceId: string;
  state: string;
  noReboot: boolean;
  tags: Record<string, string>;
  snapshots: { id: string; state: string; deleted: boolean; tags: Record<string, string> }[];
}

export interface CommandSnapshot {
  id: string;
  accountId: string;
  region: string;
  documentName: string;
  comment: string;
  parameters: Record<string, string[]>;
  status: string;
  foreign: boolean;
  /** When List calls begin to show it; null = hidden by a fault. */
  visibleFrom: number | null;
  invocations: { instanceId: string; status: string; details: string; exitCode: number }[];
}

/** Everything a test or a demo can see and script. Over HTTP it is the same under `/_sandbox/`. */
export interface AwsControl {
  readonly accounts: {
    name: string;
    environment: string;
    accountId: string;
    regions: string[];
    externalId: string;
    roleArns: string[];
  }[];
  ledger(): LedgerEntry[];
  requests(): Record<string, number>;
  fault(spec: FaultSpec): string;
  faults(): FaultReport[];
  clearFaults(): void;
  firedFaults(): number;
  instances(): InstanceSnapshot[];
  /** By id or by name; throws when there is none, or several of that name. */
  instance(idOrName: string): InstanceSnapshot;
  setInstance(idOrName: string, change: InstanceChange): InstanceSnapshot;
  images(): ImageSnapshot[];
  commands(): CommandSnapshot[];
  /** Someone else's Run Command, in progress from now on. Answers its id. */
  foreignCommand(idOrName: string, comment?: string): string;
  expireSessions(): void;
  /** Every access key id, secret key and session token that AssumeRole handed out. */
  sessionSecrets(): string[];
  /** Moves a stepped clock; throws with any other. */
  step(ms: number): void;
  now(): number;
  /** Calls back after each change; answers a function that ends it. */
  on(event: WorldEvent, listener: (subject: string) => void): () => void;
  /** Waits until the condition holds, looking after each change; rejects after `withinMs` real ms (default 10 s). */
  waitFor(condition: () => boolean, withinMs?: number, what?: string): Promise<void>;
}

interface Parts {
  world: World;
  ledger: Ledger;
  faults: Faults;
  sessions: Sessions;
  operationNames: ReadonlySet<string>;
  fleet: FleetDefinition;
}

const EVENTS: WorldEvent[] = ['instance', 'invocation', 'image', 'effect', 'settled'];

export function createControl({ world, ledger, faults, sessions, operationNames, fleet }: Parts): AwsControl {
  const find = (idOrName: string) => findInstance(world, idOrName);
  const fresh = () => world.scheduler.settle();
  const on: AwsControl['on'] = (event, listener) => {
    world.events.on(event, listener);
    return () => world.events.off(event, listener);
  };
  return {
    accounts: fleet.zones.map((zone) => ({
      name: zone.name,
      environment: zone.environment,
      accountId: zone.accountId,
      regions: zone.regions,
      externalId: zone.externalId,
      roleArns: zone.roles.map((role) => `arn:aws:iam::${zone.accountId}:role/${role.name}`),
    })),
    ledger: () => ledger.entries(),
    requests: () => ledger.requests(),
    fault: (spec) => faults.add(spec, operationNames),
    faults: () => faults.report(),
    firedFaults: () => faults.fired(),
    clearFaults() {
      faults.clear();
      for (const thing of [...world.commands.values(), ...world.images.values()]) {
        if (thing.visibleFrom === Number.POSITIVE_INFINITY) thing.visibleFrom = world.now();
      }
    },
    instances() {
      fresh();
      return [...world.instances.values()].map((i) => snapshot(world, i));
    },
    instance(idOrName) {
      fresh();
      return snapshot(world, find(idOrName));
    },
    setInstance(idOrName, change) {
      fresh();
      const instance = find(idOrName);
      applyChange(world, instance, change);
      world.emit('instance', instance.id);
      return snapshot(world, instance);
    },
    images() {
      fresh();
      return [...world.images.values()].map((image) => ({
        id: image.id,
        name: image.name,
        accountId: image.accountId,
        region: image.region,
        instanceId: image.sourceInstanceId,
        state: image.state,
        noReboot: image.noReboot,
        tags: Object.fromEntries(image.tags),
        snapshots: image.devices.flatMap(({ snapshotId }) => {
          const s = world.snapshots.get(snapshotId);
          return s
            ? [{ id: s.id, state: s.state, deleted: s.deleted, tags: Object.fromEntries(s.tags) }]
            : [];
        }),
      }));
    },
    commands() {
      fresh();
      return [...world.commands.values()].map((command) => ({
        id: command.id,
        accountId: command.accountId,
        region: command.region,
        documentName: command.documentName,
        comment: command.comment,
        parameters: structuredClone(command.parameters),
        status: summarize(command).status,
        foreign: command.foreign,
        visibleFrom: Number.isFinite(command.visibleFrom) ? command.visibleFrom : null,
        invocations: command.invocations.map((i) => ({
          instanceId: i.instance.id,
          status: i.status,
          details: i.details,
          exitCode: i.exitCode,
        })),
      }));
    },
    foreignCommand: (idOrName, comment = 'Rotate application logs') =>
      addForeignCommand(world, find(idOrName), 'AWS-RunShellScript', comment).id,
    expireSessions: () => sessions.expireAll(),
    sessionSecrets: () => sessions.secrets(),
    step(ms) {
      const { clock } = world;
      if (!('step' in clock) || typeof clock.step !== 'function') {
        throw new Error(
          'Only a stepped clock can be stepped; start the simulator with clock: steppedClock(…)',
        );
      }
      clock.step(ms);
      fresh();
    },
    now: () => world.now(),
    on,
    waitFor(condition, withinMs = 10_000, what = 'the condition') {
      return new Promise((resolve, reject) => {
        const ends: (() => void)[] = [];
        const end = (finish: () => void) => {
          clearTimeout(timer);
          for (const off of ends) off();
          finish();
        };
        const look = () => {
          if (condition()) end(resolve);
        };
        const timer = setTimeout(
          () => end(() => reject(new Error(`${what} did not come true within ${withinMs} ms`))),
          withinMs,
        );
        for (const event of EVENTS) ends.push(on(event, look));
        look();
      });
    },
  };
}
