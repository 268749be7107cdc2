/** What outcomes, ends and figures are called in reports, and the verdict over a whole run. Pure. */
import type { PatchCounts } from '../workflow/instance.ts';
import type { Outcome, RunEnd, Target } from '../workflow/run-types.ts';
import type { RunView } from '../workflow/view.ts';

/** Share of the planned instances that should end as a success. */
export const SUCCESS_TARGET = 0.98;

/** Outcomes after which nothing is left to do. A patch that waits for a reboot is not in effect: not one of them. */
const SUCCESS: readonly Outcome[] = ['patched', 'up_to_date', 'backed_up'];

export type Tone = 'good' | 'wait' | 'bad' | 'quiet';

export interface OutcomeWords {
  label: string;
  /** A sign that carries the meaning without colour. */
  sign: string;
  tone: Tone;
}

/** In the order in which reports tell them: what needs a person first. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, OutcomeWords>> = {
  unknown: { label: 'Unknown', sign: '?', tone: 'bad' },
  failed: { label: 'Failed', sign: '✗', tone: 'bad' },
  verification_failed: { label: 'Verification failed', sign: '✗', tone: 'bad' },
  partly_patched: { label: 'Installed, some missing or failed', sign: '!', tone: 'wait' },
  patched_reboot_pending: { label: 'Patched, reboot pending', sign: '↻', tone: 'wait' },
  stopped: { label: 'Stopped before patching', sign: '■', tone: 'wait' },
  skipped: { label: 'Skipped', sign: '–', tone: 'quiet' },
  patched: { label: 'Patched and verified', sign: '✓', tone: 'good' },
  up_to_date: { label: 'Already up to date', sign: '✓', tone: 'good' },
  backed_up: { label: 'Backed up', sign: '✓', tone: 'good' },
};

export const OUTCOME_ORDER = Object.keys(OUTCOME_WORDS) as readonly Outcome[];

const ENDS: Readonly<Record<RunEnd, string>> = {
  completed: 'Completed',
  stopped: 'Stopped by a person',
  halted: 'Halted before the end',
  rejected: 'Rejected: nothing was changed',
  expired: 'Expired without approval: nothing was changed',
  dry_run: 'Dry run: nothing was changed',
  nothing_to_do: 'Nothing to do: nothing was changed',
  discovery_failed: 'The instances could not be looked at: nothing was changed',
};

/** Ends after which figures about successes mean nothing, since no instance was touched. */
const UNTOUCHED: readonly RunEnd[] = ['rejected', 'expired', 'dry_run', 'nothing_to_do', 'discovery_failed'];

export interface Verdict {
  headline: string;
  tone: Tone;
  planned: number;
  succeeded: number;
  /** Share of the planned instances, 0–1; null when nothing was to be done. */
  rate: number | null;
}

/** The answer to "how did it go?" in one sentence and its figures. */
export function verdictOf(view: RunView): Verdict {
  const { run } = view;
  const planned = view.targets.filter(isPlanned);
  const succeeded = planned.filter((t) => t.outcome !== null && SUCCESS.includes(t.outcome)).length;
  const figures = { planned: planned.length, succeeded };
  if (run.end !== null && UNTOUCHED.includes(run.end)) {
    const tone = run.end === 'discovery_failed' ? 'bad' : 'quiet';
    return { headline: `${ENDS[run.end]}.`, tone, ...figures, rate: null };
  }
  const done = run.kind === 'backup_only' ? 'backed up' : 'patched and verified';
  const rate = planned.length === 0 ? null : succeeded / planned.length;
  const share =
    planned.length === 0
      ? 'no instance was in a plan'
      : succeeded === planned.length
        ? `${planned.length === 1 ? 'the one planned instance is' : `all ${planned.length} planned instances are`} ${done}`
        : `${succeeded} of ${planned.length} planned ${planned.length === 1 ? 'instance' : 'instances'} ${succeeded === 1 ? 'is' : 'are'} ${done}`;
  if (run.end === null) return { headline: `Not ended yet: ${share}.`, tone: 'wait', ...figures, rate };
  return { headline: `${ENDS[run.end]}: ${share}.`, tone: toneOf(view, rate), ...figures, rate };
}

function toneOf(view: RunView, rate: number | null): Tone {
  if (view.questions.length > 0 || view.run.failedZones.length > 0) return 'bad';
  if (view.targets.some((t) => t.outcome !== null && isPlanned(t) && OUTCOME_WORDS[t.outcome].tone === 'bad'))
    return 'bad';
  return rate === 1 ? 'good' : 'wait';
}

export function isPlanned(target: Target): boolean {
  return target.wave !== null;
}

/** "1 instance", "37 instances" */
export function instances(n: number): string {
  return `${n} ${n === 1 ? 'instance' : 'instances'}`;
}

/** 0.9787 as "97.8 %": rounded down, so that a missed target never reads as a met one. */
export function percent(share: number): string {
  const tenths = Math.floor(share * 1000 + 1e-9) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)} %`;
}

/** A figure of the patch state; an instance that was never scanned has none. */
export function countText(counts: PatchCounts | null, field: keyof PatchCounts): string {
  return counts === null ? 'unknown' : String(counts[field]);
}

/** 'not_in_plan' for an instance that was found and left out, 'open' while there is no outcome. */
export function outcomeCode(target: Target): Outcome | 'not_in_plan' | 'open' {
  if (target.outcome !== null) return target.outcome;
  return isPlanned(target) ? 'open' : 'not_in_plan';
}

/** Why an instance is where it is: the outcome's reason, or else those of the discovery. */
export function reasonText(target: Target): string {
  return target.outcomeReason || target.reasons.map((r) => r.text).join(' ');
}
