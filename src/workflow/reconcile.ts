/**
 * Runs of a database that was restored from a copy, and so may be behind AWS. Pure: what follows from that which
 * AWS remembers of one.
 */
import type { AdoptedEffect, Changes, RunState, TargetChange } from './changes.ts';
import { targetKey } from './instance.ts';
import type { SentCommand } from './ports.ts';
import { sayFinding, sayWentOn } from './reconcile-says.ts';
import type { Effect, Run, Stage, Target } from './run-types.ts';
import { parseTag } from './tag.ts';
import { endTarget, moveTarget } from './target-changes.ts';

/** Systems Manager keeps commands for 30 days; a day is left for the asking. */
export const HISTORY_MS = 29 * 86_400_000;

const ANSWERED = 'answered by what was found at AWS after the restore';
const DO_NOT_FIT = 'the patch commands that AWS remembers of this run do not fit the copy';

/** A command of a run, at its place. */
export interface Trace {
  landingZone: string;
  accountId: string;
  region: string;
  command: SentCommand;
}

/** A command whose comment names an effect of the run. */
type Marked = Trace & { tag: NonNullable<ReturnType<typeof parseTag>> };

/** Stages in which a target may get its patch command, or has got it. */
export const BEFORE_THE_END: readonly Stage[] = ['queued', 'backing_up', 'powering_on', 'ready', 'patching'];

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
  const unknown = traces.flatMap((trace): Marked[] => {
    const tag = parseTag(run, trace.command.comment);
    return tag && !known.has(trace.command.comment) ? [{ ...trace, tag }] : [];
  });
  const installs = unknown.filter((t) => t.tag.kind === 'install');
  if (run.phase !== 'waves' && (installs.length > 0 || images.length > 0))
    return endOfWhatWentOn(run, targets, installs, images, now);

  const byKey = new Map(targets.map((t) => [t.key, t]));
  const covered = countBy(installs.flatMap(keysOf));
  const open = effects.filter((e) => e.kind === 'install' && e.state !== 'no_effect' && e.state !== 'closed');
  const asked = (e: Effect) => e.state === 'intended' || e.state === 'needs_attention';
  const fits = (key: string) => {
    const target = byKey.get(key);
    return (
      target !== undefined &&
      target.wave !== null &&
      covered.get(key) === 1 &&
      BEFORE_THE_END.includes(target.stage) &&
      open.every(
        (e) => !e.targets.includes(key) || (asked(e) && e.targets.every((k) => covered.get(k) === 1)),
      )
    );
  };
  const { adopted, strange, strangeKeys } = sortOut(
    installs,
    // One that chooses its instances by tags is not of our making: our commands name them.
    (t) => t.command.instanceIds.length > 0 && keysOf(t).every(fits),
    open.filter(asked),
  );
  const commandOf = new Map(adopted.flatMap((t) => keysOf(t).map((key) => [key, t.command.commandId])));
  const imageOf = new Map(images.map((i) => [i.key, i]));
  const lost = [...strangeKeys].flatMap((key) => byKey.get(key) ?? []).filter((t) => t.stage !== 'done');
  const closed = open.filter(
    (e) => asked(e) && e.targets.some((key) => strangeKeys.has(key) || commandOf.has(key)),
  );
  // The backup of an instance that got its patch command is behind it.
  const past = effects.filter(
    (e) =>
      e.kind === 'create_image' &&
      (e.state === 'intended' || e.state === 'begun') &&
      e.targets.every((key) => commandOf.has(key)),
  );
  const followed = adopted.map((t) => adoptedEffect(t, keysOf(t), 'begun', now));
  // One comment may have been used more than once: by the lost process, and by a bot on another copy.
  const scans = new Map(unknown.flatMap((t) => (t.tag.kind === 'scan' ? [[t.command.comment, t]] : [])));
  const tooOld = now - run.createdAt > HISTORY_MS;
  const strangeIds = strange.map((t) => t.command.commandId);
  const finding = sayFinding(run, targets, {
    adopted: commandOf.size,
    strangeIds,
    lost: lost.length,
    tooOld,
  });
  return {
    parked: { finding, mayRelease: !tooOld },
    effects: [
      ...closed.map((e) => ({ id: e.id, from: e.state, state: 'closed' as const, note: ANSWERED })),
      ...past.map((e) => ({ id: e.id, from: e.state, state: 'settled' as const, note: ANSWERED })),
    ],
    adopt: [
      ...followed,
      // Only their names are taken: what they found is read anew, and they count as nobody's attempt.
      ...[...scans.values()].map((t) => adoptedEffect(t, [], 'settled', now)),
    ],
    targets: [
      ...targets.flatMap((target) => {
        const commandId = commandOf.get(target.key);
        return commandId === undefined ? [] : [adoptedTarget(target, commandId, imageOf.get(target.key))];
      }),
      ...lost.map((t) => unknownTarget(run, t, DO_NOT_FIT)),
    ],
    instanceLocks: [...strangeKeys].map((key) => ({
      key,
      runId: run.id,
      reason: `patch commands of run ${run.id} do not fit its restored rows`,
      until: null,
    })),
    ...(followed.length > 0
      ? { run: { currentWave: Math.max(run.currentWave, ...followed.map((e) => e.wave)) } }
      : {}),
    audit: [
      {
        actor: 'patchday',
        action: 'run.reconciled',
        text: finding,
        detail: {
          adopted: adopted.map((t) => t.command.commandId),
          strange: strangeIds,
          closed: closed.map((e) => e.tag),
          lost: lost.map((t) => t.key),
        },
      },
    ],
    news: [{ kind: 'failure', text: finding, excerpt: '' }],
  };
}

