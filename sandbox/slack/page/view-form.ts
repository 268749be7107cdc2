/** What Slack's client checks itself before it sends a modal, and which elements have a value. Pure. */
import type { FormValues, Value } from './context.ts';
import { flag, type Json, json, jsons, num, str } from './read.ts';

const stateless = new Set([
  'button',
  'overflow',
  'image',
  'workflow_button',
  'icon_button',
  'feedback_buttons',
]);

function has(element: Json | undefined): element is Json {
  return element !== undefined && !stateless.has(str(element, 'type')) && str(element, 'action_id') !== '';
}

/** All elements of a view that hold a value, in order. */
export function statefulElements(blocks: readonly Json[]): { blockId: string; actionId: string }[] {
  return blocks.flatMap((block) =>
    [json(block, 'element'), json(block, 'accessory'), ...jsons(block, 'elements')]
      .filter(has)
      .map((element) => ({ blockId: str(block, 'block_id'), actionId: str(element, 'action_id') })),
  );
}

/** block_id → what is wrong, for inputs Slack's client would not let through. */
export function missingOrWrong(blocks: readonly Json[], values: FormValues): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const block of blocks) {
    const element = json(block, 'element');
    if (str(block, 'type') !== 'input' || !has(element)) continue;
    const blockId = str(block, 'block_id');
    const value = values.get(blockId, str(element, 'action_id')) ?? null;
    const problem = isEmpty(value)
      ? flag(block, 'optional')
        ? null
        : 'Please complete this required field.'
      : wrong(element, value);
    if (problem) problems[blockId] = problem;
  }
  return problems;
}

function isEmpty(value: Value): boolean {
  return value === null || (typeof value === 'string' ? value.trim() === '' : value.length === 0);
}

function wrong(element: Json, value: Value): string | null {
  if (typeof value !== 'string') return null;
  const least = num(element, 'min_length');
  const most = num(element, 'max_length');
  if (least !== null && value.length < least)
    return `Please enter at least ${least} characters (now ${value.length}).`;
  if (most !== null && value.length > most)
    return `Please enter at most ${most} characters (now ${value.length}).`;
  switch (str(element, 'type')) {
    case 'email_text_input':
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? null : 'Please enter a valid email address.';
    case 'url_text_input':
      return URL.canParse(value) ? null : 'Please enter a valid address, such as https://example.com.';
    case 'number_input':
      return wrongNumber(element, Number(value));
    default:
      return null;
  }
}

function wrongNumber(element: Json, value: number): string | null {
  if (Number.isNaN(value)) return 'Please enter a number.';
  if (!flag(element, 'is_decimal_allowed') && !Number.isInteger(value)) return 'Please enter a whole number.';
  const least = str(element, 'min_value');
  const most = str(element, 'max_value');
  if (least !== '' && value < Number(least)) return `Please enter ${least} or more.`;
  return most !== '' && value > Number(most) ? `Please enter ${most} or less.` : null;
}
