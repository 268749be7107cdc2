/** JSON columns are an edge: what comes out of the file is parsed before it is trusted. */
import { z } from 'zod';
import type { Plan } from '../workflow/plan-types.ts';
import type { EffectRef, EffectRequest, Run, Target } from '../workflow/run-types.ts';
import type { Anchor, News } from '../workflow/view.ts';

const reason = z.object({ code: z.string(), text: z.string() });
const counts = z.object({
  missing: z.number(),
  failed: z.number(),
  pendingReboot: z.number(),
  installed: z.number(),
  critical: z.number(),
  security: z.number(),
  other: z.number(),
});
const platform = z.enum(['windows', 'linux', 'unknown']);

const instance = z.object({
  key: z.string(),
  instanceId: z.string(),
  name: z.string(),
  landingZone: z.string(),
  accountId: z.string(),
  region: z.string(),
  availabilityZone: z.string(),
  instanceType: z.string(),
  privateAddress: z.string().nullable(),
  platform,
  platformVersion: z.string(),
  state: z.enum(['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated']),
  rootDevice: z.enum(['ebs', 'instance-store']),
  ssm: z.object({
    ping: z.enum(['online', 'connection_lost', 'not_managed']),
    lastPingAt: z.number().nullable(),
    agentVersion: z.string().nullable(),
  }),
  patchGroup: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  lastPatch: z
    .object({ operation: z.enum(['Scan', 'Install']), at: z.number(), snapshotId: z.string().nullable() })
    .nullable(),
  counts: counts.nullable(),
});

export const targetRow = z.object({
  key: z.string(),
  instance,
  eligible: z.boolean(),
  reasons: z.array(reason),
  wave: z.number().nullable(),
  stage: z.enum([
    'queued',
    'backing_up',
    'powering_on',
    'ready',
    'patching',
    'verifying',
    'powering_off',
    'done',
  ]),
  outcome: z
    .enum([
      'up_to_date',
      'patched',
      'patched_reboot_pending',
      'partly_patched',
      'failed',
      'verification_failed',
      'skipped',
      'stopped',
      'unknown',
      'backed_up',
    ])
    .nullable(),
  outcomeReason: z.string(),
  nextStep: z.string(),
  imageId: z.string().nullable(),
  backupVerified: z.boolean(),
  wasStopped: z.boolean(),
  power: z.enum(['none', 'on', 'off_again', 'ask']),
  commandId: z.string().nullable(),
  commandMayRun: z.boolean(),
  invocation: z.enum(['waiting', 'running']).nullable(),
  installEnd: z
    .object({
      status: z.enum(['success', 'failed', 'timed_out', 'not_delivered', 'denied', 'cancelled']),
      detail: z.string(),
    })
    .nullable(),
  exitCode: z.number().nullable(),
  excerpt: z.string(),
  installedAt: z.number().nullable(),
  before: counts.nullable(),
  after: counts.nullable(),
  installed: z.array(
    z.object({ title: z.string(), kbId: z.string(), severity: z.string(), state: z.string() }),
  ),
  stageSince: z.number(),
}) satisfies z.ZodType<Target>;

const scope = z.object({
  name: z.string(),
  pattern: z.string().nullable(),
  tags: z.array(z.object({ key: z.string(), value: z.string() })),
  platform: z.enum(['windows', 'linux']).nullable(),
  regions: z.array(z.string()),
  only: z.array(z.string()).nullable(),
});

export const runRow = z.object({
  id: z.string(),
  kind: z.enum(['patch', 'backup_only']),
  scope,
  environment: z.string(),
  requestedBy: z.string(),
  createdAt: z.number(),
  options: z.object({
    fresh: z.boolean(),
    dryRun: z.boolean(),
    backupOnly: z.boolean(),
    now: z.boolean(),
    at: z.number().nullable(),
    until: z.number().nullable(),
  }),
  phase: z.enum([
    'discover',
    'fresh_scan',
    'plan',
    'await_approval',
    'await_start',
    'waves',
    'report',
    'ended',
  ]),
  end: z
    .enum([
      'completed',
      'stopped',
      'halted',
      'rejected',
      'expired',
      'dry_run',
      'nothing_to_do',
      'discovery_failed',
    ])
    .nullable(),
  endReason: z.string(),
  planVersion: z.number().nullable(),
  planHash: z.string().nullable(),
  planChangedBy: z.string().nullable(),
  expiresAt: z.number().nullable(),
  startNotBefore: z.number().nullable(),
  currentWave: z.number(),
  snapshotId: z.string().nullable(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  stopRequestedBy: z.string().nullable(),
  stopRequestedAt: z.number().nullable(),
  failedZones: z.array(z.object({ landingZone: z.string(), reason: z.string() })),
  channel: z.string(),
  retryOf: z.string().nullable(),
  revision: z.number(),
  wakeAt: z.number().nullable(),
  because: z.array(reason),
}) satisfies z.ZodType<Run>;

const strings = z.record(z.string(), z.string());
const document = z.object({ name: z.string(), version: z.string(), hash: z.string() });

export const effectRequestRow = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('create_image'),
    instanceId: z.string(),
    name: z.string(),
    noReboot: z.boolean(),
    tags: strings,
  }),
  z.object({ kind: z.enum(['start', 'stop']), instanceIds: z.array(z.string()) }),
  z.object({
    kind: z.enum(['install', 'scan']),
    instanceIds: z.array(z.string()),
    document,
    parameters: z.record(z.string(), z.array(z.string())),
    comment: z.string(),
    deliveryTimeoutSeconds: z.number(),
  }),
  z.object({ kind: z.literal('cancel'), commandId: z.string(), instanceIds: z.array(z.string()) }),
]) satisfies z.ZodType<EffectRequest>;

export const effectRefRow = z.object({
  commandId: z.string().exactOptional(),
  imageId: z.string().exactOptional(),
  expiresAt: z.number().exactOptional(),
  splitTo: z.number().exactOptional(),
}) satisfies z.ZodType<EffectRef>;

export const newsRow = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), text: z.string() }),
  z.object({ kind: z.literal('failure'), text: z.string(), excerpt: z.string() }),
  z.object({ kind: z.literal('question'), text: z.string(), effectId: z.number() }),
  z.object({ kind: z.literal('plan'), text: z.string(), planVersion: z.number() }),
  z.object({ kind: z.literal('report'), text: z.string() }),
  z.object({ kind: z.literal('anchor'), seq: z.number(), hash: z.string() }),
]) satisfies z.ZodType<News | Anchor>;

/** The instances of an effect. */
export const keysRow = z.array(z.string());

const planOutline = z.looseObject({
  format: z.literal(1),
  runId: z.string(),
  targets: z.array(z.unknown()),
  waves: z.array(z.unknown()),
});

/**
 * A plan is guarded by its hash, which is computed over exactly what was read: only its outline is parsed
 * here, and nothing is dropped from it.
 */
export const planRow = z.custom<Plan>(
  (value) => planOutline.safeParse(value).success,
  'not a plan of format 1',
);
