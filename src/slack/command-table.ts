/**
 * Every command in one table. The parser, `/patch help`, docs/commands.md and the manifest's usage hint are
 * made from it. Who may do what is decided by the workflow; `whoMay` says it in words.
 */
export type CommandName =
  | 'scan'
  | 'status'
  | 'runs'
  | 'stop'
  | 'retry'
  | 'resolve'
  | 'release'
  | 'report'
  | 'backups'
  | 'cves'
  | 'freeze'
  | 'unfreeze'
  | 'help';

export interface CommandEntry {
  name: CommandName;
  /** After `/patch `. */
  usage: string;
  description: string;
  options: readonly { name: string; description: string }[];
  /** Complete lines without `/patch `; each is accepted by the parser. */
  examples: readonly string[];
  whoMay: string;
}

const LOOK = 'Requesters and approvers of the environment';
const BOTH = 'Requesters and approvers of the environment';

const FILTERS = [
  {
    name: 'pattern',
    description: 'Only instances whose name matches; `*` and `?` stand for any characters and any one.',
  },
  {
    name: 'tag:Key=Value',
    description:
      'Only instances with this tag; several mean all of them. Quote spaces: `tag:Role="web front"`.',
  },
  { name: 'platform:windows|linux', description: 'Only this platform.' },
  { name: 'region:eu-west-1', description: 'Only this region; several with commas.' },
];

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'scan',
    usage:
      'scan <environment|landing zone> [pattern] [tag:Key=Value …] [platform:windows|linux] [region:…] [--fresh] [--dry-run] [--backup-only] [--now | --at "sun 06:00"] [--until 18:00]',
    description:
      'Finds the instances, shows what they miss and asks for approval to back up and patch them. Nothing is changed before somebody else approves.',
    options: [
      ...FILTERS,
      {
        name: '--fresh',
        description: 'Scan the instances for missing patches first instead of using the last figures.',
      },
      { name: '--dry-run', description: 'Show the plan and stop there.' },
      { name: '--backup-only', description: 'Plan, approve and make backups without patching.' },
      {
        name: '--now',
        description: 'Begin as soon as the plan is approved, not in the next maintenance window.',
      },
      {
        name: '--at',
        description:
          'Begin then, in the time zone of the environment: "18:00", "sun 06:00", "tomorrow 02:00", "2026-12-01 02:00".',
      },
      { name: '--until', description: 'Begin no new wave after then. Needs --now or --at.' },
    ],
    examples: [
      'scan prod',
      'scan prod web-* platform:linux --dry-run',
      'scan payments-prod tag:Role="web front" region:eu-west-1 --fresh',
      'scan prod --at "sun 06:00" --until 18:00',
    ],
    whoMay: `${BOTH}; approving needs an approver who did not ask for the run`,
  },
  {
    name: 'status',
    usage: 'status [run]',
    description: 'Shows one run, or the open ones.',
    options: [],
    examples: ['status', 'status k3f9'],
    whoMay: LOOK,
  },
  {
    name: 'runs',
    usage: 'runs',
    description: 'Lists the open runs and the latest ended ones.',
    options: [],
    examples: ['runs'],
    whoMay: LOOK,
  },
  {
    name: 'stop',
    usage: 'stop <run> [reason]',
    description:
      'Begins no new backup, start or install in that run. What was begun is followed to its end, and started instances are stopped again.',
    options: [],
    examples: ['stop k3f9', 'stop k3f9 the shop is slow'],
    whoMay: BOTH,
  },
  {
    name: 'retry',
    usage: 'retry <run>',
    description: 'Plans a new run of the failed instances of an ended run. It needs its own approval.',
    options: [],
    examples: ['retry k3f9'],
    whoMay: BOTH,
  },
  {
    name: 'resolve',
    usage: 'resolve <run> <instance> <reason>',
    description: 'Closes an instance whose outcome is unknown, after somebody looked at it.',
    options: [],
    examples: ['resolve k3f9 i-0123456789abcdef0 "looked: patched and healthy"'],
    whoMay: BOTH,
  },
  {
    name: 'release',
    usage: 'release <run> <reason>',
    description:
      'Lets a run go on that is parked because the database was restored from a copy. Its card says what was found at AWS.',
    options: [],
    examples: ['release k3f9 "looked in Systems Manager: nothing else was sent"'],
    whoMay: 'Approvers of the environment who did not ask for the run',
  },
  {
    name: 'report',
    usage: 'report <run>',
    description: 'Posts the CSV, JSON and HTML reports of a run to its thread again.',
    options: [],
    examples: ['report k3f9'],
    whoMay: LOOK,
  },
  {
    name: 'backups',
    usage:
      'backups <environment|landing zone> [pattern] [tag:Key=Value …] [platform:windows|linux] [region:…]',
    description: 'Lists the backups that Patchday made, with age and expiry.',
    options: FILTERS,
    examples: ['backups prod', 'backups payments-prod web-*'],
    whoMay: LOOK,
  },
  {
    name: 'cves',
    usage: 'cves <instance>',
    description: 'Lists the missing patches of one instance, by id or name, with their CVE ids.',
    options: [],
    examples: ['cves i-0123456789abcdef0', 'cves web-01'],
    whoMay: LOOK,
  },
  {
    name: 'freeze',
    usage: 'freeze all [reason]',
    description:
      'Kill switch: nothing new starts anywhere until unfreeze. What was begun is followed to its end.',
    options: [],
    examples: ['freeze all', 'freeze all incident 4711'],
    whoMay: 'Requesters and approvers of any environment',
  },
  {
    name: 'unfreeze',
    usage: 'unfreeze all',
    description: 'Ends the freeze.',
    options: [],
    examples: ['unfreeze all'],
    whoMay: 'Requesters and approvers of any environment',
  },
  {
    name: 'help',
    usage: 'help [command]',
    description: 'Lists the commands, or explains one.',
    options: [],
    examples: ['help', 'help scan'],
    whoMay: 'Everybody',
  },
];

