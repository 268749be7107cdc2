/** Everything that is said about the command line, made from the one table: help and docs/command-line.md. */
import type { CliCommand } from './commands.ts';

const ENVIRONMENT = [
  'Without --config, PATCHDAY_CONFIG or ./patchday.yaml is read. Secrets come from the environment:',
  'SLACK_BOT_TOKEN, SLACK_APP_TOKEN, and AWS credentials the way the AWS SDK finds them.',
];

/** What `patchday help` says: short enough for a terminal of 100 columns. */
export function helpText(commands: readonly CliCommand[]): string {
  return [
    'Patchday patches EC2 fleets from Slack.',
    '',
    ...commands.flatMap((c) => [`  ${c.usage}`, ...wrapped(c.description, '      ')]),
    '  patchday help [COMMAND]',
    '      This text, or what there is to know about one command.',
    '  patchday version',
    '      The version of Patchday and of Node.js.',
    '',
    ...ENVIRONMENT,
  ].join('\n');
}

/** What `patchday help serve` and `patchday serve --help` say. */
export function helpFor(command: CliCommand): string {
  return [
    `Usage: ${command.usage}`,
    '',
    ...wrapped(command.description, ''),
    '',
    `Exit codes: ${command.exitCodes}, 2 used wrongly.`,
    ...(optionsOf(command).includes('config') ? ['', ...ENVIRONMENT] : []),
  ].join('\n');
}

/** The options in a command's usage line, without their dashes. */
export function optionsOf(command: CliCommand): string[] {
  return [...command.usage.matchAll(/--([a-z-]+)/g)].map((match) => match[1] ?? '');
}

/** docs/command-line.md */
export function commandLinePage(commands: readonly CliCommand[]): string {
  return [
    '# The command line',
    'Whoever runs Patchday types these; everybody else uses [the commands in Slack](commands.md). In a checkout it is `npm run patchday -- COMMAND`, in the container it is `docker run … IMAGE /app/src/main.ts COMMAND`. Every command also answers to `--help`.',
    ...commands.map((c) =>
      [
        `## \`patchday ${c.words.join(' ')}\``,
        `\`\`\`text\n${c.usage}\n\`\`\``,
        c.description,
        `Exit codes: ${c.exitCodes}, 2 used wrongly.`,
      ].join('\n\n'),
    ),
    '## Where it looks',
    [
      '| What | Where |',
      '| --- | --- |',
      '| Configuration | `--config`, else `PATCHDAY_CONFIG`, else `patchday.yaml` in the working directory; see [configuration](configuration.md) |',
      '| Slack tokens | `SLACK_BOT_TOKEN` (xoxb-…) and `SLACK_APP_TOKEN` (xapp-…) |',
      '| AWS credentials | where the AWS SDK finds them: environment, shared files, container or instance role |',
      '| Endpoints | `AWS_ENDPOINT_URL` and `SLACK_API_URL`, only to put something else in the place of AWS or Slack, such as the sandbox |',
    ].join('\n'),
    '<!-- Made from src/cli/table.ts by scripts/generate-docs.ts; edit there. -->',
  ]
    .join('\n\n')
    .concat('\n');
}

const WIDTH = 96;

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
