/** Runs of any size in any phase, as the workflow would show them. */
import { type Instance, type PatchCounts, targetKey } from '../../../src/workflow/instance.ts';
import type { Plan } from '../../../src/workflow/plan-types.ts';
import {
  OUTCOMES,
  type OutcomeCounts,
  type Phase,
  type Run,
  type Target,
} from '../../../src/workflow/run-types.ts';
import type { Question, RunView } from '../../../src/workflow/view.ts';

export const NOW = Date.UTC(2026, 10, 21, 9, 0);
export const HASH = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
export const REQUESTER = 'U0PRIYAREQ';
export const APPROVER = 'U0AISHAAPP';
export const APPROVER_GROUP = 'S0APPROVER';
export const CHANNEL = 'C0PATCHPRD';

const HOUR = 3_600_000;
const ZONES = ['payments-prod', 'web-prod', 'data-prod', 'core-prod'];

export function instance(number: number, change: Partial<Instance> = {}): Instance {
  const instanceId = `i-${number.toString(16).padStart(17, '0')}`;
  const counts: PatchCounts | null =
    number % 9 === 0
      ? null
      : {
          missing: number % 13,
          failed: 0,
          pendingReboot: number % 3,
          installed: 200,
          critical: number % 5,
          security: number % 7,
          other: 0,
        };
  return {
    key: targetKey('111100000001', 'eu-west-1', instanceId),
    instanceId,
    name: `web-${String(number).padStart(4, '0')}`,
    landingZone: ZONES[number % ZONES.length] ?? 'web-prod',
    accountId: '111100000001',
    region: 'eu-west-1',
    availabilityZone: 'eu-west-1a',
    instanceType: 'm5.large',
    privateAddress: '10.0.0.1',
    platform: number % 3 === 0 ? 'windows' : 'linux',
    platformVersion: number % 3 === 0 ? 'Windows Server 2022' : 'Amazon Linux 2023',
    state: 'running',
    rootDevice: 'ebs',
    ssm: { ping: 'online', lastPingAt: NOW - 60_000, agentVersion: '3.3.0.0' },
    patchGroup: null,
    tags: {},
    lastPatch: counts ? { operation: 'Scan', at: NOW - (2 + (number % 30)) * HOUR, snapshotId: null } : null,
    counts,
    ...change,
  };
}

export function target(number: number, change: Partial<Target> = {}): Target {
  const found = change.instance ?? instance(number);
  return {
    key: found.key,
    instance: found,
    eligible: true,
    reasons: [],
    wave: 1 + Math.floor(number / 10),
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
    before: found.counts,
    after: null,
    installed: [],
    stageSince: NOW,
    ...change,
  };
}

export interface ViewOptions {
  id?: string;
  size?: number;
  phase?: Phase;
  targets?: Target[];
  run?: Partial<Run>;
  plan?: Partial<Plan> | null;
  view?: Partial<RunView>;
}

const NOT_READY = [
  { code: 'not_managed', text: 'Systems Manager does not know it' },
  { code: 'asg_member', text: 'it belongs to an Auto Scaling group' },
  { code: 'offline', text: 'its agent has not answered for 3 hours' },
];

/** One in seven is not ready, as in life. */
export function targetsOf(size: number): Target[] {
  return Array.from({ length: size }, (_, i) => {
    const reason = NOT_READY[i % NOT_READY.length];
    return i % 7 === 6 && reason ? target(i, { eligible: false, reasons: [reason], wave: null }) : target(i);
  });
}

