/**
 * patchday.yaml as a zod schema: the one source of the loader, of the types below, of
 * patchday.schema.json and of docs/configuration.md. In the file keys are snake_case; in code they are
 * camelCase, and every length of time is in milliseconds.
 */
import { z } from 'zod';
import { about, choice, duration, listOf, optionalSection, pattern, section, wholeNumber } from './fields.ts';
import { environmentSchema } from './schema-environment.ts';
import { instanceId, landingZoneSchema, NAME, NAME_ALLOWED } from './schema-landing-zone.ts';

const filePath = (description: string, byDefault: string) =>
  pattern(
    description,
    /^[^\0\n\r]{1,1000}$/,
    'a path; a relative one starts at the working directory',
  ).prefault(byDefault);

export const timingSchema = optionalSection(
  {
    poll_images: duration('How often backups in progress are looked at.', {
      default: '30s',
      min: '10ms',
      max: '1h',
    }),
    poll_commands: duration('How often patch commands in progress are looked at.', {
      default: '15s',
      min: '10ms',
      max: '1h',
    }),
    poll_power: duration('How often starting and stopping instances are looked at.', {
      default: '10s',
      min: '10ms',
      max: '1h',
    }),
    agent_grace: duration('Within this time an SSM agent must be Online again after a start or a reboot.', {
      default: '15m',
      min: '100ms',
      max: '6h',
    }),
    effect_grace: duration(
      'How long a call with an unknown outcome is looked for before it counts as absent. Longer than `api_timeout`.',
      { default: '2m', min: '100ms', max: '1h' },
    ),
    api_timeout: duration('Longest time for one call to AWS.', { default: '20s', min: '100ms', max: '5m' }),
    lost_agent_after: duration(
      'A patch command in progress whose agent has been silent for this long is shown as lost.',
      { default: '30m', min: '100ms', max: '12h' },
    ),
    verify_timeout: duration('Longest time for the verification of an instance.', {
      default: '30m',
      min: '100ms',
      max: '12h',
    }),
    backup_timeout: duration('Longest time for one backup.', { default: '6h', min: '100ms', max: '3d' }),
    start_timeout: duration('Longest time for a stopped instance to be running and Online.', {
      default: '15m',
      min: '100ms',
      max: '6h',
    }),
    delivery_timeout: duration(
      'How long a patch command may wait for its instance (TimeoutSeconds of SendCommand, at least 30 s).',
      { default: '10m', min: '30s', max: '2h', wholeSeconds: true },
    ),
    install_worst_case: duration(
      'Longest time for one patch command. AWS-RunPatchBaseline gives up after 2 h by itself; the rest is margin.',
      { default: '2h10m', min: '100ms', max: '12h' },
    ),
    reboot_allowance: duration('Time for the reboot after patching, counted in the worst case of a wave.', {
      default: '15m',
      min: '100ms',
      max: '6h',
    }),
    scan_stale_after: duration('Patch figures older than this are shown as stale.', {
      default: '7d',
      min: '1s',
      max: '90d',
    }),
    back_off: duration('First pause after a call that AWS refused for now; it doubles each time.', {
      default: '1s',
      min: '1ms',
      max: '1m',
    }),
    check_commands: duration(
      'How often the commands that AWS remembers are compared with those that Patchday sent. It is done at the end of each run too.',
      { default: '15m', min: '1m', max: '1d' },
    ),
    card_interval: duration('Shortest time between two edits of one status card in Slack.', {
      default: '3s',
      min: '50ms',
      max: '5m',
    }),
  },
  'Intervals, grace periods and time limits. The defaults suit AWS; the sandbox uses shorter ones.',
);

const environments = z
  .record(
    z
      .string()
      .regex(NAME)
      .meta(about({ description: 'Name of the environment.', allowed: NAME_ALLOWED })),
    environmentSchema,
  )
  .refine((map) => Object.keys(map).length > 0, 'no environment')
  .transform((map) => {
    const named = Object.entries(map).map(([name, environment]) => [name, { name, ...environment }] as const);
    const byName: Record<string, (typeof named)[number][1]> = Object.fromEntries(named);
    // People type these names: "constructor" must not find what every object has.
    return Object.setPrototypeOf(byName, null) as typeof byName;
  })
  .meta(
    about({
      description: 'The environments by name, such as prod and nonprod.',
      allowed: 'environment names, each with its settings; at least one',
    }),
  );

export const configShape = {
  workspace: pattern(
    'The Slack workspace. Clicks and commands from any other are refused.',
    /^[TE][A-Z0-9]{2,20}$/,
    'the id of a Slack workspace, such as T0123ABCD',
  ),
  database: optionalSection(
    {
      path: filePath(
        'The SQLite file with all runs, approvals and the audit. On a local disk (not NFS), and in the backups of the machine.',
        'data/patchday.sqlite',
      ),
    },
    'Where Patchday remembers.',
  ),
  data_dir: filePath('Folder for reports (CSV, JSON, HTML).', 'data/reports'),
  http: optionalSection(
    {
      host: pattern(
        'Address for /healthz and /readyz. 0.0.0.0 opens them to the network; they need no password.',
        /^[A-Za-z0-9.:-]{1,253}$/,
        'an IP address or a host name, such as 127.0.0.1',
      ).prefault('127.0.0.1'),
      port: wholeNumber('Port; 0 takes any free one.', { default: 8080, min: 0, max: 65_535 }),
    },
    'The health pages.',
  ),
  own_instance_ids: listOf(
    'The EC2 instances that Patchday itself runs on: it refuses to patch them. It asks the machine and its metadata service at every start; name them here where neither can be asked (a container behind a hop limit of 1), or where Patchday moves between hosts.',
    instanceId,
    'a list of EC2 instance ids',
  ),
  log_level: choice('How much is logged.', ['fatal', 'error', 'warn', 'info', 'debug', 'trace'], 'info'),
  timing: timingSchema,
  environments,
  landing_zones: z
    .array(landingZoneSchema)
    .min(1)
    .meta(
      about({
        description: 'The AWS accounts that Patchday looks after.',
        allowed: 'a list of at least one landing zone',
      }),
    ),
};

export const configSchema = section(configShape, 'Configuration of Patchday (patchday.yaml).');

/** The whole configuration: checked, complete, every length of time in ms. */
export type Config = z.output<typeof configSchema>;
export type Environment = Config['environments'][string];
export type LandingZone = Config['landingZones'][number];
export type Timing = Config['timing'];
