/** Following one instance of a patch command to its end. */
import type { Changes, TargetChange } from '../changes.ts';
import type { Instance } from '../instance.ts';
import { type Invocation, LookFailed } from '../ports.ts';
import type { Effect, Target } from '../run-types.ts';
import { called, endTarget, moveTarget } from '../target-changes.ts';
import { CANCELLED_RUNNING, describeInstallEnd } from '../verdict.ts';
import { type EffectContext, placeOf } from './kind.ts';

/** Past this nothing of the command can start any more; ms. */
export function expiryOf({ settings: { timing } }: EffectContext, effect: Effect): number {
  const expiresAt =
    effect.ref?.expiresAt ?? effect.intendedAt + timing.deliveryTimeout + timing.installWorstCase;
  return expiresAt + timing.effectGrace;
}

export interface Followed {
  targets: TargetChange[];
  news: NonNullable<Changes['news']>[number][];
  locks: NonNullable<Changes['instanceLocks']>[number][];
  open: boolean;
}

/** What the look at one invocation makes of its target; null when nothing is new. */
export async function followTarget(
  context: EffectContext,
  effect: Effect,
  target: Target,
  invocation: Invocation | undefined,
  silent: Map<string, Instance | null>,
): Promise<Followed | null> {
  const over = context.now > expiryOf(context, effect);
  if (!invocation || invocation.status === 'waiting') {
    // Until it is terminal or past ExpiresAfter it may still start.
    if (!over) {
      return target.invocation === 'waiting'
        ? null
        : { ...empty(), targets: [moveTarget(target, { invocation: 'waiting' })], open: true };
    }
    return unknown(target, effect, 'Systems Manager never said what became of the patch command');
  }
  if (invocation.status === 'running') {
    if (over) {
      return unknown(
        target,
        effect,
        'the patch command is past its time and Systems Manager still shows it in progress',
      );
    }
    const lost = agentLost(context, target, silent);
    if (lost) return unknown(target, effect, lost);
    return target.invocation === 'running'
      ? null
      : { ...empty(), targets: [moveTarget(target, { invocation: 'running' })], open: true };
  }
  return ended(context, effect, target, invocation, invocation.status);
}

function empty(): Followed {
  return { targets: [], news: [], locks: [], open: false };
}

/** Instances whose command has been going on for long, as they are now (null: gone), asked for in one call. */
export async function silentInstances(
  { now, settings, aws }: EffectContext,
  effect: Effect,
  targets: readonly Target[],
  invocations: ReadonlyMap<string, Invocation>,
): Promise<Map<string, Instance | null>> {
  const ids = targets.flatMap(({ instance: { instanceId } }) => {
    const invocation = invocations.get(instanceId);
    const since = invocation?.startedAt ?? effect.intendedAt;
    const long = invocation?.status === 'running' && now - since >= settings.timing.lostAgentAfter;
    return long ? [instanceId] : [];
  });
  if (ids.length === 0) return new Map();
  const seen = new Map((await aws.fleet.describe(placeOf(effect), ids)).map((i) => [i.instanceId, i]));
  return new Map(ids.map((id) => [id, seen.get(id) ?? null]));
}

/** The instance went away under it, or runs while its agent has been silent for too long: do not wait for hours. */
function agentLost(
  { now, settings }: EffectContext,
  target: Target,
  silent: ReadonlyMap<string, Instance | null>,
): string | null {
  const instance = silent.get(target.instance.instanceId);
  if (instance === undefined) return null;
  if (instance === null) return 'the instance does not exist any more';
  // Only somebody else can have done that: we never stop what is being patched.
  if (instance.state !== 'running' && instance.state !== 'pending')
    return `the instance is ${instance.state}, though the patch command was in progress on it`;
  if (instance.ssm.ping === 'connection_lost') {
    const lastPing = instance.ssm.lastPingAt ?? 0;
    if (now - lastPing >= settings.timing.lostAgentAfter) {
      return 'its SSM agent has been silent since the patch command began, while EC2 shows the instance running';
    }
  }
  return null;
}

