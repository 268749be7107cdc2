/** Elements that are filled in: text, number, address, date and time inputs, radio buttons, checkboxes, images. */
import { confirmed } from './confirm.ts';
import type { Slot, Value } from './context.ts';
import { h, uid } from './dom.ts';
import { picture } from './images.ts';
import { chosenValues, optionsOf } from './options.ts';
import { flag, type Json, json, num, str, strings } from './read.ts';
import { send } from './sending.ts';
import { plainObject, textObject, words } from './text.ts';

/** The element if it is one to fill in (or an image), else null. */
export function fieldElement(of: Json, slot: Slot): HTMLElement | null {
  switch (str(of, 'type')) {
    case 'plain_text_input':
      return textInput(of, slot, flag(of, 'multiline') ? 'textarea' : 'text');
    case 'rich_text_input':
      return textInput(of, slot, 'textarea');
    case 'email_text_input':
      return textInput(of, slot, 'email');
    case 'url_text_input':
      return textInput(of, slot, 'url');
    case 'number_input':
      return textInput(of, slot, 'number');
    case 'datepicker':
      return picker(of, slot, 'date', str(of, 'initial_date'), 'Select a date');
    case 'timepicker':
      return picker(of, slot, 'time', str(of, 'initial_time'), 'Select a time');
    case 'datetimepicker':
      return picker(
        of,
        slot,
        'datetime-local',
        localStamp(num(of, 'initial_date_time')),
        'Select a date and time',
      );
    case 'radio_buttons':
      return choices(of, slot, 'radio');
    case 'checkboxes':
      return choices(of, slot, 'checkbox');
    case 'image':
      return picture(of, 'small');
    default:
      return null;
  }
}

function shared(of: Json, slot: Slot, fallback: string) {
  return {
    'aria-label': slot.label || words(json(of, 'placeholder')) || fallback,
    'aria-describedby': slot.describedBy,
    'data-action-id': str(of, 'action_id'),
    'data-block-id': slot.blockId,
  };
}

function textInput(
  of: Json,
  slot: Slot,
  kind: 'text' | 'textarea' | 'email' | 'url' | 'number',
): HTMLElement {
  const actionId = str(of, 'action_id');
  const { values } = slot.surface;
  const kept = values.get(slot.blockId, actionId);
  const start = typeof kept === 'string' ? kept : kept === null ? '' : str(of, 'initial_value');
  const attrs = {
    ...shared(of, slot, 'Text'),
    placeholder: words(json(of, 'placeholder')) || null,
    autofocus: flag(of, 'focus_on_load'),
    autocomplete: 'off',
    step: kind === 'number' ? (flag(of, 'is_decimal_allowed') ? 'any' : '1') : null,
    min: str(of, 'min_value') || null,
    max: str(of, 'max_value') || null,
  };
  const control =
    kind === 'textarea'
      ? h('textarea', { class: 'field', attrs: { ...attrs, rows: 4 } })
      : h('input', { class: 'field', attrs: { ...attrs, type: kind } });
  control.value = start;
  values.set(slot.blockId, actionId, start === '' ? null : start);
  control.addEventListener('input', () =>
    values.set(slot.blockId, actionId, control.value === '' ? null : control.value),
  );
  const on = strings(json(of, 'dispatch_action_config'), 'trigger_actions_on');
  if (slot.dispatches) {
    control.addEventListener('keydown', (event) => {
      const enter = event instanceof KeyboardEvent && event.key === 'Enter';
      if (!enter || kind === 'textarea' || (on.length > 0 && !on.includes('on_enter_pressed'))) return;
      event.preventDefault();
      void send(control, slot, actionId, [control.value]);
    });
    if (on.includes('on_character_entered')) {
      control.addEventListener('input', () => void send(control, slot, actionId, [control.value]));
    }
  }
  return control;
}

/** Native pickers: their values are Slack's own ("2026-11-20", "18:00"); date-times are sent as unix seconds. */
function picker(
  of: Json,
  slot: Slot,
  type: 'date' | 'time' | 'datetime-local',
  initial: string,
  fallback: string,
): HTMLElement {
  const actionId = str(of, 'action_id');
  const { values, directory } = slot.surface;
  const out = (value: string): Value =>
    value === ''
      ? null
      : type === 'datetime-local'
        ? String(Math.floor(new Date(value).getTime() / 1000))
        : value;
  const kept = values.get(slot.blockId, actionId);
  const restored =
    typeof kept === 'string' ? (type === 'datetime-local' ? localStamp(Number(kept)) : kept) : initial;
  const control = h('input', { class: 'field picker', attrs: { ...shared(of, slot, fallback), type } });
  control.value = kept === null ? '' : restored;
  values.set(slot.blockId, actionId, out(control.value));
  let before = control.value;
  control.addEventListener('change', async () => {
    if (slot.dispatches && !(await confirmed(of, directory))) {
      control.value = before;
      return;
    }
    before = control.value;
    const value = out(control.value);
    values.set(slot.blockId, actionId, value);
    if (slot.dispatches && typeof value === 'string') await send(control, slot, actionId, [value]);
  });
  const zone = str(of, 'timezone');
  return zone ? h('span', { class: 'with-zone' }, control, h('span', { class: 'zone' }, zone)) : control;
}

function localStamp(unix: number | null): string {
  if (unix === null || !Number.isFinite(unix)) return '';
  const at = new Date(unix * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

function choices(of: Json, slot: Slot, type: 'radio' | 'checkbox'): HTMLElement {
  const actionId = str(of, 'action_id');
  const { values, directory } = slot.surface;
  const name = uid('choice');
  const options = optionsOf(of, slot) ?? [];
  let chosen = chosenValues(of, slot, options);
  const keep = () => values.set(slot.blockId, actionId, type === 'radio' ? (chosen[0] ?? null) : chosen);
  keep();
  const boxes: HTMLInputElement[] = [];
  const check = () =>
    boxes.forEach((box) => {
      box.checked = chosen.includes(box.value);
    });
  const change = async (value: string, on: boolean) => {
    const before = chosen;
    const others = chosen.filter((other) => other !== value);
    chosen = type === 'radio' ? [value] : on ? [...others, value] : others;
    if (slot.dispatches && !(await confirmed(of, directory))) {
      chosen = before;
      check();
      return;
    }
    keep();
    if (slot.dispatches) await send(group, slot, actionId, chosen);
  };
  const rows = options.map((option) => {
    const box = h('input', {
      attrs: { type, name, value: option.value, 'aria-label': option.label },
      on: { change: () => change(option.value, box.checked) },
    });
    boxes.push(box);
    const text = json(option.source ?? undefined, 'text');
    const detail = json(option.source ?? undefined, 'description');
    const words = h(
      'span',
      { class: 'choice-words' },
      textObject(text, directory),
      detail &&
        h(
          'span',
          { class: 'option-description' },
          str(detail, 'type') === 'mrkdwn' ? textObject(detail, directory) : plainObject(detail, directory),
        ),
    );
    return h('label', { class: 'choice' }, box, words);
  });
  check();
  const role = type === 'radio' ? 'radiogroup' : 'group';
  const group = h('div', { class: 'choices', attrs: { ...shared(of, slot, 'Options'), role } }, rows);
  return group;
}
