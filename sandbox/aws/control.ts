import type { FaultReport, FaultSpec, Faults } from './faults.ts';
import type { Behaviour, FleetDefinition, PatchDefinition } from './fleet/fleet.ts';
import { pingOf } from './handlers/ssm-nodes.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Sessions } from './sessions.ts';
import { summarize } from './world/command-summary.ts';
import { addForeignCommand } from './world/commands.ts';
import type { CheckState, InstanceCounters, PowerState, SimInstance, SimPatch } from './world/model.ts';
import { loseMachine, setAgent } from './world/power.ts';
import type { World, WorldEvent } from './world/world.ts';

export interface InstanceSnapshot {
  id: string;
  name: string;
  accountId: string;
  zone: string;
  region: string;
  platform: string;
  state: PowerState;
  checks: CheckState;
  managed: boolean;
  ping: 'Online' | 'ConnectionLost';
  rebooting: boolean;
  /** A patch command is at work on the machine now. */
  patching: boolean;
  tags: Record<string, string>;
  /** As it is on the machine, by KB or package. */
  patches: Record<SimPatch['state'], string[]>;
  counters: InstanceCounters;
  expected: string;
  why: string;
}

/** What a script may change in the middle of a run. */
export interface InstanceChange {
  state?: 'running' | 'stopped' | 'terminated';
  /** ConnectionLost shows at once; Online takes up what waited. */
  ping?: 'Online' | 'ConnectionLost';
  managed?: boolean;
  checks?: CheckState;
  tags?: Record<string, string>;
  behaviour?: Partial<Behaviour>;
  /** More missing patches, found by the next scan. */
  missing?: PatchDefinition[];
}

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

function findInstance(world: World, idOrName: string): SimInstance {
  const byId = world.instances.get(idOrName);
  if (byId) return byId;
  const named = [...world.instances.values()].filter((i) => i.name === idOrName);
  const [only] = named;
  if (!only || named.length > 1) {
    throw new RangeError(
      `${named.length === 0 ? 'No instance' : 'More than one instance'} is called ${idOrName}`,
    );
  }
  return only;
}

function snapshot(world: World, instance: SimInstance): InstanceSnapshot {
  const patches: InstanceSnapshot['patches'] = { missing: [], installed: [], pending_reboot: [], failed: [] };
  for (const patch of instance.patches) patches[patch.state].push(patch.kbId);
  return {
    id: instance.id,
    name: instance.name,
    accountId: instance.accountId,
    zone: instance.zone,
    region: instance.region,
    platform: instance.definition.platform,
    state: instance.state,
    checks: instance.checks,
    managed: instance.managed,
    ping: pingOf(world, instance).status,
    rebooting: instance.rebooting,
    patching: instance.executing !== null,
    tags: Object.fromEntries(instance.tags),
    patches,
    counters: { ...instance.counters },
    expected: instance.definition.expected,
    why: instance.definition.why,
  };
}

/** Long enough ago that SSM has noticed. */
const LONG_AGO_MS = 60 * 60_000;

function applyChange(world: World, instance: SimInstance, change: InstanceChange): void {
  if (change.behaviour) Object.assign(instance.behaviour, change.behaviour);
  if (change.managed !== undefined) instance.managed = change.managed;
  for (const [key, value] of Object.entries(change.tags ?? {})) instance.tags.set(key, value);
  for (const patch of change.missing ?? [])
    instance.patches.push({ ...patch, state: 'missing', installedAt: null });
  if (change.state && change.state !== instance.state) {
    if (change.state === 'running') {
      Object.assign(instance, { state: 'running', checks: 'ok', stateReason: null });
      if (change.ping !== 'ConnectionLost') setAgent(world, instance, true);
    } else {
      loseMachine(world, instance);
      instance.state = change.state;
      instance.checks = 'not-applicable';
    }
  }
  if (change.checks) instance.checks = change.checks;
  if (change.ping === 'Online') setAgent(world, instance, true);
  if (change.ping === 'ConnectionLost') {
    setAgent(world, instance, false);
    instance.silentSince = world.now() - world.clock.duration(LONG_AGO_MS);
  }
}
