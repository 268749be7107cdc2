/** patchday.yaml of the demo, made from the simulated fleet and workspace. */
import { stringify } from 'yaml';
import type { FleetDefinition, LandingZoneDefinition } from '../aws/fleet/fleet.ts';
import { demoTiming } from './timing.ts';

export interface DemoConfigOptions {
  fleet: FleetDefinition;
  team: string;
  /** Channel ids by environment. Every environment of the fleet needs one. */
  channels: Readonly<Record<string, string>>;
  requesters: string;
  approvers: string;
  speed: number;
  /** Absolute; database and reports go there. */
  folder: string;
  /** The demo's prod window opens at this moment (ms). */
  now: number;
  /** IANA name. */
  timeZone: string;
}

/** The text of the configuration. Throws RangeError for an environment without a channel. */
export function demoConfig(options: DemoConfigOptions): string {
  const { fleet, team, speed, folder } = options;
  const environments = [...new Set(fleet.zones.map((zone) => zone.environment))];
  const config = {
    workspace: team,
    database: { path: `${folder}/patchday.sqlite` },
    data_dir: `${folder}/reports`,
    http: { host: '127.0.0.1', port: 0 },
    timing: demoTiming(speed),
    environments: Object.fromEntries(environments.map((name) => [name, environment(name, options)])),
    landing_zones: fleet.zones.map(landingZone),
  };
  const heading = [
    '# Made by `npm run demo` at every start: changes here are lost.',
    '# The same format as in production; only the lengths of time are shorter. See patchday.example.yaml.',
  ];
  return `${heading.join('\n')}\n\n${stringify(config)}`;
}

/**
 * Prod waits for its maintenance window, which is open while the demo runs; everything else begins once
 * approved. The failure budgets are generous: the share of trouble in the fleet must not halt a run.
 */
function environment(name: string, { channels, requesters, approvers, now, timeZone }: DemoConfigOptions) {
  const channel = channels[name];
  if (channel === undefined) throw new RangeError(`environment ${name} has no channel`);
  return {
    channel,
    time_zone: timeZone,
    requesters: { groups: [requesters] },
    approvers: { groups: [approvers] },
    start:
      name === 'prod'
        ? { default: 'scheduled', window: { days: [...EVERY_DAY], ...openWindow(now, timeZone) } }
        : { default: 'now' },
    backup: { retention_days: name === 'prod' ? 30 : 7 },
    wave: { size: name === 'prod' ? '25%' : '50%' },
    failure_budget: '50%',
    stopped_instances: 'skip',
  };
}

const EVERY_DAY = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** From this minute until an hour before the same time tomorrow. */
function openWindow(now: number, timeZone: string): { from: string; until: string } {
  return { from: timeOfDay(now, timeZone), until: timeOfDay(now + 23 * 3_600_000, timeZone) };
}

function timeOfDay(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);
}

function landingZone(zone: LandingZoneDefinition) {
  const arn = (kind: 'read' | 'patch'): string => {
    const role = zone.roles.find((one) => one.kind === kind);
    if (!role) throw new RangeError(`landing zone ${zone.name} has no ${kind} role`);
    return `arn:aws:iam::${zone.accountId}:role/${role.name}`;
  };
  return {
    name: zone.name,
    account_id: zone.accountId,
    environment: zone.environment,
    regions: zone.regions,
    read_role_arn: arn('read'),
    patch_role_arn: arn('patch'),
    external_id: zone.externalId,
    patch_enabled: true,
  };
}

/** The machine's time zone when it has a name, else UTC. */
export function localTimeZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return /^[A-Za-z]+(?:\/|$)/.test(timeZone) && timeZone !== 'Etc/Unknown' ? timeZone : 'UTC';
}
