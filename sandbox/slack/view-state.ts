import { interactiveElements } from './elements.ts';
import { asObjects, asStrings, isObject, type Json } from './json.ts';
import type { PageBlock } from './page-api.ts';

/** block_id → action_id → the text typed or the option values chosen. */
export type InputValues = Record<string, Record<string, string | string[] | null>>;

/** Elements that hold a value, and the member in which Slack's payloads carry it. */
const TEXT_INPUTS = new Set(['plain_text_input', 'email_text_input', 'url_text_input', 'number_input']);
const SINGLE: Readonly<Record<string, readonly [member: string, initial: string]>> = {
  datepicker: ['selected_date', 'initial_date'],
  timepicker: ['selected_time', 'initial_time'],
  datetimepicker: ['selected_date_time', 'initial_date_time'],
  users_select: ['selected_user', 'initial_user'],
  conversations_select: ['selected_conversation', 'initial_conversation'],
  channels_select: ['selected_channel', 'initial_channel'],
};
const MULTIPLE: Readonly<Record<string, readonly [member: string, initial: string]>> = {
  multi_users_select: ['selected_users', 'initial_users'],
  multi_conversations_select: ['selected_conversations', 'initial_conversations'],
  multi_channels_select: ['selected_channels', 'initial_channels'],
};
const OPTION = new Set(['static_select', 'external_select', 'radio_buttons', 'overflow']);
const OPTIONS = new Set(['multi_static_select', 'multi_external_select', 'checkboxes']);

/** True for elements whose value Slack keeps in `state.values` (an overflow menu keeps none). */
export function isStateful(type: string): boolean {
  return (
    TEXT_INPUTS.has(type) ||
    type in SINGLE ||
    type in MULTIPLE ||
    (type !== 'overflow' && OPTION.has(type)) ||
    OPTIONS.has(type)
  );
}

/** `state.values` as Slack sends it: what was typed or chosen, else what the element began with. */
export function stateValues(blocks: readonly PageBlock[], given: InputValues): Json {
  const values: Record<string, Json> = {};
  for (const { blockId, actionId, element } of interactiveElements(blocks)) {
    if (!isStateful(String(element['type']))) continue;
    const block = values[blockId] ?? {};
    block[actionId] = elementValue(element, given[blockId]?.[actionId]);
    values[blockId] = block;
  }
  return values;
}

/**
 * One element's part of `state.values`. `given` undefined means untouched: the initial value counts.
 * Throws RangeError when a chosen value is not among the options.
 */
export function elementValue(element: Json, given: string | string[] | null | undefined): Json {
  const type = String(element['type']);
  if (TEXT_INPUTS.has(type)) {
    const text = given === undefined ? element['initial_value'] : first(given);
    return { type, value: text === '' ? null : (text ?? null) };
  }
  const single = SINGLE[type];
  if (single) {
    const [member, initial] = single;
    const chosen = given === undefined ? (element[initial] ?? null) : first(given);
    return { type, [member]: type === 'datetimepicker' && chosen !== null ? Number(chosen) : chosen };
  }
  const multiple = MULTIPLE[type];
  if (multiple) {
    const [member, initial] = multiple;
    return { type, [member]: given === undefined ? asStrings(element[initial]) : list(given) };
  }
  if (OPTION.has(type)) {
    const value = given === undefined ? undefined : first(given);
    const untouched = element['initial_option'] ?? null;
    if (value === undefined) return { type, selected_option: untouched };
    return { type, selected_option: value === null ? null : findOption(element, value) };
  }
  if (OPTIONS.has(type)) {
    const untouched = asObjects(element['initial_options']);
    const chosen = given === undefined ? untouched : list(given).map((value) => findOption(element, value));
    return { type, selected_options: chosen };
  }
  return { type };
}

/** What was typed or chosen, without what the blocks (perhaps others than before) cannot hold. */
export function keptValues(blocks: readonly PageBlock[], given: InputValues): InputValues {
  const kept: InputValues = {};
  for (const { blockId, actionId, element } of interactiveElements(blocks)) {
    const value = given[blockId]?.[actionId];
    if (value === undefined || !isStateful(String(element['type']))) continue;
    try {
      elementValue(element, value);
    } catch (error) {
      if (error instanceof RangeError) continue;
      throw error;
    }
    kept[blockId] = { ...kept[blockId], [actionId]: value };
  }
  return kept;
}

/** Whether a person has filled in nothing. */
export function isEmpty(value: Json): boolean {
  return Object.entries(value).every(
    ([key, one]) => key === 'type' || one === null || (Array.isArray(one) && one.length === 0),
  );
}

function findOption(element: Json, value: string): Json {
  const groups = asObjects(element['option_groups']).flatMap((group) => asObjects(group['options']));
  const option = [...asObjects(element['options']), ...groups].find((one) => one['value'] === value);
  if (!isObject(option))
    throw new RangeError(`there is no option "${value}" in ${String(element['action_id'])}`);
  return option;
}

function first(given: string | string[] | null): string | null {
  return Array.isArray(given) ? (given[0] ?? null) : given;
}

function list(given: string | string[] | null): string[] {
  if (given === null) return [];
  return Array.isArray(given) ? given : [given];
}
