/**
 * The format of the JSON report, as a zod schema: the builder is checked against its type, the tests
 * check every report against it, and docs/report-format.md is generated from it.
 *
 * `format` changes only when a reader of the old one would misread the new one; fields may be added.
 */
import { z } from 'zod';
import { OUTCOMES } from '../workflow/run-types.ts';

export const REPORT_FORMAT = 'patchday.report/1';

const time = (what: string) => z.iso.datetime().describe(`${what}; ISO 8601, UTC`);
const counts = (what: string) =>
  z
    .strictObject({
      missing: z.number().int(),
      failed: z.number().int(),
      pendingReboot: z.number().int(),
      installed: z.number().int(),
      critical: z.number().int(),
      security: z.number().int(),
      other: z.number().int(),
    })
    .nullable()
    .describe(what);

const approval = z.strictObject({
  userId: z.string().describe('Slack user id'),
  at: time('When it was given'),
  planHash: z.string().describe('The plan it is for; only those equal to run.planHash count'),
  standingIn: z
    .strictObject({
      for: z.string().describe('Slack user id of the approver'),
      until: time('End of that time'),
    })
    .nullable()
    .describe('The approver in whose place it was given; null for an approval of their own'),
});

const plan = z
  .looseObject({
    format: z.literal(1),
    runId: z.string(),
    version: z.number().int(),
  })
  .describe(
    'The plan exactly as it was hashed, so that its SHA-256 over canonical JSON can be checked; times in it are ms since the epoch. Null when there was none',
  );

const target = z.strictObject({
  key: z.string().describe('account/region/instance id'),
  instanceId: z.string(),
  name: z.string().describe('The EC2 Name tag: foreign text'),
  landingZone: z.string(),
  accountId: z.string().describe('12 digits, with leading zeros'),
  region: z.string(),
  availabilityZone: z.string(),
  instanceType: z.string(),
  platform: z.enum(['windows', 'linux', 'unknown']),
  platformVersion: z.string(),
  stateWhenFound: z.string(),
  tags: z.record(z.string(), z.string()).describe('EC2 tags: foreign text'),
  patchGroup: z.string().nullable(),
  inPlan: z.boolean(),
  wave: z.number().int().nullable().describe('Null when not in the plan'),
  eligible: z.boolean(),
  reasons: z
    .array(z.strictObject({ code: z.string(), text: z.string() }))
    .describe('Why it is not eligible, or what to know about it'),
  outcome: z
    .enum(OUTCOMES)
    .nullable()
    .describe('Exactly one at the end of a run; null when not in the plan or not ended'),
  outcomeReason: z.string(),
  nextStep: z.string().describe('What a person should do next; empty when nothing'),
  before: counts('Patch state before the run; null = never scanned, so unknown'),
  after: counts('Patch state of our own scan after the install; null = unknown'),
  installed: z
    .array(z.strictObject({ title: z.string(), kbId: z.string(), severity: z.string(), state: z.string() }))
    .describe('What the install put on'),
  backup: z
    .strictObject({
      imageId: z.string(),
      verified: z
        .boolean()
        .describe('The image was available and every snapshot complete. Not a tested restore'),
    })
    .nullable(),
  wasStopped: z.boolean(),
  power: z
    .enum(['none', 'on', 'off_again', 'ask'])
    .describe(
      'none: untouched; on: started by us, not stopped again; off_again: stopped again; ask: a person decides',
    ),
  commandId: z.string().nullable(),
  commandMayStillRun: z.boolean(),
  exitCode: z.number().int().nullable(),
  exitCodeMeaning: z.string().nullable(),
  installEndedAt: time('When the install invocation ended').nullable(),
  excerpt: z.string().describe('The end of the output of a failed command: foreign text'),
});

export const reportJsonSchema = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  run: z.strictObject({
    id: z.string(),
    kind: z.enum(['patch', 'backup_only']),
    environment: z.string(),
    timeZone: z.string().nullable().describe('IANA zone of the environment; null when there was no plan'),
    scope: z
      .strictObject({
        name: z.string(),
        pattern: z.string().nullable(),
        tags: z.array(z.strictObject({ key: z.string(), value: z.string() })),
        platform: z.enum(['windows', 'linux']).nullable(),
        regions: z.array(z.string()),
        only: z.array(z.string()).nullable().describe('Keys of the only targets asked for'),
      })
      .describe('What was asked for'),
    requestedBy: z.string().describe('Slack user id'),
    requestedAt: time('When the run was asked for'),
    planChangedBy: z.string().nullable(),
    planVersion: z.number().int().nullable(),
    planHash: z.string().nullable().describe('SHA-256 of the plan, lower-case hex'),
    startedAt: time('When the first wave began').nullable(),
    endedAt: time('When the run ended').nullable(),
    end: z
      .string()
      .nullable()
      .describe(
        'completed, stopped, halted, rejected, expired, dry_run, nothing_to_do or discovery_failed; null while it goes on',
      ),
    endReason: z.string(),
    stoppedBy: z.string().nullable(),
    stoppedAt: time('When a person stopped it').nullable(),
    retryOf: z.string().nullable().describe('The run whose failed instances this one took up'),
    failedLandingZones: z
      .array(z.strictObject({ landingZone: z.string(), reason: z.string() }))
      .describe('Not looked at: their instances are in no figure here'),
  }),
  approvals: z.array(approval),
  plan: plan.nullable(),
  summary: z.strictObject({
    headline: z.string(),
    found: z.number().int(),
    planned: z.number().int(),
    succeeded: z.number().int().describe('Patched and verified, already up to date, or backed up'),
    successRate: z.number().nullable().describe('succeeded / planned, 0–1; null when nothing was touched'),
    successTarget: z.number(),
    outcomes: z.record(z.enum(OUTCOMES), z.number().int()).describe('Instances by outcome'),
  }),
  waves: z.array(
    z.strictObject({
      number: z.number().int(),
      size: z.number().int(),
      done: z.number().int(),
      failed: z.number().int(),
      firstInstallEndedAt: time('When the first install of the wave ended').nullable(),
      lastDoneAt: time('When the last instance of the wave was done').nullable(),
    }),
  ),
  openQuestions: z.array(
    z.strictObject({
      text: z.string(),
      whatToCheck: z.string(),
      targets: z.array(z.string()),
      askedAt: time('When it was asked'),
    }),
  ),
  targets: z.array(target).describe('Every instance found, planned or not, each exactly once'),
  notes: z.array(z.string()).describe('What this report does not prove'),
});

export type ReportJson = z.infer<typeof reportJsonSchema>;
