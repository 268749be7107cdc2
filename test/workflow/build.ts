/** Hand-built domain objects for tests of pure rules: one plain base of each, with the given changes. */
import type { RunState } from '../../src/workflow/changes.ts';
import type { Instance } from '../../src/workflow/instance.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import type { Plan, PlanTarget } from '../../src/workflow/plan-types.ts';
import type { Effect, EffectKindName, Run, Target } from '../../src/workflow/run-types.ts';
import type { Settings } from '../../src/workflow/settings.ts';
import { FAST_TIMING, policy } from '../support/settings.ts';

export const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const ACCOUNT = '111100000001';
const REGION = 'eu-west-1';

export function keyOf(n: number): string {
  return `${ACCOUNT}/${REGION}/i-${String(n).padStart(8, '0')}`;
}

export function buildInstance(n: number, changes: Partial<Instance> = {}): Instance {
  return {
    key: keyOf(n),
    instanceId: `i-${String(n).padStart(8, '0')}`,
    name: `web-${n}`,
    landingZone: 'shop-prod',
    accountId: ACCOUNT,
    region: REGION,
    availabilityZone: `${REGION}a`,
    instanceType: 't3.medium',
    privateAddress: '10.0.0.1',
    platform: 'linux',
    platformVersion: 'Amazon Linux 2023',
    state: 'running',
    rootDevice: 'ebs',
    ssm: { ping: 'online', lastPingAt: NOW - 1000, agentVersion: '3.3.859.0' },
    patchGroup: null,
    tags: {},
    lastPatch: { operation: 'Scan', at: NOW - 3_600_000, snapshotId: null },
    counts: { missing: 2, failed: 0, pendingReboot: 0, installed: 5, critical: 1, security: 1, other: 0 },
    ...changes,
  };
}

export function buildTarget(n: number, changes: Partial<Target> = {}): Target {
  const instance = changes.instance ?? buildInstance(n);
  return {
    key: instance.key,
    instance,
    eligible: true,
    reasons: [],
    wave: 1,
    stage: 'queued',
    outcome: null,
    outcomeReason: '',
    nextStep: '',
    imageId: null,
    backupVerified: false,
    wasStopped: false,
    power: 'none',
    commandId: null,
    commandMayRun: false,
    invocation: null,
    installEnd: null,
    exitCode: null,
    excerpt: '',
    installedAt: null,
    before: null,
    after: null,
    installed: [],
    stageSince: NOW - 10,
    ...changes,
  };
}

export function buildRun(changes: Partial<Run> = {}): Run {
  return {
    id: 'k7m2qp',
    kind: 'patch',
    scope: { name: 'prod', pattern: null, tags: [], platform: null, regions: [], only: null },
    environment: 'test',
    requestedBy: 'UREQ',
    createdAt: NOW - 60_000,
    options: { fresh: false, dryRun: false, backupOnly: false, now: true, at: null, until: null },
    phase: 'waves',
    end: null,
    endReason: '',
    planVersion: 1,
    planHash: null,
    planChangedBy: 'UREQ',
    expiresAt: NOW + 3_600_000,
    startNotBefore: NOW - 1000,
    currentWave: 1,
    snapshotId: '6f1c0d5a-0000-4000-8000-000000000001',
    startedAt: NOW - 500,
    endedAt: null,
    stopRequestedBy: null,
    stopRequestedAt: null,
    failedZones: [],
    channel: 'CTEST',
    retryOf: null,
    revision: 3,
    wakeAt: null,
    because: [],
    ...changes,
  };
}

export function buildPlanTarget(n: number, changes: Partial<PlanTarget> = {}): PlanTarget {
  const { key, instanceId, accountId, region, landingZone, platform } = buildInstance(n);
  return {
    key,
    instanceId,
    accountId,
    region,
    landingZone,
    platform,
    wave: 1,
    wasStopped: false,
    keepImageId: null,
    ...changes,
  };
}

export function buildPlan(targets: number, changes: Partial<Plan> = {}): Plan {
  return {
    format: 1,
    runId: 'k7m2qp',
    version: 1,
    kind: 'patch',
    environment: 'test',
    timeZone: 'Europe/Berlin',
    requestedBy: 'UREQ',
    changedBy: 'UREQ',
    createdAt: NOW - 30_000,
    targets: Array.from({ length: targets }, (_, i) => buildPlanTarget(i + 1)),
    waves: [{ number: 1, size: targets, worstCaseMs: 34_100 }],
    documents: [
      { accountId: ACCOUNT, region: REGION, name: 'AWS-RunPatchBaseline', version: '3', hash: 'abc' },
    ],
    rebootOption: 'RebootIfNeeded',
    backup: { required: true, noReboot: true, retentionDays: 14, withoutVerifiedBackup: 'skip' },
    stoppedInstances: 'skip',
    batchSize: 50,
    failureBudget: 1,
    startNotBefore: NOW - 1000,
    noNewWaveAfter: NOW + 3_600_000,
    windowEnd: NOW + 7_200_000,
    approval: { required: 1, groups: ['SAPP'], users: [], expiresAt: NOW + 1_800_000 },
    checks: [],
    ...changes,
  };
}

let effectId = 0;
export function buildEffect(
  kind: EffectKindName,
  targets: readonly string[],
  changes: Partial<Effect> = {},
): Effect {
  effectId++;
  const instanceIds = targets.map((key) => key.split('/')[2] ?? '');
  return {
    id: effectId,
    runId: 'k7m2qp',
    kind,
    wave: 1,
    batch: `w1/${ACCOUNT}/${REGION}/linux#${effectId}`,
    attempt: 1,
    accountId: ACCOUNT,
    region: REGION,
    landingZone: 'shop-prod',
    targets,
    request: { kind: 'start', instanceIds },
    tag: `patchday k7m2qp ${kind} ${effectId}`,
    state: 'begun',
    intendedAt: NOW - 100,
    ref: null,
    lookAt: NOW + 1000,
    note: '',
    failures: 0,
    ...changes,
  };
}

export type StateChanges = Partial<Omit<RunState, 'run'>> & { run?: Partial<Run> };

/** A run with this plan and these targets; the hash fits unless it is given. */
export function buildState(targets: readonly Target[], changes: StateChanges = {}): RunState & { run: Run } {
  const { run, ...rest } = changes;
  const plan = changes.plan === undefined ? buildPlan(targets.length) : changes.plan;
  const hash = plan === null ? null : hashPlan(plan);
  return {
    plan,
    planHashNow: hash,
    targets,
    effects: [],
    approvals: hash === null ? [] : [{ userId: 'UAPP', at: NOW - 1000, planHash: hash }],
    failedSoFar: 0,
    queuedWaves: [],
    frozen: null,
    ...rest,
    run: buildRun({ planHash: hash, ...run }),
  };
}

export const SETTINGS: Settings = {
  teamId: 'TOURS',
  timing: FAST_TIMING,
  environments: [policy()],
  zones: [
    {
      name: 'shop-prod',
      accountId: ACCOUNT,
      environment: 'test',
      regions: [REGION],
      patchEnabled: true,
      include: { tags: [], namePattern: null, instanceIds: [] },
      exclude: { tags: [], namePattern: null, instanceIds: [] },
      protectedTags: [],
      confirmAbove: 1000,
      othersPatchHere: false,
    },
  ],
};
