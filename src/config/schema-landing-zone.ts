/** `landing_zones` of patchday.yaml: the AWS accounts, how to get in, and which instances are in reach. */
import { z } from 'zod';
import { about, flag, listOf, optionalSection, pattern, section, wholeNumber } from './fields.ts';

/** Names people type after `/patch scan`. */
export const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const NAME_ALLOWED = 'a name of 1 to 40 lower-case letters, digits and hyphens, such as payments-prod';

/** The forms of AWS region names, with the partitions for China, GovCloud and the isolated regions. */
export const REGION = /^[a-z]{2,4}(?:-[a-z]+){1,2}-\d$/;
const ROLE_ARN = /^arn:aws(?:-[a-z-]+)?:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const ROLE_ALLOWED = 'the ARN of an IAM role, such as arn:aws:iam::123456789012:role/PatchdayRead';

export interface TagRule {
  key: string;
  values: readonly string[];
}

const wildcardTagValue = z.string().max(256);
/** Here a wildcard would be taken literally and silently protect nothing, so it is refused. */
const exactTagValue = wildcardTagValue.regex(/^[^*?]*$/);

/** `{ Key: value }` or `{ Key: [value, value] }`. */
function tagRules(description: string, tagValue: z.ZodString = exactTagValue) {
  return z
    .record(z.string().min(1).max(128), z.union([tagValue, z.array(tagValue).min(1)]))
    .transform((rules): TagRule[] =>
      Object.entries(rules).map(([key, values]) => ({
        key,
        values: typeof values === 'string' ? [values] : values,
      })),
    )
    .prefault({})
    .meta(
      about({
        description,
        allowed: `tag keys, each with one value or a list of values${tagValue === exactTagValue ? ', without the wildcards * and ?' : ''}; write numbers, true and false in quotes, because tag values are text`,
      }),
    );
}

const namePattern = z
  .string()
  .min(1)
  .max(200)
  .superRefine((text, ctx) => {
    try {
      new RegExp(text);
    } catch (error) {
      const why =
        error instanceof Error ? error.message.replace(/^Invalid regular expression: .*: /s, '') : 'wrong';
      ctx.addIssue({ code: 'custom', message: `not a regular expression: ${why}` });
    }
  })
  .nullable()
  .prefault(null)
  .meta(
    about({
      description: 'Regular expression (JavaScript) over the Name tag; it may match anywhere in the name.',
      allowed: 'a regular expression of at most 200 characters, such as "^web-"',
    }),
  );

export const instanceId = pattern(
  'Id of an EC2 instance.',
  /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/,
  'the id of an EC2 instance, such as i-0123456789abcdef0',
);

function selection(description: string) {
  return optionalSection(
    {
      tags: tagRules('Instances that have one of these tags.'),
      name_pattern: namePattern,
      instance_ids: listOf('These instances.', instanceId, 'a list of EC2 instance ids'),
    },
    description,
  );
}

const roleArn = (description: string) => pattern(description, ROLE_ARN, ROLE_ALLOWED);

export const landingZoneShape = {
  name: pattern('Name that people type, as in `/patch scan <name>`.', NAME, NAME_ALLOWED),
  account_id: pattern(
    'The AWS account. Before anything is changed, Patchday asks AWS whether it is really there.',
    /^\d{12}$/,
    'the 12 digits of an AWS account, in quotes (without quotes YAML reads a number and drops its leading zeros)',
  ),
  environment: pattern('Which of the `environments` it belongs to.', NAME, 'the name of an environment'),
  regions: z
    .array(pattern('An AWS region.', REGION, 'an AWS region, such as eu-central-1'))
    .min(1)
    .meta(
      about({
        description: 'Regions to look in.',
        allowed: 'a list of at least one AWS region, such as eu-central-1',
      }),
    ),
  read_role_arn: roleArn('Role for looking: discovery, plans, progress.'),
  patch_role_arn: roleArn(
    'Role for changing: fresh scans, backups, start and stop, patching. Needed when `patch_enabled` is true.',
  )
    .nullable()
    .prefault(null)
    .meta(
      about({
        description:
          'Role for changing: fresh scans, backups, start and stop, patching. Needed when `patch_enabled` is true.',
        allowed: ROLE_ALLOWED,
      }),
    ),
  external_id: pattern(
    'External id that both roles ask for. Make one up per landing zone; it is not a password, and never comes from a user.',
    /^[\w+=,.@:/-]{2,1224}$/,
    'an external id of 2 to 1224 characters (letters, digits and _ + = , . @ : / -)',
  ),
  patch_enabled: flag('May Patchday change anything here? While false, it only looks and reports.', false),
  tag_filters: tagRules(
    'Only instances with all of these tags are looked at; of several values of one tag any will do. `*` and `?` are wildcards. AWS does the filtering.',
    wildcardTagValue,
  ),
  include: selection('When it names anything, only instances that it names are eligible.'),
  exclude: selection('Instances that are never eligible. It wins over `include`.'),
  protected_tags: tagRules(
    'Instances with one of these tags are never patched, and are shown with that reason.',
  ),
  others_patch_here: flag(
    "Do others send AWS-RunPatchBaseline here on purpose, such as a maintenance window? While false, each such command that installs and does not carry Patchday's mark is told in the channel, because it may come from somebody who has taken Patchday's role.",
    false,
  ),
  confirm_above: wholeNumber(
    'Most instances that a run may have in this landing zone without a second confirmation.',
    { default: 50, min: 1, max: 100_000 },
  ),
};

export const landingZoneSchema = section(
  landingZoneShape,
  'One AWS account with an environment and regions.',
);
