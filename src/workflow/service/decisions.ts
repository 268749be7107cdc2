/** Deciding about a plan: approve, reject, exclude. Each is a compare-and-set: the first wins. */
import { evaluateApproval } from '../approval.ts';
import type { RunState } from '../changes.ts';
import { planWaves } from '../make-plan.ts';
import { foreign, mention } from '../mention.ts';
import type { PersonFacts } from '../permissions.ts';
import { hashPlan, shortHash } from '../plan-hash.ts';
import type { Plan } from '../plan-types.ts';
import type { Actor, Answer } from '../service.ts';
import { environmentGone, patchWorstCase, type Roles, rolesIn } from '../settings.ts';
import { standingText } from '../stand-in.ts';
import { planTargets } from '../tasks/plan.ts';
import { count } from '../words.ts';
import { allow, factsAbout, names, no, noSuchRun, refuse, type ServiceParts, yes } from './facts.ts';

export async function approve(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; planHash: string; confirmed?: boolean },
): Promise<Answer> {
  const { store } = parts;
  // Who is asked first, the run is read last: between the reading and the commit there is no await.
  const known = store.run(request.runId);
  if (!known) return refuse(parts, actor, 'approve', null, noSuchRun(request.runId));
  const roles = rolesIn(parts.settings, known.environment);
  const facts = await factsAbout(parts, actor, roles);
  for (;;) {
    const answer = await tryApprove(parts, actor, request, facts, roles);
    // Another approval came in the same instant: this one is judged again, as the next of them.
    if (answer !== 'judge_again') return answer;
  }
}

async function tryApprove(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; planHash: string; confirmed?: boolean },
  facts: PersonFacts,
  roles: Roles,
): Promise<Answer | 'judge_again'> {
  const { store, clock } = parts;
  const state = store.load(request.runId);
  if (!state) return noSuchRun(request.runId);
  const judge = ({ run, plan, planHashNow, approvals }: RunState) =>
    evaluateApproval({
      run,
      plan,
      planHashNow,
      clickedHash: request.planHash,
      facts,
      approvals,
      now: clock.now(),
      ...names(roles),
    });
  const { run, plan } = state;
  const decision = judge(state);
  if (decision.kind === 'refused') {
    return refuse(parts, actor, 'approve', run.id, decision);
  }
  if (plan && !request.confirmed) {
    const big = overLimit(parts, plan);
    if (big) return no('needs_confirmation', big);
  }
  const planHash = run.planHash ?? '';
  const full = decision.kind === 'approved';
  const place = decision.standingIn ? `, ${standingText(decision.standingIn)}` : '';
  const committed = await store.commit(run.id, {
    expect: {
      phase: 'await_approval',
      planHash,
      notStopped: true,
      approvals: decision.given - 1,
      once: actor.once,
    },
    addApproval: {
      userId: actor.userId,
      at: clock.now(),
      planHash,
      ...(decision.standingIn ? { standingIn: decision.standingIn } : {}),
    },
    ...(full ? { run: { phase: 'await_start' as const, because: [] } } : {}),
    audit: [
      {
        actor: actor.userId,
        action: 'plan.approved',
        text: `${decision.text} (${decision.given} of ${decision.required})`,
        detail: {
          planHash,
          given: decision.given,
          required: decision.required,
          channel: actor.channelId,
          standingIn: decision.standingIn,
        },
      },
    ],
    news: [
      {
        kind: 'progress',
        text: full
          ? `Approved by ${mention(actor.userId)}${place} (plan ${shortHash(planHash)}).`
          : `${mention(actor.userId)}${place} approved: ${decision.given} of ${decision.required} (plan ${shortHash(planHash)}).`,
      },
    ],
  });
  if (committed.ok) {
    parts.kick(run.id);
    return yes(decision.text, undefined);
  }
  if (committed.refused === 'approvals_changed') return 'judge_again';
  // Somebody was faster; say it from what is true now.
  const again = store.load(run.id);
  const late = again ? judge(again) : null;
  const text =
    late?.kind === 'refused'
      ? late.text
      : `Your click on run ${run.id} was already handled. Nothing more was changed.`;
  return refuse(parts, actor, 'approve', run.id, { code: committed.refused, text });
}

function overLimit(parts: ServiceParts, plan: Plan): string | null {
  for (const zone of parts.settings.zones) {
    const n = plan.targets.filter((t) => t.landingZone === zone.name).length;
    if (n > zone.confirmAbove) {
      return `This run has ${count(n, 'instance')} in ${zone.name}, more than ${zone.confirmAbove} without a second confirmation. Nothing was approved yet. Confirm the size to approve.`;
    }
  }
  return null;
}

