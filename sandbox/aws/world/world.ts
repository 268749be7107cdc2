import { EventEmitter } from 'node:events';
import type { SimClock } from '../../clock.ts';
import type {
  Durations,
  FleetDefinition,
  InstanceDefinition,
  LandingZoneDefinition,
} from '../fleet/fleet.ts';
import { type SeededRandom, seededRandom } from '../random.ts';
import type { SimCommand, SimImage, SimInstance, SimPatch, SimSnapshot, SimVolume } from './model.ts';
import { reportNow } from './patch-report.ts';
import { Scheduler } from './scheduler.ts';

export interface WorldOptions {
  clock: SimClock;
  seed: number;
  fleet: FleetDefinition;
  /** How long a new command or image stays invisible to List and Describe calls, in life milliseconds. */
  visibilityDelayMs: number;
  /** How long the document may run once started: 7200 s in AWS-RunPatchBaseline. */
  documentTimeoutMs: number;
  /** "DeliveryTimedOut" or "Delivery Timed Out": which one arrives is not documented consistently. */
  statusDetails: 'joined' | 'spaced';
  /** More unfinished invocations than this in an account and region: the command ends as RateExceeded. */
  pendingInvocationLimit: number;
}

const MINUTE = 60_000;
const RANGES: Record<keyof Durations, [number, number]> = {
  delivery: [1_000, 4_000],
  scan: [60_000, 120_000],
  install: [5 * MINUTE, 15 * MINUTE],
  reboot: [MINUTE, 5 * MINUTE],
  image: [2 * MINUTE, 8 * MINUTE],
  start: [45_000, 75_000],
  stop: [45_000, 75_000],
  checks: [60_000, 120_000],
  agent: [20_000, 60_000],
};

export type WorldEvent = 'instance' | 'invocation' | 'image' | 'effect' | 'settled';

/** Everything the simulated AWS knows. Rules live beside it, in power, images, commands and execution. */
export class World {
  readonly clock: SimClock;
  readonly random: SeededRandom;
  readonly scheduler: Scheduler;
  readonly options: WorldOptions;
  readonly zones: Map<string, LandingZoneDefinition>;
  readonly instances = new Map<string, SimInstance>();
  readonly volumes = new Map<string, SimVolume>();
  readonly snapshots = new Map<string, SimSnapshot>();
  readonly images = new Map<string, SimImage>();
  readonly commands = new Map<string, SimCommand>();
  readonly events = new EventEmitter<Record<WorldEvent, [subject: string]>>();
  readonly #byPlace = new Map<string, SimInstance[]>();
  readonly #counters = new Map<string, number>();

