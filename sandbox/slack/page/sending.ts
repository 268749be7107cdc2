/** Telling the bot about a click: shows that it is under way, and says so where it happened when it failed. */
import type { Slot } from './context.ts';
import { h } from './dom.ts';

/** Sends one action of `control`; a second press while the first is under way does nothing. */
export async function send(
  control: HTMLElement,
  slot: Slot,
  actionId: string,
  selected?: string[],
): Promise<void> {
  if (control.getAttribute('aria-busy') === 'true') return;
  control.setAttribute('aria-busy', 'true');
  const answer = await slot.surface.dispatch(slot.blockId, actionId, selected);
  control.removeAttribute('aria-busy');
  const block = control.closest('.block') ?? control;
  block.parentElement?.querySelectorAll(':scope > .action-error').forEach((old) => {
    old.remove();
  });
  if (answer.ok) return;
  const failure = h('div', { class: 'action-error', attrs: { role: 'alert' } }, `⚠ ${answer.error}`);
  block.after(failure);
}
