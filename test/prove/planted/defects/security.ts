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
  },
  {
    name: 'quotes are not escaped in the HTML report',
    promise: 'nothing foreign is interpreted',
    changes: [{ file: 'src/report/html-text.ts', find: ".replaceAll('\"', '&quot;')", replace: '' }],
    prove: ['--only', 'injection', '--case', 'job-12'],
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
  },
];
