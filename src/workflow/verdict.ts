/** What came of a target: one outcome, why, and what a person should do next. Pure. */
import { exitCodeMeaning } from './exit-codes.ts';
import type { InstalledPatch, PatchCounts, Platform } from './instance.ts';
import type { Outcome } from './run-types.ts';
import { count } from './words.ts';

export interface Verdict {
  outcome: Outcome;
  reason: string;
  nextStep: string;
}

export interface VerificationFacts {
  platform: Platform;
  /** How the install invocation ended. */
  install: {
    status: 'success' | 'failed' | 'timed_out' | 'not_delivered' | 'denied' | 'cancelled';
    detail: string;
    exitCode: number | null;
  };
  before: PatchCounts | null;
  /** From our own scan after the install; null when there is none. */
  after: PatchCounts | null;
  installed: readonly InstalledPatch[];
  /** Titles still missing or failed. */
  stillMissing: readonly string[];
  statusChecks: { ok: boolean; text: string };
  applicationChecks: readonly { name: string; ok: boolean; text: string }[];
}

/** `detail` of an install that somebody cancelled after it had begun on the instance. */
export const CANCELLED_RUNNING = 'CancelledWhileRunning';

export function judgeTarget(facts: VerificationFacts): Verdict {
  const { install, after } = facts;
  if (install.status !== 'success') return judgeFailedInstall(facts);
  if (after === null) {
    return {
      outcome: 'verification_failed',
      reason:
        'The install ended with success, but it could not be verified: Systems Manager shows no scan newer than the install.',
      nextStep: 'Check that the instance is up and its SSM agent online, then scan it with --fresh.',
    };
  }
  const sick = [
    ...(facts.statusChecks.ok ? [] : [`EC2 status checks: ${facts.statusChecks.text}`]),
    ...facts.applicationChecks.filter((c) => !c.ok).map((c) => `application check ${c.name}: ${c.text}`),
  ];
  if (sick.length > 0) {
    return {
      outcome: 'verification_failed',
      reason: `Patched, but not healthy: ${sick.join('; ')}.`,
      nextStep: 'Look at the instance; its backup is the restore point (docs/restore.md).',
    };
  }
  if (after.missing > 0 || after.failed > 0) {
    return {
      outcome: 'partly_patched',
      reason: `Installed, but ${after.missing} still missing and ${after.failed} failed${list(facts.stillMissing)}.`,
      nextStep: 'Look at what is missing or failed, then /patch retry.',
    };
  }
  if (after.pendingReboot > 0) {
    return {
      outcome: 'patched_reboot_pending',
      reason: `${count(after.pendingReboot, 'patch is installed and takes', 'patches are installed and take')} effect at the next reboot.`,
      nextStep: 'Reboot it when its owners agree, then scan it.',
    };
  }
  if (
    facts.installed.length === 0 &&
    facts.before !== null &&
    facts.before.missing === 0 &&
    facts.before.failed === 0
  ) {
    return { outcome: 'up_to_date', reason: 'Nothing was missing and nothing was installed.', nextStep: '' };
  }
  return {
    outcome: 'patched',
    reason: `Nothing is missing any more${facts.installed.length > 0 ? `; ${facts.installed.length} installed` : ''}, all status checks ok.`,
    nextStep: '',
  };
}

function judgeFailedInstall(facts: VerificationFacts): Verdict {
  const { install, before, after } = facts;
  const meaning = describeInstallEnd(facts);
  const progress =
    facts.installed.length > 0 ||
    (after !== null &&
      before !== null &&
      after.installed > before.installed &&
      after.missing < before.missing);
  if (after !== null && progress && install.status === 'failed') {
    return {
      outcome: 'partly_patched',
      reason: `${partlyReason(facts) ?? meaning.reason} ${facts.installed.length || 'Some'} ${facts.installed.length === 1 ? 'patch was' : 'patches were'} installed all the same; ${after.missing} still missing and ${after.failed} failed${list(facts.stillMissing)}.`,
      nextStep: meaning.nextStep,
    };
  }
  return { outcome: 'failed', ...meaning };
}

/** Exit code 1 only says that some patches may be on; here it is known which. */
function partlyReason({ install }: VerificationFacts): string | null {
  return install.exitCode === 1 ? 'The patch command failed with exit code 1.' : null;
}

/** The end of an install that did not succeed, in words. */
export function describeInstallEnd(facts: Pick<VerificationFacts, 'platform' | 'install'>): {
  reason: string;
  nextStep: string;
} {
  const { install } = facts;
  switch (install.status) {
    case 'failed': {
      // 0 is the code of the patch step; another step of the document failed.
      if (install.exitCode === null || install.exitCode === 0)
        return {
          reason: `The patch command failed (${install.detail}).`,
          nextStep: 'Read the excerpt of its output, then /patch retry.',
        };
      const { meaning, next } = exitCodeMeaning(facts.platform, install.exitCode);
      return {
        reason: `The patch command failed with exit code ${install.exitCode}: ${meaning}.`,
        nextStep: next,
      };
    }
    case 'timed_out':
      return {
        reason: 'The patch command ran longer than its document allows and was ended on the instance.',
        nextStep: 'Check the package state on the instance before /patch retry.',
      };
    case 'not_delivered':
      return install.detail === 'DeliveryTimedOut'
        ? {
            reason:
              'Systems Manager reports Delivery Timed Out: it gave up waiting, which does not prove that the command never ran.',
            nextStep: 'Check the agent and the patch log on the instance, then scan it with --fresh.',
          }
        : {
            reason: `The patch command was never delivered (${install.detail}).`,
            nextStep: 'Check its SSM agent, then /patch retry.',
          };
    case 'denied':
      return {
        reason: `Systems Manager refused the command for this instance (${install.detail}).`,
        nextStep: 'Check the tag that the patch role requires, and the platform of the instance.',
      };
    case 'cancelled':
      if (install.detail === CANCELLED_RUNNING) {
        return {
          reason: 'The patch command was cancelled while it ran, which ends it on the instance at once.',
          nextStep: 'Check the package state on the instance before /patch retry.',
        };
      }
      return {
        reason: 'The patch command was cancelled before it started.',
        nextStep: 'Run it again with /patch retry.',
      };
    case 'success':
      return { reason: 'The patch command ended with success.', nextStep: '' };
  }
}

function list(titles: readonly string[]): string {
  if (titles.length === 0) return '';
  const shown = titles.slice(0, 5).join(', ');
  return titles.length > 5 ? ` (${shown} and ${titles.length - 5} more)` : ` (${shown})`;
}

/** Outcomes that count against the failure budget of a run. */
export const COUNTS_AS_FAILED: readonly Outcome[] = [
  'failed',
  'verification_failed',
  'unknown',
  'partly_patched',
];

/** Outcomes that `/patch retry` takes up again. An unknown one is not: it must be resolved first. */
export const RETRYABLE: readonly Outcome[] = [
  'failed',
  'verification_failed',
  'partly_patched',
  'stopped',
  'skipped',
];
