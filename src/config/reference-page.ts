/** docs/configuration.md, out of the schema. */
import { type SchemaNode, schemaNode } from './explain.ts';
import { ALLOWED } from './fields.ts';
import { configSchema } from './schema.ts';

const INTRODUCTION = `# Configuration

<!-- Generated from src/config/schema.ts by \`node scripts/generate-docs.ts\`. Change the schema, not this page. -->

Patchday reads one YAML file: the one given with \`--config\`, else the one that \`PATCHDAY_CONFIG\` names, else \`patchday.yaml\` in the working directory. Begin with a copy of [patchday.example.yaml](../patchday.example.yaml). \`patchday config check\` reports every mistake at once, with its line. Editors that know the YAML language server complete and check it with [patchday.schema.json](../patchday.schema.json).

**Lengths of time** are written with a unit: \`500ms\`, \`30s\`, \`90m\`, \`2h10m\`, \`7d\`. **Ids** of Slack (workspace, channels, groups, users) are used instead of names, because names can be changed. **Unknown keys** are mistakes.

## Secrets

They come from the environment and never stand in the file; Patchday refuses a file that holds something that looks like one, comments included.

| Variable | What it is |
|---|---|
| \`SLACK_BOT_TOKEN\` | Bot token of the Slack app (\`xoxb-\`). |
| \`SLACK_APP_TOKEN\` | App-level token with \`connections:write\` for Socket Mode (\`xapp-\`). |
| AWS credentials | The default chain of the AWS SDK: instance or task role, SSO, \`AWS_PROFILE\`, environment variables. |
`;

const CROSS_CHECKS = `
## What is checked across the file

These are mistakes, although every single value is allowed:

- a landing zone that names an unknown environment, or whose name says another one (\`payments-nonprod\` under \`prod\`);
- an account or a name used twice; a landing zone called like an environment; anything called \`all\`;
- a role ARN in another account than its landing zone; \`patch_enabled: true\` without \`patch_role_arn\`;
- an environment without landing zones, without requesters or without approvers;
- a stand-in for themselves, for somebody who is certainly no approver, for more than 31 days, or whose end is not after its beginning;
- more approvals than the listed approvers can give, or nobody left to approve what a listed requester asked for;
- \`backup.required: false\` without \`without_verified_backup: patch-without-backup\`;
- a run length limit or a maintenance window shorter than the worst case of one wave (\`delivery_timeout\` + \`install_worst_case\` + \`reboot_allowance\` + \`verify_timeout\`, and \`start_timeout\` where stopped instances are started);
- \`effect_grace\` not longer than \`api_timeout\`; an interval not shorter than the limit it serves.

Warnings do not stop Patchday: approvers and requesters being the same group, one role for looking and changing, and a listed requester whose runs too few people can approve.
`;

/** The whole page, ending with a line break. */
export function configurationPage(): string {
  const parts = [INTRODUCTION];
  addSection(schemaNode(configSchema), '', 'The file', 2, parts);
  parts.push(CROSS_CHECKS);
  return parts.join('');
}

/** One table for the plain keys of a section, then its own sections. */
function addSection(node: SchemaNode, path: string, title: string, depth: number, parts: string[]): void {
  parts.push(`\n${'#'.repeat(Math.min(depth, 4))} ${title}\n`);
  if (node.description) parts.push(`\n${node.description}\n`);
  parts.push('\n| Key | Default | What it is | Allowed |\n|---|---|---|---|\n');
  const inner: { node: SchemaNode; path: string }[] = [];
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const at = path === '' ? key : `${path}.${key}`;
    const section = sectionOf(child, at);
    if (section) inner.push(section);
    parts.push(row(key, child, node.required?.includes(key) ?? false, section?.path ?? null));
  }
  for (const { node: child, path: at } of inner) addSection(child, at, `\`${at}\``, depth + 1, parts);
}

/** The section inside a key, a list or a map of sections; null for plain values. */
function sectionOf(node: SchemaNode, path: string): { node: SchemaNode; path: string } | null {
  if (node.properties) return { node, path };
  if (node.items) return sectionOf(node.items, `${path}[]`);
  if (typeof node.additionalProperties === 'object')
    return sectionOf(node.additionalProperties, `${path}.<name>`);
  for (const branch of node.anyOf ?? []) {
    const found = sectionOf(branch, path);
    if (found) return found;
  }
  return null;
}

function row(key: string, node: SchemaNode, required: boolean, section: string | null): string {
  const allowed = section === null ? (node[ALLOWED] ?? '') : `see \`${section}\``;
  const cells = [
    `\`${key}\``,
    required ? '**required**' : defaultText(node, section),
    node.description ?? '',
    allowed,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

function defaultText(node: SchemaNode, section: string | null): string {
  const value = node.default;
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : `\`[${value.join(', ')}]\``;
  if (typeof value === 'object') return section === null ? 'none' : '';
  return `\`${String(value)}\``;
}