export function planOf(targets: readonly Target[], change: Partial<Plan> = {}): Plan {
  const planned = targets.filter((t) => t.wave !== null);
  const numbers = [...new Set(planned.map((t) => t.wave ?? 0))].sort((a, b) => a - b);
  return {
    format: 1,
    runId: 'k3f9',
    version: 1,
    kind: 'patch',
    environment: 'prod',
    timeZone: 'Europe/Berlin',
    requestedBy: REQUESTER,
    changedBy: REQUESTER,
    createdAt: NOW,
    targets: planned.map((t) => ({
      key: t.key,
      instanceId: t.instance.instanceId,
      accountId: t.instance.accountId,
      region: t.instance.region,
      landingZone: t.instance.landingZone,
      platform: t.instance.platform,
      wave: t.wave ?? 1,
      wasStopped: false,
      keepImageId: null,
    })),
    waves: numbers.map((number) => ({
      number,
      size: planned.filter((t) => t.wave === number).length,
      worstCaseMs: 3.5 * HOUR,
    })),
    documents: [],
    rebootOption: 'RebootIfNeeded',
    backup: { required: true, noReboot: true, retentionDays: 14, withoutVerifiedBackup: 'skip' },
    stoppedInstances: 'skip',
    batchSize: 50,
    failureBudget: 2,
    startNotBefore: NOW + 20 * HOUR,
    noNewWaveAfter: NOW + 30 * HOUR,
    windowEnd: NOW + 34 * HOUR,
    approval: { required: 1, groups: [APPROVER_GROUP], users: [], expiresAt: NOW + 8 * HOUR },
    checks: [],
    ...change,
  };
}

export function noOutcomes(): Record<keyof OutcomeCounts, number> {
  return Object.fromEntries(OUTCOMES.map((o) => [o, 0])) as Record<keyof OutcomeCounts, number>;
}

export function runView(options: ViewOptions = {}): RunView {
  const id = options.id ?? 'k3f9';
  const phase = options.phase ?? 'await_approval';
  const targets = options.targets ?? targetsOf(options.size ?? 3);
  const plan = options.plan === null ? null : planOf(targets, { runId: id, ...options.plan });
  const counts = noOutcomes();
  for (const t of targets) if (t.outcome) counts[t.outcome] += 1;
  const started =
    phase === 'waves' || phase === 'report' || (phase === 'ended' && options.run?.startedAt !== null);
  return {
    run: {
      id,
      kind: 'patch',
      scope: { name: 'prod', pattern: null, tags: [], platform: null, regions: [], only: null },
      environment: 'prod',
      requestedBy: REQUESTER,
      createdAt: NOW,
      options: { fresh: false, dryRun: false, backupOnly: false, now: false, at: null, until: null },
      phase,
      end: phase === 'ended' ? 'completed' : null,
      endReason: '',
      planVersion: plan ? 1 : null,
      planHash: plan ? HASH : null,
      planChangedBy: REQUESTER,
      expiresAt: plan ? plan.approval.expiresAt : null,
      startNotBefore: plan ? plan.startNotBefore : null,
      currentWave: started ? 1 : 0,
      snapshotId: null,
      startedAt: started ? NOW : null,
      endedAt: phase === 'ended' ? NOW + HOUR : null,
      stopRequestedBy: null,
      stopRequestedAt: null,
      failedZones: [],
      channel: CHANNEL,
      retryOf: null,
      revision: 1,
      wakeAt: null,
      because: [],
      ...options.run,
    },
    plan,
    approvals: [],
    targets,
    counts,
    waves: (plan?.waves ?? []).map((w) => ({
      number: w.number,
      size: w.size,
      done: 0,
      failed: 0,
      now: 'backing up 10',
    })),
    questions: [],
    because: [],
    frozen: null,
    ...options.view,
  };
}

export function question(tag: string, keys: readonly string[], change: Partial<Question> = {}): Question {
  return {
    tag,
    runId: 'k3f9',
    text: 'The install command was sent, but its answer got lost.',
    whatToCheck: 'Run Command history of these instances.',
    targets: keys,
    askedAt: NOW,
    answers: [
      { id: 'send_again', label: 'It was not sent: send again', permitsSend: true },
      { id: 'give_up', label: 'Give up on these', permitsSend: false },
      { id: 'stop_now', label: 'Stop the instance now', permitsSend: false },
      { id: 'leave_on', label: 'Leave it running', permitsSend: false },
    ],
    ...change,
  };
}
