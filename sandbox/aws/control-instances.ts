/** One simulated instance: found by id or name, as a test sees it, and changed in the middle of a run. */
import type { Behaviour, PatchDefinition } from './fleet/fleet.ts';
import { pingOf } from './handlers/ssm-nodes.ts';
import type { CheckState, InstanceCounters, PowerState, SimInstance, SimPatch } from './world/model.ts';
import { loseMachine, setAgent } from './world/power.ts';
import type { World } from './world/world.ts';

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

/** By id or by name; throws when there is none, or several of that name. */
export function findInstance(world: World, idOrName: string): SimInstance {
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

export function snapshot(world: World, instance: SimInstance): InstanceSnapshot {
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

export function applyChange(world: World, instance: SimInstance, change: InstanceChange): void {
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
