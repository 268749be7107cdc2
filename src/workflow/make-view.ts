/** A run as people see it, from its rows. Pure. */

import { frozenReason } from './decide.ts';
import type { Plan } from './plan-types.ts';
import type { Effect, Freeze, Outcome, OutcomeCounts, Run, Target } from './run-types.ts';
import { OUTCOMES } from './run-types.ts';
import { STAGES, saysStage } from './runbook.ts';
import { called } from './target-changes.ts';
import { COUNTS_AS_FAILED } from './verdict.ts';
import type { ApprovalRecord, Question, QuestionAnswer, RunView, WaveView } from './view.ts';

export interface ViewParts {
  run: Run;
  plan: Plan | null;
  approvals: readonly ApprovalRecord[];
  targets: readonly Target[];
  needingAttention: readonly Effect[];
  freezes: readonly Freeze[];
}

export function makeView(parts: ViewParts): RunView {
  const { run, plan, approvals } = parts;
  const targets = [...parts.targets].sort(inOrder);
  const asked = new Set(parts.needingAttention.flatMap((e) => e.targets));
  const freeze = parts.freezes.find((f) => f.scope === 'all');
  return {
    run,
    plan,
    approvals: approvals.filter((a) => a.planHash === run.planHash),
    targets,
    counts: countOutcomes(targets),
    waves: plan ? plan.waves.map((w) => waveView(w, targets, run.currentWave, asked)) : [],
    questions: parts.needingAttention.map((e) => question(e, targets)),
    because: run.because,
    frozen: freeze && run.phase !== 'ended' ? frozenReason(freeze).text : null,
  };
}

function inOrder(a: Target, b: Target): number {
  return (
    (a.wave ?? Number.POSITIVE_INFINITY) - (b.wave ?? Number.POSITIVE_INFINITY) ||
    compare(a.instance.landingZone, b.instance.landingZone) ||
    compare(a.instance.name, b.instance.name) ||
    compare(a.key, b.key)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function countOutcomes(targets: readonly Target[]): OutcomeCounts {
  const counts = Object.fromEntries(OUTCOMES.map((o) => [o, 0])) as Record<Outcome, number>;
  for (const { outcome, stage } of targets) if (outcome !== null && stage === 'done') counts[outcome]++;
  return counts;
}

function waveView(
  wave: { number: number; size: number },
  targets: readonly Target[],
  current: number,
  asked: ReadonlySet<string>,
): WaveView {
  const mine = targets.filter((t) => t.wave === wave.number);
  const parts = STAGES.flatMap(({ stage }) => {
    const n = mine.filter((t) => t.stage === stage && !asked.has(t.key)).length;
    return n > 0 && stage !== 'done' && stage !== 'queued' ? [`${n} ${saysStage(stage)}`] : [];
  });
  const waiting = mine.filter((t) => t.stage !== 'done' && asked.has(t.key)).length;
  if (waiting > 0) parts.push(`${waiting} waiting for a person's answer`);
  const done = mine.filter((t) => t.stage === 'done').length;
  return {
    number: wave.number,
    size: wave.size,
    done,
    failed: mine.filter((t) => t.outcome !== null && COUNTS_AS_FAILED.includes(t.outcome)).length,
    now: parts.join(', ') || (done === wave.size ? 'done' : wave.number > current ? 'waiting' : 'beginning'),
  };
}

const SEND_ANSWERS: readonly QuestionAnswer[] = [
  { id: 'send_again', label: 'It was not sent: send it again', permitsSend: true },
  { id: 'give_up', label: 'Send nothing, mark as unknown', permitsSend: false },
];
const POWER_ANSWERS: readonly QuestionAnswer[] = [
  { id: 'stop_now', label: 'Stop it now', permitsSend: false },
  { id: 'leave_on', label: 'Leave it on', permitsSend: false },
];

export function answersFor(effect: Effect): readonly QuestionAnswer[] {
  return effect.kind === 'stop' ? POWER_ANSWERS : SEND_ANSWERS;
}

function question(effect: Effect, targets: readonly Target[]): Question {
  const names = effect.targets.map((key) => {
    const target = targets.find((t) => t.key === key);
    return target ? called(target) : key;
  });
  return {
    tag: effect.tag,
    runId: effect.runId,
    text: effect.note,
    whatToCheck:
      effect.kind === 'stop'
        ? 'Look at the patch log and the package manager on the instance: is anything still being installed?'
        : `In account ${effect.accountId}, ${effect.region}, open Systems Manager, Run Command, Command history, and look for the comment "${effect.tag}". If it is there, answer nothing: it will be adopted. If it is not there, look again after a few minutes before you answer.`,
    targets: names,
    askedAt: effect.intendedAt,
    answers: answersFor(effect),
  };
}
