/** The confirmation dialog of an interactive element (Block Kit's `confirm` object). */
import type { Directory } from './context.ts';
import { h, uid } from './dom.ts';
import { type Json, json, str } from './read.ts';
import { plainObject, textObject, words } from './text.ts';

/** Resolves true once the person confirmed; at once when the element asks for no confirmation. */
export function confirmed(element: Json, directory: Directory): Promise<boolean> {
  const ask = json(element, 'confirm');
  if (!ask) return Promise.resolve(true);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const title = uid('confirm-title');
  const body = uid('confirm-text');
  const deny = json(ask, 'deny');
  const yes = json(ask, 'confirm');
  const style = str(ask, 'style') === 'danger' ? 'danger' : 'primary';
  const answer = (value: boolean) => {
    dialog.close();
    dialog.remove();
    resolve(value);
  };
  const button = (text: Json | undefined, fallback: string, kind: string, value: boolean) =>
    h(
      'button',
      { class: `btn ${kind}`, attrs: { type: 'button' }, on: { click: () => answer(value) } },
      words(text) === '' ? fallback : plainObject(text, directory),
    );
  const dialog = h(
    'dialog',
    {
      class: 'dialog confirm',
      attrs: { 'aria-labelledby': title, 'aria-describedby': body, role: 'alertdialog' },
    },
    h('h2', { class: 'dialog-title', attrs: { id: title } }, plainObject(json(ask, 'title'), directory)),
    h('div', { class: 'dialog-body', attrs: { id: body } }, textObject(json(ask, 'text'), directory)),
    h('div', { class: 'dialog-foot' }, button(deny, 'Cancel', '', false), button(yes, 'Yes', style, true)),
  );
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    answer(false);
  });
  document.body.appendChild(dialog);
  dialog.showModal();
  return promise;
}
