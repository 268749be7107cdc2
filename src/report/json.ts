/** The complete report for machines; its format is in json-format.ts and docs/report-format.md. Pure. */
import { exitCodeMeaning } from '../workflow/exit-codes.ts';
import type { Target } from '../workflow/run-types.ts';
import type { RunView } from '../workflow/view.ts';
import { REPORT_FORMAT, type ReportJson } from './json-format.ts';
import { HONEST_NOTES } from './notes.ts';
import { iso } from './times.ts';
import { waveTimes } from './waves.ts';
import { isPlanned, SUCCESS_TARGET, verdictOf } from './words.ts';

/** JSON text, two spaces deep, with a line end. The same view gives the same bytes. */
export function reportJson(view: RunView): string {
  return `${JSON.stringify(reportData(view), null, 2)}\n`;
}

/** The same as data. Foreign strings are unchanged: JSON escapes what has to be. */
export function reportData(view: RunView): ReportJson {
  const { run, plan } = view;
  const verdict = verdictOf(view);
  return {
    format: REPORT_FORMAT,
    run: {
      id: run.id,
      kind: run.kind,
      environment: run.environment,
      timeZone: plan?.timeZone ?? null,
      scope: {
        name: run.scope.name,
        pattern: run.scope.pattern,
        tags: run.scope.tags.map(({ key, value }) => ({ key, value })),
        platform: run.scope.platform,
        regions: [...run.scope.regions],
        only: run.scope.only === null ? null : [...run.scope.only],
      },
      requestedBy: run.requestedBy,
      requestedAt: iso(run.createdAt),
      planChangedBy: run.planChangedBy,
      planVersion: run.planVersion,
      planHash: run.planHash,
      startedAt: iso(run.startedAt),
      endedAt: iso(run.endedAt),
      end: run.end,
      endReason: run.endReason,
      stoppedBy: run.stopRequestedBy,
      stoppedAt: iso(run.stopRequestedAt),
      retryOf: run.retryOf,
      failedLandingZones: run.failedZones.map(({ landingZone, reason }) => ({ landingZone, reason })),
    },
    approvals: view.approvals.map((a) => ({
      userId: a.userId,
      at: iso(a.at),
      planHash: a.planHash,
      standingIn: a.standingIn ? { for: a.standingIn.for, until: iso(a.standingIn.until) } : null,
    })),
    plan: plan === null ? null : { ...plan },
    summary: {
      headline: verdict.headline,
      found: view.targets.length,
      planned: verdict.planned,
      succeeded: verdict.succeeded,
      successRate: verdict.rate,
      successTarget: SUCCESS_TARGET,
      outcomes: { ...view.counts },
    },
    waves: waveTimes(view).map((wave) => ({
      number: wave.number,
      size: wave.size,
      done: wave.done,
      failed: wave.failed,
      firstInstallEndedAt: iso(wave.firstInstallEndedAt),
      lastDoneAt: iso(wave.lastDoneAt),
    })),
    openQuestions: view.questions.map((q) => ({
      text: q.text,
      whatToCheck: q.whatToCheck,
      targets: [...q.targets],
      askedAt: iso(q.askedAt),
    })),
    targets: view.targets.map(targetData),
    notes: [...HONEST_NOTES],
  };
}

function targetData(target: Target): ReportJson['targets'][number] {
  const { instance } = target;
  return {
    key: target.key,
    instanceId: instance.instanceId,
    name: instance.name,
    landingZone: instance.landingZone,
    accountId: instance.accountId,
    region: instance.region,
    availabilityZone: instance.availabilityZone,
    instanceType: instance.instanceType,
    platform: instance.platform,
    platformVersion: instance.platformVersion,
    stateWhenFound: instance.state,
    tags: Object.fromEntries(Object.entries(instance.tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
    patchGroup: instance.patchGroup,
    inPlan: isPlanned(target),
    wave: target.wave,
    eligible: target.eligible,
    reasons: target.reasons.map(({ code, text }) => ({ code, text })),
    outcome: target.outcome,
    outcomeReason: target.outcomeReason,
    nextStep: target.nextStep,
    before: target.before === null ? null : { ...target.before },
    after: target.after === null ? null : { ...target.after },
    installed: target.installed.map(({ title, kbId, severity, state }) => ({ title, kbId, severity, state })),
    backup: target.imageId === null ? null : { imageId: target.imageId, verified: target.backupVerified },
    wasStopped: target.wasStopped,
    power: target.power,
    commandId: target.commandId,
    commandMayStillRun: target.commandMayRun,
    exitCode: target.exitCode,
    exitCodeMeaning:
      target.exitCode === null ? null : exitCodeMeaning(instance.platform, target.exitCode).meaning,
    installEndedAt: iso(target.installedAt),
    excerpt: target.excerpt,
  };
}