export function unknown(target: Target, effect: Effect, why: string): Followed {
  const nextStep = `Look at the instance (agent, patch log), then /patch resolve ${effect.runId} ${target.instance.instanceId} <what you found>. It stays locked until then.`;
  return {
    ...empty(),
    targets: [
      endTarget(target, 'unknown', `Nobody knows how the patch command ended: ${why}.`, nextStep, {
        commandMayRun: true,
      }),
    ],
    news: [{ kind: 'failure', text: `${called(target)}: state unknown, ${why}. ${nextStep}`, excerpt: '' }],
    locks: [
      {
        key: target.key,
        runId: effect.runId,
        reason: `command ${effect.ref?.commandId ?? effect.tag} may still be going on`,
        until: null,
      },
    ],
  };
}

async function ended(
  context: EffectContext,
  effect: Effect,
  target: Target,
  invocation: Invocation,
  status: Exclude<Invocation['status'], 'waiting' | 'running'>,
): Promise<Followed> {
  // SSM says it also of a command that did start, when the agent was gone at its end.
  const mayRun =
    invocation.detail === 'DeliveryTimedOut' && (wasRunning(target, invocation) || target.power === 'on');
  if (mayRun)
    return unknown(
      target,
      effect,
      'Systems Manager reports Delivery Timed Out, which does not prove that it never ran',
    );
  const output =
    status === 'success' ? { exitCode: 0, stdout: '', stderr: '' } : await outputOf(context, effect, target);
  const killed = status === 'cancelled' && wasRunning(target, invocation);
  const installEnd = { status, detail: killed ? CANCELLED_RUNNING : invocation.detail };
  const excerpt = tail(output.stderr || output.stdout);
  const set: TargetChange['set'] = {
    installEnd,
    exitCode: output.exitCode,
    excerpt,
    installedAt: invocation.endedAt ?? context.now,
    commandMayRun: false,
    invocation: null,
  };
  if (status === 'success')
    return { ...empty(), targets: [moveTarget(target, { ...set, stage: 'verifying' })] };
  const said = describeInstallEnd({
    platform: target.instance.platform,
    install: { ...installEnd, exitCode: output.exitCode },
  });
  const news: Followed['news'] = [
    { kind: 'failure', text: `${called(target)}: ${said.reason} ${said.nextStep}`, excerpt },
  ];
  if (status === 'cancelled' && !killed && context.state.run.stopRequestedAt !== null) {
    return {
      ...empty(),
      targets: [
        endTarget(
          target,
          'stopped',
          'The run was stopped before the patch command started on it.',
          '/patch retry takes it up again.',
          set,
        ),
      ],
    };
  }
  if (status === 'failed' || status === 'timed_out' || killed) {
    // What is true now is worth more than the exit code: it is scanned before the verdict.
    return {
      ...empty(),
      targets: [
        moveTarget(target, {
          ...set,
          stage: 'verifying',
          outcomeReason: said.reason,
          nextStep: said.nextStep,
        }),
      ],
      news,
    };
  }
  return { ...empty(), targets: [endTarget(target, 'failed', said.reason, said.nextStep, set)], news };
}

function wasRunning(target: Target, invocation: Invocation): boolean {
  return target.invocation === 'running' || invocation.startedAt !== null;
}

/** What a failed command said, or why that could not be read: nobody's outcome waits for an excerpt. */
async function outputOf(
  { aws }: EffectContext,
  effect: Effect,
  { instance }: Target,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  try {
    return await aws.commands.output(
      placeOf(effect),
      effect.ref?.commandId ?? '',
      instance.instanceId,
      instance.platform,
    );
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return { exitCode: null, stdout: '', stderr: error.message };
  }
}

/** The end of the output says what went wrong; Slack and the report show this much. */
function tail(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > 1500 ? `…${trimmed.slice(-1500)}` : trimmed;
}
