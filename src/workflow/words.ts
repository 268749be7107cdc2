import type { Outcome } from './run-types.ts';

/** How outcomes are called wherever a person reads them. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  up_to_date: 'already up to date',
  patched: 'patched and verified',
  patched_reboot_pending: 'patched, reboot pending',
  partly_patched: 'installed, some still missing or failed',
  failed: 'failed',
  verification_failed: 'verification failed',
  skipped: 'skipped',
  stopped: 'stopped before patching',
  unknown: 'unknown',
  backed_up: 'backed up',
};

/** `1 instance`, `3 instances`, `2 patches` with a plural of its own. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** A sentence from elsewhere as the end of one of ours, which brings its own full stop. */
export function asClause(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
