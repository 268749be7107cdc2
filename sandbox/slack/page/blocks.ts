/** Block Kit blocks as DOM, one function per kind of block. */
import type { PageBlock } from '../page-api.ts';
import type { Slot, Surface } from './context.ts';
import { h, icon, uid } from './dom.ts';
import { element } from './elements.ts';
import { picture } from './images.ts';
import { parseMarkdown } from './markdown.ts';
import { flag, isJson, type Json, json, jsons, str } from './read.ts';
import { renderBlocks } from './render.ts';
import { parseRichText } from './richtext.ts';
import { dataTable, table } from './tables.ts';
import { plainObject, textObject, words } from './text.ts';

/** All blocks of a message or view. */
export function blockList(blocks: readonly PageBlock[], surface: Surface): HTMLElement {
  return h(
    'div',
    { class: 'blocks' },
    blocks.map((block) => drawBlock(block, surface)),
  );
}

function drawBlock(block: Json, surface: Surface): HTMLElement {
  const type = str(block, 'type');
  const attrs = { 'data-block-type': type, 'data-block-id': str(block, 'block_id') };
  return h(
    'div',
    { class: `block block-${type.replaceAll('_', '-')}`, attrs },
    content(block, type, surface),
  );
}

function content(block: Json, type: string, surface: Surface): readonly (Node | string)[] {
  const { directory } = surface;
  switch (type) {
    case 'header':
      return [h('h3', { class: 'header-text' }, plainObject(json(block, 'text'), directory))];
    case 'section':
      return section(block, surface);
    case 'context':
      return jsons(block, 'elements').map((item) =>
        str(item, 'type') === 'image'
          ? picture(item, 'small')
          : h('div', { class: 'context-text' }, textObject(item, directory)),
      );
    case 'divider':
      return [h('hr', { class: 'divider' })];
    case 'actions':
    case 'context_actions':
      return jsons(block, 'elements').map((item) => element(item, slotOf(block, surface)));
    case 'rich_text':
      return renderBlocks(parseRichText(block), directory);
    case 'markdown':
      return renderBlocks(parseMarkdown(str(block, 'text')), directory);
    case 'table':
      return [table(block, directory)];
    case 'data_table':
      return [dataTable(block, surface)];
    case 'image':
      return image(block, surface);
    case 'input':
      return [input(block, surface)];
    case 'alert':
      return alert(block, surface);
    case 'file':
      return [h('div', { class: 'file-ref' }, `Remote file ${str(block, 'external_id')}`)];
    case 'card':
      return card(block, surface);
    case 'carousel':
      return jsons(block, 'elements').map((item) => drawBlock(item, surface));
    case 'container':
      return container(block, surface);
    case 'task_card':
      return taskCard(block, surface);
    case 'plan':
      return [
        h('h4', { class: 'md-heading' }, str(block, 'title')),
        ...jsons(block, 'tasks').map((task) => drawBlock({ type: 'task_card', ...task }, surface)),
      ];
    case 'video':
      return [
        h('strong', {}, plainObject(json(block, 'title'), directory)),
        h('div', { class: 'muted' }, str(block, 'alt_text')),
      ];
    default:
      return [h('div', { class: 'unsupported' }, `This page cannot draw a “${type}” block.`)];
  }
}

function slotOf(block: Json, surface: Surface): Slot {
  return { surface, blockId: str(block, 'block_id'), dispatches: true, label: '', describedBy: null };
}

function section(block: Json, surface: Surface): Node[] {
  const accessory = json(block, 'accessory');
  const fields = jsons(block, 'fields').map((field) =>
    h('div', { class: 'section-field' }, textObject(field, surface.directory)),
  );
  const text = json(block, 'text');
  const main = h(
    'div',
    { class: 'section-main' },
    text && h('div', { class: 'section-text' }, textObject(text, surface.directory)),
    fields.length > 0 && h('div', { class: 'section-fields' }, fields),
  );
  if (!accessory) return [main];
  const drawn =
    str(accessory, 'type') === 'image'
      ? picture(accessory, 'large')
      : element(accessory, slotOf(block, surface));
  return [main, h('div', { class: 'section-accessory' }, drawn)];
}

function image(block: Json, surface: Surface): Node[] {
  const title = json(block, 'title');
  return [
    ...(title ? [h('div', { class: 'image-title' }, plainObject(title, surface.directory))] : []),
    picture(block, 'large'),
  ];
}

