/** After our own scan: is the instance what it should be? Reads only; the verdict is judgeTarget's. */
import type { TargetChange } from '../changes.ts';
import type { InstalledPatch } from '../instance.ts';
import type { ApplicationCheck } from '../plan-types.ts';
import { LookFailed, type Place } from '../ports.ts';
import type { Effect, Target } from '../run-types.ts';
import { endTarget } from '../target-changes.ts';
import { judgeTarget } from '../verdict.ts';
import { type EffectContext, placeOf } from './kind.ts';

/** Judges what can be judged; `open` counts those that need another look (patch state or checks not there yet). */
export async function verifyTargets(
  context: EffectContext,
  effect: Effect,
  targets: readonly Target[],
): Promise<{ changes: TargetChange[]; open: number }> {
  if (targets.length === 0) return { changes: [], open: 0 };
  const { aws, now, settings } = context;
  const place = placeOf(effect);
  const ids = targets.map((t) => t.instance.instanceId);
  const states = await aws.patchStates.look(place, ids);
  const power = await aws.power.look(place, ids);
  const changes: TargetChange[] = [];
  let open = 0;
  for (const target of targets) {
    const id = target.instance.instanceId;
    const state = states.get(id);
    const checks = power.get(id)?.checks ?? { ok: false, text: 'not reported' };
    const fresh =
      state !== undefined && state.operation === 'Scan' && state.endedAt >= (target.installedAt ?? 0);
    const tooLong = now - target.stageSince > settings.timing.verifyTimeout;
    if ((!fresh || !checks.ok) && !tooLong) {
      open++;
      continue;
    }
    const after = fresh ? state.counts : null;
    const application = after ? await runChecks(context, target) : [];
    if (application.some((c) => !c.ok) && !tooLong) {
      open++;
      continue;
    }
    const since = (target.installedAt ?? effect.intendedAt) - settings.timing.installWorstCase;
    const wantMissing = after !== null && (after.missing > 0 || after.failed > 0);
    const lists = await readLists(context, place, id, since, wantMissing);
    if (lists === null && !tooLong) {
      open++;
      continue;
    }
    const { installed, stillMissing } = lists ?? { installed: [], stillMissing: [] };
    const verdict = judgeTarget({
      platform: target.instance.platform,
      install: {
        ...(target.installEnd ?? { status: 'success', detail: 'Success' }),
        exitCode: target.exitCode,
      },
      before: target.before,
      after,
      installed,
      stillMissing,
      statusChecks: checks,
      applicationChecks: application,
    });
    changes.push(endTarget(target, verdict.outcome, verdict.reason, verdict.nextStep, { after, installed }));
  }
  return { changes, open };
}

/** Which patches, by name; null when AWS does not say: the counts decide without them, and no other target waits. */
async function readLists(
  { aws: { patchStates } }: EffectContext,
  place: Place,
  instanceId: string,
  since: number,
  wantMissing: boolean,
): Promise<{ installed: InstalledPatch[]; stillMissing: string[] } | null> {
  try {
    const installed = await patchStates.installedSince(place, instanceId, since);
    return { installed, stillMissing: wantMissing ? await patchStates.stillMissing(place, instanceId) : [] };
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return null;
  }
}

async function runChecks(
  context: EffectContext,
  target: Target,
): Promise<{ name: string; ok: boolean; text: string }[]> {
  const wanted = (context.state.plan?.checks ?? []).filter((c) => applies(c, target));
  return Promise.all(
    wanted.map(async (check) => ({
      name: check.name,
      ...(await context.checks.run(target.instance, check)),
    })),
  );
}

function applies(check: ApplicationCheck, target: Target): boolean {
  return check.tag === null || target.instance.tags[check.tag.key] === check.tag.value;
}
