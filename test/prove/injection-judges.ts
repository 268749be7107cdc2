/** What hostile text must not have done: in the files, in what Slack was sent, and in the bytes sent to SSM. */
import * as z from 'zod';
import type { Arrival } from '../../sandbox/arrivals.ts';
import { GROUPS, USERS } from '../../sandbox/slack/default-workspace.ts';
import type { Team } from '../bot/team.ts';
import { parseCsv } from '../report/csv-reader.ts';
import { liveMarkup } from '../support/dead-html.ts';

/** Whom a job may mention: who asked, who approved, and the group that may. */
const OURS = new Set<string>([USERS.priya, USERS.aisha, GROUPS.approvers]);

/** What of our own making is in angle brackets: times, and those whom a job may mention. */
const OUR_MARKUP = /<!date\^\d+\^[^<>]*>|<(?:@|!subteam\^)([A-Z0-9]+)>/g;

/** Every text of blocks that Slack reads as mrkdwn. */
function mrkdwnIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(mrkdwnIn);
  if (node === null || typeof node !== 'object') return [];
  const { type, text } = node as { type?: unknown; text?: unknown };
  if (type === 'mrkdwn' || type === 'markdown') return [String(text)];
  return Object.values(node).flatMap(mrkdwnIn);
}

/** Markup of others in cards, threads, answers and modals: mentions, links, and whatever else stands in brackets. */
function foreignMarkup({ slack: { control } }: Team): string[] {
  return control.calls().flatMap(({ method, arguments: sent }) => {
    const read = (value: unknown) => (typeof value === 'string' ? (JSON.parse(value) as unknown) : value);
    const texts = mrkdwnIn([read(sent['blocks']), read(sent['view'])]);
    return texts.flatMap((text) => {
      const rest = text.replace(OUR_MARKUP, (whole, id?: string) =>
        id === undefined || OURS.has(id) ? '' : whole,
      );
      const found = /<.{0,80}/s.exec(rest)?.[0];
      return found === undefined ? [] : [`markup came out in ${method}: ${found}`];
    });
  });
}

/** Mentions and markup of others, and whatever Slack refused or warned of. */
export function wrongInSlack(team: Team): string[] {
  const { control } = team.slack;
  const refused = control.calls().flatMap(({ method, answered }) => {
    const error = answered !== null && answered !== 'reset' ? answered.body['error'] : undefined;
    return typeof error === 'string' ? [`Slack refused ${method}: ${error}`] : [];
  });
  return [
    ...control
      .mentions()
      .filter((m) => m.kind === 'broadcast' || !OURS.has(m.target))
      .map((m) => `${m.kind} ${m.target} was mentioned at ${m.where}`),
    ...foreignMarkup(team),
    ...refused,
    ...control.warnings().map((w) => `Slack warned: ${JSON.stringify(w).slice(0, 200)}`),
  ];
}

const EXPECTED = [/plan-\d+\.csv$/, /report\.csv$/, /report\.html$/, /report\.json$/];

/** Formulas in a CSV, live markup in a page, a JSON that is none, and a file that is not there to be judged. */
export function wrongInFiles(files: readonly { name: string; text: string }[]): string[] {
  const missing = EXPECTED.filter((form) => !files.some(({ name }) => form.test(name)));
  return [...missing.map((form) => `no file ${form.source} was uploaded`), ...files.flatMap(wrongInFile)];
}

function wrongInFile({ name, text }: { name: string; text: string }): string[] {
  if (name.endsWith('.html')) return liveMarkup(text).map((live) => `${name} is live: ${live}`);
  if (!name.endsWith('.csv')) return [];
  const formula = parseCsv(text)
    .flat()
    .find((cell) => /(?:^|;)[\s"]*[=+@-](?![\d.]+$)/.test(cell) && cell !== '-');
  return formula ? [`${name} holds what a spreadsheet takes for a formula: ${formula}`] : [];
}

/** What report.json says of each instance, as far as it came from outside. */
export const reported = z.object({
  targets: z.array(
    z.object({
      instanceId: z.string(),
      name: z.string(),
      tags: z.record(z.string(), z.string()),
      reasons: z.array(z.object({ code: z.string(), text: z.string() })),
      outcome: z.string(),
      excerpt: z.string(),
    }),
  ),
});

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The whole of what may be sent, by operation: a name, a tag or a typed word has no way in, and no field is added. */
function allowed(instanceIds: readonly string[]): Record<string, z.ZodType> {
  const ids = z.array(z.enum(instanceIds)).min(1).max(50);
  const one = (value: z.ZodType) => z.tuple([value]);
  return {
    SendCommand: z.strictObject({
      InstanceIds: ids,
      DocumentName: z.literal('AWS-RunPatchBaseline'),
      DocumentVersion: z.string().regex(/^\d{1,4}$/),
      DocumentHash: z.string().regex(/^[0-9a-f]{64}$/),
      DocumentHashType: z.literal('Sha256'),
      Parameters: z.strictObject({
        Operation: one(z.enum(['Install', 'Scan'])),
        RebootOption: one(z.enum(['RebootIfNeeded', 'NoReboot'])).optional(),
        SnapshotId: one(z.string().regex(UUID)).optional(),
      }),
      Comment: z
        .string()
        .regex(
          /^patchday [a-z0-9]{4,12} (?:install|scan) w\d+\/\d{12}\/[a-z]{2}(?:-[a-z]+)+-\d\/(?:linux|windows)#\d+ a\d+$/,
        ),
      TimeoutSeconds: z.int(),
      MaxConcurrency: z.string().regex(/^\d{1,2}$/),
      MaxErrors: z.string().regex(/^\d{1,2}$/),
    }),
    CancelCommand: z.strictObject({ CommandId: z.string().regex(UUID), InstanceIds: ids }),
  };
}

/** Requests to SSM that change something and are not wholly made of what is allowed; and their number. */
export function wrongToSsm(
  arrivals: readonly Arrival[],
  instanceIds: readonly string[],
): { sent: number; wrong: string[] } {
  const schemas = allowed(instanceIds);
  const changes = arrivals
    .map(({ what, content }) => ({ operation: what.replace(/^ssm /, ''), content }))
    .filter(({ operation }) => !/^(?:Describe|List|Get)/.test(operation));
  const wrong = changes.flatMap(({ operation, content }) => {
    const schema = schemas[operation];
    if (!schema) return [`SSM was sent ${operation}`];
    // Who asks and from where stands before the body.
    const body = JSON.parse(content.slice(content.indexOf('{')));
    const read = schema.safeParse(body);
    return read.success
      ? []
      : read.error.issues.map((i) => `SSM was sent ${operation} with ${i.path.join('.')}: ${i.message}`);
  });
  return { sent: changes.length, wrong };
}
