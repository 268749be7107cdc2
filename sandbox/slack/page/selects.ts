/** Select menus, single and multiple, over options, people, channels: a combobox button with a filtered list. */
import { confirmed } from './confirm.ts';
import type { Slot } from './context.ts';
import { fill, h, uid } from './dom.ts';
import { chosenValues, type Option, optionsOf } from './options.ts';
import { arrowKeys, openPopover } from './popover.ts';
import { type Json, json, num, str } from './read.ts';
import { send } from './sending.ts';
import { words } from './text.ts';

const kinds = /^(multi_)?(static|external|users|conversations|channels)_select$/;

/** The element if it is a select of any kind, else null. */
export function selectElement(of: Json, slot: Slot): HTMLElement | null {
  const kind = kinds.exec(str(of, 'type'));
  if (!kind) return null;
  const options = optionsOf(of, slot);
  return options === null ? external(of, slot) : select(of, slot, options, kind[1] !== undefined);
}

function external(of: Json, slot: Slot): HTMLElement {
  const note = 'Options that the app loads while you type are not offered in this sandbox';
  return h(
    'button',
    {
      class: 'btn select',
      attrs: { type: 'button', disabled: true, title: note, 'data-action-id': str(of, 'action_id') },
    },
    slot.label || words(json(of, 'placeholder')),
  );
}

function select(of: Json, slot: Slot, options: readonly Option[], multiple: boolean): HTMLElement {
  const actionId = str(of, 'action_id');
  const placeholder = words(json(of, 'placeholder')) || (multiple ? 'Select options' : 'Select an option');
  const values = slot.surface.values;
  let chosen = chosenValues(of, slot, options);
  let before = chosen;
  values.set(slot.blockId, actionId, multiple ? chosen : (chosen[0] ?? null));

  const attrs = {
    type: 'button',
    role: 'combobox',
    'aria-haspopup': 'listbox',
    'aria-expanded': 'false',
    'aria-label': slot.label || placeholder,
    'aria-describedby': slot.describedBy,
    'data-action-id': actionId,
    'data-block-id': slot.blockId,
  };
  const control = h('button', { class: 'btn select', attrs });
  const draw = () => {
    const picked = chosen.flatMap((value) => options.find((option) => option.value === value) ?? []);
    control.dataset['value'] = chosen.join(',');
    control.classList.toggle('empty', picked.length === 0);
    if (picked.length === 0) fill(control, h('span', { class: 'select-text' }, placeholder));
    else if (multiple)
      fill(
        control,
        h(
          'span',
          { class: 'chips' },
          picked.map((option) => h('span', { class: 'chip' }, option.label)),
        ),
      );
    else fill(control, h('span', { class: 'select-text' }, picked[0]?.label ?? ''));
  };
  const commit = async () => {
    values.set(slot.blockId, actionId, multiple ? chosen : (chosen[0] ?? null));
    draw();
    if (chosen.join('\n') === before.join('\n')) return;
    if (slot.dispatches && !(await confirmed(of, slot.surface.directory))) {
      chosen = before;
      values.set(slot.blockId, actionId, multiple ? chosen : (chosen[0] ?? null));
      draw();
      return;
    }
    before = chosen;
    if (slot.dispatches) await send(control, slot, actionId, chosen);
  };
  const most = num(of, 'max_selected_items') ?? Number.POSITIVE_INFINITY;
  control.addEventListener('click', () => {
    openList(control, slot.label || placeholder, options, {
      multiple,
      isChosen: (value) => chosen.includes(value),
      toggle: (value) => {
        if (!multiple) chosen = [value];
        else if (chosen.includes(value)) chosen = chosen.filter((other) => other !== value);
        else if (chosen.length < most) chosen = [...chosen, value];
        draw();
      },
      closed: commit,
    });
  });
  draw();
  return control;
}

interface Choosing {
  multiple: boolean;
  isChosen(value: string): boolean;
  toggle(value: string): void;
  closed(): void;
}

function openList(anchor: HTMLElement, label: string, options: readonly Option[], choosing: Choosing): void {
  const id = uid('listbox');
  const list = h('div', {
    class: 'options',
    attrs: {
      role: 'listbox',
      id,
      'aria-label': label,
      'aria-multiselectable': String(choosing.multiple),
      tabindex: -1,
    },
  });
  const filter = h('input', {
    class: 'field filter',
    attrs: {
      type: 'text',
      placeholder: 'Filter…',
      'aria-label': `Filter ${label}`,
      'aria-controls': id,
      autocomplete: 'off',
    },
  });
  const box = h('div', { class: 'select-list' }, options.length > 6 && filter, list);
  let shown: Option[] = [];
  let current = 0;

  const choose = (option: Option) => {
    choosing.toggle(option.value);
    if (!choosing.multiple) return popover.close();
    draw();
  };
  const draw = () => {
    const needle = filter.value.trim().toLowerCase();
    shown = options.filter((option) => `${option.label} ${option.detail}`.toLowerCase().includes(needle));
    current = Math.min(current, Math.max(0, shown.length - 1));
    let group = '';
    const rows = shown.map((option, at) => {
      const title =
        option.group !== group &&
        h('div', { class: 'option-group', attrs: { role: 'presentation' } }, option.group);
      group = option.group;
      const attrs = {
        role: 'option',
        id: `${id}-${at}`,
        'aria-selected': String(choosing.isChosen(option.value)),
        'aria-label': option.label,
        'data-value': option.value,
      };
      const content = [
        option.label,
        option.detail && h('span', { class: 'option-description' }, option.detail),
      ];
      const row = h(
        'div',
        { class: `option${at === current ? ' current' : ''}`, attrs, on: { click: () => choose(option) } },
        content,
      );
      return [title, row];
    });
    fill(list, rows, shown.length === 0 && h('div', { class: 'no-options' }, 'No results'));
    const target = options.length > 6 ? filter : list;
    target.setAttribute('aria-activedescendant', `${id}-${current}`);
    list.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
  };
  filter.addEventListener('input', draw);
  box.addEventListener('keydown', (event) => {
    const next = event.key === 'Home' || event.key === 'End' ? null : arrowKeys(event, shown.length, current);
    const option = shown[current];
    if (next !== null) current = next;
    else if ((event.key === 'Enter' || (event.key === ' ' && event.target === list)) && option) {
      event.preventDefault();
      return choose(option);
    } else if (event.key === 'Tab') return popover.close();
    else return;
    event.preventDefault();
    draw();
  });
  anchor.setAttribute('aria-expanded', 'true');
  anchor.setAttribute('aria-controls', id);
  draw();
  const popover = openPopover(anchor, box, () => {
    anchor.setAttribute('aria-expanded', 'false');
    choosing.closed();
  });
  (options.length > 6 ? filter : list).focus();
}
