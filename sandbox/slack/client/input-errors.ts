import { asObject } from '../json.ts';
import { elementValue, isEmpty } from '../view-state.ts';
import type { StoredView } from '../views.ts';

/** What Slack's client refuses by itself before a modal is submitted: block_id → message. */
export function inputErrors(view: StoredView): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const block of view.blocks) {
    if (block.type !== 'input') continue;
    const element = asObject(block['element']);
    const blockId = block.block_id ?? '';
    const value = elementValue(element, view.values[blockId]?.[String(element['action_id'])]);
    const error = isEmpty(value)
      ? block['optional'] === true
        ? null
        : 'Please complete this required field.'
      : textError(element, value['value']);
    if (error !== null) errors[blockId] = error;
  }
  return errors;
}

function textError(element: Record<string, unknown>, value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (element['type'] === 'number_input') return numberError(element, value);
  const most = typeof element['max_length'] === 'number' ? element['max_length'] : 3_000;
  const least = typeof element['min_length'] === 'number' ? element['min_length'] : 0;
  if (value.length > most) return `Must be at most ${most} characters long.`;
  if (value.length < least) return `Must be at least ${least} characters long.`;
  return null;
}

function numberError(element: Record<string, unknown>, value: string): string | null {
  const number = Number(value);
  if (!Number.isFinite(number)) return 'Must be a number.';
  if (element['is_decimal_allowed'] !== true && !Number.isInteger(number)) return 'Must be a whole number.';
  const { min_value: min, max_value: max } = element;
  if (typeof min === 'string' && number < Number(min)) return `Must be at least ${min}.`;
  if (typeof max === 'string' && number > Number(max)) return `Must be at most ${max}.`;
  return null;
}
