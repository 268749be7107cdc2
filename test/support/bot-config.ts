/** A patchday.yaml for the simulators with everything taking milliseconds, as text for the real loader. */
import { stringify } from 'yaml';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { CHANNELS, GROUPS, TEAM } from '../../sandbox/slack/default-workspace.ts';

export interface BotConfigOptions {
  fleet: FleetDefinition;
  folder: string;
  /** Undefined: the default of production. */
  timing?: Record<string, string | undefined>;
  environment?: Record<string, unknown>;
  /** Added to every landing zone. */
  zone?: Record<string, unknown>;
  http?: Record<string, unknown>;
  logLevel?: string;
  /** Null = not said, as for releases that do not know of it. */
  ownInstanceIds?: readonly string[] | null;
}

export function botConfig({
  fleet,
  folder,
  timing = {},
  environment = {},
  zone = {},
  http = { port: 0 },
  logLevel = 'warn',
  ownInstanceIds = [],
}: BotConfigOptions): string {
  const names = [...new Set(fleet.zones.map((z) => z.environment))];
  return stringify({
    workspace: TEAM,
    database: { path: `${folder}/patchday.sqlite` },
    data_dir: `${folder}/reports`,
    http,
    log_level: logLevel,
    ...(ownInstanceIds === null ? {} : { own_instance_ids: ownInstanceIds }),
    timing: {
      poll_images: '15ms',
      poll_commands: '15ms',
      poll_power: '15ms',
      agent_grace: '1s',
      api_timeout: '400ms',
      effect_grace: '600ms',
      lost_agent_after: '1s',
      verify_timeout: '5s',
      backup_timeout: '5s',
      start_timeout: '5s',
      delivery_timeout: '30s',
      install_worst_case: '5s',
      reboot_allowance: '1s',
      back_off: '5ms',
      card_interval: '50ms',
      ...timing,
    },
    environments: Object.fromEntries(
      names.map((name) => [
        name,
        {
          channel: CHANNELS.nonprod,
          requesters: { groups: [GROUPS.requesters] },
          approvers: { groups: [GROUPS.approvers] },
          start: { default: 'now' },
          wave: { size: 2 },
          failure_budget: 10,
          ...environment,
        },
      ]),
    ),
    landing_zones: fleet.zones.map((z) => ({
      name: z.name,
      account_id: z.accountId,
      environment: z.environment,
      regions: z.regions,
      read_role_arn: `arn:aws:iam::${z.accountId}:role/PatchdayRead`,
      patch_role_arn: `arn:aws:iam::${z.accountId}:role/PatchdayPatch`,
      external_id: z.externalId,
      patch_enabled: true,
      ...zone,
    })),
  });
}
