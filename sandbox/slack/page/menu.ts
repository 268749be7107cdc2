/** Menus of choices: overflow menus, the switch of user. */
import { h } from './dom.ts';
import { arrowKeys, openPopover } from './popover.ts';

export interface MenuItem {
  label: string;
  /** What is drawn; the label alone when left out. */
  content?: readonly Node[];
  /** Set for a menu in which one item is the current choice. */
  checked?: boolean;
  disabled?: boolean;
  choose(): void;
}

/** Opens a menu beside `anchor` with the first (or checked) item focused. */
export function openMenu(anchor: HTMLElement, label: string, items: readonly MenuItem[]): void {
  const list = h('div', { class: 'menu', attrs: { role: 'menu', 'aria-label': label } });
  const buttons = items.map((item) => {
    const choose = () => {
      popover.close();
      item.choose();
    };
    const attrs = {
      role: item.checked === undefined ? 'menuitem' : 'menuitemradio',
      'aria-checked': item.checked === undefined ? null : String(item.checked),
      'aria-label': item.label,
      tabindex: -1,
      type: 'button',
      disabled: item.disabled ?? false,
    };
    return h('button', { class: 'menu-item', attrs, on: { click: choose } }, item.content ?? item.label);
  });
  list.append(...buttons);
  list.addEventListener('keydown', (event) => {
    if (event.key === 'Tab') popover.close();
    const usable = buttons.filter((button) => !button.disabled);
    const next = arrowKeys(
      event,
      usable.length,
      usable.findIndex((button) => button.matches(':focus')),
    );
    if (next === null) return;
    event.preventDefault();
    usable[next]?.focus();
  });
  anchor.setAttribute('aria-expanded', 'true');
  const popover = openPopover(anchor, list, () => anchor.setAttribute('aria-expanded', 'false'));
  const first =
    buttons[items.findIndex((item) => item.checked)] ?? buttons.find((button) => !button.disabled);
  first?.focus();
}
