import type { Mistake } from './support.ts';

const zone = 'landing_zones.0';

/** Mistakes within a landing zone. */
export const LANDING_ZONE_MISTAKES: readonly Mistake[] = [
  [
    'yes for true',
    `${zone}.patch_enabled`,
    'yes',
    'landing_zones[0].patch_enabled: found "yes"; allowed: true or false. Write true.',
  ],
  [
    'an account with a digit too few',
    `${zone}.account_id`,
    '12345678901',
    'landing_zones[0].account_id: found "12345678901"; allowed: the 12 digits of an AWS account, in quotes (without quotes YAML reads a number and drops its leading zeros).',
  ],
  [
    'an account that lost its zeros',
    `${zone}.account_id`,
    12345678901,
    'landing_zones[0].account_id: found 12345678901; allowed: the 12 digits of an AWS account, in quotes (without quotes YAML reads a number and drops its leading zeros). It was read as a number and may have lost its leading zeros: should it be "012345678901"?',
  ],
  [
    'a region that is a city',
    `${zone}.regions`,
    ['Frankfurt'],
    'landing_zones[0].regions[0]: found "Frankfurt"; allowed: an AWS region, such as eu-central-1.',
  ],
  [
    'an availability zone for a region',
    `${zone}.regions`,
    ['eu-central-1a'],
    'landing_zones[0].regions[0]: found "eu-central-1a"; allowed: an AWS region, such as eu-central-1.',
  ],
  [
    'no region',
    `${zone}.regions`,
    [],
    'landing_zones[0].regions: found an empty list; allowed: a list of at least one AWS region, such as eu-central-1.',
  ],
  [
    'a region twice',
    `${zone}.regions`,
    ['eu-west-1', 'eu-west-1'],
    'landing_zones[0].regions[1]: found eu-west-1 a second time; allowed: each region once.',
  ],
  [
    'a user instead of a role',
    `${zone}.read_role_arn`,
    'arn:aws:iam::012345678901:user/me',
    'landing_zones[0].read_role_arn: found "arn:aws:iam::012345678901:user/me"; allowed: the ARN of an IAM role, such as arn:aws:iam::123456789012:role/PatchdayRead.',
  ],
  [
    'a role in another account',
    `${zone}.patch_role_arn`,
    'arn:aws:iam::999999999999:role/x',
    'landing_zones[0].patch_role_arn: found a role in account 999999999999; allowed: a role in the account of this landing zone, 012345678901.',
  ],
  [
    'patching without a role for it',
    `${zone}.patch_role_arn`,
    undefined,
    'landing_zones[0].patch_role_arn: found nothing, although patch_enabled is true; allowed: the ARN of the role for changing; or patch_enabled: false.',
  ],
  [
    'a wrong regular expression',
    `${zone}.exclude.name_pattern`,
    '([',
    'landing_zones[0].exclude.name_pattern: found "([" (not a regular expression: Unterminated character class); allowed: a regular expression of at most 200 characters, such as "^web-".',
  ],
  [
    'a tag value that is not text',
    `${zone}.protected_tags`,
    { Keep: true },
    'landing_zones[0].protected_tags.Keep: found true; allowed: tag keys, each with one value or a list of values, without the wildcards * and ?; write numbers, true and false in quotes, because tag values are text.',
  ],
  [
    'a wildcard that would protect nothing',
    `${zone}.protected_tags`,
    { Keep: '*' },
    'landing_zones[0].protected_tags.Keep: found "*"; allowed: tag keys, each with one value or a list of values, without the wildcards * and ?; write numbers, true and false in quotes, because tag values are text.',
  ],
  [
    'an instance by name',
    `${zone}.include.instance_ids`,
    ['web-1'],
    'landing_zones[0].include.instance_ids[0]: found "web-1"; allowed: the id of an EC2 instance, such as i-0123456789abcdef0.',
  ],
  [
    'a name with capitals',
    `${zone}.name`,
    'Payments',
    'landing_zones[0].name: found "Payments"; allowed: a name of 1 to 40 lower-case letters, digits and hyphens, such as payments-prod.',
  ],
  [
    'a landing zone named like an environment',
    `${zone}.name`,
    'prod',
    'landing_zones[0].name: found "prod", which is also the name of an environment; allowed: a name of its own, so that /patch scan <name> has one meaning.',
  ],
  [
    'a landing zone named all',
    `${zone}.name`,
    'all',
    'landing_zones[0].name: found the name "all"; allowed: a name of its own, so that /patch scan <name> has one meaning.',
  ],
  [
    'a name that says another environment',
    `${zone}.name`,
    'payments-nonprod',
    'landing_zones[0].environment: found environment prod for a landing zone named "payments-nonprod", which says nonprod; allowed: a name that does not say another environment. Correct the environment, or rename the landing zone.',
  ],
  [
    'no landing zones',
    'landing_zones',
    undefined,
    'environments.prod: found an environment without landing zones; allowed: at least one entry in landing_zones with environment: prod.',
  ],
];
