/**
 * A run as it is now, ready to be shown: what the card, the status answer and the reports are made of.
 * Plain data with unescaped text; whoever shows it cuts and escapes.
 */
import type { Reason } from './instance.ts';
import type { Plan } from './plan-types.ts';
import type { OutcomeCounts, Run, Target } from './run-types.ts';

export interface ApprovalRecord {
  userId: string;
  at: number;
  planHash: string;
  /** Given in place of this approver; counts as theirs. */
  standingIn?: { for: string; until: number };
}

/** A question that only a person can answer; its effect is in state needs_attention. */
export interface Question {
  /**
   * Of its effect: run, step, batch and attempt, so that it never means another question. Numbers of effects are
   * given out again after a restore, and cards with the buttons of what was lost stay in Slack.
   */
  tag: string;
  runId: string;
  text: string;
  /** What to look at before answering. */
  whatToCheck: string;
  targets: readonly string[];
  askedAt: number;
  answers: readonly QuestionAnswer[];
}

export interface QuestionAnswer {
  /**
   * send_again: a new attempt is made (needs an approver who did not request the run).
   * give_up: nothing is sent; the targets end as unknown.
   * stop_now: switch off an instance that was started for patching. leave_on: leave it running.
   */
  id: 'send_again' | 'give_up' | 'stop_now' | 'leave_on';
  label: string;
  permitsSend: boolean;
}

export interface WaveView {
  number: number;
  size: number;
  done: number;
  failed: number;
  /** In words, e.g. "patching 10, verifying 2". */
  now: string;
}

export interface RunView {
  run: Run;
  plan: Plan | null;
  approvals: readonly ApprovalRecord[];
  /** Every instance found, planned or not; in a fixed order: wave, landing zone, name, key. */
  targets: readonly Target[];
  counts: OutcomeCounts;
  waves: readonly WaveView[];
  questions: readonly Question[];
  /** What is happening, in words, newest first. */
  because: readonly Reason[];
  /** A freeze in force, in words; null when none. */
  frozen: string | null;
}

/** What is told in the thread of a run, as data; the texts are complete sentences without markup. */
export type News =
  | { kind: 'progress'; text: string }
  | { kind: 'failure'; text: string; excerpt: string }
  | { kind: 'question'; text: string; effectId: number }
  | { kind: 'plan'; text: string; planVersion: number }
  | { kind: 'report'; text: string };

/** The head of the audit. Told by the store alone, and as data, so that no text can pass for it. */
export interface Anchor {
  kind: 'anchor';
  seq: number;
  hash: string;
}
