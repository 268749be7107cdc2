/** Asking for something new: a scan with its run, or a retry. */

import type { Scope } from '../plan-types.ts';
import type { Run, RunOptions } from '../run-types.ts';
import type { Actor, Answer } from '../service.ts';
import { environmentGone, zonesOf } from '../settings.ts';
import { RETRYABLE } from '../verdict.ts';
import { count } from '../words.ts';
import { allow, no, noSuchRun, refuse, type ServiceParts, yes } from './facts.ts';
import { unknownScope } from './unknown-scope.ts';

export async function scan(
  parts: ServiceParts,
  actor: Actor,
  request: { scope: Scope; options: RunOptions },
): Promise<Answer<{ runId: string }>> {
  const { scope, options } = request;
  const zones = zonesOf(parts.settings, scope.name);
  const environment = zones[0]?.environment;
  if (environment === undefined)
    return no('unknown_scope', unknownScope(parts.settings, scope.name, 'Nothing was started.'));
  const deed = options.dryRun ? (options.fresh ? 'fresh_scan' : 'scan') : 'request';
  const allowed = await allow(parts, actor, deed, environment, { runId: null });
  if (!allowed.ok) return allowed;
  const freeze = parts.store.freezes().find((f) => f.scope === 'all');
  if (options.fresh && freeze) {
    return refuse(parts, actor, deed, null, {
      code: 'frozen',
      text: `Everything is frozen${freeze.reason ? ` (${freeze.reason})` : ''}, so no scan command is sent. Nothing was started. Scan without --fresh, or lift it with /patch unfreeze all.`,
    });
  }
  return create(parts, actor, {
    scope,
    options,
    environment,
    zones: zones.map((z) => z.name),
    retryOf: null,
  });
}

export async function retry(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string },
): Promise<Answer<{ runId: string }>> {
  const run = parts.store.run(request.runId);
  if (!run) return noSuchRun(request.runId);
  const allowed = await allow(parts, actor, 'retry', run.environment, { runId: run.id });
  if (!allowed.ok) return allowed;
  const refused = (code: string, text: string) => refuse(parts, actor, 'retry', run.id, { code, text });
  if (run.phase !== 'ended') {
    return refused(
      'still_open',
      `Run ${run.id} has not ended, so there is nothing to retry yet. Nothing was changed. /patch status ${run.id} shows where it is.`,
    );
  }
  if (run.end === 'dry_run') {
    return refused(
      'dry_run',
      `Run ${run.id} was a dry run: nothing failed, because nothing was done. Scan without --dry-run. Nothing was changed.`,
    );
  }
  const targets = parts.store.allTargets(run.id);
  // What was never ready is taken up again only where it was in the plan: a retry widens nothing.
  const failed = targets.filter(
    (t) => t.wave !== null && t.outcome !== null && RETRYABLE.includes(t.outcome) && !t.commandMayRun,
  );
  const unknown = targets.filter((t) => t.outcome === 'unknown').length;
  if (failed.length === 0) {
    return refused(
      'nothing_to_retry',
      `Run ${run.id} has no failed instances to retry.${unknown > 0 ? ` ${count(unknown, 'instance is', 'instances are')} unknown: /patch resolve ${unknown === 1 ? 'it' : 'them'} first, then scan.` : ''} Nothing was changed.`,
    );
  }
  const zones = [...new Set(failed.map((t) => t.instance.landingZone))];
  return create(parts, actor, {
    scope: { ...run.scope, only: failed.map((t) => t.key) },
    options: { ...run.options, fresh: false, dryRun: false, at: null, until: null },
    environment: run.environment,
    zones,
    retryOf: run.id,
  });
}

async function create(
  parts: ServiceParts,
  actor: Actor,
  wanted: { scope: Scope; options: RunOptions; environment: string; zones: string[]; retryOf: string | null },
): Promise<Answer<{ runId: string }>> {
  const { store, clock, ids } = parts;
  const { options, scope, environment } = wanted;
  const policy = parts.settings.environments.find((e) => e.name === environment);
  if (!policy) return no('no_environment', `${environmentGone(environment)} Nothing was started.`);
  const run: Run = {
    id: ids.run(),
    kind: options.backupOnly ? 'backup_only' : 'patch',
    scope,
    environment,
    requestedBy: actor.userId,
    createdAt: clock.now(),
    options,
    phase: 'discover',
    end: null,
    endReason: '',
    planVersion: null,
    planHash: null,
    planChangedBy: null,
    expiresAt: null,
    startNotBefore: null,
    currentWave: 0,
    snapshotId: null,
    startedAt: null,
    endedAt: null,
    stopRequestedBy: null,
    stopRequestedAt: null,
    failedZones: [],
    channel: policy.channelId,
    retryOf: wanted.retryOf,
    revision: 1,
    wakeAt: null,
    because: [],
  };
  const created = await store.createRun({
    run,
    // A dry run holds nothing, unless it sends scan commands, which no other run should meet.
    lockZones: options.dryRun && !options.fresh ? [] : wanted.zones,
    once: actor.once,
    audit: [
      {
        actor: actor.userId,
        action: wanted.retryOf ? 'run.retry_requested' : 'run.requested',
        text: `Asked for ${options.dryRun ? 'a dry run' : run.kind === 'patch' ? 'a patch run' : 'backups'} of ${scope.name}.`,
        detail: { scope, options, channel: actor.channelId, retryOf: wanted.retryOf },
      },
    ],
  });
  if (!created.ok) {
    if ('seenBefore' in created)
      return no('seen_before', 'This was already asked for. Nothing more was done.');
    return refuse(parts, actor, 'request', created.heldBy, {
      code: 'zone_busy',
      text: `Run ${created.heldBy} is already open in landing zone ${created.zone}, and there is one run at a time. Nothing was started. /patch status ${created.heldBy} shows it; reject or stop it, or wait for its end.`,
    });
  }
  parts.kick(run.id);
  const what = options.dryRun ? 'Dry run' : 'Run';
  return yes(`${what} ${run.id}: looking at ${scope.name}. Its card appears in ${policy.name}'s channel.`, {
    runId: run.id,
  });
}
