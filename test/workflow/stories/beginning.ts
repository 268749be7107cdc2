/** How a company of the stories begins: its policy, its landing zones, its instances, its people. */
import { type Aws, LookFailed } from '../../../src/workflow/ports.ts';
import type { EnvironmentPolicy, Settings } from '../../../src/workflow/settings.ts';
import { HOUR, type Machine } from '../../prove/sim/machines.ts';
import { makeSettings, START } from '../../prove/sim/scenario.ts';
import { Staff } from '../../prove/sim/staff.ts';
import { Steady } from './script.ts';

export interface Beginning {
  policy?: Partial<EnvironmentPolicy>;
  /** Landing zones by name; default one. */
  zones?: readonly Partial<Settings['zones'][number]>[];
  /** Instances of the first zone unless they say `zone`; default two running Linux ones. */
  machines?: readonly Partial<Machine>[];
}

export interface Denial {
  call: string;
  landingZone?: string;
}

/** The same AWS, in which some calls are denied for good. */
export function withDenials(aws: Aws, denied: readonly Denial[]): Aws {
  const guarded = (name: string, port: object) =>
    new Proxy(port, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]) => {
          const place = args[0] as { landingZone?: string } | string;
          const landingZone = typeof place === 'string' ? place : place.landingZone;
          const call = `${name}.${String(property)}`;
          if (denied.some((d) => d.call === call && (d.landingZone ?? landingZone) === landingZone))
            throw new LookFailed('AccessDenied', `The role of ${landingZone} may not do this.`, false);
          return Reflect.apply(value, target, args);
        };
      },
    });
  const ports = Object.entries(aws).map(([name, port]) => [
    name,
    typeof port === 'function' ? port : guarded(name, port),
  ]);
  return Object.fromEntries(ports) as Aws;
}

/** Approvers, and those who stand in for them. */
export class StaffWithStandIns extends Staff {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    super();
    this.#settings = settings;
  }

  override wasApprover(userId: string, now: number): boolean {
    const standIns = this.#settings.environments.flatMap((e) => e.approvers.standIns ?? []);
    return super.wasApprover(userId, now) || standIns.some((s) => s.user === userId && now < s.until);
  }
}

/** One environment with waves of two, and these landing zones. */
export function settings(policy: Partial<EnvironmentPolicy>, zones: Beginning['zones'] = []): Settings {
  const base = makeSettings(new Steady());
  const [environment] = base.environments;
  const [zone] = base.zones;
  if (!environment || !zone) throw new Error('a company has an environment and a landing zone');
  return {
    ...base,
    timing: { ...base.timing, effectGrace: 2 * 60_000 },
    environments: [
      {
        ...environment,
        waveSize: 2,
        batchSize: 50,
        startDefault: 'now',
        checks: [],
        backup: { ...environment.backup, required: true },
        ...policy,
      },
    ],
    zones: zones.map((changes, i) => ({
      ...zone,
      name: `zone-${i + 1}`,
      accountId: `11110000000${i + 1}`,
      confirmAbove: 100,
      ...changes,
    })),
  };
}

/** A Linux instance with three patches missing, unless `changes` says otherwise. */
export function machine({ zones }: Settings, index: number, changes: Partial<Machine>): Machine {
  const zone = zones.find((z) => z.name === changes.zone) ?? zones[0];
  const id = `i-${index + 1}`;
  const stopped = changes.state === 'stopped';
  const missing = changes.missing ?? 3;
  return {
    key: `${zone?.accountId}/eu-west-1/${id}`,
    id,
    name: `app-${index + 1}`,
    zone: zone?.name ?? '',
    accountId: zone?.accountId ?? '',
    region: 'eu-west-1',
    platform: 'linux',
    state: 'running',
    stateReason: stopped ? 'Client.UserInitiatedShutdown: User initiated shutdown' : '',
    shown: null,
    agent: stopped ? 'connection_lost' : 'online',
    lastPingAt: START - HOUR,
    checksOk: !stopped,
    tags: {},
    missing,
    failed: 0,
    pendingReboot: 0,
    installed: [],
    reported: {
      missing,
      failed: 0,
      pendingReboot: 0,
      operation: 'Scan',
      at: START - 24 * HOUR,
      snapshotId: null,
    },
    startedBy: null,
    otherCommandUntil: 0,
    ...changes,
  };
}
