/** `environments` of patchday.yaml: who may ask, who approves, when, and how carefully. */
import { z } from 'zod';
import type { ApplicationCheck } from '../workflow/plan-types.ts';
import { WEEKDAYS } from '../workflow/zoned-time.ts';
import {
  about,
  choice,
  duration,
  flag,
  listOf,
  oneOf,
  optionalSection,
  pattern,
  section,
  share,
  wholeNumber,
} from './fields.ts';
import { approversSchema, groupsAndUsers } from './schema-approvers.ts';

const timeOfDay = (description: string, byDefault: string) =>
  pattern(
    description,
    /^(?:[01]\d|2[0-3]):[0-5]\d$/,
    'a time of day from "00:00" to "23:59", in quotes',
  ).prefault(byDefault);

const window = optionalSection(
  {
    days: z
      .array(z.enum(WEEKDAYS).meta(about({ description: 'A weekday.', allowed: oneOf(WEEKDAYS) })))
      .min(1)
      .prefault(['sun'])
      .meta(
        about({
          description: 'Days on which the window opens.',
          allowed: `a list of at least one of ${oneOf(WEEKDAYS)}`,
        }),
      ),
    from: timeOfDay('When it opens, local time of the environment.', '02:00'),
    until: timeOfDay(
      'When it closes, local time; at or before `from` means the next day. No wave begins that could not end by then.',
      '06:00',
    ),
  },
  'The weekly maintenance window that a run waits for when it is requested without `--at` and without `--now`.',
);

const start = optionalSection(
  {
    default: choice(
      'What a run does after its approval when the requester said neither `--now` nor `--at`: wait for the window (`scheduled`) or begin at once (`now`).',
      ['scheduled', 'now'],
      'scheduled',
    ),
    window,
  },
  'When a run begins.',
);

const backup = optionalSection(
  {
    required: flag(
      'Make an image (AMI) of every instance before it is patched. `false` also needs `without_verified_backup: patch-without-backup`.',
      true,
    ),
    no_reboot: flag(
      'Do not reboot the instance for the image: no outage, but the image is only crash-consistent. `false` reboots every instance once more.',
      true,
    ),
    retention_days: wholeNumber('Days until a backup is marked as expired (written on its tags).', {
      default: 14,
      min: 1,
      max: 3650,
    }),
    without_verified_backup: choice(
      'What happens to an instance whose backup is not there or not verified: it is skipped, or patched all the same, which has to be written out in full.',
      ['skip', 'patch-without-backup'],
      'skip',
    ),
  },
  'Backups before patching. Verified means: image available and every snapshot completed; it does not mean that a restore was tried.',
);

const tag = section(
  {
    key: pattern('Tag key.', /^[\s\S]{1,128}$/u, 'a tag key of 1 to 128 characters'),
    value: pattern('Tag value.', /^[\s\S]{0,256}$/u, 'a tag value of at most 256 characters, in quotes'),
  },
  'A tag that the instance must have.',
);

const check = z
  .strictObject({
    name: pattern(
      'Name of the check, as it is shown in reports.',
      /^[^\n\r]{1,60}$/u,
      'a name of 1 to 60 characters',
    ),
    type: z
      .enum(['tcp', 'http'])
      .meta(
        about({ description: 'What is tried: a TCP connection or an HTTP GET.', allowed: 'tcp or http' }),
      ),
    tag: tag
      .nullable()
      .prefault(null)
      .meta(
        about({
          description: 'Only instances with this tag are checked; left out, all are.',
          allowed: 'a section with the keys key, value',
        }),
      ),
    port: z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .meta(
        about({
          description: 'Port on the private address of the instance.',
          allowed: 'a whole number from 1 to 65535',
        }),
      ),
    path: pattern(
      'Path of the HTTP request.',
      /^\/[^\s]{0,500}$/,
      'a path that begins with / and has no spaces',
    ).prefault('/'),
    expect: wholeNumber('HTTP status that counts as healthy.', { default: 200, min: 100, max: 599 }),
    timeout: duration('How long one try may take.', { default: '5s', min: '100ms', max: '2m' }),
  })
  .transform(
    ({ name, type, tag, port, path, expect, timeout }): ApplicationCheck => ({
      name,
      type,
      tag,
      port,
      path,
      expectStatus: expect,
      timeoutMs: timeout,
    }),
  )
  .meta(
    about({
      description: 'One check.',
      allowed: 'a section with the keys name, type, tag, port, path, expect, timeout',
    }),
  );

function validTimeZone(name: string): boolean {
  // Offsets ("+01:00") are zones for Intl, yet they would move a window by an hour twice a year.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const timeZone = z
  .string()
  .refine(validTimeZone, 'not a known time zone')
  .prefault('UTC')
  .meta(
    about({
      description: 'Time zone of the maintenance window, of `--at` and `--until`, and of the times shown.',
      allowed: 'a name of the IANA time zone database, such as Europe/Berlin, America/New_York or UTC',
    }),
  );

export const environmentShape = {
  channel: pattern(
    'Slack channel in which this environment is patched: cards, threads and reports.',
    /^[CG][A-Z0-9]{2,20}$/,
    'the id of a Slack channel, such as C0123ABCD (in Slack: channel details, at the bottom; not its #name)',
  ),
  time_zone: timeZone,
  requesters: section(
    groupsAndUsers,
    'Who may ask for runs. They and the approvers may scan, look and stop.',
  ),
  approvers: approversSchema,
  approvals_required: wholeNumber('How many different people must approve a plan.', {
    default: 1,
    min: 1,
    max: 5,
  }),
  approval_ttl: duration(
    'How long a plan can be approved; after that it expires. An approved run may begin until the last moment that its window allows, and then expires too.',
    {
      default: '24h',
      min: '1s',
      max: '14d',
    },
  ),
  start,
  backup,
  reboot: choice(
    '`if-needed` lets AWS-RunPatchBaseline reboot (it does so whenever anything was installed); `never` leaves patches pending a reboot, and says so.',
    ['if-needed', 'never'],
    'if-needed',
  ),
  wave: optionalSection(
    {
      size: share('Instances per wave; a percentage is of the instances in the plan, rounded up.', {
        default: '25%',
        min: 1,
      }),
    },
    'Waves: the next one begins only when the one before it is judged good enough.',
  ),
  failure_budget: share(
    'Most instances that may fail before the run stops in front of its next wave; 0 stops at the first failure. A percentage is of the instances in the plan, rounded down.',
    { default: '10%', min: 0 },
  ),
  run_length_limit: duration(
    'Longest time from the start of a run to the end of its last wave: no wave begins that could not end by then. What was begun is still followed to its end.',
    {
      default: '8h',
      min: '1s',
      max: '3d',
    },
  ),
  stopped_instances: choice(
    '`skip` leaves stopped instances alone; `start` backs them up, starts them, patches them and stops them again.',
    ['skip', 'start'],
    'skip',
  ),
  batch_size: wholeNumber(
    'Instances per patch command. AWS Systems Manager takes at most 50 instance ids in one SendCommand.',
    { default: 50, min: 1, max: 50 },
  ),
  verify: optionalSection(
    {
      checks: listOf(
        'Checks of the application on each instance, after the checks of Patchday itself.',
        check,
        'a list of checks',
      ),
    },
    'Proof of health after patching, beyond a fresh scan, no pending reboot and the status checks of EC2.',
  ),
};

export const environmentSchema = section(environmentShape, 'One environment.');
