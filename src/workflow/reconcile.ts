/**
 * Runs of a database that was restored from a copy, and so may be behind AWS. Pure: what follows from that which
 * AWS remembers of one.
 */
import type {
  AdoptedEffect,
  Changes,
  EffectChange,
  InstanceLock,
  RunState,
  TargetChange,
} from './changes.ts';
import type { SentCommand } from './ports.ts';
import type { Effect, Run, Target } from './run-types.ts';
import { parseTag } from './tag.ts';
import { called, endTarget, moveTarget } from './target-changes.ts';
import { count } from './words.ts';

/** Systems Manager keeps commands for 30 days; a day is left for the asking. */
export const HISTORY_MS = 29 * 86_400_000;

const ANSWERED = 'answered by what was found at AWS after the restore';

/** A command of a run, at its place. */
export interface Trace {
  landingZone: string;
  accountId: string;
  region: string;
  command: SentCommand;
}

/** An image under the name that the run's backup of this instance has. */
export interface ImageTrace {
  key: string;
  imageId: string;
  verified: boolean;
}

/**
 * What the rows must learn from AWS. In the waves a patch command that the rows do not know is adopted, and
 * followed like any other; one that does not fit the rows leaves its instances unknown and locked. A run that
 * was not yet in its waves when the copy was made, but has effects at AWS, ends: its approval is not in the copy.
 */
export function matchWithAws(
  state: RunState,
  targets: readonly Target[],
  traces: readonly Trace[],
  images: readonly ImageTrace[],
  now: number,
): Changes {
  const { run, effects } = state;
  const known = new Set(effects.map((e) => e.tag));
  const unknown = traces.filter((t) => !known.has(t.command.comment));
  const installs = unknown.filter((t) => parseTag(run, t.command.comment)?.kind === 'install');
  // One comment may have been used more than once: by the lost process, and by a bot on another copy.
  const scans = unknown.filter(
    (t, i) =>
      parseTag(run, t.command.comment)?.kind === 'scan' &&
      unknown.findIndex((u) => u.command.comment === t.command.comment) === i,
  );
  if (run.phase !== 'waves' && (installs.length > 0 || images.length > 0))
    return endOfWhatWentOn(state, targets, installs, images, now);

  const byKey = new Map(targets.map((t) => [t.key, t]));
  const keysOf = (t: Trace) => t.command.instanceIds.map((id) => `${t.accountId}/${t.region}/${id}`);
  const covered = countBy(installs.flatMap(keysOf));
  const open = effects.filter((e) => e.kind === 'install' && e.state !== 'no_effect' && e.state !== 'closed');
  const superseded = (e: Effect) =>
    (e.state === 'intended' || e.state === 'needs_attention') &&
    e.targets.every((key) => covered.get(key) === 1);
  const fits = (key: string) => {
    const target = byKey.get(key);
    const live = open.filter((e) => e.targets.includes(key));
    return (
      target !== undefined &&
      target.wave !== null &&
      covered.get(key) === 1 &&
      ['queued', 'backing_up', 'powering_on', 'ready', 'patching'].includes(target.stage) &&
      live.every(superseded)
    );
  };
  const adopted = installs.filter((t) => keysOf(t).every(fits));
  const strange = installs.filter((t) => !adopted.includes(t));
  const strangeKeys = new Set(strange.flatMap(keysOf));
  const inDoubt = open.filter(
    (e) =>
      (e.state === 'intended' || e.state === 'needs_attention') &&
      e.targets.some((key) => strangeKeys.has(key)),
  );
  for (const effect of inDoubt) for (const key of effect.targets) strangeKeys.add(key);
  const adoptedKeys = new Set(adopted.flatMap(keysOf));
  const imageOf = new Map(images.map((i) => [i.key, i]));
  const lost = [...strangeKeys].flatMap((key) => byKey.get(key) ?? []).filter((t) => t.stage !== 'done');
  const closed = [
    ...new Set([
      ...inDoubt,
      ...open.filter((e) => superseded(e) && e.targets.some((key) => adoptedKeys.has(key))),
    ]),
  ];
  const locks: InstanceLock[] = [...strangeKeys].map((key) => ({
    key,
    runId: run.id,
    reason: `patch commands of run ${run.id} do not fit its restored rows`,
    until: null,
  }));
  // The backup of an instance that got its patch command is behind it.
  const past = effects.filter(
    (e) =>
      e.kind === 'create_image' &&
      (e.state === 'intended' || e.state === 'begun') &&
      e.targets.every((key) => adoptedKeys.has(key)),
  );
  const effectsChanged: EffectChange[] = [
    ...closed.map((e) => ({ id: e.id, from: e.state, state: 'closed' as const, note: ANSWERED })),
    ...past.map((e) => ({ id: e.id, from: e.state, state: 'settled' as const, note: ANSWERED })),
  ];
  const targetsChanged: TargetChange[] = [
    ...[...adoptedKeys].flatMap((key) => {
      const target = byKey.get(key);
      return target ? [adoptedTarget(target, installs, imageOf.get(key))] : [];
    }),
    ...lost.map((t) => unknownTarget(run, t)),
  ];
  const waves = adopted.map((t) => parseTag(run, t.command.comment)?.wave ?? 0);
  const tooOld = now - run.createdAt > HISTORY_MS;
  const finding = sayFinding(state, targets, { adopted: adoptedKeys.size, lost: lost.length, tooOld });
  return {
    parked: { finding, mayRelease: !tooOld },
    effects: effectsChanged,
    adopt: [
      ...adopted.map((t) => adoptedEffect(run, t, keysOf(t), 'begun', now)),
      // Only their names are taken: what they found is read anew, and they count as nobody's attempt.
      ...scans.map((t) => adoptedEffect(run, t, [], 'settled', now)),
    ],
    targets: targetsChanged,
    instanceLocks: locks,
    ...(waves.length > 0 ? { run: { currentWave: Math.max(run.currentWave, ...waves) } } : {}),
    audit: [
      {
        actor: 'patchday',
        action: 'run.reconciled',
        text: finding,
        detail: {
          adopted: adopted.map((t) => t.command.commandId),
          strange: strange.map((t) => t.command.commandId),
          closed: closed.map((e) => e.tag),
          lost: lost.map((t) => t.key),
        },
      },
    ],
    news: [{ kind: 'failure', text: finding, excerpt: '' }],
  };
}

