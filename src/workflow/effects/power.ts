/** Starting what was stopped, and stopping it again. Both are idempotent at EC2. */
import type { Changes, TargetChange } from '../changes.ts';
import { foreign } from '../mention.ts';
import { LookFailed } from '../ports.ts';
import type { Effect, EffectRef, Target } from '../run-types.ts';
import { called, endTarget, moveTarget } from '../target-changes.ts';
import { count } from '../words.ts';
import {
  blindForLong,
  type EffectContext,
  type EffectKind,
  firstOf,
  lookAgain,
  placeOf,
  requestOf,
  settle,
  targetsOf,
} from './kind.ts';

function idsOf(effect: Effect): readonly string[] {
  return requestOf(effect, 'start', 'stop').instanceIds;
}

function begunPower(context: EffectContext, effect: Effect, ref: EffectRef): Changes {
  const verb = effect.kind === 'start' ? 'started' : 'stopped again';
  return {
    effects: [
      {
        id: effect.id,
        from: effect.state,
        state: 'begun',
        ref,
        lookAt: context.now + context.settings.timing.pollPower,
        note: '',
        failures: 0,
      },
    ],
    audit: [
      {
        actor: 'patchday',
        action: `power.${effect.kind}`,
        text: `${count(effect.targets.length, 'instance is', 'instances are')} being ${verb}.`,
        detail: { targets: effect.targets },
      },
    ],
  };
}

export const startInstances: EffectKind = {
  repeatable: true,
  family: 'start',

  /** Somebody else may have started it since its wave began: then it is theirs, and not ours to stop again. */
  async precheck({ aws, state }, intent, targets) {
    const ours = (t: Target) =>
      t.power === 'on' || state.effects.some((e) => e.kind === 'start' && e.targets.includes(t.key));
    const untouched = targets.filter((t) => !ours(t));
    const ids = untouched.map((t) => t.instance.instanceId);
    const seen = await aws.power.look({ ...intent, runId: state.run.id }, ids);
    const drop = untouched.flatMap((t) => {
      const now = seen.get(t.instance.instanceId)?.state ?? 'gone';
      if (now === 'stopped') return [];
      const why = `It was stopped when its wave began and is ${now} now, so it was left alone.`;
      return [endTarget(t, 'skipped', why, 'Scan it again.')];
    });
    return { drop, defer: [] };
  },

  async act({ aws }, effect) {
    await aws.power.start(placeOf(effect), idsOf(effect));
    return {};
  },
  // Repeating a start changes nothing, so there is no need to know.
  find: async () => 'absent',
  begun: begunPower,
  blind(context, effect, why) {
    const tooLong = context.now - effect.intendedAt > context.settings.timing.startTimeout;
    if (!tooLong || !blindForLong(context, effect)) return null;
    return {
      effects: settle(effect, why),
      targets: targetsOf(context, effect)
        .filter((t) => t.stage === 'powering_on')
        .map((t) =>
          endTarget(
            t,
            'skipped',
            `It was started, but could not be looked at. ${why}`,
            'Mend the cause, then /patch retry.',
          ),
        ),
    };
  },
  async look(context, effects) {
    const place = placeOf(firstOf(effects));
    const ids = effects.flatMap(idsOf);
    const power = await context.aws.power.look(place, ids);
    const instances = new Map((await context.aws.fleet.describe(place, ids)).map((i) => [i.instanceId, i]));
    return effects.map((effect) => {
      const targets: TargetChange[] = [];
      let open = 0;
      for (const target of targetsOf(context, effect)) {
        if (target.stage !== 'powering_on') continue;
        const id = target.instance.instanceId;
        const seen = power.get(id);
        const tooLong = context.now - effect.intendedAt > context.settings.timing.startTimeout;
        if (seen?.state === 'running' && seen.checks.ok && instances.get(id)?.ssm.ping === 'online') {
          targets.push(moveTarget(target, { stage: 'ready' }));
        } else if (
          seen &&
          (seen.state === 'stopped' || seen.state === 'terminated') &&
          context.now > effect.intendedAt + context.settings.timing.effectGrace
        ) {
          // Not before: EC2 may still show how it was before the start.
          // A start may answer 200 and fall back to stopped, e.g. without a grant on the volume's key.
          if (
            seen.state === 'stopped' &&
            !seen.stateReason.includes('UserInitiated') &&
            seen.stateReason !== ''
          ) {
            targets.push(couldNotStart(target, seen.stateReason));
          } else if (tooLong) targets.push(couldNotStart(target, `it is ${seen.state}`));
          else open++;
        } else if (tooLong) {
          targets.push(
            endTarget(
              target,
              'skipped',
              `It was started, but was not ready in time (${seen ? `${seen.state}, checks: ${seen.checks.text}` : 'not seen'}, SSM agent ${instances.get(id)?.ssm.ping ?? 'unknown'}).`,
              'Check its SSM agent and status checks, then /patch retry.',
            ),
          );
        } else open++;
      }
      const changes: Changes =
        open > 0
          ? lookAgain(effect, context.now + context.settings.timing.pollPower)
          : { effects: settle(effect) };
      return { effect, changes: { ...changes, targets } };
    });
  },
};

