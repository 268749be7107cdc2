/**
 * Our own scan: before the plan when a fresh one was asked for, and after every install, because the numbers
 * that the install reported are from before the reboot. A scan changes no packages: it may be repeated.
 */
import type { Changes, TargetChange } from '../changes.ts';
import type { Invocation } from '../ports.ts';
import type { Effect, Target } from '../run-types.ts';
import { called, endTarget, moveTarget } from '../target-changes.ts';
import {
  blindForLong,
  type EffectContext,
  type EffectKind,
  lookAgain,
  placeOf,
  settle,
  targetsOf,
} from './kind.ts';
import { begunCommand, findCommand, sendCommand } from './send-command.ts';
import { verifyTargets } from './verify.ts';

export const scan: EffectKind = {
  repeatable: true,
  family: 'send_command',

  /** An agent that is not back yet is waited for: its target is left for a later batch. */
  async precheck({ aws, state }, intent, targets) {
    const place = { ...intent, runId: state.run.id };
    // A fresh scan is the first thing sent in a run that has not been approved: the account is confirmed here.
    if (intent.wave === 0) await aws.identity.confirmAccount(place);
    const ids = targets.map((t) => t.instance.instanceId);
    const seen = new Map((await aws.fleet.describe(place, ids)).map((i) => [i.instanceId, i]));
    const gone = targets.filter((t) => !seen.has(t.instance.instanceId));
    const defer = targets.filter(
      (t) => seen.has(t.instance.instanceId) && seen.get(t.instance.instanceId)?.ssm.ping !== 'online',
    );
    return {
      drop: gone.map((t) =>
        endTarget(
          t,
          'verification_failed',
          'The instance does not exist any more.',
          'Find out who terminated it.',
        ),
      ),
      defer: defer.map((t) => t.key),
    };
  },

  act: sendCommand,
  find: findCommand,
  begun: begunCommand,

  // Its targets stay where they are: the next decision scans them again, or gives up.
  blind: (context, effect, why) =>
    blindForLong(context, effect) ? { effects: settle(effect, `it could not be looked at: ${why}`) } : null,

  async look(context, effects) {
    const results: { effect: Effect; changes: Changes }[] = [];
    for (const effect of effects) results.push({ effect, changes: await follow(context, effect) });
    return results;
  },
};

async function follow(context: EffectContext, effect: Effect): Promise<Changes> {
  const { now, settings } = context;
  const commandId = effect.ref?.commandId ?? '';
  const invocations = new Map(
    (await context.aws.commands.invocations(placeOf(effect), commandId)).map((i) => [i.instanceId, i]),
  );
  const stage = effect.wave === 0 ? 'queued' : 'verifying';
  const targets = targetsOf(context, effect).filter((t) => t.stage === stage);
  const expiresAt =
    (effect.ref?.expiresAt ?? effect.intendedAt + settings.timing.verifyTimeout) +
    settings.timing.effectGrace;
  const scanned: Target[] = [];
  const failed: { target: Target; why: string }[] = [];
  let open = 0;
  for (const target of targets) {
    const invocation = invocations.get(target.instance.instanceId);
    const end = scanEnd(
      invocation,
      now > expiresAt || now - effect.intendedAt > settings.timing.verifyTimeout,
    );
    if (end === 'open') open++;
    else if (end === 'scanned') scanned.push(target);
    else failed.push({ target, why: end.failed });
  }
  const verified =
    effect.wave === 0
      ? { changes: scanned.map((t) => moveTarget(t, { stage: 'ready' as const })), open: 0 }
      : await verifyTargets(context, effect, scanned);
  open += verified.open;
  const news = verified.changes.flatMap((change) => problemNews(targets, change));
  if (open > 0) {
    return { ...lookAgain(effect, now + settings.timing.pollCommands), targets: verified.changes, news };
  }
  // The targets whose scan failed stay where they are: the next decision scans them again, or gives up.
  const note = failed[0] ? `the scan failed: ${failed[0].why}` : '';
  return {
    effects: [
      { id: effect.id, from: 'begun', state: 'settled', note, lookAt: now + settings.timing.pollCommands },
    ],
    targets: verified.changes,
    news,
  };
}

function scanEnd(
  invocation: Invocation | undefined,
  tooLong: boolean,
): 'open' | 'scanned' | { failed: string } {
  if (!invocation || invocation.status === 'waiting' || invocation.status === 'running') {
    return tooLong ? { failed: 'it did not end in time' } : 'open';
  }
  return invocation.status === 'success' ? 'scanned' : { failed: invocation.detail };
}

function problemNews(
  targets: readonly Target[],
  change: TargetChange,
): NonNullable<Changes['news']>[number][] {
  const { outcome, outcomeReason, nextStep } = change.set;
  const target = targets.find((t) => t.key === change.key);
  if (!target || (outcome !== 'verification_failed' && outcome !== 'partly_patched')) return [];
  // What a failed install asks for was said when it failed.
  const step = nextStep === target.nextStep ? '' : (nextStep ?? '');
  return [{ kind: 'failure', text: `${called(target)}: ${outcomeReason} ${step}`.trim(), excerpt: '' }];
}