function keysOf({ accountId, region, command }: Trace): string[] {
  return command.instanceIds.map((id) => targetKey(accountId, region, id));
}

/**
 * A command that fits is adopted, unless one of its instances is spoken of by a command that does not fit, or by
 * a question that speaks of such an instance too: what is strange spreads as far as it can be doubted.
 */
function sortOut(
  installs: readonly Marked[],
  fits: (t: Marked) => boolean,
  questions: readonly Effect[],
): { adopted: Marked[]; strange: Marked[]; strangeKeys: ReadonlySet<string> } {
  const strangeKeys = new Set(installs.filter((t) => !fits(t)).flatMap(keysOf));
  const groups = [...installs.map(keysOf), ...questions.map((e) => e.targets)];
  for (let before = -1; before < strangeKeys.size; ) {
    before = strangeKeys.size;
    for (const group of groups)
      if (group.some((key) => strangeKeys.has(key))) for (const key of group) strangeKeys.add(key);
  }
  const isStrange = (t: Marked) => !fits(t) || keysOf(t).some((key) => strangeKeys.has(key));
  return { adopted: installs.filter((t) => !isStrange(t)), strange: installs.filter(isStrange), strangeKeys };
}

function adoptedEffect(
  { landingZone, accountId, region, command, tag }: Marked,
  keys: readonly string[],
  state: 'begun' | 'settled',
  now: number,
): AdoptedEffect {
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

function adoptedTarget(target: Target, commandId: string, image: ImageTrace | undefined): TargetChange {
  return moveTarget(target, {
    stage: 'patching',
    commandId,
    commandMayRun: true,
    before: target.before ?? target.instance.counts,
    ...(image ? { imageId: image.imageId, backupVerified: image.verified } : {}),
    // It was running when the command went out; whoever started it, it was to be stopped again.
    ...(target.wasStopped ? { power: 'on' as const } : {}),
  });
}

/** `why` goes on after "The database was restored from a copy, and ". */
export function unknownTarget(run: Run, target: Target, why: string): TargetChange {
  return endTarget(
    target,
    'unknown',
    `The database was restored from a copy, and ${why}.`,
    `Look at the instance, then /patch resolve ${run.id} ${target.instance.instanceId} <what you found>. It stays locked until then.`,
    { commandMayRun: true },
  );
}

/** It went on after the copy was made: with an approval, perhaps a plan, that the copy does not have. */
function endOfWhatWentOn(
  run: Run,
  targets: readonly Target[],
  installs: readonly Marked[],
  images: readonly ImageTrace[],
  now: number,
): Changes {
  const sent = new Map(installs.flatMap((t) => keysOf(t).map((key) => [key, t.command.commandId])));
  const reason = sayWentOn(run, sent, images.length);
  return {
    parked: { finding: reason, mayRelease: true },
    unpark: true,
    targets: targets.filter((t) => sent.has(t.key)).map((t) => unknownTarget(run, t, DO_NOT_FIT)),
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

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
