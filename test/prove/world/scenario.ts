/** The company of one seed: its fleet, its policy, its intervals. */
import type { Durations, FleetDefinition, InstanceDefinition } from '../../../sandbox/aws/fleet/fleet.ts';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import type { Random } from '../sim/random.ts';
import type { CompanyOptions } from './company.ts';

/** Seconds to a few minutes, so that one run is some hundred events long. */
const DURATIONS: Durations = {
  delivery: 3_000,
  scan: 30_000,
  install: 60_000,
  reboot: 30_000,
  image: 45_000,
  start: 25_000,
  stop: 25_000,
  checks: 30_000,
  agent: 15_000,
};

export function makeScenario(seed: number, random: Random): CompanyOptions {
  return {
    seed,
    fleet: makeFleet(random),
    slack: 'fast',
    visibilityDelayMs: random.pick([0, 1500, 8000]),
    timing: {
      poll_images: '20s',
      poll_commands: '20s',
      poll_power: '15s',
      api_timeout: '10s',
      effect_grace: random.pick(['45s', '90s']),
      agent_grace: '4m',
      lost_agent_after: '5m',
      verify_timeout: '6m',
      backup_timeout: '6m',
      start_timeout: '5m',
      delivery_timeout: '2m',
      install_worst_case: '6m',
      reboot_allowance: '2m',
      back_off: '2s',
      card_interval: '10s',
    },
    environment: makeEnvironment(random),
  };
}

function makeEnvironment(random: Random): Record<string, unknown> {
  return {
    approvals_required: random.weighted([
      [1, 4],
      [2, 1],
    ]),
    reboot: random.pick(['if-needed', 'if-needed', 'never']),
    stopped_instances: random.pick(['skip', 'start', 'start']),
    batch_size: random.pick([1, 2, 50]),
    ...changeable(random),
  };
}

/** What an administrator may have changed while the bot was away. */
export function changeable(random: Random): Record<string, unknown> {
  return {
    wave: { size: random.pick([1, 2, 4]) },
    failure_budget: random.pick([0, 1, 10]),
  };
}

function makeFleet(random: Random): FleetDefinition {
  const linux = random.between(1, 3);
  const windows = random.chance(0.3) ? 1 : 0;
  const names = [
    ...Array.from({ length: linux }, (_, i) => `linux-${i + 1}`),
    ...(windows ? ['windows-1'] : []),
  ];
  const instances = Object.fromEntries(names.map((name) => [name, makeInstance(random)]));
  return smallFleet({ linux, windows, durations: DURATIONS, instances });
}

function makeInstance(random: Random): Partial<InstanceDefinition> {
  return {
    ...(random.chance(0.25) ? { state: 'stopped' as const, ping: 'ConnectionLost' as const } : {}),
    behaviour: {
      install: random.weighted([
        ['succeeds', 14],
        ['fails', 1],
        ['partly', 1],
        ['still_missing', 1],
        ['agent_lost', 1],
      ] as const),
      image: random.weighted([
        ['available', 14],
        ['failed', 1],
        ['snapshot_lags', 2],
      ] as const),
      start: random.weighted([
        ['running', 8],
        ['falls_back', 1],
      ] as const),
      delivery: random.weighted([
        ['normal', 14],
        ['undeliverable', 1],
        ['access_denied', 1],
      ] as const),
    },
  };
}
