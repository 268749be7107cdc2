/** Run views for report tests: a believable fleet, and any number of generated instances. */
import type { Instance, PatchCounts } from '../../src/workflow/instance.ts';
import { targetKey } from '../../src/workflow/instance.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import type { Outcome, OutcomeCounts, Run, Target } from '../../src/workflow/run-types.ts';
import { OUTCOMES } from '../../src/workflow/run-types.ts';
import type { RunView } from '../../src/workflow/view.ts';

export const START = Date.UTC(2026, 10, 22, 5, 0, 0);
const MINUTE = 60_000;
export const HASH = '3f1c9a7be2d04c55a1b2c3d4e5f60718293a4b5c6d7e8f901a2b3c4d5e6f7081';

export function counts(missing: number, rest: Partial<PatchCounts> = {}): PatchCounts {
  return {
    missing,
    failed: 0,
    pendingReboot: 0,
    installed: 120,
    critical: Math.min(missing, 2),
    security: Math.min(missing, 3),
    other: 0,
    ...rest,
  };
}

export interface TargetInput extends Partial<Omit<Target, 'instance'>> {
  instance?: Partial<Instance>;
}

/** The n-th instance of the fleet, patched and verified unless said otherwise. */
export function target(n: number, over: TargetInput = {}): Target {
  const accountId = '011110000001';
  const instanceId = `i-${n.toString(16).padStart(17, '0')}`;
  const region = 'eu-central-1';
  const instance: Instance = {
    key: targetKey(accountId, region, instanceId),
    instanceId,
    name: `web-${n}`,
    landingZone: 'payments-prod',
    accountId,
    region,
    availabilityZone: `${region}${'abc'[n % 3]}`,
    instanceType: 'm6i.large',
    privateAddress: '10.0.0.1',
    platform: 'linux',
    platformVersion: 'Amazon Linux 2023',
    state: 'running',
    rootDevice: 'ebs',
    ssm: { ping: 'online', lastPingAt: START - MINUTE, agentVersion: '3.3.2746.0' },
    patchGroup: null,
    tags: { Name: `web-${n}`, Team: 'payments' },
    lastPatch: { operation: 'Scan', at: START - 60 * MINUTE, snapshotId: null },
    counts: counts(4),
    ...over.instance,
  };
  return {
    key: instance.key,
    eligible: true,
    reasons: [],
    wave: 1,
    stage: 'done',
    outcome: 'patched',
    outcomeReason: 'Nothing is missing any more; 2 installed, all status checks ok.',
    nextStep: '',
    imageId: `ami-${n.toString(16).padStart(17, '0')}`,
    backupVerified: true,
    wasStopped: false,
    power: 'none',
    commandId: '5f0c7a52-9d2b-4a07-8f2e-3f4bb0c7a001',
    commandMayRun: false,
    invocation: null,
    installEnd: { status: 'success', detail: 'Success' },
    exitCode: 0,
    excerpt: '',
    installedAt: START + 20 * MINUTE,
    before: instance.counts,
    after: counts(0),
    installed: [
      {
        title: 'openssl.x86_64:1:3.0.8-1.amzn2023.0.18',
        kbId: '',
        severity: 'Important',
        state: 'Installed',
      },
      { title: 'kernel.x86_64:6.1.115-126.197', kbId: '', severity: 'Medium', state: 'Installed' },
    ],
    stageSince: START + 30 * MINUTE,
    ...over,
    instance,
  };
}

export function view(
  targets: readonly Target[],
  over: { run?: Partial<Run>; rest?: Partial<RunView> } = {},
): RunView {
  const planned = targets.filter((t) => t.wave !== null);
  const waves = [...new Set(planned.map((t) => t.wave ?? 0))].sort((a, b) => a - b);
  const run: Run = {
    id: 'k3f9a2',
    kind: 'patch',
    scope: { name: 'prod', pattern: 'web-*', tags: [], platform: null, regions: [], only: null },
    environment: 'prod',
    requestedBy: 'U0REQUEST',
    createdAt: START - 90 * MINUTE,
    options: { fresh: false, dryRun: false, backupOnly: false, now: false, at: null, until: null },
    phase: 'ended',
    end: 'completed',
    endReason: '',
    planVersion: 2,
    planHash: HASH,
    planChangedBy: 'U0REQUEST',
    expiresAt: START + 60 * MINUTE,
    startNotBefore: START,
    currentWave: waves.length,
    snapshotId: '9c0c4b4e-8a2e-4a7b-9d3e-2f4c6a8b0d1e',
    startedAt: START,
    endedAt: START + 75 * MINUTE,
    stopRequestedBy: null,
    stopRequestedAt: null,
    failedZones: [],
    channel: 'C0PROD',
    retryOf: null,
    revision: 7,
    wakeAt: null,
    because: [],
    ...over.run,
  };
  const plan: Plan = {
    format: 1,
    runId: run.id,
    version: 2,
    kind: run.kind,
    environment: run.environment,
    timeZone: 'Europe/Berlin',
    requestedBy: run.requestedBy,
    changedBy: run.requestedBy,
    createdAt: START - 85 * MINUTE,
    targets: planned.map((t) => ({
      key: t.key,
      instanceId: t.instance.instanceId,
      accountId: t.instance.accountId,
      region: t.instance.region,
      landingZone: t.instance.landingZone,
      platform: t.instance.platform,
      wave: t.wave ?? 0,
      wasStopped: t.wasStopped,
      keepImageId: null,
    })),
    waves: waves.map((number) => ({
      number,
      size: planned.filter((t) => t.wave === number).length,
      worstCaseMs: 200 * MINUTE,
    })),
    documents: [
      {
        accountId: '011110000001',
        region: 'eu-central-1',
        name: 'AWS-RunPatchBaseline',
        version: '1',
        hash: 'ab',
      },
    ],
    rebootOption: 'RebootIfNeeded',
    backup: { required: true, noReboot: true, retentionDays: 30, withoutVerifiedBackup: 'skip' },
    stoppedInstances: 'start',
    batchSize: 50,
    failureBudget: 2,
    startNotBefore: START,
    noNewWaveAfter: START + 240 * MINUTE,
    windowEnd: START + 480 * MINUTE,
    approval: { required: 1, groups: ['S0LEADS'], users: [], expiresAt: START + 60 * MINUTE },
    checks: [],
  };
  return {
    run,
    plan,
    approvals: [{ userId: 'U0APPROVE', at: START - 30 * MINUTE, planHash: HASH }],
    targets,
    counts: countOutcomes(targets),
    waves: waves.map((number) => {
      const of = planned.filter((t) => t.wave === number);
      return {
        number,
        size: of.length,
        done: of.filter((t) => t.stage === 'done').length,
        failed: of.filter((t) => t.outcome === 'failed').length,
        now: '',
      };
    }),
    questions: [],
    because: [],
    frozen: null,
    ...over.rest,
  };
}

