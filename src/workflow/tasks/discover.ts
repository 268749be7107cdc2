import type { Changes, RunState } from '../changes.ts';
import { targetEligibility } from '../eligibility.ts';
import type { Instance, Reason } from '../instance.ts';
import { foreign } from '../mention.ts';
import { LookFailed, type Place } from '../ports.ts';
import type { Target } from '../run-types.ts';
import { environmentOf, type ZonePolicy, zonesOf } from '../settings.ts';
import { count } from '../words.ts';
import type { Outside, TaskResult } from './context.ts';

/**
 * Looks at every landing zone of the scope at once. One that fails is written down with its reason and hides
 * no other. What is found becomes the targets of the run, eligible or not.
 */
export async function discover(outside: Outside, state: RunState): Promise<TaskResult> {
  const { run } = state;
  const { settings, clock } = outside;
  const zones = zonesOf(settings, run.scope.name).filter(
    (z) => run.scope.only === null || run.scope.only.some((k) => k.startsWith(`${z.accountId}/`)),
  );
  const answers = await Promise.all(zones.map((zone) => lookAt(outside, state, zone)));
  const failedZones = answers.flatMap((a) =>
    'failed' in a ? [{ landingZone: a.zone.name, reason: a.failed }] : [],
  );
  const targets: Target[] = [];
  for (const answer of answers) {
    if ('failed' in answer) continue;
    const locks = new Map(
      outside.store.instanceLocks(answer.instances.map((i) => i.key)).map((l) => [l.key, l]),
    );
    for (const instance of answer.instances) {
      const eligibility = targetEligibility(instance, {
        zone: answer.zone,
        stoppedInstances: environmentOf(settings, run.environment).stoppedInstances,
        otherCommand: answer.others.get(instance.instanceId) ?? null,
        lock: locks.get(instance.key) ?? null,
        needsAgent: run.kind === 'patch',
        ownInstanceIds: outside.ownInstanceIds(),
      });
      targets.push(
        found(
          instance,
          eligibility.eligible,
          [...eligibility.reasons, ...eligibility.notes],
          run.kind,
          clock.now(),
          settings.timing.scanStaleAfter,
        ),
      );
    }
  }
  if (targets.length === 0) return ended(outside, state, failedZones, zones);
  const scanned = state.effects.some((e) => e.kind === 'scan' && e.wave === 0);
  const withFreshScan = targets.map(toBeScanned);
  const freshScan = run.options.fresh && !scanned && withFreshScan.some((t) => t.stage === 'queued');
  await outside.store.commit(run.id, {
    expect: { phase: 'discover' },
    replaceTargets: true,
    addTargets: freshScan ? withFreshScan : targets,
    run: { phase: freshScan ? 'fresh_scan' : 'plan', failedZones, currentWave: 0 },
    audit: [
      {
        actor: 'patchday',
        action: 'run.discovered',
        text: `Found ${count(targets.length, 'instance')}, ${targets.filter((t) => t.eligible).length} of them ready.`,
        detail: { failedZones },
      },
    ],
  });
  return { done: true };
}

type ZoneAnswer =
  | {
      zone: ZonePolicy;
      instances: Instance[];
      others: Map<string, { documentName: string; commandId: string }>;
    }
  | { zone: ZonePolicy; failed: string };

async function lookAt({ aws }: Outside, { run }: RunState, zone: ZonePolicy): Promise<ZoneAnswer> {
  try {
    let instances = await aws.fleet.discover(zone.name, run.scope, run.id);
    const wanted = run.scope.only;
    if (wanted) instances = instances.filter((i) => wanted.includes(i.key));
    const others = new Map<string, { documentName: string; commandId: string }>();
    for (const region of new Set(instances.map((i) => i.region))) {
      const place: Place = { landingZone: zone.name, accountId: zone.accountId, region, runId: run.id };
      const ids = instances
        .filter((i) => i.region === region && i.ssm.ping === 'online')
        .map((i) => i.instanceId);
      for (const [id, command] of await aws.commands.othersInProgress(place, ids, []))
        others.set(id, command);
    }
    return { zone, instances, others };
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return { zone, failed: error.message };
  }
}

