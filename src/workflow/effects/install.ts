/**
 * The patch command. At most one automatic per plan, instance and step: when nobody can know whether it was
 * sent, a person is asked.
 */

import type { Changes, TargetChange } from '../changes.ts';
import { targetEligibility } from '../eligibility.ts';
import type { Effect } from '../run-types.ts';
import { endWithoutInstall } from '../target-changes.ts';
import { asClause } from '../words.ts';
import { expiryOf, followTarget, silentInstances, unknown } from './follow-install.ts';
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

export const install: EffectKind = {
  repeatable: false,
  family: 'send_command',

  /** Backups may have taken hours: eligibility is read once more, and others' commands are looked for. */
  async precheck({ aws, state, settings, ownInstanceIds }, intent, targets) {
    const place = { ...intent, runId: state.run.id };
    const ids = targets.map((t) => t.instance.instanceId);
    const seen = new Map((await aws.fleet.describe(place, ids)).map((i) => [i.instanceId, i]));
    const others = await aws.commands.othersInProgress(place, ids, []);
    const zone = settings.zones.find((z) => z.name === intent.landingZone);
    if (!zone) {
      const why = `Not patched: its landing zone ${intent.landingZone} is not in the configuration any more.`;
      const next = 'Put the landing zone back into the configuration, then /patch retry.';
      return {
        drop: targets.map((t) => endWithoutInstall(state.effects, t, 'skipped', why, next)),
        defer: [],
      };
    }
    const drop: TargetChange[] = [];
    for (const target of targets) {
      const instance = seen.get(target.instance.instanceId);
      if (!instance) {
        const why = 'It does not exist any more.';
        drop.push(endWithoutInstall(state.effects, target, 'skipped', why, 'Find out who terminated it.'));
        continue;
      }
      if (instance.state !== 'running') {
        const why = `Not patched: it was running and is ${instance.state} now.`;
        const next = 'Find out who stopped it, then /patch retry.';
        drop.push(endWithoutInstall(state.effects, target, 'skipped', why, next));
        continue;
      }
      const verdict = targetEligibility(instance, {
        zone,
        stoppedInstances: 'skip',
        otherCommand: others.get(instance.instanceId) ?? null,
        lock: null,
        needsAgent: true,
        ownInstanceIds,
      });
      if (!verdict.eligible) {
        const end = endWithoutInstall(
          state.effects,
          target,
          'skipped',
          `Not patched: ${verdict.reasons.map((r) => r.text).join('; ')}.`,
          'Mend the cause, then /patch retry.',
        );
        // What we started is not switched off under a command of somebody else: a person is asked.
        const busy = target.power === 'on' && others.has(target.instance.instanceId);
        drop.push(busy ? { ...end, set: { ...end.set, commandMayRun: true } } : end);
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

  blind(context, effect, why) {
    if (context.now <= expiryOf(context, effect) || !blindForLong(context, effect)) return null;
    const ends = targetsOf(context, effect)
      .filter((t) => t.stage === 'patching')
      .map((t) => unknown(t, effect, `it could not be followed: ${asClause(why)}`));
    return {
      effects: settle(effect, why),
      targets: ends.flatMap((e) => e.targets),
      news: ends.flatMap((e) => e.news),
      instanceLocks: ends.flatMap((e) => e.locks),
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
      const followed = targetsOf(context, effect).filter((t) => t.stage === 'patching');
      const silent = await silentInstances(context, effect, followed, invocations);
      for (const target of followed) {
        const { instanceId } = target.instance;
        const seen = await followTarget(context, effect, target, invocations.get(instanceId), silent);
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
