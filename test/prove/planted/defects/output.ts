/** Defects that let something out or say it twice: markup, formulas, secrets, messages. */
import type { Defect } from '../defect.ts';

export const OUTPUT_DEFECTS: readonly Defect[] = [
  {
    name: 'escape forgotten in sentences',
    promise: 'nothing foreign is interpreted',
    changes: [
      {
        file: 'src/slack/mrkdwn.ts',
        find: "return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');",
        replace: 'return text;',
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-01'],
    noticedAs: /broadcast channel was mentioned/,
  },
  {
    name: 'escape forgotten for the key of a tag that is filtered by',
    promise: 'nothing foreign is interpreted',
    changes: [
      {
        file: 'src/slack/card-scope.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source, not a template
        find: 'code(`tag:${tag.key}=${tag.value}`, 80)',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source, not a template
        replace: '(`tag:${tag.key}=${tag.value}` as Mrkdwn)',
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-08'],
    noticedAs: /markup came out in chat\.\w+: </,
  },
  {
    name: 'the key of a protecting tag may mark a mention',
    promise: 'nothing foreign is interpreted',
    changes: [{ file: 'src/workflow/eligibility.ts', find: 'foreign(tag.key)', replace: 'tag.key' }],
    prove: ['--only', 'injection', '--case', 'job-08'],
    noticedAs: /markup came out in views\.update: <@U0OLGAOUTS>/,
  },
  {
    name: 'formulas not disarmed in CSV',
    promise: 'nothing foreign is interpreted',
    changes: [
      {
        file: 'src/report/csv-encode.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source, not a template
        find: ".replace(FORMULA, (_all, before: string, gap: string) => `${before}'${gap}`)",
        replace: '.replace(FORMULA, (all) => all)',
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-13'],
    noticedAs: /holds what a spreadsheet takes for a formula/,
  },
  {
    name: 'secrets not taken out',
    promise: 'no secret leaves the process',
    changes: [
      {
        file: 'src/ops/scrub.ts',
        find: 'for (const { pattern } of SECRET_PATTERNS) out = out.replace(pattern, REMOVED);',
        replace: '',
      },
    ],
    prove: ['--only', 'secrets'],
    noticedAs: /a secret .* is in what Slack was sent/,
  },
  {
    name: 'what AWS says is passed on as it is',
    promise: 'no secret leaves the process',
    changes: [
      {
        file: 'src/aws/clients.ts',
        find: 'throw scrubError(error, options.scrub);',
        replace: 'throw error;',
      },
    ],
    prove: ['--only', 'secrets', '--case', 'whole'],
    noticedAs: /a secret .* is in what Slack was sent/,
  },
  {
    name: 'the sessions that AWS hands out are not known as secrets',
    promise: 'no secret leaves the process',
    changes: [
      {
        file: 'src/aws/sessions.ts',
        find: 'options.remember([AccessKeyId, SecretAccessKey, SessionToken], Expiration.getTime());',
        replace: '',
      },
    ],
    prove: ['--only', 'secrets', '--case', 'whole'],
    noticedAs: /a secret .* is in patchday\.sqlite/,
  },
  {
    name: 'an error that nothing caught is left to Node to print',
    promise: 'no secret leaves the process',
    changes: [
      {
        file: 'src/cli/serve.ts',
        find: '  installLastResort(log);',
        replace: '',
      },
    ],
    prove: ['--only', 'secrets', '--case', 'crash-output'],
    noticedAs: /a secret .* is in the output of a process/,
  },
  {
    name: 'a thread message in doubt is sent again',
    promise: 'Slack is told once',
    changes: [
      {
        file: 'src/slack/slack-errors.ts',
        find: ": { effect: 'in_doubt', code: causes[0]?.code ?? 'unknown', again: true, retryAfter: null };",
        replace:
          ": { effect: 'not_done', code: causes[0]?.code ?? 'unknown', again: true, retryAfter: null };",
      },
    ],
    prove: ['--only', 'slack-outage', '--case', 'answers-lost'],
    noticedAs: /says twice or out of order|lacks, or has in another place/,
  },
];