function adoptedEffect(
  run: Run,
  { landingZone, accountId, region, command }: Trace,
  keys: readonly string[],
  state: 'begun' | 'settled',
  now: number,
): AdoptedEffect {
  const tag = parseTag(run, command.comment);
  if (!tag) throw new Error('only effects of this run are adopted');
  return {
    kind: tag.kind,
    wave: tag.wave,
    batch: tag.batch,
    attempt: tag.attempt,
    accountId,
    region,
    landingZone,
    targets: keys,
    request: {
      kind: tag.kind,
      instanceIds: command.instanceIds,
      document: { ...command.document, hash: '' },
      parameters: command.parameters,
      comment: command.comment,
      deliveryTimeoutSeconds: 0,
    },
    tag: command.comment,
    state,
    intendedAt: command.requestedAt,
    ref: { commandId: command.commandId, expiresAt: command.expiresAt },
    lookAt: now,
    note: 'found at AWS after the database was restored',
    failures: 0,
  };
}

function adoptedTarget(
  target: Target,
  installs: readonly Trace[],
  image: ImageTrace | undefined,
): TargetChange {
  const { accountId, region, instanceId } = target.instance;
  const trace = installs.find(
    (t) => t.accountId === accountId && t.region === region && t.command.instanceIds.includes(instanceId),
  );
  return moveTarget(target, {
    stage: 'patching',
    commandId: trace?.command.commandId ?? null,
    commandMayRun: true,
    before: target.before ?? target.instance.counts,
    ...(image ? { imageId: image.imageId, backupVerified: image.verified } : {}),
    // It was running when the command went out; whoever started it, it was to be stopped again.
    ...(target.wasStopped ? { power: 'on' as const } : {}),
  });
}

function unknownTarget(run: Run, target: Target): TargetChange {
  return endTarget(
    target,
    'unknown',
    'The database was restored from a copy, and the patch commands that AWS remembers of this run do not fit the copy.',
    `Look at the instance, then /patch resolve ${run.id} ${target.instance.instanceId} <what you found>. It stays locked until then.`,
    { commandMayRun: true },
  );
}

/** It went on after the copy was made: with an approval, perhaps a plan, that the copy does not have. */
function endOfWhatWentOn(
  { run }: RunState,
  targets: readonly Target[],
  installs: readonly Trace[],
  images: readonly ImageTrace[],
  now: number,
): Changes {
  const sent = new Map<string, string>();
  for (const { accountId, region, command } of installs)
    for (const id of command.instanceIds) sent.set(`${accountId}/${region}/${id}`, command.commandId);
  const reason = `The database was restored from a copy in which run ${run.id} had not begun. At AWS it has ${count(sent.size, 'instance')} with a patch command and ${count(images.length, 'backup')}: it went on after the copy was made, and the copy cannot say how. It is ended. Look at the commands ${[...new Set(sent.values())].join(', ') || '(none)'} in Systems Manager, stop what was started for it, and scan again.`;
  return {
    parked: { finding: reason, mayRelease: true },
    unpark: true,
    targets: targets
      .filter((t) => sent.has(t.key))
      .map((t) => ({ ...unknownTarget(run, t), set: { ...unknownTarget(run, t).set, stage: 'done' } })),
    endQueued: { reason, nextStep: 'Scan again.' },
    instanceLocks: [...sent].map(([key, commandId]) => ({
      key,
      runId: run.id,
      reason: `command ${commandId} was sent after the copy was made that the database was restored from`,
      until: null,
    })),
    run: { phase: 'ended', end: 'halted', endReason: reason, endedAt: now, wakeAt: null, because: [] },
    keepZones: [],
    audit: [
      {
        actor: 'patchday',
        action: 'run.halted',
        text: reason,
        detail: { commands: Object.fromEntries(sent) },
      },
    ],
    news: [{ kind: 'failure', text: reason, excerpt: '' }],
  };
}

function sayFinding(
  { run }: RunState,
  targets: readonly Target[],
  found: { adopted: number; lost: number; tooOld: boolean },
): string {
  const started = targets.filter((t) => t.power === 'on' || (t.wasStopped && t.stage === 'powering_on'));
  const parts = [
    `The database was restored from a copy, and run ${run.id} was held against AWS.`,
    found.adopted > 0
      ? `${count(found.adopted, 'instance')} got a patch command after the copy was made: it is followed, and none is sent again.`
      : 'No patch command was found that the copy does not know.',
    ...(found.lost > 0 ? [`${count(found.lost, 'instance')} cannot be matched and ended as unknown.`] : []),
    ...(started.length > 0
      ? [`To be stopped again at the end, as they were before: ${started.map(called).join(', ')}.`]
      : []),
    found.tooOld
      ? `The run is older than the 30 days for which AWS remembers commands, so it cannot go on: end it with /patch stop ${run.id}, and scan again.`
      : `Nothing is changed until an approver says that it may go on (/patch release ${run.id} <reason>), or somebody ends it (/patch stop ${run.id}).`,
  ];
  return parts.join(' ');
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
