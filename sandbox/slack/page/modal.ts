/** Modals: the views the bot opened for this person, stacked; only the top one is shown and answered. */
import type { ActionAnswer, PageView } from '../page-api.ts';
import { act } from './api.ts';
import { blockList } from './blocks.ts';
import type { FormValues } from './context.ts';
import { fill, h, icon, uid } from './dom.ts';
import type { Store } from './store.ts';
import { missingOrWrong, statefulElements } from './view-form.ts';

const backSign = 'M12 4l-6 6 6 6';
const closeSign = 'M5 5l10 10M15 5L5 15';

export class ModalStack {
  readonly #store: Store;
  #dialog: HTMLDialogElement | null = null;
  #shown = '';
  /** What the page itself found wrong before sending. */
  #local: Record<string, string> = {};

  constructor(store: Store) {
    this.#store = store;
  }

  update(): void {
    const views = this.#store.model.page.views;
    const view = views.at(-1);
    const key = JSON.stringify(view ?? null);
    if (key === this.#shown) return;
    const before: unknown = this.#shown === '' ? null : JSON.parse(this.#shown);
    const sameView =
      typeof before === 'object' && before !== null && 'id' in before && before.id === view?.id;
    this.#shown = key;
    this.#local = {};
    if (view) this.#draw(view, views.length, sameView);
    else this.#remove();
  }

  #remove(): void {
    this.#dialog?.close();
    this.#dialog?.remove();
    this.#dialog = null;
  }

  #draw(view: PageView, depth: number, again: boolean): void {
    const focused = again ? markOf(document.activeElement) : null;
    const caret = again ? caretOf(document.activeElement) : null;
    const scroll = again ? (this.#dialog?.querySelector('.dialog-body')?.scrollTop ?? 0) : 0;
    const dialog = this.#dialog ?? this.#open();
    const title = uid('view-title');
    const values = this.#store.form(`view ${view.id}`);
    const errors = { ...view.errors, ...this.#local };
    dialog.dataset['viewId'] = view.id;
    dialog.dataset['callbackId'] = view.callbackId;
    dialog.setAttribute('aria-labelledby', title);
    const blocks = blockList(view.blocks, {
      kind: 'modal',
      directory: this.#store.directory,
      values,
      errors,
      dispatch: (blockId, actionId, selected) => this.#click(view, values, blockId, actionId, selected),
    });
    const close = () => void this.#answer(act('view/close', { user: view.user, viewId: view.id }));
    const closeWord = view.close ?? (view.submit === null ? 'Close' : 'Cancel');
    const submit =
      view.submit === null
        ? null
        : h('button', { class: 'btn primary', attrs: { type: 'submit' } }, view.submit);
    const form = h(
      'form',
      { class: 'view', attrs: { novalidate: true } },
      h(
        'div',
        { class: 'dialog-head' },
        depth > 1 &&
          h(
            'button',
            { class: 'btn quiet', attrs: { type: 'button', 'aria-label': 'Back' }, on: { click: close } },
            icon(backSign),
          ),
        h('h2', { class: 'dialog-title', attrs: { id: title } }, view.title),
        h(
          'button',
          {
            class: 'btn quiet',
            attrs: { type: 'button', 'aria-label': 'Dismiss' },
            on: { click: close },
          },
          icon(closeSign),
        ),
      ),
      h('div', { class: 'dialog-body' }, h('div', { class: 'view-failure' }), blocks),
      h(
        'div',
        { class: 'dialog-foot' },
        h('button', { class: 'btn', attrs: { type: 'button' }, on: { click: close } }, closeWord),
        submit,
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit(view, values, submit, depth);
    });
    fill(dialog, form);
    const body = dialog.querySelector('.dialog-body');
    if (body) body.scrollTop = scroll;
    const first =
      dialog.querySelector<HTMLElement>('[aria-invalid="true"]') ??
      dialog.querySelector<HTMLElement>('[autofocus]') ??
      dialog.querySelector<HTMLElement>('.dialog-body :is(input, textarea, [role=combobox])');
    const back = focused ? dialog.querySelector<HTMLElement>(focused) : null;
    (Object.keys(errors).length > 0 ? (first ?? back) : (back ?? first))?.focus();
    if (caret !== null && isTextBox(back) && back === document.activeElement)
      back.setSelectionRange(caret, caret);
  }

  #open(): HTMLDialogElement {
    const dialog = h('dialog', { class: 'dialog modal' });
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      const view = this.#store.model.page.views.at(-1);
      if (view) void this.#answer(act('view/close', { user: view.user, viewId: view.id }));
    });
    document.body.appendChild(dialog);
    dialog.showModal();
    this.#dialog = dialog;
    return dialog;
  }

  async #submit(
    view: PageView,
    values: FormValues,
    button: HTMLButtonElement | null,
    depth: number,
  ): Promise<void> {
    if (!button || button.getAttribute('aria-busy') === 'true') return;
    this.#local = missingOrWrong(view.blocks, values);
    if (Object.keys(this.#local).length > 0) return this.#draw({ ...view, errors: {} }, depth, true);
    button.setAttribute('aria-busy', 'true');
    await this.#answer(
      act('view/submit', {
        user: view.user,
        viewId: view.id,
        values: values.pick(statefulElements(view.blocks)),
      }),
    );
    button.removeAttribute('aria-busy');
  }

  #click(
    view: PageView,
    values: FormValues,
    blockId: string,
    actionId: string,
    selected?: string[],
  ): Promise<ActionAnswer> {
    const click = {
      user: view.user,
      viewId: view.id,
      blockId,
      actionId,
      values: values.pick(statefulElements(view.blocks)),
    };
    return act('view/click', selected ? { ...click, selected } : click);
  }

  /** A failure is said at the top of the view, where Slack says it too. */
  async #answer(sent: Promise<ActionAnswer>): Promise<void> {
    const answer = await sent;
    const place = this.#dialog?.querySelector('.view-failure');
    if (!place) return;
    fill(
      place,
      !answer.ok && h('div', { class: 'action-error', attrs: { role: 'alert' } }, `⚠ ${answer.error}`),
    );
  }
}

/** Where the caret stands, so that a view redrawn under someone's typing leaves it there. */
function caretOf(active: Element | null): number | null {
  return isTextBox(active) ? active.selectionEnd : null;
}

function isTextBox(element: Element | null): element is HTMLInputElement | HTMLTextAreaElement {
  return (
    element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && element.type === 'text')
  );
}

/** Selector of the focused control, to find it again in the next drawing. */
function markOf(active: Element | null): string | null {
  const control = active?.closest<HTMLElement>('[data-action-id]');
  const { actionId, blockId } = control?.dataset ?? {};
  if (actionId === undefined) return null;
  return `[data-action-id="${CSS.escape(actionId)}"][data-block-id="${CSS.escape(blockId ?? '')}"]`;
}
