/** docs/permissions.md, made from the one table of who may do what. */
import { PERMISSIONS, type Permission } from './permissions.ts';

const OR = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** Markdown. */
export function permissionsPage(): string {
  return [
    '# Who may do what',
    'Each environment names its requesters and its approvers, as Slack user groups or single people ([configuration](configuration.md)). Slack is asked at every click and every command, never a memory of ours; when it does not answer, the answer is no. Guests, bots, deactivated accounts and people of other workspaces may do nothing, whatever group they are in.',
    [
      '| To | requesters | approvers | also the person who asked for the run |',
      '| --- | --- | --- | --- |',
      ...PERMISSIONS.map(row),
    ].join('\n'),
    `The person who asked for a run, or who changed its plan last, may not ${OR.format(
      PERMISSIONS.filter((p) => p.notTheRequester).map((p) => p.name),
    )}: that needs a second pair of eyes. One person may be in both groups; for their own runs somebody else decides.`,
    'Freezing and unfreezing concern everything, so the groups of any environment may do it.',
    'A refusal is answered with the reason and with who can, changes nothing, and is written to the audit.',
    '<!-- Made from src/workflow/permissions.ts by scripts/generate-docs.ts; edit there. -->',
  ]
    .join('\n\n')
    .concat('\n');
}

function row({ name, requesters, approvers, notTheRequester }: Permission): string {
  const mark = (may: boolean) => (may ? 'yes' : 'no');
  return `| ${name} | ${mark(requesters)} | ${mark(approvers)} | ${mark(!notTheRequester)} |`;
}
