/** docs/report-format.md, out of the schema in json-format.ts. */
import { z } from 'zod';
import { REPORT_FORMAT, reportJsonSchema } from './json-format.ts';

interface Node {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  format?: string;
  description?: string;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: readonly Node[];
  additionalProperties?: boolean | Node;
}

const INTRODUCTION = `# The format of report.json

<!-- Generated from src/report/json-format.ts by \`node scripts/generate-docs.ts\`. Change the schema, not this page. -->

Every finished run leaves three files in its folder under \`data_dir\`, and in its Slack thread: \`report.html\` for people, \`report.csv\` for spreadsheets (one row per instance), and \`report.json\` for machines. All hold every instance that was found, each exactly once. This page is about the last.

- \`format\` is \`${REPORT_FORMAT}\`. The number changes only when a reader of the old format would misread the new one. Fields may be added without it.
- Times are ISO 8601 in UTC. (Those within \`plan\` are milliseconds since the epoch, because the plan is given exactly as it was hashed.)
- \`null\` means unknown or not applicable, never zero. An instance that was never scanned has \`before: null\`.
- Names, tags, reasons that quote AWS, and command output are foreign text. Escape them wherever you show them.
- To check the plan hash: write \`plan\` as JSON with sorted keys and no white space, and take its SHA-256. (Where a secret was removed from the text of a plan it does not match.)

## Fields

| Path | Type | What it is |
|---|---|---|
`;

const CSV = `
## report.csv

RFC 4180 with CRLF, in UTF-8 with a byte order mark (Excel needs it for anything beyond ASCII). Instances that were never scanned have \`unknown\` where a figure would be. A cell that a spreadsheet would take for a formula begins with an apostrophe, and line breaks within a cell are shown as ⏎. Spreadsheets strip the leading zeros of \`account_id\`; the column \`target\` (account/region/instance id) keeps them.
`;

/** The whole page, ending with a line break. */
export function reportFormatPage(): string {
  return `${INTRODUCTION}${fieldRows().join('\n')}\n${CSV}`;
}

function fieldRows(): string[] {
  const rows: string[] = [];
  // zod types its JSON Schema loosely; what is read here is the part that our own schema can produce.
  collect(z.toJSONSchema(reportJsonSchema) as Node, '', rows);
  return rows;
}

function collect(node: Node, path: string, rows: string[]): void {
  const core = node.anyOf?.find((option) => option.type !== 'null') ?? node;
  if (core.type === 'array' && core.items) {
    collect(core.items, `${path}[]`, rows);
    return;
  }
  // The plan is described by its own type; its fields would only repeat it here.
  if (path === 'plan') return;
  for (const [key, child] of Object.entries(core.properties ?? {})) {
    const at = path === '' ? key : `${path}.${key}`;
    rows.push(`| \`${at}\` | ${typeText(child)} | ${child.description ?? ''} |`);
    collect(child, at, rows);
  }
}

function typeText(node: Node): string {
  const options = node.anyOf ?? [node];
  return options.map(oneType).join(' or ');
}

function oneType(node: Node): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.format === 'date-time') return 'time';
  if (node.type === 'array') return `list of ${node.items ? oneType(node.items) : 'anything'}`;
  if (node.type === 'object' && !node.properties) return 'map';
  return node.type ?? 'anything';
}