function found(
  instance: Instance,
  eligible: boolean,
  reasons: readonly Reason[],
  kind: 'patch' | 'backup_only',
  now: number,
  staleAfter: number,
): Target {
  const nothingToDo = kind === 'patch' && eligible && upToDate(instance, now, staleAfter);
  const base: Target = {
    key: instance.key,
    instance,
    eligible: eligible && !nothingToDo,
    reasons: nothingToDo
      ? [{ code: 'up_to_date', text: 'already up to date: nothing was missing at its last scan' }, ...reasons]
      : reasons,
    wave: null,
    stage: 'done',
    outcome: nothingToDo ? 'up_to_date' : 'skipped',
    outcomeReason: nothingToDo
      ? 'Nothing was missing at its last scan, so there was nothing to do.'
      : eligible
        ? 'Not in a plan.'
        : `${reasons.map((r) => r.text).join('; ')}.`,
    nextStep: '',
    imageId: null,
    backupVerified: false,
    wasStopped: instance.state === 'stopped',
    power: 'none',
    commandId: null,
    commandMayRun: false,
    invocation: null,
    installEnd: null,
    exitCode: null,
    excerpt: '',
    installedAt: null,
    before: instance.counts,
    after: null,
    installed: [],
    stageSince: now,
  };
  return base;
}

/** Scanned lately, nothing missing, nothing failed, nothing waiting for a reboot. */
function upToDate(instance: Instance, now: number, staleAfter: number): boolean {
  const { counts, lastPatch } = instance;
  return (
    counts !== null &&
    lastPatch !== null &&
    now - lastPatch.at <= staleAfter &&
    counts.missing === 0 &&
    counts.failed === 0 &&
    counts.pendingReboot === 0
  );
}

/** For a fresh scan, everything that can be reached takes part as wave 0. */
function toBeScanned(target: Target): Target {
  const reachable =
    target.instance.state === 'running' &&
    target.instance.ssm.ping === 'online' &&
    target.instance.platform !== 'unknown' &&
    !target.reasons.some((r) =>
      [
        'own_host',
        'zone_disabled',
        'emr',
        'other_command',
        'locked',
        'protected',
        'excluded',
        'not_included',
      ].includes(r.code),
    );
  return reachable ? { ...target, wave: 0, stage: 'queued', outcome: null } : target;
}

async function ended(
  outside: Outside,
  state: RunState,
  failedZones: { landingZone: string; reason: string }[],
  zones: readonly ZonePolicy[],
): Promise<TaskResult> {
  const { run } = state;
  const allFailed = failedZones.length > 0 && failedZones.length === zones.length;
  const answered = zones.filter((z) => !failedZones.some((f) => f.landingZone === z.name));
  const reason = allFailed
    ? 'No landing zone of the scope could be looked at.'
    : noneMatches(await nearestNames(outside, state, answered), failedZones.length === 0);
  await outside.store.commit(run.id, {
    expect: { phase: 'discover' },
    // After a fresh scan there are targets already.
    endQueued: { reason, nextStep: allFailed ? 'Mend the cause, then scan again.' : 'Scan again.' },
    run: {
      phase: 'ended',
      end: allFailed ? 'discovery_failed' : 'nothing_to_do',
      endReason: reason,
      endedAt: outside.clock.now(),
      failedZones,
      wakeAt: null,
      because: [],
    },
    keepZones: [],
    audit: [
      {
        actor: 'patchday',
        action: allFailed ? 'run.discovery_failed' : 'run.nothing_to_do',
        text: reason,
        detail: { failedZones },
      },
    ],
    news: [
      {
        kind: 'progress',
        text: `${reason} ${failedZones.map((z) => `${z.landingZone}: ${z.reason}`).join(' ')}`.trim(),
      },
    ],
  } satisfies Changes);
  return { done: true };
}

function noneMatches(near: readonly string[] | null, allAnswered: boolean): string {
  if (!allAnswered) return 'No instance matches in the landing zones that could be looked at.';
  if (near === null) return 'No instance matches.';
  return near.length > 0
    ? `No instance matches. The nearest names are ${near.join(', ')}.`
    : 'No instance matches. There are no instances in the scope at all.';
}

/** A help for typing errors only: null when a landing zone does not give its names. */
async function nearestNames(
  { aws }: Outside,
  { run }: RunState,
  zones: readonly ZonePolicy[],
): Promise<string[] | null> {
  const wanted = (run.scope.pattern ?? '').replaceAll(/[*?]/g, '').toLowerCase();
  let names: string[];
  try {
    names = (await Promise.all(zones.map((z) => aws.fleet.nearestNames(z.name, run.id)))).flat();
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return null;
  }
  return [...new Set(names)]
    .map((name) => ({ name: foreign(name), far: distance(name.toLowerCase(), wanted) }))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map((n) => n.name);
}

/** Edit distance (Levenshtein). */
export function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
