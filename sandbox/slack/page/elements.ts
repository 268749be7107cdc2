/** Interactive elements that are pressed: buttons, overflow menus; and the one list of all element kinds. */
import { confirmed } from './confirm.ts';
import type { Slot } from './context.ts';
import { h, icon } from './dom.ts';
import { fieldElement } from './fields.ts';
import { openMenu } from './menu.ts';
import { safeHref } from './nodes.ts';
import { type Json, json, jsons, str } from './read.ts';
import { selectElement } from './selects.ts';
import { send } from './sending.ts';
import { plainObject, words } from './text.ts';

/** Any interactive element (or image) of a block. */
export function element(of: Json, slot: Slot): HTMLElement {
  switch (str(of, 'type')) {
    case 'button':
    case 'workflow_button':
      return button(of, slot);
    case 'overflow':
      return overflow(of, slot);
    case 'feedback_buttons':
      return feedback(of, slot);
    case 'icon_button':
      return iconButton(of, slot);
    default:
      return selectElement(of, slot) ?? fieldElement(of, slot) ?? unknown(of);
  }
}

function unknown(of: Json): HTMLElement {
  return h('span', { class: 'unsupported' }, `This page cannot draw a “${str(of, 'type')}” element.`);
}

/** `data-*` attributes that a test finds an element by. */
function marks(of: Json, slot: Slot) {
  return { 'data-action-id': str(of, 'action_id'), 'data-block-id': slot.blockId };
}

function button(of: Json, slot: Slot): HTMLElement {
  const { directory } = slot.surface;
  const style = str(of, 'style');
  const kind = style === 'primary' || style === 'danger' ? style : '';
  const href = safeHref(str(of, 'url'));
  const press = async () => {
    if (!(await confirmed(of, directory))) return;
    if (href) window.open(href, '_blank', 'noopener,noreferrer');
    await send(control, slot, str(of, 'action_id'));
  };
  const attrs = { type: 'button', 'aria-label': str(of, 'accessibility_label') || null, ...marks(of, slot) };
  const control = h(
    'button',
    { class: `btn ${kind}`, attrs, on: { click: press } },
    plainObject(json(of, 'text'), directory),
  );
  return control;
}

const dots = 'M4 10h.01M10 10h.01M16 10h.01';

function overflow(of: Json, slot: Slot): HTMLElement {
  const { directory } = slot.surface;
  const open = () =>
    openMenu(
      control,
      'More actions',
      jsons(of, 'options').map((option) => ({
        label: words(json(option, 'text')),
        content: [h('span', {}, plainObject(json(option, 'text'), directory), description(option, slot))],
        choose: async () => {
          if (!(await confirmed(of, directory))) return;
          const href = safeHref(str(option, 'url'));
          if (href) window.open(href, '_blank', 'noopener,noreferrer');
          await send(control, slot, str(of, 'action_id'), [str(option, 'value')]);
        },
      })),
    );
  const attrs = {
    type: 'button',
    'aria-label': 'More actions',
    'aria-haspopup': 'menu',
    'aria-expanded': 'false',
  };
  const control = h(
    'button',
    { class: 'btn overflow', attrs: { ...attrs, ...marks(of, slot) }, on: { click: open } },
    icon(dots),
  );
  return control;
}

function description(option: Json, slot: Slot): HTMLElement | null {
  const text = json(option, 'description');
  return text ? h('span', { class: 'option-description' }, plainObject(text, slot.surface.directory)) : null;
}

function feedback(of: Json, slot: Slot): HTMLElement {
  const one = (key: 'positive_button' | 'negative_button', glyph: string) => {
    const part = json(of, key);
    const label = str(part, 'accessibility_label') || words(json(part, 'text'));
    const press = () => send(control, slot, str(of, 'action_id'), [str(part, 'value')]);
    const attrs = { type: 'button', 'aria-label': label, title: label, ...marks(of, slot) };
    const control = h('button', { class: 'btn quiet', attrs, on: { click: press } }, glyph);
    return control;
  };
  return h('span', { class: 'feedback' }, one('positive_button', '👍'), one('negative_button', '👎'));
}

const trash = 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6';

function iconButton(of: Json, slot: Slot): HTMLElement {
  const visible = of['visible_to_user_ids'];
  const hidden = Array.isArray(visible) && visible.length > 0 && !visible.includes(slot.surface.directory.me);
  const label = str(of, 'accessibility_label') || words(json(of, 'text'));
  const press = async () => {
    if (await confirmed(of, slot.surface.directory)) await send(control, slot, str(of, 'action_id'));
  };
  const attrs = { type: 'button', 'aria-label': label, title: label, hidden, ...marks(of, slot) };
  const control = h('button', { class: 'btn quiet', attrs, on: { click: press } }, icon(trash));
  return control;
}
