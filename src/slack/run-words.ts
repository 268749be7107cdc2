/** What a run, its phases and its outcomes are called. Our own words only: safe to show as they are. */
import type { Outcome, Phase, Run, RunEnd } from '../workflow/run-types.ts';
import type { RunView } from '../workflow/view.ts';
import { join, type Mrkdwn, md, NOTHING } from './mrkdwn.ts';

const PHASES: Record<Exclude<Phase, 'ended' | 'waves'>, Mrkdwn> = {
  discover: md`🔎 Looking for instances`,
  fresh_scan: md`🔎 Scanning the instances for missing patches`,
  plan: md`📋 Planning`,
  await_approval: md`⏳ Waiting for approval`,
  await_start: md`✅ Approved, waiting for its start`,
  report: md`📋 Writing the report`,
};

const ENDS: Record<RunEnd, Mrkdwn> = {
  completed: md`🏁 Completed`,
  stopped: md`🛑 Stopped by a person`,
  halted: md`🛑 Halted before the end`,
  rejected: md`🚫 Rejected, nothing was changed`,
  expired: md`⌛ Expired without approval, nothing was changed`,
  dry_run: md`📋 Dry run ended, nothing was changed`,
  nothing_to_do: md`🏁 Nothing to do, nothing was changed`,
  discovery_failed: md`❌ The instances could not be looked at, nothing was changed`,
};

export const OUTCOME_WORDS: Record<Outcome, Mrkdwn> = {
  patched: md`✅ patched and verified`,
  up_to_date: md`✅ already up to date`,
  backed_up: md`✅ backed up`,
  patched_reboot_pending: md`🔁 patched, reboot pending`,
  partly_patched: md`⚠️ installed, some still missing or failed`,
  failed: md`❌ failed`,
  verification_failed: md`❌ verification failed`,
  unknown: md`❔ unknown, a person must look`,
  skipped: md`⏭️ skipped`,
  stopped: md`⏹️ stopped before patching`,
};

/** In the order in which they are told. */
export const OUTCOME_ORDER = Object.keys(OUTCOME_WORDS) as readonly Outcome[];

export function kindWord(run: Run): 'Patch run' | 'Backup run' {
  return run.kind === 'backup_only' ? 'Backup run' : 'Patch run';
}

/** The state of the run in words, with an emoji that only repeats them. */
export function phaseWords(view: RunView): Mrkdwn {
  const { run } = view;
  if (run.end !== null) return ENDS[run.end];
  if (run.phase === 'ended') return md`🏁 Ended`;
  if (run.phase === 'waves') {
    const wave = md`wave ${run.currentWave} of ${view.plan?.waves.length ?? view.waves.length}`;
    if (run.currentWave === 0) return md`▶️ Beginning`;
    return run.kind === 'backup_only' ? md`💾 Backing up, ${wave}` : md`▶️ Patching, ${wave}`;
  }
  return PHASES[run.phase];
}

export interface Progress {
  planned: number;
  done: number;
  failed: number;
  partly: number;
  unknown: number;
}

export function progressOf(view: RunView): Progress {
  const progress = { planned: 0, done: 0, failed: 0, partly: 0, unknown: 0 };
  for (const target of view.targets) {
    if (target.wave === null) continue;
    progress.planned += 1;
    if (target.outcome !== null) progress.done += 1;
    if (target.outcome === 'failed' || target.outcome === 'verification_failed') progress.failed += 1;
    if (target.outcome === 'partly_patched') progress.partly += 1;
    if (target.outcome === 'unknown') progress.unknown += 1;
  }
  return progress;
}

/** `12/37 done · 1 failed` */
export function progressWords({ planned, done, failed, partly, unknown }: Progress): Mrkdwn {
  const parts = [
    md`${done}/${planned} done`,
    failed > 0 ? md`${failed} failed` : NOTHING,
    partly > 0 ? md`${partly} only in part` : NOTHING,
    unknown > 0 ? md`${unknown} unknown` : NOTHING,
  ];
  return join(parts, ' · ');
}