function input(block: Json, surface: Surface): HTMLElement {
  const { directory } = surface;
  const blockId = str(block, 'block_id');
  const label = json(block, 'label');
  const hint = json(block, 'hint');
  const error = surface.errors[blockId];
  const hintId = uid('hint');
  const errorId = uid('error');
  const describedBy = [hint ? hintId : '', error ? errorId : ''].filter(Boolean).join(' ') || null;
  const slot: Slot = {
    surface,
    blockId,
    dispatches: flag(block, 'dispatch_action'),
    label: words(label),
    describedBy,
  };
  const control = element(json(block, 'element') ?? {}, slot);
  const target = control.matches('input,textarea,button,[role]')
    ? control
    : (control.querySelector('input,textarea,button') ?? control);
  target.setAttribute('aria-required', String(!flag(block, 'optional')));
  if (error) target.setAttribute('aria-invalid', 'true');
  return h(
    'div',
    { class: `input${error ? ' invalid' : ''}` },
    h(
      'div',
      { class: 'input-label', attrs: { 'aria-hidden': 'true' } },
      plainObject(label, directory),
      flag(block, 'optional') && h('span', { class: 'optional' }, ' (optional)'),
    ),
    control,
    error && h('div', { class: 'input-error', attrs: { id: errorId, role: 'alert' } }, error),
    hint && h('div', { class: 'input-hint', attrs: { id: hintId } }, plainObject(hint, directory)),
  );
}

const levels: Readonly<Record<string, string>> = { info: 'ℹ️', warning: '⚠️', error: '⛔', success: '✅' };

function alert(block: Json, surface: Surface): Node[] {
  const level = str(block, 'level') || 'default';
  const known = level in levels ? level : 'default';
  const sign = levels[known];
  const body = h('div', {}, textObject(json(block, 'text'), surface.directory));
  const attrs = { role: known === 'error' || known === 'warning' ? 'alert' : 'note' };
  return [
    h(
      'div',
      { class: `alert alert-${known}`, attrs },
      sign ? h('span', { attrs: { 'aria-hidden': 'true' } }, sign) : null,
      body,
    ),
  ];
}

function card(block: Json, surface: Surface): Node[] {
  const part = (key: string, classes: string) => {
    const text = json(block, key);
    return text ? [h('div', { class: classes }, textObject(text, surface.directory))] : [];
  };
  const hero = json(block, 'hero_image');
  const actions = jsons(block, 'actions').map((item) => element(item, slotOf(block, surface)));
  const foot = actions.length > 0 ? [h('div', { class: 'block-actions' }, actions)] : [];
  const inner = [
    ...(hero ? [picture(hero, 'large')] : []),
    ...part('title', 'card-title'),
    ...part('subtitle', 'muted'),
    ...part('body', ''),
    ...foot,
  ];
  return [h('div', { class: 'card' }, inner)];
}

function container(block: Json, surface: Surface): Node[] {
  const rich = json(block, 'rich_text_title');
  const title = h(
    'span',
    { class: 'card-title' },
    rich
      ? renderBlocks(parseRichText(rich), surface.directory)
      : plainObject(json(block, 'title'), surface.directory),
  );
  const subtitle = json(block, 'subtitle');
  const head = [
    title,
    ...(subtitle ? [h('div', { class: 'muted' }, textObject(subtitle, surface.directory))] : []),
  ];
  const inner = jsons(block, 'child_blocks').map((child) => drawBlock(child, surface));
  if (!flag(block, 'is_collapsible')) return [h('div', { class: 'card' }, head, inner)];
  return [
    h(
      'details',
      { class: 'card', attrs: { open: !flag(block, 'default_collapsed') } },
      h('summary', {}, head),
      inner,
    ),
  ];
}

const taskSigns: Readonly<Record<string, [string, string]>> = {
  pending: ['○', 'Pending'],
  in_progress: ['◔', 'In progress'],
  complete: ['✓', 'Complete'],
  error: ['✕', 'Error'],
};

function taskCard(block: Json, surface: Surface): Node[] {
  const [sign, word] = taskSigns[str(block, 'status')] ?? ['○', 'Pending'];
  const parts = [json(block, 'details'), json(block, 'output')].filter(isJson);
  const more = parts.flatMap((part) => renderBlocks(parseRichText(part), surface.directory));
  return [
    h(
      'div',
      { class: `task task-${str(block, 'status')}` },
      h('span', { attrs: { role: 'img', 'aria-label': word } }, sign),
      h('div', {}, h('strong', {}, str(block, 'title')), more),
    ),
  ];
}

const chevron = 'M6 8l4 4 4-4';
/** The small arrow that marks things which open. */
export const openSign = (): SVGSVGElement => icon(chevron, 16);
