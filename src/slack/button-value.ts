/**
 * What buttons and modals carry: ids only, never a decision, so that any process can serve a click on a card
 * of any age. The workflow checks everything again.
 */
import { z } from 'zod';
import type { QuestionAnswer } from '../workflow/view.ts';

/** action_id of everything clickable; the handlers are looked up by these. */
export const ACTION = {
  approve: 'run_approve',
  reject: 'run_reject',
  exclude: 'run_exclude',
  viewAll: 'run_view_all',
  stop: 'run_stop',
  secondConfirmation: 'run_second_confirmation',
  pagePrevious: 'page_previous',
  pageNext: 'page_next',
} as const;

/** Answer buttons of a question: one action id per answer. */
export const ANSWER_PREFIX = 'question_';
export const ANSWERS: readonly QuestionAnswer['id'][] = ['send_again', 'give_up', 'stop_now', 'leave_on'];

/** callback_id of the modals. */
export const VIEW = {
  reject: 'modal_reject',
  exclude: 'modal_exclude',
  viewAll: 'modal_view_all',
  secondConfirmation: 'modal_second_confirmation',
} as const;

const runValue = z.object({
  v: z.literal(1),
  runId: z.string().min(1).max(64),
  /** Empty before there is a plan. */
  planHash: z.string().max(128),
});
const questionValue = z.object({
  v: z.literal(1),
  /** Of the effect in question; AWS takes no comment that is longer. */
  tag: z.string().min(1).max(100),
  answer: z.enum(['send_again', 'give_up', 'stop_now', 'leave_on']),
});
const viewMeta = runValue.extend({
  /** Where the answer is shown. */
  channel: z.string().max(32),
  page: z.number().int().min(0).default(0),
  /** Exclude: positions in plan.targets chosen on other pages, base 36, comma separated. */
  chosen: z.string().max(2900).default(''),
});

export type RunValue = z.infer<typeof runValue>;
export type QuestionValue = z.infer<typeof questionValue>;
export type ViewMeta = z.infer<typeof viewMeta>;

export function encode(value: RunValue | QuestionValue | ViewMeta): string {
  return JSON.stringify(value);
}

function read<T>(schema: z.ZodType<T>, text: unknown): T | null {
  if (typeof text !== 'string' || text.length > 3000) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Null for a value that this release did not write. */
export const readRunValue = (text: unknown): RunValue | null => read(runValue, text);
export const readQuestionValue = (text: unknown): QuestionValue | null => read(questionValue, text);
export const readViewMeta = (text: unknown): ViewMeta | null => read(viewMeta, text);
