/** Defects that a reviewer of the security planted, and that no proof noticed at that time. */
import type { Defect } from '../defect.ts';

export const SECURITY_DEFECTS: readonly Defect[] = [
  {
    name: 'nothing is escaped in the HTML report',
    promise: 'nothing foreign is interpreted',
    changes: [
      {
        file: 'src/report/html-text.ts',
        find: "  return text\n    .replaceAll('&', '&amp;')",
        replace: "  if (text !== '') return text;\n  return text\n    .replaceAll('&', '&amp;')",
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-01'],
    noticedAs: /report\.html is live/,
  },
  {
    name: 'quotes are not escaped in the HTML report',
    promise: 'nothing foreign is interpreted',
    changes: [{ file: 'src/report/html-text.ts', find: ".replaceAll('\"', '&quot;')", replace: '' }],
    prove: ['--only', 'injection', '--case', 'job-12'],
    noticedAs: /report\.html is live/,
  },
  {
    name: 'the name that an instance gives itself is shown as its platform',
    promise: 'nothing foreign is interpreted',
    changes: [
      {
        file: 'src/aws/instances.ts',
        find: '  PlatformName: z.string().optional(),',
        replace: '  ComputerName: z.string().optional(),\n  PlatformName: z.string().optional(),',
      },
      {
        file: 'src/aws/instances.ts',
        find: "  if (!ssm?.PlatformName) return '';",
        replace: "  if (ssm?.ComputerName) return ssm.ComputerName;\n  if (!ssm?.PlatformName) return '';",
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-01'],
    noticedAs: /the name that an instance gives itself is in /,
  },
  {
    name: 'the mention of a group passes the escaping',
    promise: 'nothing foreign is interpreted',
    changes: [
      {
        file: 'src/slack/mrkdwn.ts',
        find: "return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');",
        replace:
          "return text.replace(/&/g, '&amp;').replace(/<(?!!subteam)|(?<!<!subteam\\^[A-Z0-9]+)>/g, (c) => (c === '<' ? '&lt;' : '&gt;'));",
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-02'],
    noticedAs: /usergroup \S+ was mentioned/,
  },
  {
    name: 'a tag becomes a parameter of the patch command',
    promise: 'only allow-listed bytes are sent to SSM',
    changes: [
      {
        file: 'src/workflow/batches.ts',
        find: "RebootOption: [plan?.rebootOption ?? 'NoReboot'],",
        replace: "RebootOption: [first.instance.tags['Owner'] ?? 'NoReboot'],",
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-01'],
    noticedAs: /SSM was sent SendCommand with /,
  },
  {
    name: 'the output of the patch command is sent to a bucket',
    promise: 'only allow-listed bytes are sent to SSM',
    changes: [
      {
        file: 'src/aws/commands.ts',
        find: '            Comment: comment,',
        replace: "            Comment: comment,\n            OutputS3BucketName: 'somebody-elses',",
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-01'],
    noticedAs: /SSM was sent SendCommand with /,
  },
  {
    name: 'the account of a session is not compared',
    promise: 'nothing is changed in an account that was not planned',
    changes: [
      {
        file: 'src/aws/identity.ts',
        find: 'if (Account === place.accountId) return;',
        replace: "if (Account !== '') return;",
      },
    ],
    prove: ['--only', 'identity', '--case', 'session-of-another-account'],
    noticedAs: /was tried in \d+|it says: /,
  },
  {
    name: 'neither the account of a role nor that of a session is compared',
    promise: 'nothing is changed in an account that was not planned',
    changes: [
      {
        file: 'src/aws/sessions.ts',
        find: 'if (account !== zone.accountId) throw',
        replace: "if (account === '') throw",
      },
      {
        file: 'src/aws/identity.ts',
        find: 'if (Account === place.accountId) return;',
        replace: "if (Account !== '') return;",
      },
    ],
    prove: ['--only', 'identity', '--case', 'patch-role-of-another-account'],
    noticedAs: /(?:CreateImage|StartInstances|SendCommand|StopInstances|CreateTags) in \d+|it says: /,
  },
  {
    name: 'a refused role is told without the external id',
    promise: 'what is wrong with a role is said clearly',
    changes: [
      {
        file: 'src/aws/sessions.ts',
        find: "'Check its trust policy, the external id, and that",
        replace: "'Check its trust policy, and that",
      },
    ],
    prove: ['--only', 'identity', '--case', 'wrong-external-id'],
    noticedAs: /it says: /,
  },
  {
    name: 'known secrets are not taken out',
    promise: 'no secret leaves the process',
    changes: [
      {
        file: 'src/ops/scrub.ts',
        find: 'for (const value of known) out = out.replaceAll(value, REMOVED);',
        replace: '',
      },
    ],
    prove: ['--only', 'secrets', '--case', 'whole-job'],
    noticedAs: /a secret .* is in /,
  },
  {
    name: 'the patch role is made an administrator',
    promise: 'the IAM templates give what is needed and nothing else',
    changes: [
      {
        file: 'deploy/spoke-roles.yaml',
        find: '      Description: Patchday backs up, starts, stops and patches tagged instances with this role\n',
        replace:
          '      Description: Patchday backs up, starts, stops and patches tagged instances with this role\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]\n',
      },
    ],
    prove: ['--only', 'identity', '--case', 'iam-templates'],
    noticedAs: /spoke/,
  },
  {
    name: 'shell scripts are not denied any more',
    promise: 'the IAM templates give what is needed and nothing else',
    changes: [
      {
        file: 'deploy/spoke-roles.yaml',
        find: 'Sid: NeverAnyScript\n                Effect: Deny\n                Action: ssm:SendCommand',
        replace:
          'Sid: NeverAnyScript\n                Effect: Deny\n                Action: ssm:GetCommandInvocation',
      },
    ],
    prove: ['--only', 'identity', '--case', 'iam-templates'],
    noticedAs: /PatchRole: may no more: .*ssm:SendCommand/,
  },
];
