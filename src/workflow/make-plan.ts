/** From what was found to an immutable plan, or to a plain reason why there is none. Pure. */
import type { Instance, Reason } from './instance.ts';
import type { Plan, PlanTarget, PlanWave } from './plan-types.ts';
import type { Run } from './run-types.ts';
import { type EnvironmentPolicy, patchWorstCase, type Timing } from './settings.ts';
import { localText, nextWindow } from './zoned-time.ts';

export interface PlanInput {
  run: Run;
  policy: EnvironmentPolicy;
  timing: Timing;
  now: number;
  /** Eligible instances only. */
  instances: readonly Instance[];
  /** Backups of an earlier run that stay the restore point, by target. */
  keepImages: ReadonlyMap<string, string>;
  documents: Plan['documents'];
  version: number;
  changedBy: string;
}

export type PlanResult = { ok: true; plan: Plan } | { ok: false; reason: Reason };

export function makePlan(input: PlanInput): PlanResult {
  const { run, policy, timing, now } = input;
  const window = chooseWindow(input);
  if (!window.ok) return window;
  const targets = [...input.instances].sort(byPlace).map(
    (i): PlanTarget => ({
      key: i.key,
      instanceId: i.instanceId,
      accountId: i.accountId,
      region: i.region,
      landingZone: i.landingZone,
      platform: i.platform,
      wave: 0,
      wasStopped: i.state === 'stopped',
      keepImageId: input.keepImages.get(i.key) ?? null,
    }),
  );
  const { placed, waves } = planWaves(
    targets,
    policy.waveSize,
    run.kind === 'patch' ? patchWorstCase(timing) : timing.backupTimeout,
  );
  return {
    ok: true,
    plan: {
      format: 1,
      runId: run.id,
      version: input.version,
      kind: run.kind,
      environment: run.environment,
      timeZone: policy.timeZone,
      requestedBy: run.requestedBy,
      changedBy: input.changedBy,
      createdAt: now,
      targets: placed,
      waves,
      documents: input.documents,
      rebootOption: policy.reboot === 'never' ? 'NoReboot' : 'RebootIfNeeded',
      backup: policy.backup,
      stoppedInstances: policy.stoppedInstances,
      batchSize: policy.batchSize,
      failureBudget: budget(policy.failureBudget, targets.length),
      startNotBefore: window.start,
      noNewWaveAfter: window.end - window.worstCase,
      windowEnd: window.end,
      approval: {
        required: policy.approvalsRequired,
        groups: policy.approvers.groups,
        users: policy.approvers.users,
        expiresAt: Math.min(now + policy.approvalTtl, window.end - window.worstCase),
      },
      checks: policy.checks,
    },
  };
}

/**
 * Splits targets into waves of at most `size`; a percentage is of all targets, rounded up, at least 1.
 * The order given is the order kept.
 */
export function planWaves(
  targets: readonly PlanTarget[],
  size: number | { percent: number },
  worstCaseMs: number,
): { placed: PlanTarget[]; waves: PlanWave[] } {
  const each =
    typeof size === 'number' ? size : Math.max(1, Math.ceil((targets.length * size.percent) / 100));
  if (!(each >= 1)) throw new RangeError('a wave has at least one target');
  const placed = targets.map((t, i) => ({ ...t, wave: Math.floor(i / each) + 1 }));
  const waves: PlanWave[] = [];
  for (let i = 0; i * each < targets.length; i++) {
    waves.push({ number: i + 1, size: Math.min(each, targets.length - i * each), worstCaseMs });
  }
  return { placed, waves };
}

/** Most failed targets that a run may have and still open its next wave. */
function budget(rule: number | { percent: number }, targets: number): number {
  return typeof rule === 'number' ? rule : Math.floor((targets * rule.percent) / 100);
}

function chooseWindow(
  input: PlanInput,
): { ok: true; start: number; end: number; worstCase: number } | { ok: false; reason: Reason } {
  const { run, policy, timing, now } = input;
  const worstCase = run.kind === 'patch' ? patchWorstCase(timing) : 0;
  const { options } = run;
  let start: number;
  let end: number;
  if (options.at !== null) {
    start = options.at;
    end = options.until ?? start + policy.runLengthLimit;
  } else if (options.now || policy.startDefault === 'now') {
    start = now;
    end = options.until ?? now + policy.runLengthLimit;
  } else {
    try {
      const window = nextWindow(policy.window, policy.timeZone, now, worstCase);
      start = window.start;
      end = options.until ?? window.end;
    } catch {
      return {
        ok: false,
        reason: {
          code: 'window_too_short',
          text: `No maintenance window of ${policy.name} in the next two weeks is as long as one wave may take (${hours(worstCase)}). Give a longer one with --at and --until, use --now, or change the window in the configuration.`,
        },
      };
    }
  }
  end = Math.min(end, start + policy.runLengthLimit);
  if (end <= now || end - worstCase < Math.max(start, now)) {
    return {
      ok: false,
      reason: {
        code: 'window_too_short',
        text: `From ${localText(start, policy.timeZone)} to ${localText(end, policy.timeZone)} (${policy.timeZone}) is shorter than one wave may take (${hours(worstCase)}), so no wave would start. Give a later --until, or another --at.`,
      },
    };
  }
  return { ok: true, start, end, worstCase };
}

function hours(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function byPlace(a: Instance, b: Instance): number {
  return (
    a.landingZone.localeCompare(b.landingZone) ||
    a.availabilityZone.localeCompare(b.availabilityZone) ||
    a.platform.localeCompare(b.platform) ||
    (a.key < b.key ? -1 : 1)
  );
}
