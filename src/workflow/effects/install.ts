/**
 * The patch command. At most one automatic per plan, instance and step: when nobody can know whether it was
 * sent, a person is asked.
 */

import type { Changes, TargetChange } from '../changes.ts';
import { targetEligibility } from '../eligibility.ts';
import type { Invocation } from '../ports.ts';
import type { Effect, Target } from '../run-types.ts';
import { called, endTarget, moveTarget } from '../target-changes.ts';
import { describeInstallEnd } from '../verdict.ts';
import { type EffectContext, type EffectKind, lookAgain, placeOf, settle, targetsOf } from './kind.ts';
import { begunCommand, findCommand, sendCommand } from './send-command.ts';

export const install: EffectKind = {
  name: 'install',
  repeatable: false,
  family: 'send_command',

  /** Backups may have taken hours: eligibility is read once more, and others' commands are looked for. */
  async precheck({ aws, state, settings }, intent, targets) {
    const place = { ...intent, runId: state.run.id };
    const ids = targets.map((t) => t.instance.instanceId);
    const seen = new Map((await aws.fleet.describe(place, ids)).map((i) => [i.instanceId, i]));
    const others = await aws.commands.othersInProgress(place, ids, []);
    const zone = settings.zones.find((z) => z.name === intent.landingZone);
    const drop: TargetChange[] = [];
    for (const target of targets) {
      const instance = seen.get(target.instance.instanceId);
      if (!instance || !zone) {
        drop.push(endTarget(target, 'skipped', 'It does not exist any more.', ''));
        continue;
      }
      const verdict = targetEligibility(instance, {
        zone,
        stoppedInstances: 'skip',
        otherCommand: others.get(instance.instanceId) ?? null,
        lock: null,
        needsAgent: true,
      });
      if (!verdict.eligible) {
        drop.push(
          endTarget(
            target,
            'skipped',
            `Not patched: ${verdict.reasons.map((r) => r.text).join('; ')}.`,
            'Mend what is said, then /patch retry.',
          ),
        );
      }
    }
    return { drop, defer: [] };
  },

  act: sendCommand,
  find: findCommand,
  begun(context, effect, ref) {
    return {
      ...begunCommand(context, effect, ref),
      news: [{ kind: 'progress', text: sentText(context, effect) }],
    };
  },

  async look(context, effects) {
    const results: { effect: Effect; changes: Changes }[] = [];
    for (const effect of effects) {
      const commandId = effect.ref?.commandId ?? '';
      const invocations = new Map(
        (await context.aws.commands.invocations(placeOf(effect), commandId)).map((i) => [i.instanceId, i]),
      );
      const targets: TargetChange[] = [];
      const news: NonNullable<Changes['news']>[number][] = [];
      const locks: NonNullable<Changes['instanceLocks']>[number][] = [];
      let open = 0;
      for (const target of targetsOf(context, effect)) {
        if (target.stage !== 'patching') continue;
        const seen = await followTarget(context, effect, target, invocations.get(target.instance.instanceId));
        if (seen === null) {
          open++;
          continue;
        }
        targets.push(...seen.targets);
        news.push(...seen.news);
        locks.push(...seen.locks);
        if (seen.open) open++;
      }
      const changes: Changes =
        open > 0
          ? lookAgain(effect, context.now + context.settings.timing.pollCommands)
          : { effects: settle(effect) };
      results.push({ effect, changes: { ...changes, targets, news, instanceLocks: locks } });
    }
    return results;
  },
};

/** "Wave 1: patching 3 instances of payments-prod in eu-west-1, backups verified." */
function sentText(context: EffectContext, effect: Effect): string {
  const targets = targetsOf(context, effect);
  const many = `${effect.targets.length} ${effect.targets.length === 1 ? 'instance' : 'instances'}`;
  const backedUp = targets.length === effect.targets.length && targets.every((t) => t.backupVerified);
  const platform = targets[0]?.instance.platform === 'windows' ? 'Windows' : 'Linux';
  return `Wave ${effect.wave}: patching ${many} of ${effect.landingZone} in ${effect.region} (${platform})${backedUp ? ', backups verified' : ''}.`;
}

interface Followed {
  targets: TargetChange[];
  news: NonNullable<Changes['news']>[number][];
  locks: NonNullable<Changes['instanceLocks']>[number][];
  open: boolean;
}

async function followTarget(
  context: EffectContext,
  effect: Effect,
  target: Target,
  invocation: Invocation | undefined,
): Promise<Followed | null> {
  const { now, settings } = context;
  const expiresAt =
    effect.ref?.expiresAt ??
    effect.intendedAt + settings.timing.deliveryTimeout + settings.timing.installWorstCase;
  if (!invocation || invocation.status === 'waiting') {
    // Until it is terminal or past ExpiresAfter it may still start.
    if (now <= expiresAt + settings.timing.effectGrace) {
      return target.invocation === 'waiting'
        ? null
        : { ...empty(), targets: [moveTarget(target, { invocation: 'waiting' })], open: true };
    }
    return unknown(target, effect, 'Systems Manager never said what became of the patch command');
  }
  if (invocation.status === 'running') {
    if (now > expiresAt + settings.timing.effectGrace) {
      return unknown(
        target,
        effect,
        'the patch command is past its time and Systems Manager still shows it in progress',
      );
    }
    const lost = await agentLost(context, effect, target, invocation);
    if (lost) return unknown(target, effect, lost);
    return target.invocation === 'running'
      ? null
      : { ...empty(), targets: [moveTarget(target, { invocation: 'running' })], open: true };
  }
  return ended(context, effect, target, invocation);
}

function empty(): Followed {
  return { targets: [], news: [], locks: [], open: false };
}

/** The instance went away under it, or runs while its agent has been silent for too long: do not wait for hours. */
async function agentLost(
  context: EffectContext,
  effect: Effect,
  target: Target,
  invocation: Invocation,
): Promise<string | null> {
  const { now, settings, aws } = context;
  const since = invocation.startedAt ?? effect.intendedAt;
  if (now - since < settings.timing.lostAgentAfter) return null;
  const [instance] = await aws.fleet.describe(placeOf(effect), [target.instance.instanceId]);
  if (!instance) return 'the instance does not exist any more';
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

function unknown(target: Target, effect: Effect, why: string): Followed {
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
): Promise<Followed> {
  const { status } = invocation;
  if (status === 'waiting' || status === 'running') throw new Error('not ended');
  const commandId = effect.ref?.commandId ?? '';
  const output =
    status === 'success'
      ? { exitCode: 0, stdout: '', stderr: '' }
      : await context.aws.commands.output(
          placeOf(effect),
          commandId,
          target.instance.instanceId,
          target.instance.platform,
        );
  const installEnd = { status, detail: invocation.detail };
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
    { kind: 'failure', text: `${called(target)}: ${said.reason} ${said.nextStep}`.trim(), excerpt },
  ];
  if (status === 'cancelled' && context.state.run.stopRequestedAt !== null) {
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
  if (status === 'failed' || status === 'timed_out') {
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

/** The end of the output says what went wrong; Slack and the report show this much. */
function tail(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > 1500 ? `…${trimmed.slice(-1500)}` : trimmed;
}