export async function reject(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; planHash: string; reason: string },
): Promise<Answer> {
  const run = parts.store.run(request.runId);
  if (!run) return noSuchRun(request.runId);
  const allowed = await allow(parts, actor, 'reject', run.environment, { runId: run.id });
  if (!allowed.ok) return allowed;
  const reason = foreign(request.reason).trim();
  if (reason === '') return no('no_reason', 'A rejection needs a reason. Nothing was changed.');
  const endReason = `Rejected by ${mention(actor.userId)}: ${reason}`;
  const committed = await parts.store.commit(run.id, {
    expect: { phase: 'await_approval', planHash: request.planHash, once: actor.once },
    endQueued: { reason: endReason, nextStep: '' },
    run: {
      phase: 'ended',
      end: 'rejected',
      endReason,
      endedAt: parts.clock.now(),
      wakeAt: null,
      because: [],
    },
    keepZones: [],
    audit: [
      {
        actor: actor.userId,
        action: 'plan.rejected',
        text: endReason,
        detail: { planHash: request.planHash },
      },
    ],
    news: [{ kind: 'progress', text: endReason }],
  });
  if (!committed.ok) {
    const text =
      committed.refused === 'plan_changed'
        ? `The plan of run ${run.id} was changed meanwhile. Nothing was rejected. Look at the new one.`
        : `Run ${run.id} is not waiting for approval any more. Nothing was changed. /patch stop ${run.id} stops a run that goes on.`;
    return refuse(parts, actor, 'reject', run.id, { code: committed.refused, text });
  }
  // Nothing is left to do, but its host has to see that it ended.
  parts.kick(run.id);
  return yes(`Run ${run.id} is rejected. Nothing was changed on any instance.`, undefined);
}

export async function exclude(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; planHash: string; targets: readonly string[]; reason: string },
): Promise<Answer<{ planHash: string }>> {
  const { store } = parts;
  const known = store.run(request.runId);
  if (!known) return refuse(parts, actor, 'exclude', null, noSuchRun(request.runId));
  const allowed = await allow(parts, actor, 'exclude', known.environment, { runId: known.id });
  if (!allowed.ok) return allowed;
  const state = store.load(request.runId);
  if (!state) return noSuchRun(request.runId);
  const { run, plan } = state;
  if (run.phase !== 'await_approval' || !plan) {
    return refuse(parts, actor, 'exclude', run.id, {
      code: 'too_late',
      text: `Too late: run ${run.id} is not waiting for approval any more. Nothing was changed.`,
    });
  }
  if (state.planHashNow !== run.planHash) {
    return refuse(parts, actor, 'exclude', run.id, {
      code: 'corrupt_plan',
      text: `The stored plan of run ${run.id} does not match its hash any more. Nothing was changed. Reject the run, scan again, and have the database checked.`,
    });
  }
  const out = new Set(request.targets.filter((key) => plan.targets.some((t) => t.key === key)));
  if (out.size === 0) return no('nothing_chosen', 'No instance of the plan was chosen. Nothing was changed.');
  const left = plan.targets.filter((t) => !out.has(t.key));
  if (left.length === 0)
    return refuse(parts, actor, 'exclude', run.id, {
      code: 'nothing_left',
      text: 'That would leave no instance. Nothing was changed. Reject the run instead.',
    });
  const policy = parts.settings.environments.find((e) => e.name === run.environment);
  if (!policy) return no('no_environment', `${environmentGone(run.environment)} Nothing was changed.`);
  const { placed, waves } = planWaves(
    left,
    policy.waveSize,
    run.kind === 'patch' ? patchWorstCase(parts.settings.timing) : parts.settings.timing.backupTimeout,
  );
  const next: Plan = {
    ...plan,
    version: plan.version + 1,
    changedBy: actor.userId,
    createdAt: parts.clock.now(),
    targets: placed,
    waves,
    failureBudget:
      typeof policy.failureBudget === 'number'
        ? policy.failureBudget
        : Math.floor((left.length * policy.failureBudget.percent) / 100),
  };
  const hash = hashPlan(next);
  const reason = foreign(request.reason).trim();
  const why = `Excluded by ${mention(actor.userId)}${reason ? `: ${reason}` : ''}.`;
  const committed = await store.commit(run.id, {
    expect: { phase: 'await_approval', planHash: request.planHash, notStopped: true, once: actor.once },
    plan: { plan: next, hash },
    targets: [
      ...[...out].map((key) => ({
        key,
        set: {
          wave: null,
          eligible: false,
          stage: 'done' as const,
          outcome: 'skipped' as const,
          outcomeReason: why,
          nextStep: '',
        },
      })),
      ...planTargets(next),
    ],
    run: { planVersion: next.version, planHash: hash, planChangedBy: actor.userId },
    keepZones: [...new Set(placed.map((t) => t.landingZone))],
    audit: [
      {
        actor: actor.userId,
        action: 'plan.changed',
        text: `Plan version ${next.version} (${shortHash(hash)}) without ${count(out.size, 'instance')}; earlier approvals are void.`,
        detail: { planHash: hash, before: request.planHash, excluded: [...out], reason },
      },
    ],
    news: [
      {
        kind: 'plan',
        text: `${mention(actor.userId)} excluded ${count(out.size, 'instance')}${reason ? ` (${reason})` : ''}: plan version ${next.version} (${shortHash(hash)}), ${count(left.length, 'instance')}. Earlier approvals are void, and somebody else must approve.`,
        planVersion: next.version,
      },
    ],
  });
  if (!committed.ok) {
    const text = `The plan of run ${run.id} was changed or decided meanwhile. Nothing was excluded. Look at its card.`;
    return refuse(parts, actor, 'exclude', run.id, { code: committed.refused, text });
  }
  parts.kick(run.id);
  return yes(
    `Plan version ${next.version} (${shortHash(hash)}) without ${count(out.size, 'instance')}. Somebody else must approve it.`,
    { planHash: hash },
  );
}