/** What is done with buttons on the card, for help and docs. */
export const BUTTONS: readonly { label: string; description: string; whoMay: string }[] = [
  {
    label: 'Approve N instances',
    description: 'Allows exactly the plan on the card, once.',
    whoMay: 'Approvers, but not who asked for the run or changed the plan last',
  },
  { label: 'Reject…', description: 'Ends the run with a reason.', whoMay: BOTH },
  {
    label: 'Exclude instances…',
    description: 'Makes a new plan without some instances; earlier approvals are void.',
    whoMay: BOTH,
  },
  {
    label: 'View all',
    description: 'Pages through every instance with what is known about it.',
    whoMay: LOOK,
  },
  { label: 'Stop run', description: 'The same as `/patch stop`.', whoMay: BOTH },
  {
    label: 'Answers to a question',
    description: 'Where nobody can know whether something was done, the run asks. The first answer counts.',
    whoMay: 'Both groups; an answer that permits sending again needs an approver who did not ask for the run',
  },
];

export function commandNamed(name: string): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.name === name);
}

/** The manifest's usage hint and the composer's completion. */
export function usageHint(): string {
  return `scan <env> | ${COMMANDS.filter((c) => c.name !== 'scan')
    .map((c) => c.name)
    .join(' | ')}`;
}

/** Plain text of `/patch help` (topic null) or of one command. */
export function helpText(topic: CommandName | null): string {
  const one = topic === null ? undefined : commandNamed(topic);
  if (one) {
    const options = one.options.map((option) => `• ${option.name} – ${option.description.replace(/`/g, '')}`);
    return [
      `/patch ${one.usage}`,
      one.description,
      ...options,
      `Who may: ${one.whoMay}.`,
      `Examples: ${one.examples.map((example) => `/patch ${example}`).join('   ')}`,
    ].join('\n');
  }
  return [
    'Patchday backs up and patches EC2 instances once a second person approved. Commands:',
    ...COMMANDS.map((entry) => `• /patch ${entry.usage.split(' [pattern]')[0]} – ${entry.description}`),
    'Approving, rejecting, excluding and answering questions is done with the buttons on the card of a run.',
    'More about one command: /patch help scan',
  ].join('\n');
}

/** docs/commands.md */
export function commandsMarkdown(): string {
  const sections = COMMANDS.map((entry) => {
    const options = entry.options.map(
      (option) => `| \`${option.name.replace(/\|/g, '\\|')}\` | ${option.description} |`,
    );
    return [
      `## \`/patch ${entry.name}\``,
      `\`\`\`text\n/patch ${entry.usage}\n\`\`\``,
      entry.description,
      ...(options.length === 0 ? [] : [['| Option | Meaning |', '| --- | --- |', ...options].join('\n')]),
      `Who may: ${entry.whoMay}.`,
      `Examples:\n\n\`\`\`text\n${entry.examples.map((example) => `/patch ${example}`).join('\n')}\n\`\`\``,
    ].join('\n\n');
  });
  const buttons = BUTTONS.map((b) => `| ${b.label} | ${b.description} | ${b.whoMay} |`);
  return [
    '# Commands',
    'Typed in any channel that Patchday is in. Answers are shown only to you; a run shows itself as a card in the channel of its environment. Curly quotes and long dashes, as keyboards make them, are understood, and so are half-typed commands: you get the nearest match and its usage.',
    ...sections,
    '## Buttons on the card',
    ['| Button | What it does | Who may |', '| --- | --- | --- |', ...buttons].join('\n'),
    '<!-- Made from src/slack/command-table.ts; edit there. -->',
  ]
    .join('\n\n')
    .concat('\n');
}
