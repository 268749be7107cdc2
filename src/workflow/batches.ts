/** Groups targets into effects: by account, region and platform, at most a batch each, named for good. Pure. */
import type { Intent, RunState } from './changes.ts';
import type { Effect, EffectKindName, EffectRequest, Target } from './run-types.ts';
import type { Timing } from './settings.ts';
import { tagOf } from './tag.ts';
import { called } from './target-changes.ts';
import { count } from './words.ts';

export interface BatchRequest {
  target: Target;
  /** Of this target; a batch carries the highest of its targets. */
  attempt: number;
  /** After a batch was refused without saying for whom: no larger than this. */
  splitTo: number | null;
}

/** StartInstances and StopInstances take many; this keeps one call's consequences small. */
const POWER_BATCH = 50;
export const PATCH_DOCUMENT = 'AWS-RunPatchBaseline';

/** `earlier` are intents of this kind that were made in the same decision: their names are taken. */
export function batchesFor(
  state: RunState,
  kind: EffectKindName,
  requests: readonly BatchRequest[],
  now: number,
  timing: Timing,
  earlier: readonly Intent[] = [],
): Intent[] {
  const groups = new Map<string, BatchRequest[]>();
  for (const request of requests) {
    const { instance } = request.target;
    const place = `w${waveOf(state, request.target)}/${instance.accountId}/${instance.region}`;
    const key =
      kind === 'create_image'
        ? `${place}/${instance.instanceId}`
        : kind === 'cancel'
          ? `${place}/${request.target.commandId}`
          : kind === 'start' || kind === 'stop'
            ? place
            : `${place}/${instance.platform}`;
    groups.set(key, [...(groups.get(key) ?? []), request]);
  }
  const intents: Intent[] = [];
  const taken = takenNumbers(state.effects, kind, earlier);
  for (const [group, members] of groups) {
    members.sort((a, b) => (a.target.key < b.target.key ? -1 : 1));
    const most = Math.min(
      sizeLimit(state, kind),
      ...members.map((m) => m.splitTo ?? Number.POSITIVE_INFINITY),
    );
    for (let i = 0; i < members.length; i += most) {
      const chunk = members.slice(i, i + most);
      const number = (taken.get(group) ?? 0) + 1;
      taken.set(group, number);
      intents.push(intentFor(state, kind, `${group}#${number}`, chunk, now, timing));
    }
  }
  return intents;
}

/**
 * The highest number of each group. Numbered by what exists already: a batch that is made anew after a refusal
 * never takes an old name.
 */
function takenNumbers(
  effects: readonly Effect[],
  kind: EffectKindName,
  earlier: readonly Intent[],
): Map<string, number> {
  const taken = new Map<string, number>();
  for (const { batch } of [...effects.filter((e) => e.kind === kind), ...earlier]) {
    const [group = '', number] = batch.split('#');
    taken.set(group, Math.max(taken.get(group) ?? 0, Number(number)));
  }
  return taken;
}

/** Of kinds whose groups hold more than one instance: every image is a group of its own. */
function sizeLimit(state: RunState, kind: EffectKindName): number {
  if (kind === 'start' || kind === 'stop') return POWER_BATCH;
  return Math.min(50, state.plan?.batchSize ?? 50);
}

function waveOf({ run }: RunState, target: Target): number {
  return run.phase === 'fresh_scan' ? 0 : (target.wave ?? run.currentWave);
}

function intentFor(
  state: RunState,
  kind: EffectKindName,
  batch: string,
  members: readonly BatchRequest[],
  now: number,
  timing: Timing,
): Intent {
  const first = members[0]?.target;
  if (!first) throw new Error('a batch has at least one target');
  const { run } = state;
  const attempt = Math.max(...members.map((m) => m.attempt));
  const tag = tagOf(run.id, kind, batch, attempt);
  const forward = kind === 'create_image' || kind === 'start' || kind === 'install';
  return {
    kind,
    wave: waveOf(state, first),
    batch,
    attempt,
    tag,
    accountId: first.instance.accountId,
    region: first.instance.region,
    landingZone: first.instance.landingZone,
    targets: members.map((m) => m.target.key),
    request: requestFor(
      state,
      kind,
      tag,
      first,
      members.map((m) => m.target),
      now,
      timing,
    ),
    fromStage: first.stage,
    ...targetSet(kind),
    at: now,
    // A fresh scan is what a person asked for: a stop or a freeze holds it.
    forward: forward || run.phase === 'fresh_scan',
    planHash: run.phase === 'fresh_scan' ? null : run.planHash,
    audit: [
      {
        actor: 'patchday',
        action: `effect.intended.${kind}`,
        text: `About to ${VERB[kind]} ${members.length === 1 ? called(first) : count(members.length, 'instance')}.`,
        detail: { tag, targets: members.map((m) => m.target.key), planHash: run.planHash },
      },
    ],
  };
}

const VERB: Readonly<Record<EffectKindName, string>> = {
  create_image: 'back up',
  start: 'start',
  install: 'send the patch command to',
  scan: 'send a scan to',
  stop: 'stop',
  cancel: 'cancel the waiting patch command of',
};

/** What the intent itself makes true of its targets: written before the call, so that a crash cannot hide it. */
function targetSet(kind: EffectKindName): Pick<Intent, 'targetSet'> {
  if (kind === 'start') return { targetSet: { power: 'on' } };
  if (kind === 'install') return { targetSet: { stage: 'patching', commandMayRun: true } };
  return {};
}

function requestFor(
  state: RunState,
  kind: EffectKindName,
  tag: string,
  first: Target,
  targets: readonly Target[],
  now: number,
  timing: Timing,
): EffectRequest {
  const { run, plan } = state;
  const instanceIds = targets.map((t) => t.instance.instanceId);
  switch (kind) {
    case 'create_image': {
      const retention = (plan?.backup.retentionDays ?? 14) * 86_400_000;
      return {
        kind,
        instanceId: first.instance.instanceId,
        name: backupName(run.id, first.instance.instanceId),
        noReboot: plan?.backup.noReboot ?? true,
        tags: {
          'patchday:managed-by': 'patchday',
          'patchday:run': run.id,
          'patchday:instance': first.instance.instanceId,
          'patchday:name': first.instance.name.slice(0, 200),
          'patchday:expires': new Date(now + retention).toISOString(),
        },
      };
    }
    case 'start':
    case 'stop':
      return { kind, instanceIds };
    case 'cancel':
      return { kind, commandId: first.commandId ?? '', instanceIds };
    case 'install':
    case 'scan': {
      const pinned = plan?.documents.find(
        (d) => d.accountId === first.instance.accountId && d.region === first.instance.region,
      );
      return {
        kind,
        instanceIds,
        document: pinned
          ? { name: pinned.name, version: pinned.version, hash: pinned.hash }
          : { name: PATCH_DOCUMENT, version: '$DEFAULT', hash: '' },
        parameters:
          kind === 'install'
            ? {
                Operation: ['Install'],
                RebootOption: [plan?.rebootOption ?? 'NoReboot'],
                ...(run.snapshotId ? { SnapshotId: [run.snapshotId] } : {}),
              }
            : { Operation: ['Scan'] },
        comment: tag,
        deliveryTimeoutSeconds: Math.max(30, Math.round(timing.deliveryTimeout / 1000)),
      };
    }
  }
}

/** The same for the same run and instance, and never for another: letters that EC2 takes in image names, 3–128. */
export function backupName(runId: string, instanceId: string): string {
  return `patchday/${runId}/${instanceId}`;
}