  constructor(options: WorldOptions) {
    this.options = options;
    this.clock = options.clock;
    this.random = seededRandom(options.seed);
    this.events.setMaxListeners(0);
    this.scheduler = new Scheduler(options.clock, () => this.emit('settled', 'time'));
    this.zones = new Map(options.fleet.zones.map((zone) => [zone.accountId, zone]));
    if (this.zones.size !== options.fleet.zones.length) {
      throw new RangeError('Two landing zones of the fleet have the same account');
    }
    for (const zone of options.fleet.zones) {
      for (const definition of zone.instances) this.#add(zone, definition);
    }
    for (const list of this.#byPlace.values()) list.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  now(): number {
    return this.scheduler.now();
  }

  emit(event: WorldEvent, subject: string): void {
    this.events.emit(event, subject);
  }

  /** The instances of an account in a region, ordered by id. */
  instancesIn(accountId: string, region: string): readonly SimInstance[] {
    return this.#byPlace.get(`${accountId}/${region}`) ?? [];
  }

  /** How long something takes on an instance, in life milliseconds; `key` makes repeated ones differ. */
  lifeOf(instance: SimInstance, what: keyof Durations, key: string): number {
    const fixed = instance.behaviour.durations?.[what] ?? instance.durations[what];
    if (fixed !== undefined) return fixed;
    const [low, high] = RANGES[what];
    return this.random.between(`${what}:${instance.id}:${key}`, low, high);
  }

  /** A new identifier such as `ami-0f3c…`, the same for the same seed and order of creation. */
  newId(prefix: 'ami' | 'snap' | 'vol'): string {
    return `${prefix}-0${this.random.hex(`${prefix}#${this.next(prefix)}`, 16)}`;
  }

  newUuid(what: string): string {
    return this.random.uuid(`${what}#${this.next(what)}`);
  }

  /** 1, 2, 3 … per name. */
  next(name: string): number {
    const value = (this.#counters.get(name) ?? 0) + 1;
    this.#counters.set(name, value);
    return value;
  }

  #add(zone: LandingZoneDefinition, definition: InstanceDefinition): void {
    const now = this.clock.now();
    const id = definition.id ?? `i-0${this.random.hex(`i:${zone.accountId}:${definition.name}`, 16)}`;
    if (this.instances.has(id))
      throw new RangeError(`Two instances of the fleet are ${id} (${definition.name})`);
    const online = definition.ping === 'Online' && definition.state === 'running';
    const launchedAt = now - this.random.between(`launch:${id}`, 2, 60) * 24 * 60 * MINUTE;
    const instance: SimInstance = {
      id,
      accountId: zone.accountId,
      region: definition.region,
      zone: zone.name,
      definition,
      name: definition.name,
      tags: new Map(Object.entries({ Name: definition.name, ...definition.tags })),
      behaviour: { ...definition.behaviour },
      durations: this.options.fleet.durations ?? {},
      state: definition.state,
      stateReason:
        definition.state === 'stopped'
          ? {
              code: 'Client.UserInitiatedShutdown',
              message: 'Client.UserInitiatedShutdown: User initiated shutdown',
            }
          : null,
      launchedAt,
      transitionReason: definition.state === 'stopped' ? 'User initiated' : '',
      checks: definition.state === 'running' ? 'ok' : 'not-applicable',
      managed: definition.managed,
      agentOnline: online,
      silentSince: online ? null : now - (definition.lastPingAgoMs ?? 9 * 24 * 60 * MINUTE),
      rebooting: false,
      patches: patchesOf(definition, launchedAt),
      report: null,
      executing: null,
      unsent: [],
      volumeIds: [],
      counters: {
        installs: 0,
        scans: 0,
        patchRaces: 0,
        interruptedInstalls: 0,
        reboots: 0,
        starts: 0,
        stops: 0,
        imagesBegun: 0,
      },
      timers: new Set(),
      privateIp: `10.${this.random.between(`net:${zone.accountId}`, 10, 99)}.${this.random.between(`ip1:${id}`, 0, 255)}.${this.random.between(`ip2:${id}`, 4, 254)}`,
      pingPhaseMs: this.random.between(`ping:${id}`, 0, 5 * MINUTE),
    };
    if (definition.lastScanAgoMs !== null) {
      const scanned = now - definition.lastScanAgoMs;
      instance.report = reportNow(instance, {
        operation: 'Scan',
        startedAt: scanned - 80_000,
        endedAt: scanned,
        snapshotId: this.random.uuid(`first-scan:${id}`),
        rebootOption: 'NoReboot',
      });
    }
    for (const volume of definition.volumes) {
      const volumeId = this.newId('vol');
      instance.volumeIds.push(volumeId);
      this.volumes.set(volumeId, {
        id: volumeId,
        instanceId: id,
        accountId: zone.accountId,
        region: definition.region,
        device: volume.device,
        sizeGiB: volume.sizeGiB,
        type: volume.type ?? 'gp3',
        createdAt: launchedAt,
        tags: new Map([['Name', `${definition.name} ${volume.device}`]]),
      });
    }
    this.instances.set(id, instance);
    const place = `${zone.accountId}/${definition.region}`;
    const list = this.#byPlace.get(place);
    if (list) list.push(instance);
    else this.#byPlace.set(place, [instance]);
  }
}

function patchesOf(definition: InstanceDefinition, installedAt: number): SimPatch[] {
  return [
    ...definition.missing.map((patch) => ({ ...patch, state: 'missing' as const, installedAt: null })),
    ...definition.installed.map((patch) => ({ ...patch, state: 'installed' as const, installedAt })),
    ...definition.pendingReboot.map((patch) => ({ ...patch, state: 'pending_reboot' as const, installedAt })),
  ];
}
