/**
 * The one place that makes elements. Text always becomes a text node, so foreign text can never become markup;
 * event handlers as attributes and addresses other than the allowed ones are refused here once more.
 */
import { safeHref } from './nodes.ts';

export type Child = Node | string | null | undefined | false | readonly Child[];

type Handlers = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };

export interface Props {
  class?: string;
  /** Attributes; null, undefined and false leave the attribute out, true sets it empty. */
  attrs?: Record<string, string | number | boolean | null | undefined>;
  on?: Handlers;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class) element.className = props.class;
  for (const [name, value] of Object.entries(props.attrs ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    setAttribute(element, name, value === true ? '' : String(value));
  }
  for (const [name, handler] of Object.entries(props.on ?? {})) {
    element.addEventListener(name, handler as EventListener);
  }
  append(element, children);
  return element;
}

/** Replaces everything inside `parent`. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

export function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (typeof child === 'string') parent.appendChild(document.createTextNode(child));
    else if (child instanceof Node) parent.appendChild(child);
    else append(parent, child);
  }
}

function setAttribute(element: Element, name: string, value: string): void {
  if (/^on/i.test(name) || name === 'srcdoc') throw new Error(`attribute ${name} is not allowed`);
  if (name === 'href' || name === 'src') {
    const local = value.startsWith('/') && !value.startsWith('//');
    const picture = name === 'src' && /^(blob:|data:image\/(png|gif|jpeg|webp);)/.test(value);
    if (!local && !picture && safeHref(value) === null) return;
  }
  element.setAttribute(name, value);
}

const svg = 'http://www.w3.org/2000/svg';

/** A line icon of 20×20 from path data written in this code base (never from messages). */
export function icon(path: string, size = 20): SVGSVGElement {
  const element = document.createElementNS(svg, 'svg');
  element.setAttribute('viewBox', '0 0 20 20');
  element.setAttribute('width', String(size));
  element.setAttribute('height', String(size));
  element.setAttribute('aria-hidden', 'true');
  element.setAttribute('class', 'icon');
  const line = document.createElementNS(svg, 'path');
  line.setAttribute('d', path);
  element.appendChild(line);
  return element;
}

let counter = 0;
/** A document-wide unique id for aria references. */
export function uid(prefix: string): string {
  counter += 1;
  return `${prefix}-${counter}`;
}
