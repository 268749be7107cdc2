import type { Mistake } from './support.ts';

/** Mistakes within an environment. */
export const ENVIRONMENT_MISTAKES: readonly Mistake[] = [
  [
    'a key in camelCase',
    'environments.prod.backup.retentionDays',
    3,
    'environments.prod.backup.retentionDays: found the unknown key "retentionDays"; allowed: required, no_reboot, retention_days, without_verified_backup. Did you mean retention_days?',
  ],
  [
    'a choice nearly right',
    'environments.prod.reboot',
    'if_needed',
    'environments.prod.reboot: found "if_needed"; allowed: if-needed or never. Did you mean if-needed?',
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
    'a stand-in without an offset from UTC',
    'environments.prod.approvers.stand_ins',
    [
      {
        user: 'U0STANDIN',
        for: 'U0AWAY',
        from: '2026-12-01T08:00',
        until: '2026-12-05T08:00Z',
        reason: 'leave',
      },
    ],
    'environments.prod.approvers.stand_ins[0].from: found "2026-12-01T08:00" (not a point in time); allowed: a date and time with its offset from UTC, in quotes, such as "2026-12-01T08:00+01:00".',
  ],
  [
    'a stand-in from a day that does not exist',
    'environments.prod.approvers.stand_ins',
    [
      {
        user: 'U0STANDIN',
        for: 'U0AWAY',
        from: '2026-02-30T08:00Z',
        until: '2026-03-05T08:00Z',
        reason: 'leave',
      },
    ],
    'environments.prod.approvers.stand_ins[0].from: found "2026-02-30T08:00Z" (not a point in time); allowed: a date and time with its offset from UTC, in quotes, such as "2026-12-01T08:00+01:00".',
  ],
  [
    'a stand-in for too long',
    'environments.prod.approvers.stand_ins',
    [
      {
        user: 'U0STANDIN',
        for: 'U0AWAY',
        from: '2026-12-01T08:00Z',
        until: '2027-01-01T09:00Z',
        reason: 'leave',
      },
    ],
    'environments.prod.approvers.stand_ins[0].until: found a time of 32 days; allowed: at most 31 days after `from`. For longer, put the person into the group of the approvers.',
  ],
  [
    'a stand-in that ends before it begins',
    'environments.prod.approvers.stand_ins',
    [
      {
        user: 'U0STANDIN',
        for: 'U0AWAY',
        from: '2026-12-02T08:00Z',
        until: '2026-12-01T08:00Z',
        reason: 'leave',
      },
    ],
    'environments.prod.approvers.stand_ins[0].until: found an end that is not after its beginning; allowed: a later time than `from`.',
  ],
  [
    'somebody standing in for themselves',
    'environments.prod.approvers.stand_ins',
    [
      {
        user: 'U0AWAY',
        for: 'U0AWAY',
        from: '2026-12-01T08:00Z',
        until: '2026-12-02T08:00Z',
        reason: 'leave',
      },
    ],
    'environments.prod.approvers.stand_ins[0].user: found U0AWAY standing in for themselves; allowed: somebody else than `for`.',
  ],
  [
    'a stand-in without a reason',
    'environments.prod.approvers.stand_ins',
    [{ user: 'U0STANDIN', for: 'U0AWAY', from: '2026-12-01T08:00Z', until: '2026-12-02T08:00Z', reason: '' }],
    'environments.prod.approvers.stand_ins[0].reason: found ""; allowed: a reason of 3 to 200 characters.',
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
];
