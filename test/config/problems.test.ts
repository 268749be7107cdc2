/** What people read when their configuration is wrong: the exact sentences. */
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { GOOD, messages, texts, withoutLines, withValue } from './support.ts';

const LENGTH = (from: string, to: string, example: string) =>
  `a length of time from ${from} to ${to}, with its unit (ms, s, m, h, d), such as ${example}`;
const zone = 'landing_zones.0';

/** [what is wrong, path, value, the one sentence shown] */
const MISTAKES: readonly (readonly [string, string, unknown, string])[] = [
  [
    'a workspace by name',
    'workspace',
    'acme',
    'workspace: found "acme"; allowed: the id of a Slack workspace, such as T0123ABCD.',
  ],
  [
    'a missing workspace',
    'workspace',
    undefined,
    'workspace: found nothing (it is missing); allowed: the id of a Slack workspace, such as T0123ABCD.',
  ],
  [
    'a misspelt key',
    'databse',
    {},
    'databse: found the unknown key "databse"; allowed: workspace, database, data_dir, http, log_level, timing, environments, landing_zones. Did you mean database?',
  ],
  [
    'a key like no other',
    'http.tls_certificate',
    'x',
    'http.tls_certificate: found the unknown key "tls_certificate"; allowed: host, port.',
  ],
  [
    'a key in camelCase',
    'environments.prod.backup.retentionDays',
    3,
    'environments.prod.backup.retentionDays: found the unknown key "retentionDays"; allowed: required, no_reboot, retention_days, without_verified_backup. Did you mean retention_days?',
  ],
  [
    'a port out of range',
    'http.port',
    70000,
    'http.port: found 70000; allowed: a whole number from 0 to 65535.',
  ],
  [
    'a port as text',
    'http.port',
    'eighty',
    'http.port: found "eighty"; allowed: a whole number from 0 to 65535.',
  ],
  [
    'a wrong log level',
    'log_level',
    'warning',
    'log_level: found "warning"; allowed: fatal, error, warn, info, debug or trace.',
  ],
  [
    'a choice nearly right',
    'environments.prod.reboot',
    'if_needed',
    'environments.prod.reboot: found "if_needed"; allowed: if-needed or never. Did you mean if-needed?',
  ],
  [
    'a length without unit',
    'timing.poll_images',
    30,
    `timing.poll_images: found 30; allowed: ${LENGTH('10ms', '1h', '30s')}. Write the unit too: 30s or 30m?`,
  ],
  [
    'a length with a foreign unit',
    'timing.poll_images',
    '30 seconds',
    `timing.poll_images: found "30 seconds"; allowed: ${LENGTH('10ms', '1h', '30s')}.`,
  ],
  [
    'a length that is too short',
    'timing.delivery_timeout',
    '10s',
    `timing.delivery_timeout: found "10s" (too short); allowed: ${LENGTH('30s', '2h', '10m')}.`,
  ],
  [
    'a length that is too long',
    'timing.api_timeout',
    '6m',
    `timing.api_timeout: found "6m" (too long); allowed: ${LENGTH('100ms', '5m', '20s')}.`,
  ],
  [
    'a delivery time-out that SSM cannot take',
    'timing.delivery_timeout',
    '30500ms',
    `timing.delivery_timeout: found "30500ms" (not whole seconds); allowed: ${LENGTH('30s', '2h', '10m')}.`,
  ],
  [
    'a unit twice',
    'timing.poll_images',
    '5m5m',
    `timing.poll_images: found "5m5m" (not a length of time); allowed: ${LENGTH('10ms', '1h', '30s')}.`,
  ],
  [
    'a grace period within the time-out',
    'timing.effect_grace',
    '20s',
    'timing.effect_grace: found 20s, which is not longer than api_timeout (20s); allowed: longer than api_timeout: while a call may still be under way, not finding its effect proves nothing.',
  ],
  [
    'an interval longer than its limit',
    'timing',
    { poll_power: '20m', start_timeout: '15m' },
    'timing.poll_power: found 20m, which is not shorter than start_timeout (15m); allowed: shorter than start_timeout, or the time is up before anybody looked.',
  ],
  [
    'a channel by name',
    'environments.prod.channel',
    '#patching',
    'environments.prod.channel: found "#patching"; allowed: the id of a Slack channel, such as C0123ABCD (in Slack: channel details, at the bottom; not its #name).',
  ],
  [
    'a time zone by offset',
    'environments.prod.time_zone',
    '+01:00',
    'environments.prod.time_zone: found "+01:00" (not a known time zone); allowed: a name of the IANA time zone database, such as Europe/Berlin, America/New_York or UTC.',
  ],
  [
    'a time zone that does not exist',
    'environments.prod.time_zone',
    'Europe/Bonn',
    'environments.prod.time_zone: found "Europe/Bonn" (not a known time zone); allowed: a name of the IANA time zone database, such as Europe/Berlin, America/New_York or UTC.',
  ],
  [
    'a group by handle',
    'environments.prod.approvers.groups',
    ['@leads'],
    'environments.prod.approvers.groups[0]: found "@leads"; allowed: the id of a Slack user group, such as S0123ABCD (not its @handle, which anyone may rename).',
  ],
  [
    'too many approvals',
    'environments.prod.approvals_required',
    6,
    'environments.prod.approvals_required: found 6; allowed: a whole number from 1 to 5.',
  ],
  [
    'half an approval',
    'environments.prod.approvals_required',
    1.5,
    'environments.prod.approvals_required: found 1.5; allowed: a whole number from 1 to 5.',
  ],
  [
    'more approvals than approvers',
    'environments.prod',
    {
      channel: 'C0123ABCD',
      requesters: { groups: ['S0123REQS'] },
      approvers: { users: ['U01', 'U02'].map((id) => `${id}2`) },
      approvals_required: 3,
    },
    'environments.prod.approvals_required: found 3, with 2 approvers listed; allowed: at most 2, or more approvers.',
  ],
  [
    'nobody but the requester to approve',
    'environments.prod',
    { channel: 'C0123ABCD', requesters: { users: ['U0123ME'] }, approvers: { users: ['U0123ME'] } },
    'environments.prod.approvers: found too few people to approve what U0123ME requested; allowed: at least 1 approver besides the requester, because nobody approves their own request.',
  ],
  [
    'no requesters',
    'environments.prod.requesters',
    {},
    'environments.prod.requesters: found nobody; allowed: at least one Slack user group or user who may ask for runs.',
  ],
  [
    'no approvers',
    'environments.prod.approvers',
    { users: [] },
    'environments.prod.approvers: found nobody; allowed: at least one Slack user group or user who may approve.',
  ],
  [
    'a percentage above 100',
    'environments.prod.failure_budget',
    '110%',
    'environments.prod.failure_budget: found "110%" (not a share); allowed: a whole number of at least 0 or a percentage from 0% to 100%, such as 5 or 25%.',
  ],
  [
    'a wave of nobody',
    'environments.prod.wave.size',
    '0%',
    'environments.prod.wave.size: found "0%" (too small); allowed: a whole number of at least 1 or a percentage from 1% to 100%, such as 5 or 25%.',
  ],
  [
    'a batch that AWS refuses',
    'environments.prod.batch_size',
    51,
    'environments.prod.batch_size: found 51; allowed: a whole number from 1 to 50.',
  ],
  [
    'patching without backup in too few words',
    'environments.prod.backup.without_verified_backup',
    'patch',
    'environments.prod.backup.without_verified_backup: found "patch"; allowed: skip or patch-without-backup.',
  ],
  [
    'no backups while unbacked instances are skipped',
    'environments.prod.backup.required',
    false,
    'environments.prod.backup.required: found false, while without_verified_backup is skip: nothing would ever be patched; allowed: true; or, if you mean it, without_verified_backup: patch-without-backup.',
  ],
  [
    'a run shorter than one wave',
    'environments.prod.run_length_limit',
    '1h',
    'environments.prod.run_length_limit: found 1h, which is shorter than the worst case of one wave, 3h5m (delivery_timeout + install_worst_case + reboot_allowance + verify_timeout); allowed: at least 3h5m.',
  ],
  [
    'a window shorter than one wave',
    'environments.prod.start.window',
    { from: '23:00', until: '01:00' },
    'environments.prod.start.window: found a window of 2h, which is shorter than the worst case of one wave, 3h5m (delivery_timeout + install_worst_case + reboot_allowance + verify_timeout); allowed: at least 3h5m, or no wave could ever begin in it.',
  ],
  [
    'a weekday in full',
    'environments.prod.start.window.days',
    ['sunday'],
    'environments.prod.start.window.days[0]: found "sunday"; allowed: sun, mon, tue, wed, thu, fri or sat.',
  ],
  [
    'no weekday',
    'environments.prod.start.window.days',
    [],
    'environments.prod.start.window.days: found an empty list; allowed: a list of at least one of sun, mon, tue, wed, thu, fri or sat.',
  ],
  [
    'a time of day that is none',
    'environments.prod.start.window.from',
    '25:00',
    'environments.prod.start.window.from: found "25:00"; allowed: a time of day from "00:00" to "23:59", in quotes.',
  ],
  [
    'a check of an unknown type',
    'environments.prod.verify.checks',
    [{ name: 'x', type: 'https', port: 443 }],
    'environments.prod.verify.checks[0].type: found "https"; allowed: tcp or http. Did you mean http?',
  ],
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

describe('a configuration with one mistake', () => {
  it('is correct before the mistake is made', () => {
    const loaded = parseConfig(GOOD, {});
    expect(messages(loaded)).toEqual([]);
    expect(loaded.ok).toBe(true);
  });

  for (const [what, path, value, sentence] of MISTAKES)
    it(`is refused for ${what}, with this sentence and no other`, () => {
      const loaded = parseConfig(withValue(path, value), {});
      expect(loaded.ok).toBe(false);
      const said = withoutLines(messages(loaded));
      // Taking the landing zones away is two mistakes at once.
      if (path === 'landing_zones') expect(said).toContain(sentence);
      else expect(said).toEqual([sentence]);
    });
});

describe('a file with many mistakes', () => {
  it('shows all of them in one go, in the order of their lines', () => {
    const said = texts(`workspace: acme
environments:
  prod:
    chanel: C0123ABCD
    requesters: {groups: [S0123REQS]}
    approvers: {groups: [S0123REQS]}
    run_length_limit: 10m
landing_zones:
  - name: a-prod
    account_id: 012345678901
    environment: prd
    regions: [eu-central-1]
    read_role_arn: arn:aws:iam::999999999999:role/x
    external_id: abc
  - name: a-prod
    account_id: '123456789012'
    environment: prod
    regions: [eu-central-1]
    read_role_arn: arn:aws:iam::999999999999:role/x
    external_id: abc
`);
    expect(said.map((line) => line.split(': found ')[0])).toEqual([
      'line 1: workspace',
      'line 3: environments.prod.channel',
      'line 4: environments.prod.chanel',
      'line 6: environments.prod.approvers',
      'line 7: environments.prod.run_length_limit',
      'line 10: landing_zones[0].account_id',
      'line 11: landing_zones[0].environment',
      'line 15: landing_zones[1].name',
      'line 19: landing_zones[1].read_role_arn',
    ]);
    expect(said[5]).toContain('Put it in quotes: account_id: "012345678901"');
    expect(said[6]).toBe(
      'line 11: landing_zones[0].environment: found the unknown environment "prd"; allowed: one of prod. Did you mean prod?',
    );
    expect(said[7]).toBe(
      'line 15: landing_zones[1].name: found the name "a-prod", which landing_zones[0] in line 9 has already; allowed: each name once.',
    );
  });

  it('names an account that two landing zones have', () => {
    const twice = `${GOOD}  - name: other-prod
    account_id: '012345678901'
    environment: prod
    regions: [eu-central-1]
    read_role_arn: arn:aws:iam::012345678901:role/PatchdayRead
    external_id: other-prod-1
`;
    expect(texts(twice)).toEqual([
      'line 19: landing_zones[1].account_id: found the account "012345678901", which landing_zones[0] in line 11 has already; allowed: each account once.',
    ]);
  });
});

describe('YAML that cannot be read', () => {
  it('is refused with the line of the trouble', () => {
    expect(texts('workspace: T0123ABCD\nhttp: {port: 1\nlog_level: info\n')[0]).toMatch(
      /^line \d: found text that YAML cannot read \(/,
    );
    expect(texts('http:\n  port: 1\n  port: 2\n')).toEqual([
      'line 3: found text that YAML cannot read (Map keys must be unique); allowed: one YAML document; check the indentation, colons and quotes around this line.',
    ]);
  });

  it('is refused when it is empty or not a section', () => {
    expect(texts('')).toEqual([
      'found an empty file; allowed: a configuration; begin with a copy of patchday.example.yaml.',
    ]);
    expect(texts('- a\n')).toEqual([
      'found a list; allowed: a section with the keys workspace, database, data_dir, http, log_level, timing, environments, landing_zones.',
    ]);
  });

  it('does not expand aliases without end', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 10; n++)
      bomb.push(
        `a${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      );
    expect(texts(bomb.join('\n'))[0]).toMatch(/^found text that YAML cannot read/);
  });
});

describe('warnings', () => {
  it('let Patchday start, and say what to look at', () => {
    const loaded = parseConfig(withValue('environments.prod.approvers.groups', ['S0123REQS']), {});
    expect(loaded.ok).toBe(true);
    expect(withoutLines(messages(loaded))).toEqual([
      'environments.prod.approvers: found the same group as the requesters, and nobody else; allowed: a group of its own, or further approvers. Nobody approves their own request: with 2 members or more in the group it works, with fewer nobody can approve.',
    ]);
  });

  it('point out one role for looking and changing', () => {
    const same = withValue('landing_zones.0.patch_role_arn', 'arn:aws:iam::012345678901:role/PatchdayRead');
    const loaded = parseConfig(same, {});
    expect(loaded.ok).toBe(true);
    expect(messages(loaded)[0]).toContain('found the same role as read_role_arn');
  });

  it('name the listed requester whose runs too few can approve', () => {
    const loaded = parseConfig(
      withValue('environments.prod', {
        channel: 'C0123ABCD',
        requesters: { users: ['U0123ANN', 'U0123BOB'] },
        approvers: { users: ['U0123ANN'] },
      }),
      {},
    );
    expect(loaded.ok).toBe(true);
    expect(messages(loaded)[0]).toContain('too few people to approve what U0123ANN requested');
  });
});