function couldNotStart(target: Target, why: string): TargetChange {
  const change = endTarget(
    target,
    'skipped',
    `It did not start: ${why}.`,
    'Mend the cause, then /patch retry.',
  );
  return { ...change, set: { ...change.set, stage: 'done', power: 'off_again' } };
}

export const stopInstances: EffectKind = {
  repeatable: true,
  family: 'stop',

  /**
   * What is off already, or gone, is not told to stop, unless it may be off because we told it before and did not
   * hear the answer: told again nothing changes, and the audit says whose stop it was. Under a command of somebody
   * else it waits, and is then left on. A look that fails changes nothing: stopping again is owed.
   */
  async precheck(context, intent, targets) {
    const { aws, state, settings, now } = context;
    const place = { ...intent, runId: state.run.id };
    const ids = targets.map((t) => t.instance.instanceId);
    const own = state.effects.flatMap((e) => e.ref?.commandId ?? []);
    const told = (t: Target) =>
      state.effects.some((e) => e.kind === 'stop' && e.state !== 'closed' && e.targets.includes(t.key));
    const drop: TargetChange[] = [];
    const defer: Target['key'][] = [];
    try {
      const power = await aws.power.look(place, ids);
      const others = await aws.commands.othersInProgress(place, ids, own);
      for (const target of targets) {
        const seen = power.get(target.instance.instanceId)?.state ?? 'terminated';
        if (seen === 'terminated' || (seen === 'stopped' && !told(target))) {
          const gone = seen === 'terminated' ? 'It was terminated meanwhile: find out by whom.' : '';
          const nextStep = `${target.nextStep} ${gone}`.trim();
          drop.push(moveTarget(target, { stage: 'done', power: 'off_again', nextStep }));
          continue;
        }
        const other = others.get(target.instance.instanceId);
        if (!other) continue;
        if (now - target.stageSince <= settings.timing.verifyTimeout) defer.push(target.key);
        else {
          const left = `It was started for patching and left on, because another command (${foreign(other.documentName)}) is in progress on it: stop it by hand.`;
          drop.push(moveTarget(target, { stage: 'done', nextStep: `${target.nextStep} ${left}`.trim() }));
        }
      }
    } catch (error) {
      if (!(error instanceof LookFailed)) throw error;
    }
    return { drop, defer };
  },

  async act({ aws }, effect) {
    await aws.power.stop(placeOf(effect), idsOf(effect));
    return {};
  },
  find: async () => 'absent',
  begun: begunPower,
  blind(context, effect, why) {
    const tooLong = context.now - effect.intendedAt > context.settings.timing.startTimeout * 2;
    if (!tooLong || !blindForLong(context, effect)) return null;
    const targets = targetsOf(context, effect).filter((t) => t.stage === 'powering_off');
    const byHand =
      'It was told to stop again, but nobody could look whether it did: check that it is stopped.';
    return {
      effects: settle(effect, why),
      targets: targets.map((t) =>
        moveTarget(t, { stage: 'done', nextStep: `${t.nextStep} ${byHand}`.trim() }),
      ),
      news: targets.map((t) => ({ kind: 'failure', text: `${called(t)}: ${byHand} ${why}`, excerpt: '' })),
    };
  },
  async look(context, effects) {
    const power = await context.aws.power.look(placeOf(firstOf(effects)), effects.flatMap(idsOf));
    return effects.map((effect) => {
      const targets: TargetChange[] = [];
      const news: NonNullable<Changes['news']>[number][] = [];
      let open = 0;
      for (const target of targetsOf(context, effect)) {
        if (target.stage !== 'powering_off') continue;
        const seen = power.get(target.instance.instanceId);
        if (!seen || seen.state === 'stopped' || seen.state === 'terminated') {
          targets.push(moveTarget(target, { stage: 'done', power: 'off_again' }));
        } else if (context.now - effect.intendedAt > context.settings.timing.startTimeout * 2) {
          const text = `${called(target)} was told to stop again but is still ${seen.state}`;
          targets.push(
            moveTarget(target, {
              stage: 'done',
              nextStep: `${target.nextStep} It is still ${seen.state}: stop it by hand.`.trim(),
            }),
          );
          news.push({ kind: 'failure', text: `${text}. Stop it by hand.`, excerpt: '' });
        } else open++;
      }
      const changes: Changes =
        open > 0
          ? lookAgain(effect, context.now + context.settings.timing.pollPower)
          : { effects: settle(effect) };
      return { effect, changes: { ...changes, targets, news } };
    });
  },
};