function countOutcomes(targets: readonly Target[]): OutcomeCounts {
  const tally = Object.fromEntries(OUTCOMES.map((o) => [o, 0])) as Record<Outcome, number>;
  for (const t of targets) if (t.outcome !== null) tally[t.outcome] += 1;
  return tally;
}

/** A run with every kind of trouble in it. */
export function troubledView(): RunView {
  const at = (wave: number, minutes: number) => ({
    wave,
    installedAt: START + minutes * MINUTE,
    stageSince: START + (minutes + 8) * MINUTE,
  });
  const targets = [
    ...Array.from({ length: 6 }, (_, n) => target(n + 1, at(1, 18 + n))),
    target(7, {
      ...at(1, 25),
      instance: { name: 'db-primary', instanceType: 'r6i.2xlarge' },
      outcome: 'failed',
      outcomeReason:
        'The patch command failed with exit code 156: the patch payload could not be downloaded.',
      nextStep:
        'Check that the instance reaches the Amazon S3 buckets of Patch Manager (S3 endpoint, proxy, endpoint policy), then /patch retry.',
      exitCode: 156,
      excerpt:
        'Traceback (most recent call last):\n  File "main.py", line 41\nurllib.error.URLError: <urlopen error [Errno 110] Connection timed out>\nfailed to run commands: exit status 156',
      after: counts(4),
      installed: [],
    }),
    target(8, {
      ...at(1, 24),
      instance: {
        name: 'win-files-01',
        platform: 'windows',
        platformVersion: 'Windows Server 2022',
        counts: null,
      },
      before: null,
      outcome: 'patched_reboot_pending',
      outcomeReason: '2 patches are installed and take effect at the next reboot.',
      nextStep: 'Reboot it when its owners agree, then scan it.',
      after: counts(0, { pendingReboot: 2 }),
      installed: [
        {
          title: '2026-11 Cumulative Update for Windows Server 2022 (KB5068787)',
          kbId: 'KB5068787',
          severity: 'Critical',
          state: 'InstalledPendingReboot',
        },
      ],
    }),
    ...Array.from({ length: 5 }, (_, n) => target(n + 9, at(2, 48 + n))),
    target(14, {
      ...at(2, 55),
      instance: { name: 'batch-night', state: 'stopped' },
      wasStopped: true,
      power: 'on',
      outcome: 'unknown',
      outcomeReason: 'Its agent was lost during the patch command.',
      nextStep:
        'Look at the console output of the instance, then /patch resolve k3f9a2 batch-night <reason>.',
      after: null,
      installed: [],
      commandMayRun: true,
      exitCode: null,
      installEnd: null,
    }),
    target(15, {
      wave: 2,
      installedAt: null,
      outcome: 'skipped',
      outcomeReason: 'Its backup failed: no verified backup, no patch.',
      nextStep: 'Find out why the image failed, then /patch retry.',
      imageId: null,
      backupVerified: false,
      after: null,
      installed: [],
      commandId: null,
      exitCode: null,
      installEnd: null,
    }),
    target(16, {
      wave: null,
      instance: { name: 'asg-web-7f', counts: counts(9) },
      eligible: false,
      reasons: [{ code: 'auto_scaling', text: 'It belongs to the Auto Scaling group web-asg.' }],
      outcome: 'skipped',
      outcomeReason: 'It belongs to the Auto Scaling group web-asg.',
      imageId: null,
      backupVerified: false,
      after: null,
      installed: [],
      commandId: null,
      exitCode: null,
      installEnd: null,
      installedAt: null,
    }),
  ];
  return view(targets, {
    run: {
      failedZones: [
        { landingZone: 'data-prod', reason: 'The read role could not be assumed: AccessDenied.' },
      ],
    },
    rest: {
      questions: [
        {
          tag: 'patchday k3f9a2 install w2/111100000001/eu-central-1/linux/1 a1',
          runId: 'k3f9a2',
          text: 'Was the patch command for wave 2 sent to batch-night?',
          whatToCheck: 'Run Command history of 011110000001 in eu-central-1 for the comment pd-k3f9a2-w2-1.',
          targets: ['batch-night'],
          askedAt: START + 58 * MINUTE,
          answers: [],
        },
      ],
    },
  });
}
